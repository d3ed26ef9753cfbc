"""A client as a program: first_client.py HOST PORT. With the word "repr" it prints b'…'."""

import socket
import sys

with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as client:
    client.sendall(b"hello")
    answer = b""
    while data := client.recv(4096):
        answer += data
if "repr" in sys.argv[3:]:
    print(answer)
else:
    sys.stdout.buffer.write(answer)
