// The limit of an echo server: one thread, epoll, two system calls for each request. usage: echo_epoll
#include "peer.h"
#include <sys/epoll.h>

enum { EVENTS = 256 };

int main(void) {
    end_by_itself();
    int listener = bound(SOCK_STREAM), ep = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
    epoll_ctl(ep, EPOLL_CTL_ADD, listener, &event);
    static char buffer[65536];
    for (;;) {
        int ready = epoll_wait(ep, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                int client = accept4(listener, 0, 0, 0);
                if (client < 0) continue;
                no_delay(client);
                event = (struct epoll_event){.events = EPOLLIN, .data.fd = client};
                epoll_ctl(ep, EPOLL_CTL_ADD, client, &event);
                continue;
            }
            ssize_t came = recv(fd, buffer, sizeof buffer, 0);
            if (came <= 0) {
                close(fd);
                continue;
            }
            for (ssize_t sent = 0; sent < came;) {
                ssize_t took = send(fd, buffer + sent, came - sent, MSG_NOSIGNAL);
                if (took <= 0) break;
                sent += took;
            }
        }
    }
}
