// Takes one connection after the other and reads each to its end. usage: tcp_sink
// Where all has come it closes, which tells the sender so.
#include "peer.h"

enum { BUFFER = 262144 };

int main(void) {
    end_by_itself();
    int listener = bound(SOCK_STREAM);
    char *buffer = malloc(BUFFER);
    for (;;) {
        int client = accept(listener, 0, 0);
        if (client < 0) continue;
        while (recv(client, buffer, BUFFER, 0) > 0) {
        }
        close(client);
    }
}
