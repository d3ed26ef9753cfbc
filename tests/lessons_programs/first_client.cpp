// Says hello, and prints the answer.
#include "lecture.hpp"

int main(int, char **words) {
    int client = connected(words[1], words[2]);
    const char hello[] = "hello";
#if defined(USES_SIZEOF)
    send_all(client, hello, sizeof hello);
#else
    send_all(client, hello, strlen(hello));
#endif
    char buffer[4096];
    ssize_t got;
#if defined(PRINTS_MORE)
    printf("The answer: ");
#endif
    while ((got = recv(client, buffer, sizeof buffer, 0)) > 0) {
        fwrite(buffer, 1, static_cast<size_t>(got), stdout);
#if defined(ONE_READ)
        break;
#endif
    }
    close(client);
}
