// Reads lines until an empty one.
#include "lecture.hpp"

int main(int, char **words) {
    int client = connected(words[1], words[2]);
    std::string rest, answer;
    char buffer[4096];
    ssize_t got;
    bool first = true, over = false;
    while (!over && (got = recv(client, buffer, sizeof buffer, 0)) > 0) {
        rest.append(buffer, static_cast<size_t>(got));
#if defined(WAITS_FOR_THE_END)
        continue;
#endif
        for (size_t end; (end = rest.find('\n')) != std::string::npos;) {
            std::string line = rest.substr(0, end);
#if defined(LOSES_THE_REST)
            rest.clear();
#else
            rest.erase(0, end + 1);
#endif
            if (line.empty()) {
                over = true;
                break;
            }
            answer += (first ? "" : "|") + line;
            first = false;
        }
    }
    close(client);
    puts(answer.c_str());
}
