// The limit of a UDP sender. usage: see USAGE. Prints datagrams_per_s handed to the kernel, and sent, their number.
// sendto: a system call for each; sendmmsg: for 64; gso: as many as 64 KB hold, cut by the kernel (UDP_SEGMENT).
// RATE: datagrams a second, in even time, in bursts of BURST (gso; 1 otherwise); 0 is as fast as it goes.
#include "peer.h"

static const char USAGE[] = "udp_send sendto|sendmmsg|gso PORT SIZE SECONDS [RATE BURST]";
enum { BATCH = 64, UDP_SEGMENT_OPTION = 103 };

int main(int argc, char **argv) {
    end_by_itself();
    int size = number(argc, argv, 3, USAGE), burst = BATCH;
    double seconds = number(argc, argv, 4, USAGE), rate = 0;
    if (argc > 5) {
        rate = number(argc, argv, 5, USAGE);
        burst = number(argc, argv, 6, USAGE);
    }
    static char buffer[65536];
    struct sockaddr_in to = loopback(number(argc, argv, 2, USAGE));
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (size < 1 || size > 65507 || burst < 1) fail("numbers");
    if (burst > BATCH) burst = BATCH;
    if (burst * size > 65507) burst = 65507 / size;
    int gso = !strcmp(argv[1], "gso"), mmsg = !strcmp(argv[1], "sendmmsg");
    if (gso && setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT_OPTION, &size, sizeof size)) fail("UDP_SEGMENT");
    struct mmsghdr messages[BATCH] = {0};
    struct iovec piece = {buffer, size};
    for (int i = 0; i < BATCH; i++)
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &piece, .msg_iovlen = 1};
    if (!gso && !mmsg) burst = 1;
    long sent = 0;
    long long begin = now_ns(), end = begin + (long long)(seconds * 1e9), t;
    while ((t = now_ns()) < end) {
        if (rate > 0 && sent > rate * ((t - begin) / 1e9)) continue;
        if (mmsg) {
            int took = sendmmsg(fd, messages, burst, 0);
            if (took > 0) sent += took;
        } else if (gso) {
            if (sendto(fd, buffer, (size_t)burst * size, 0, (struct sockaddr *)&to, sizeof to) > 0) sent += burst;
        } else {
            // Unpaced, the clock is read once for 64.
            for (int i = 0; i < (rate > 0 ? 1 : BATCH); i++)
                sent += sendto(fd, buffer, size, 0, (struct sockaddr *)&to, sizeof to) == size;
        }
    }
    printf("datagrams_per_s %.0f sent %ld\n", sent / ((now_ns() - begin) / 1e9), sent);
    return 0;
}
