// Counts the words of a client until its end, and then answers.
#include <sstream>

#include "lecture.hpp"

static void serve(int client) {
    char buffer[4096];
    long count = 0;
    bool inside = false;
    ssize_t got;
    while ((got = recv(client, buffer, sizeof buffer, 0)) > 0) {
#if defined(EACH_PIECE)
        std::istringstream piece(std::string(buffer, static_cast<size_t>(got)));
        for (std::string word; piece >> word;) count++;
#else
        for (ssize_t i = 0; i < got; i++) {
#if defined(SPACES_ALONE)
            bool space = buffer[i] == ' ';
#else
            bool space = isspace(static_cast<unsigned char>(buffer[i])) != 0;
#endif
            if (!space && !inside) count++;
            inside = !space;
        }
#endif
#if defined(ONE_READ)
        break;
#endif
    }
    if (got < 0) return;
    std::string answer = std::to_string(count);
    send_all(client, answer.data(), answer.size());
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
