/* Sends every datagram back. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#if defined(SMALL_BUFFER)
static char buffer[1024];
#else
static char buffer[65536];
#endif

int main(int count, char **words) {
    struct sockaddr_in address = {.sin_family = AF_INET}, sender;
    int server = socket(AF_INET, SOCK_DGRAM, 0);
    if (count < 2) return 2;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((unsigned short)atoi(words[1]));
    if (bind(server, (struct sockaddr *)&address, sizeof address) < 0) return 1;
    for (;;) {
        socklen_t size = sizeof sender;
        ssize_t got = recvfrom(server, buffer, sizeof buffer, 0, (struct sockaddr *)&sender, &size);
#if defined(EMPTY_IS_THE_END)
        if (got <= 0) return 0;
#endif
        if (got < 0) continue;
#if defined(USES_STRLEN)
        buffer[got] = 0;
        got = (ssize_t)strlen(buffer);
#endif
        sendto(server, buffer, (size_t)got, 0, (struct sockaddr *)&sender, size);
    }
}
