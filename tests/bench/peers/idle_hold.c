// Clients that connect and then say nothing, until the one who started it ends it. usage: idle_hold PORT CONNECTIONS
// Each is answered once before, so that the server has certainly taken it. Prints "held N".
#include "peer.h"
#include <sys/resource.h>

static const char USAGE[] = "idle_hold PORT CONNECTIONS";

int main(int argc, char **argv) {
    end_by_itself();
    int port = number(argc, argv, 1, USAGE), count = number(argc, argv, 2, USAGE);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    struct linger off = {1, 0};
    char answer[1];
    for (int i = 0; i < count; i++) {
        int fd = connected(SOCK_STREAM, port);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &off, sizeof off);
        if (send(fd, "\n", 1, MSG_NOSIGNAL) != 1 || recv(fd, answer, 1, 0) != 1) fail("answer");
    }
    printf("held %d\n", count);
    fflush(stdout);
    for (;;) pause();
}
