// Load on a UDP echo server: SOCKETS sockets, each with WINDOW datagrams of SIZE bytes on their way (a closed loop), for SECONDS.
// usage: udp_echo_load HOST PORT SOCKETS WINDOW SIZE SECONDS        (HOST in digits, IPv4 or IPv6; SIZE from 16 bytes on)
// build: cc -O2 -o udp_echo_load udp_echo_load.c
// prints one line: "N requests/s, p50 N us, p99 N us, lost N". Every byte of every answer is compared; a wrong one is status 1.
#define _GNU_SOURCE
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#define MOST 64         // datagrams for one sendmmsg or recvmmsg
#define BUCKETS 1000000 // one for each microsecond
#define PATIENCE 200000000LL // ns: an answer that takes longer is lost, and its question is asked anew

struct slot { char *data; long long sent; }; // data begins with {slot, sequence}
struct head { uint64_t slot, sequence; };
static unsigned histogram[BUCKETS];
static char room[MOST][65536];

static long long now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000000LL + t.tv_nsec; }
static void die(const char *what) { perror(what); exit(2); }

static void ask(int fd, struct slot *slots, int *which, int count, size_t size) {
    struct mmsghdr messages[MOST] = {0};
    struct iovec parts[MOST];
    long long t = now();
    for (int i = 0; i < count; i++) {
        struct slot *slot = &slots[which[i]];
        ((struct head *)slot->data)->sequence++;
        slot->sent = t;
        parts[i] = (struct iovec){slot->data, size};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    // What does not leave (the server has gone for a moment, a full buffer) is asked anew after PATIENCE.
    for (int done = 0; done < count;) { int n = sendmmsg(fd, messages + done, count - done, 0); done += n > 0 ? n : 1; }
}

int main(int argc, char **argv) {
    if (argc != 7) { fprintf(stderr, "usage: udp_echo_load HOST PORT SOCKETS WINDOW SIZE SECONDS\n"); return 2; }
    int sockets = atoi(argv[3]), window = atoi(argv[4]); size_t size = atol(argv[5]); double seconds = atof(argv[6]);
    if (sockets < 1 || window < 1 || window > MOST || size < sizeof(struct head) || size > 65507) { fprintf(stderr, "out of range\n"); return 2; }
    struct addrinfo *to, hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    if (getaddrinfo(argv[1], argv[2], &hints, &to)) { fprintf(stderr, "no address: %s %s\n", argv[1], argv[2]); return 2; }
    struct slot *slots = calloc(sockets * window, sizeof *slots);
    int *fds = calloc(sockets, sizeof *fds), ep = epoll_create1(0), which[MOST];
    for (int i = 0; i < sockets; i++) {
        fds[i] = socket(to->ai_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        if (fds[i] < 0 || connect(fds[i], to->ai_addr, to->ai_addrlen)) die("connect");
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = i};
        if (epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &e)) die("epoll_ctl");
        for (int j = 0; j < window; j++) {
            struct slot *slot = &slots[which[j] = i * window + j];
            slot->data = malloc(size);
            for (size_t k = 0; k < size; k++) slot->data[k] = (char)(which[j] * 31 + k);
            *(struct head *)slot->data = (struct head){which[j], 0};
        }
    }
    struct mmsghdr messages[MOST] = {0};
    struct iovec parts[MOST];
    for (int i = 0; i < MOST; i++) {
        parts[i] = (struct iovec){room[i], sizeof room[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    long long start = now(), end = start + (long long)(seconds * 1e9), t = start, looked = start, done = 0, lost = 0, wrong = 0;
    for (int i = 0; i < sockets; i++) {
        for (int j = 0; j < window; j++) which[j] = i * window + j;
        ask(fds[i], slots, which, window, size);
    }
    struct epoll_event events[256];
    while (t < end) {
        int ready = epoll_wait(ep, events, 256, 20);
        for (int e = 0; e < ready; e++) {
            int owner = events[e].data.u32, again = 0;
            int n = recvmmsg(fds[owner], messages, MOST, MSG_DONTWAIT, NULL);
            t = now();
            for (int i = 0; i < n; i++) {
                struct head *head = (struct head *)room[i];
                if (messages[i].msg_len != size || head->slot / window != (uint64_t)owner) { wrong++; continue; }
                struct slot *slot = &slots[head->slot];
                if (head->sequence < ((struct head *)slot->data)->sequence) continue; // it was taken for lost
                if (memcmp(room[i], slot->data, size)) { wrong++; continue; }
                long long us = (t - slot->sent) / 1000;
                histogram[us < BUCKETS ? us : BUCKETS - 1]++;
                done++;
                which[again++] = head->slot;
            }
            if (again) ask(fds[owner], slots, which, again, size);
        }
        t = now();
        if (t - looked < PATIENCE / 4) continue;
        looked = t;
        for (int i = 0; i < sockets * window; i++)
            if (t - slots[i].sent > PATIENCE) { lost++; ask(fds[i / window], slots, &i, 1, size); }
    }
    long long sum = 0, p50 = -1, p99 = -1;
    for (int i = 0; i < BUCKETS && p99 < 0; i++) {
        sum += histogram[i];
        if (p50 < 0 && sum * 2 >= done) p50 = i;
        if (sum * 100 >= done * 99) p99 = i;
    }
    printf("%.0f requests/s, p50 %lld us, p99 %lld us, lost %lld\n", done / ((t - start) / 1e9), p50, p99, lost);
    if (wrong) fprintf(stderr, "%lld answers were wrong\n", wrong);
    return wrong != 0;
}
