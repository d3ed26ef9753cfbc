/* An echo server: a process for each client. */
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void serve(int client) {
    char buffer[4096];
    ssize_t got;
    while ((got = recv(client, buffer, sizeof buffer, 0)) > 0) {
        char *rest = buffer;
        while (got > 0) {
            ssize_t sent = send(client, rest, (size_t)got, MSG_NOSIGNAL);
            if (sent < 0) return;
            rest += sent;
            got -= sent;
        }
    }
}

int main(int count, char **words) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    int yes = 1, server = socket(AF_INET, SOCK_STREAM, 0);
    if (count < 2) return 2;
    signal(SIGCHLD, SIG_IGN); /* nobody waits for the processes that end */
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((unsigned short)atoi(words[1]));
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(server, (struct sockaddr *)&address, sizeof address) < 0) return 1;
    if (listen(server, 128) < 0) return 1;
    for (;;) {
        int client = accept(server, NULL, NULL);
        if (client < 0) continue;
        if (fork() == 0) {
            serve(client);
            _exit(0);
        }
#if !defined(PARENT_KEEPS_IT)
        close(client);
#endif
    }
}
