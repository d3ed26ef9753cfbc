// Load for an echo server: connections in a closed loop, each sends a message and waits for its echo. usage: see USAGE
// Every message is a line that names its connection and counts, and every byte that comes back is compared.
// Prints: requests_per_s, p50_us and p99_us of the latency, wrong (messages that came back changed, connections that ended).
#include "peer.h"
#include <fcntl.h>
#include <sys/epoll.h>

static const char USAGE[] = "echo_load PORT CONNECTIONS SIZE SECONDS";
// A bucket for each microsecond, up to a second; so many seconds for the first answer.
enum { EVENTS = 256, BUCKETS = 1000000, PATIENCE = 10 };

struct connection {
    int fd;
    unsigned sent;
    size_t got;
    long long begun;
    char *message;
};

static unsigned histogram[BUCKETS];

// The next message: as long as all, unlike any before it.
static void next_message(struct connection *c, unsigned number, size_t size) {
    char head[20];
    int length = snprintf(head, sizeof head, "%08x%08x", number, c->sent++);
    memcpy(c->message, head, (size_t)length < size - 1 ? (size_t)length : size - 1);
}

static int ask(struct connection *c, unsigned number, size_t size) {
    next_message(c, number, size);
    c->got = 0;
    c->begun = now_ns();
    for (size_t sent = 0; sent < size;) {
        ssize_t took = send(c->fd, c->message + sent, size - sent, MSG_NOSIGNAL);
        if (took < 0 && errno != EAGAIN) return -1;
        if (took > 0) sent += took;
    }
    return 0;
}

static long long percentile(long long all, int percent) {
    long long sum = 0;
    for (int i = 0; i < BUCKETS; i++)
        if ((sum += histogram[i]) * 100 >= all * percent) return i;
    return BUCKETS;
}

int main(int argc, char **argv) {
    end_by_itself();
    int port = number(argc, argv, 1, USAGE), count = number(argc, argv, 2, USAGE);
    size_t size = number(argc, argv, 3, USAGE);
    double seconds = number(argc, argv, 4, USAGE);
    if (count < 1 || size < 1 || size > 65536) fail("numbers");
    static char in[65536];
    struct connection *all = calloc(count, sizeof *all);
    int ep = epoll_create1(0), alive = count;
    long wrong = 0;
    for (int i = 0; i < count; i++) {
        struct connection *c = &all[i];
        c->fd = connected(SOCK_STREAM, port);
        no_delay(c->fd);
        c->message = malloc(size);
        memset(c->message, 'x', size);
        c->message[size - 1] = '\n';
        // One answer before the next connects: all are served when the load begins, as clients that come one by one are.
        struct timeval patience = {PATIENCE, 0};
        setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (ask(c, i, size)) fail("first message");
        if (recv(c->fd, in, size, MSG_WAITALL) != (ssize_t)size || memcmp(in, c->message, size)) fail("first answer");
        fcntl(c->fd, F_SETFL, O_NONBLOCK);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &event);
    }
    for (int i = 0; i < count; i++)
        if (ask(&all[i], i, size)) wrong++;
    // A tenth of the time before it counts: caches and clocks are warm.
    long long warm = now_ns() + (long long)(seconds * 1e8), begin = 0, t, done = 0;
    long long end = warm + (long long)(seconds * 1e9);
    struct epoll_event events[EVENTS];
    while ((t = now_ns()) < end && alive) {
        if (!begin && t >= warm) begin = t;
        int ready = epoll_wait(ep, events, EVENTS, 100);
        for (int j = 0; j < ready; j++) {
            struct connection *c = &all[events[j].data.u32];
            ssize_t came = recv(c->fd, in, sizeof in, 0);
            if (came < 0 && errno == EAGAIN) continue;
            if (came <= 0 || c->got + came > size || memcmp(in, c->message + c->got, came)) {
                wrong++;
                alive--;
                close(c->fd);
                continue;
            }
            if ((c->got += came) < size) continue;
            if (begin) {
                long long us = (now_ns() - c->begun) / 1000;
                histogram[us < BUCKETS ? us : BUCKETS - 1]++;
                done++;
            }
            if (ask(c, events[j].data.u32, size)) wrong++;
        }
    }
    // Reset, not closed: no TIME_WAIT keeps the ports from the next round.
    struct linger off = {1, 0};
    for (int i = 0; i < count; i++) setsockopt(all[i].fd, SOL_SOCKET, SO_LINGER, &off, sizeof off);
    printf("requests_per_s %.0f p50_us %lld p99_us %lld wrong %ld\n", begin ? done / ((t - begin) / 1e9) : 0, percentile(done, 50),
           percentile(done, 99), wrong);
    return 0;
}
