// From a name to a connection.
#include "lecture.hpp"

static int open_connection(const char *host, const char *port) {
    addrinfo hints{}, *info;
#if defined(ONE_FAMILY)
    hints.ai_family = AF_INET6;
#else
    hints.ai_family = AF_UNSPEC;
#endif
    hints.ai_socktype = SOCK_STREAM;
    if (int problem = getaddrinfo(host, port, &hints, &info)) {
        fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(problem));
        exit(1);
    }
    int fd = -1;
#if defined(SAME_SOCKET)
    fd = socket(info->ai_family, info->ai_socktype, 0);
#endif
    for (addrinfo *one = info; one; one = one->ai_next) {
#if !defined(SAME_SOCKET)
        fd = socket(one->ai_family, one->ai_socktype, 0);
#endif
        if (connect(fd, one->ai_addr, one->ai_addrlen) == 0) break;
#if defined(FIRST_ALONE)
        failed("connect");
#elif !defined(LEAVES_THEM_OPEN) && !defined(SAME_SOCKET)
        close(fd);
#endif
        if (!one->ai_next) {
#if defined(KEEPS_QUIET)
            exit(0);
#else
            failed("connect");
#endif
        }
    }
    freeaddrinfo(info);
    return fd;
}

int main(int, char **words) {
    int client = open_connection(words[1], words[2]);
    char buffer[4096];
    ssize_t got;
    while ((got = recv(client, buffer, sizeof buffer, 0)) > 0)
        fwrite(buffer, 1, static_cast<size_t>(got), stdout);
#if !defined(TAKES_A_PART)
    if (got < 0) failed("recv");
#endif
    close(client);
}
