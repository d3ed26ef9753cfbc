"""Mistakes with the steps of a server: listen, accept, and what waits there."""

from netsteps.lessons.mistakes.model import LADDER, Mistake

__all__ = [
    "accept_without_listen",
    "blocked_accept",
    "reading_the_listening_socket",
    "waiting_for_our_own_client",
]

accept_without_listen = Mistake(
    name="accept_without_listen",
    title="accept without listen",
    why="bind gave the socket its address, and accept takes a client: listen looks like a detail. "
    "Without it the kernel refuses everybody, and there is no queue to take a client from.",
    wrong="""\
import socket

server = socket.socket()
server.bind(("127.0.0.1", 0))
connection, address = server.accept()
""",
    ends="error",
    happens="It speaks of an argument, although accept has none, and not of listen.",
    error="OSError: [Errno 22] Invalid argument",
    line="connection, address = server.accept()",
    same="""\
import netsteps as ns

server = ns.Socket("tcp")
server.bind("127.0.0.1", 0)
server.accept()
""",
    netsteps_says="this socket does not listen yet, so nobody can be waiting on it",
    cure="The order is: socket, bind, listen, accept. socket.create_server does the first three.",
    right="""\
import socket

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
client = socket.create_connection(server.getsockname())
connection, address = server.accept()
print("a client:", address == client.getsockname())
""",
    right_prints="a client: True",
    views=(("Where the socket stood, and the step that is missing", "error.life()"),),
    elsewhere="The number of the error is Linux's and macOS's; Windows says WinError 10022.",
    lecture=3,
)

reading_the_listening_socket = Mistake(
    name="reading_the_listening_socket",
    title="Reading from the listening socket",
    why="The server has a socket and a client has connected to it, so its bytes must be there. "
    "But a listening socket carries no data. It hands out a new socket for each client.",
    wrong="""\
import socket

server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
client.sendall(b"hello")

data = server.recv(1024)
""",
    ends="error",
    happens='"Not connected", although a client is connected, and has sent five bytes.',
    error="OSError: [Errno 107] Transport endpoint is not connected",
    line="data = server.recv(1024)",
    same="""\
import netsteps as ns

server = ns.Socket("tcp")
server.bind("127.0.0.1", 0)
server.listen()
client = ns.Socket("tcp")
client.connect(server.local)
client.write(b"hello")

server.read()
""",
    netsteps_says="a listening socket carries no data: it hands out a new socket for each client",
    cure="Read from what accept gives: connection, address = server.accept().",
    right="""\
import socket

server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
client.sendall(b"hello")

connection, address = server.accept()
print(connection.recv(1024))
""",
    right_prints="b'hello'",
    views=(
        ("Where the socket stood: it never comes to reading", "error.life()"),
        LADDER,
    ),
    elsewhere="The number of the error is Linux's: macOS has 57, Windows WinError 10057.",
    lecture=3,
)

blocked_accept = Mistake(
    name="blocked_accept",
    title="accept waits for ever",
    why="A server without a client has nothing to do, so accept waits: for a second or for a "
    "year. The program does nothing else meanwhile, and a notebook's cell never comes back.",
    wrong="""\
import socket

server = socket.create_server(("127.0.0.1", 0))
print("waiting for a client")
connection, address = server.accept()
print("never printed")
""",
    ends="waits",
    happens="On Linux and macOS Ctrl-C ends it. On Windows it does not until a client comes: a "
    "standard socket that waits does not look for Ctrl-C there.",
    line="connection, address = server.accept()",
    prints="waiting for a client",
    same="""\
import _thread
import threading
import time

import netsteps as ns

server = ns.Socket("tcp")
server.bind("127.0.0.1", 0)
server.listen()

# What the stop button of a notebook does on Windows: no signal, only a word to Python.
threading.Timer(0.1, _thread.interrupt_main).start()
try:
    server.accept()
except KeyboardInterrupt:
    print("the stop button has ended accept")

server.accept(timeout=0.1)
""",
    netsteps_says="the stop button has ended accept",
    cure="Give it a limit: server.settimeout(5), in netsteps accept(timeout=5); or let accept "
    "wait in a thread. TcpServer does, and returns at once. netsteps ends every wait on Ctrl-C, "
    "on Windows too.",
    right="""\
import socket

server = socket.create_server(("127.0.0.1", 0))
server.settimeout(0.2)
try:
    connection, address = server.accept()
except TimeoutError:
    print("nobody came within 0.2 s; the program goes on")
""",
    right_prints="nobody came within 0.2 s; the program goes on",
    lecture=3,
)

waiting_for_our_own_client = Mistake(
    name="waiting_for_our_own_client",
    title="A server waits for the client of its own program",
    why="First the server's cell, then the client's cell: that is how two programs would be "
    "started. But this is one program, and it does one thing after the other.",
    wrong="""\
import socket

# the first cell of the notebook
server = socket.create_server(("127.0.0.1", 0))
connection, address = server.accept()

# the second cell
client = socket.create_connection(server.getsockname())
client.sendall(b"hello")
print(connection.recv(1024))
""",
    ends="waits",
    happens="The call waits for a client that would come three lines below.",
    line="connection, address = server.accept()",
    same="""\
import netsteps as ns

server = ns.Socket("tcp")
server.bind("127.0.0.1", 0)
server.listen()
connection = server.accept(timeout=0.1)
client = ns.Socket("tcp")
""",
    netsteps_says="nobody connected within 0.1 s",
    cure="Connect before accept: the kernel completes the connection and keeps it in the queue. "
    "Or run the server in a thread; ns.TcpServer(handler) does, and its cell comes back at once.",
    right="""\
import socket

# the first cell of the notebook
server = socket.create_server(("127.0.0.1", 0))

# the second cell
client = socket.create_connection(server.getsockname())
client.sendall(b"hello")

# the third cell
connection, address = server.accept()
print(connection.recv(1024))
""",
    right_prints="b'hello'",
    lecture=4,
)
