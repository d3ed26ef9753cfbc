// Answers messages, each with its length in front, in capitals.
#include "lecture.hpp"

static const uint32_t LIMIT = 1 << 20;

static void serve(int client) {
    uint32_t header;
    while (true) {
#if defined(ONE_READ)
        if (recv(client, &header, sizeof header, 0) <= 0) return;
#else
        if (!read_exactly(client, reinterpret_cast<char *>(&header), sizeof header)) return;
#endif
#if defined(HOST_BYTE_ORDER)
        uint32_t length = header;
#elif defined(SIGNED_LENGTH)
        int length = static_cast<int>(ntohl(header));
#else
        uint32_t length = ntohl(header);
#endif
#if defined(SIGNED_LENGTH)
        if (length > static_cast<int>(LIMIT)) return;
        std::vector<char> body(static_cast<size_t>(length));
#elif defined(NO_LIMIT)
        std::vector<char> body(length);
#else
        if (length > LIMIT) return;
        std::vector<char> body(length);
#endif
#if defined(ONE_READ)
        if (length > 0 && recv(client, body.data(), body.size(), 0) <= 0) return;
#else
        if (!read_exactly(client, body.data(), body.size())) return;
#endif
        for (char &letter : body)
            if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
#if !defined(NO_HEADER)
        if (!send_all(client, reinterpret_cast<char *>(&header), sizeof header)) return;
#endif
        if (!send_all(client, body.data(), body.size())) return;
    }
}

int main(int, char **words) {
    int server = bound(atoi(words[1]));
    while (true) {
        int client = accept(server, nullptr, nullptr);
        if (client < 0) continue;
        serve(client);
        close(client);
    }
}
