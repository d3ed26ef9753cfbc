// An echo server: a thread for each client.
#include <thread>

#include "lecture.hpp"

static void serve(int client) {
    char buffer[4096];
    ssize_t got;
    while ((got = recv(client, buffer, sizeof buffer, 0)) > 0)
        if (!send_all(client, buffer, static_cast<size_t>(got))) break;
    close(client);
}

#if defined(SHARES_A_VARIABLE)
static int client;

static void serve_the_latest() {
    char buffer[4096];
    ssize_t got;
    while ((got = recv(client, buffer, sizeof buffer, 0)) > 0)
        send_all(client, buffer, static_cast<size_t>(got));
    close(client);
}
#endif

int main(int, char **words) {
    int server = bound(atoi(words[1]));
    while (true) {
#if defined(SHARES_A_VARIABLE)
        client = accept(server, nullptr, nullptr);
        std::thread(serve_the_latest).detach();
#else
        int client = accept(server, nullptr, nullptr);
        if (client < 0) continue;
        std::thread thread(serve, client);
#if defined(JOINS)
        thread.join();
#else
        thread.detach();
#endif
#endif
    }
}
