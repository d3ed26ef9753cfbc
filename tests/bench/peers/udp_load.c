// Load for a UDP echo server: a number of datagrams is always on its way, each is sent again when its echo is there. usage: see USAGE
// Every datagram has its number in it, and every byte that comes back is compared. After 20 ms of silence all are taken for lost.
// Prints: echoes_per_s, lost, wrong.
#include "peer.h"
#include <sys/time.h>

static const char USAGE[] = "udp_load PORT WINDOW SIZE SECONDS";
enum { BATCH = 64, LARGEST = 2048 };

static char out[BATCH][LARGEST], in[BATCH][LARGEST];
static struct mmsghdr going[BATCH], coming[BATCH];
static struct iovec out_pieces[BATCH], in_pieces[BATCH];

int main(int argc, char **argv) {
    end_by_itself();
    int fd = connected(SOCK_DGRAM, number(argc, argv, 1, USAGE));
    int window = number(argc, argv, 2, USAGE);
    size_t size = number(argc, argv, 3, USAGE);
    double seconds = number(argc, argv, 4, USAGE);
    if (window < 1 || window > BATCH || size < sizeof(unsigned) || size > LARGEST) fail("numbers");
    struct timeval silence = {0, 20000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    for (int i = 0; i < BATCH; i++) {
        memset(out[i], 'x', size);
        out_pieces[i] = (struct iovec){out[i], size};
        in_pieces[i] = (struct iovec){in[i], LARGEST};
        going[i].msg_hdr = (struct msghdr){.msg_iov = &out_pieces[i], .msg_iovlen = 1};
        coming[i].msg_hdr = (struct msghdr){.msg_iov = &in_pieces[i], .msg_iovlen = 1};
    }
    long done = 0, lost = 0, wrong = 0, underway = 0;
    unsigned next = 0;
    long long warm = now_ns() + (long long)(seconds * 1e8), begin = 0, t;
    long long end = warm + (long long)(seconds * 1e9);
    while ((t = now_ns()) < end) {
        if (!begin && t >= warm) begin = t;
        int room = window - underway;
        for (int i = 0; i < room; i++, next++) memcpy(out[i], &next, sizeof next);
        for (int sent = 0; sent < room;) {
            int took = sendmmsg(fd, going + sent, room - sent, 0);
            if (took < 0) fail("sendmmsg");
            sent += took;
        }
        underway = window;
        int came = recvmmsg(fd, coming, BATCH, MSG_WAITFORONE, 0);
        if (came < 0) {
            if (errno != EAGAIN) fail("recvmmsg");
            lost += underway;
            underway = 0;
            continue;
        }
        for (int i = 0; i < came; i++) {
            unsigned number;
            memcpy(&number, in[i], sizeof number);
            int same = coming[i].msg_len == size && next - number <= 1u << 20 &&
                       !memcmp(in[i] + sizeof number, out[0] + sizeof number, size - sizeof number);
            wrong += !same;
        }
        underway = underway > came ? underway - came : 0;
        if (begin) done += came;
    }
    printf("echoes_per_s %.0f lost %ld wrong %ld\n", begin ? done / ((t - begin) / 1e9) : 0, lost, wrong);
    return 0;
}
