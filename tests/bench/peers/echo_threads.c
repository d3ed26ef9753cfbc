// The limit of an echo server with a thread for each client: two system calls for each request, no interpreter. usage: echo_threads
#include "peer.h"
#include <pthread.h>

enum { STACK = 256 * 1024 };

static void *serve(void *given) {
    int fd = (int)(long)given;
    char buffer[65536];
    for (ssize_t came; (came = recv(fd, buffer, sizeof buffer, 0)) > 0;)
        for (ssize_t sent = 0, took; sent < came; sent += took)
            if ((took = send(fd, buffer + sent, came - sent, MSG_NOSIGNAL)) < 0) goto gone;
gone:
    close(fd);
    return 0;
}

int main(void) {
    end_by_itself();
    int listener = bound(SOCK_STREAM);
    pthread_attr_t how;
    pthread_attr_init(&how);
    pthread_attr_setstacksize(&how, STACK);
    pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
    for (;;) {
        int client = accept4(listener, 0, 0, 0);
        if (client < 0) continue;
        no_delay(client);
        pthread_t thread;
        if (pthread_create(&thread, &how, serve, (void *)(long)client)) close(client);
    }
}
