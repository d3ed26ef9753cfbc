"""An echo server as a program: echo_server.py PORT. With the word "once" it reads only once."""

import socket
import sys

server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
once = "once" in sys.argv[2:]
while True:
    connection, address = server.accept()
    with connection:
        try:
            while data := connection.recv(4096):
                connection.sendall(data)
                if once:
                    break
        except ConnectionError as error:
            print("lost", address, error)
