// Takes datagrams and throws them away. usage: udp_sink
#include "peer.h"

enum { BATCH = 64, LARGEST = 2048, ROOM = 4 << 20 };

int main(void) {
    end_by_itself();
    int fd = bound(SOCK_DGRAM), room = ROOM;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    static char buffers[BATCH][LARGEST];
    struct mmsghdr messages[BATCH] = {0};
    struct iovec pieces[BATCH];
    for (int i = 0; i < BATCH; i++) {
        pieces[i] = (struct iovec){buffers[i], LARGEST};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
    }
    for (;;) recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, 0);
}
