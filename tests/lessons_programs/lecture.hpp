// What the C++ programs here share. Each of them is a right answer to an exercise, and with
// -DNAME one with a typical mistake.
#pragma once

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

inline sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    return address;
}

inline int failed(const char *step) {
    perror(step);
    exit(1);
}

// socket, bind and, for TCP, listen.
inline int bound(int port, int type = SOCK_STREAM) {
    int fd = socket(AF_INET, type, 0);
    int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address = loopback(port);
    if (bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) < 0) failed("bind");
    if (type == SOCK_STREAM && listen(fd, 128) < 0) failed("listen");
    return fd;
}

inline int connected(const char *host, const char *port, int type = SOCK_STREAM) {
    addrinfo hints{}, *info;
    hints.ai_socktype = type;
    if (getaddrinfo(host, port, &hints, &info) != 0) failed("getaddrinfo");
    int fd = socket(info->ai_family, info->ai_socktype, 0);
    if (connect(fd, info->ai_addr, info->ai_addrlen) < 0) failed("connect");
    freeaddrinfo(info);
    return fd;
}

// All of it, or false when the peer is gone.
inline bool send_all(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent < 0) return false;
        data += sent;
        size -= static_cast<size_t>(sent);
    }
    return true;
}

// Exactly size bytes, or false when the stream ends before.
inline bool read_exactly(int fd, char *data, size_t size) {
    while (size > 0) {
        ssize_t got = recv(fd, data, size, 0);
        if (got <= 0) return false;
        data += got;
        size -= static_cast<size_t>(got);
    }
    return true;
}
