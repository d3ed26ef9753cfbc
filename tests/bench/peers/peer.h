// What the peers share: addresses of loopback, a clock, numbers, and an end that comes by itself.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_LIFE = 3600 };

static inline void fail(const char *what) {
    if (errno)
        perror(what);
    else
        fprintf(stderr, "%s: not as it should be\n", what);
    exit(1);
}

// Ends with the one who started it, and after an hour whatever happens. No thread for it: with a second thread each system call
// would have to count its use of the descriptor, and the limit would be measured too low.
static inline void end_by_itself(void) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == 1) exit(0);
    alarm(LONGEST_LIFE);
    signal(SIGPIPE, SIG_IGN);
}

static inline long long now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// A number of the command line: a usage that is wrong ends the program.
static inline double number(int argc, char **argv, int place, const char *usage) {
    char *end;
    double value = place < argc ? strtod(argv[place], &end) : 0;
    if (place >= argc || *end || value < 0) {
        fprintf(stderr, "usage: %s\n", usage);
        exit(2);
    }
    return value;
}

static inline struct sockaddr_in loopback(int port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

// A socket with a free port of loopback; the port is told on the first line: "port 40000".
static inline int bound(int kind) {
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, kind, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size)) fail("bind");
    if (kind == SOCK_STREAM && listen(fd, 4096)) fail("listen");
    if (getsockname(fd, (struct sockaddr *)&address, &size)) fail("getsockname");
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static inline int connected(int kind, int port) {
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, kind, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    return fd;
}

static inline void no_delay(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}
