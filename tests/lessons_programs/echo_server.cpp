// An echo server: one client after the other.
#include "lecture.hpp"

static void serve(int client) {
    char buffer[4096];
#if defined(READS_ONCE)
    ssize_t got = recv(client, buffer, sizeof buffer, 0);
    if (got > 0) send_all(client, buffer, static_cast<size_t>(got));
#elif defined(USES_STRLEN)
    ssize_t got;
    while ((got = recv(client, buffer, sizeof buffer - 1, 0)) > 0) {
        buffer[got] = 0;
        send_all(client, buffer, strlen(buffer));
    }
#elif defined(SENDS_THE_BUFFER)
    while (recv(client, buffer, sizeof buffer, 0) > 0) send_all(client, buffer, sizeof buffer);
#elif defined(LOOPS_ON_THE_END)
    while (true) {
        ssize_t got = recv(client, buffer, sizeof buffer, 0);
        if (got < 0) break;
        send_all(client, buffer, static_cast<size_t>(got));
    }
#elif defined(DIES_OF_SIGPIPE)
    ssize_t got;
    while ((got = recv(client, buffer, sizeof buffer, 0)) != 0) {
        if (got < 0) continue;
        for (ssize_t sent = 0; sent < got;) {
            ssize_t more = send(client, buffer + sent, static_cast<size_t>(got - sent), 0);
            if (more < 0) break;
            sent += more;
        }
    }
#elif defined(LOSES_WHAT_DOES_NOT_FIT)
    ssize_t got;
    while ((got = recv(client, buffer, sizeof buffer, 0)) > 0)
        send(client, buffer, static_cast<size_t>(got), MSG_DONTWAIT | MSG_NOSIGNAL);
#elif defined(READS_THE_LISTENER)
    ssize_t got;
    while ((got = recv(client - 1, buffer, sizeof buffer, 0)) > 0)
        if (!send_all(client, buffer, static_cast<size_t>(got))) break;
#else
    ssize_t got;
    while ((got = recv(client, buffer, sizeof buffer, 0)) > 0)
        if (!send_all(client, buffer, static_cast<size_t>(got))) break;
#endif
}

int main(int, char **words) {
#if defined(ANOTHER_PORT)
    int server = bound(0);
#else
    int server = bound(atoi(words[1]));
#endif
    while (true) {
        int client = accept(server, nullptr, nullptr);
        if (client < 0) continue;
        serve(client);
#if !defined(FORGETS_TO_CLOSE)
        close(client);
#endif
#if defined(SERVES_ONE)
        return 0;
#endif
    }
}
