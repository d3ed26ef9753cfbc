// Tells each client its own address and port.
#include "lecture.hpp"

int main(int, char **words) {
    int server = bound(atoi(words[1]));
    while (true) {
        sockaddr_in who{};
        socklen_t size = sizeof who;
        int client = accept(server, reinterpret_cast<sockaddr *>(&who), &size);
        if (client < 0) continue;
#if defined(TELLS_ITS_OWN)
        getsockname(client, reinterpret_cast<sockaddr *>(&who), &size);
#endif
        char ip[INET_ADDRSTRLEN] = "", line[64] = "";
        inet_ntop(AF_INET, &who.sin_addr, ip, sizeof ip);
#if defined(NO_NTOHS)
        snprintf(line, sizeof line, "%s %d\n", ip, who.sin_port);
#else
        snprintf(line, sizeof line, "%s %d\n", ip, ntohs(who.sin_port));
#endif
#if defined(SENDS_THE_BUFFER)
        send_all(client, line, sizeof line);
#elif defined(DIES_OF_SIGPIPE)
        for (char *one = line; *one; one++) send(client, one, 1, 0);
#else
        send_all(client, line, strlen(line));
#endif
        close(client);
    }
}
