// The limit of one TCP stream. usage: see USAGE. Prints bytes_per_s, up to the moment at which the sink has all.
#include "peer.h"
#include <fcntl.h>
#include <sys/sendfile.h>

static const char USAGE[] = "tcp_send chunks PORT SIZE SECONDS | tcp_send file PORT PATH SECONDS";

int main(int argc, char **argv) {
    end_by_itself();
    int fd = connected(SOCK_STREAM, number(argc, argv, 2, USAGE));
    if (argc != 5) {
        fprintf(stderr, "usage: %s\n", USAGE);
        return 2;
    }
    long long begin = now_ns(), end = begin + (long long)(number(argc, argv, 4, USAGE) * 1e9);
    double total = 0;
    ssize_t took;
    if (!strcmp(argv[1], "file")) {
        int file = open(argv[3], O_RDONLY);
        if (file < 0) fail("open");
        // The whole file, as often as the time allows.
        do {
            off_t offset = 0;
            while ((took = sendfile(fd, file, &offset, 0x7ffff000)) > 0) total += took;
            if (took < 0) fail("sendfile");
        } while (now_ns() < end);
    } else {
        size_t size = number(argc, argv, 3, USAGE);
        char *chunk = malloc(size);
        memset(chunk, 1, size);
        for (; now_ns() < end; total += size)
            for (size_t sent = 0; sent < size; sent += took)
                if ((took = send(fd, chunk + sent, size - sent, MSG_NOSIGNAL)) <= 0) fail("send");
    }
    char last[1];
    shutdown(fd, SHUT_WR);
    if (recv(fd, last, 1, 0)) fail("the sink's end");
    printf("bytes_per_s %.0f\n", total / ((now_ns() - begin) / 1e9));
    return 0;
}
