"""Mistakes of who waits for whom: a queue that fills, several clients, both sides at once."""

from netsteps.lessons.mistakes.model import LADDER, Mistake

__all__ = [
    "both_write_and_nobody_reads",
    "connected_is_not_accepted",
    "one_client_at_a_time",
]

connected_is_not_accepted = Mistake(
    name="connected_is_not_accepted",
    title="connect has returned, so the server has accepted",
    why="Connections are made by the two kernels. A finished one waits in the queue of the "
    "listening socket, and the server's program may not know of it for a long time. The queue has "
    "room for a few: that is the backlog of listen.",
    wrong="""\
import socket

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(1)  # and nobody calls accept

clients = []
for number in range(1, 5):
    client = socket.socket()
    client.settimeout(0.15)
    try:
        client.connect(server.getsockname())
        client.sendall(b"hello")
        print("client", number, "has connected and sent; the server has accepted nobody")
    except TimeoutError:
        print("client", number, "gets no answer: the queue is full")
    clients.append(client)
""",
    ends="silence",
    happens="Two clients connect, and send, to a server that has never called accept. The others "
    "get no answer at all.",
    line='client.sendall(b"hello")',
    prints="client 1 has connected and sent; the server has accepted nobody\n"
    "client 2 has connected and sent; the server has accepted nobody\n"
    "client 3 gets no answer: the queue is full\nclient 4 gets no answer: the queue is full",
    elsewhere="Linux takes one more than the backlog says. Windows refuses where Linux is silent, "
    "and macOS takes another number.",
    same="""\
import netsteps as ns

server = ns.Socket("tcp")
server.bind("127.0.0.1", 0)
server.listen(1)

clients = [ns.Socket("tcp") for _ in range(3)]
clients[0].connect(server.local)
clients[1].connect(server.local)
print(server.queue)
clients[2].connect(server.local, timeout=0.15)
""",
    netsteps_says="accept queue: 2 of 1 places taken",
    cure="Only an answer from the server's program says that it is there. Accept soon, in a loop "
    "or in a thread of its own, and leave the backlog at its default.",
    right="""\
import socket
import threading

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()


def greet():
    for _ in range(4):
        connection, address = server.accept()
        connection.sendall(b"welcome")
        connection.close()


threading.Thread(target=greet).start()
for number in range(1, 5):
    with socket.create_connection(server.getsockname()) as client:
        print("client", number, "is told:", client.recv(1024))
""",
    right_prints="\n".join(f"client {number} is told: b'welcome'" for number in range(1, 5)),
    views=(LADDER, ("The queue of the listening socket", "server.queue.drawing()")),
    lecture=4,
)

one_client_at_a_time = Mistake(
    name="one_client_at_a_time",
    title="One client is served, and the others wait",
    why="The loop accepts a client and serves it to its end, then the next. It works with one "
    "client. The first one that says nothing stops everybody else.",
    wrong="""\
import socket
import threading

server = socket.create_server(("127.0.0.1", 0))


def serve():
    while True:
        connection, address = server.accept()
        while data := connection.recv(1024):
            connection.sendall(data.upper())
        connection.close()


threading.Thread(target=serve, daemon=True).start()

first = socket.create_connection(server.getsockname())  # and says nothing
second = socket.create_connection(server.getsockname())
second.sendall(b"hello")
second.settimeout(0.3)
print(second.recv(1024))
""",
    ends="error",
    happens="The second client has connected and sent, and gets no answer: its time is over. The "
    "server has not even accepted it.",
    error="TimeoutError: timed out",
    line="print(second.recv(1024))",
    same="""\
import threading

import netsteps as ns

server = ns.Socket("tcp")
server.bind("127.0.0.1", 0)
server.listen()


def serve():
    while True:
        connection = server.accept()
        while data := connection.read():
            connection.write(data.upper())


threading.Thread(target=serve, daemon=True).start()

first = ns.Socket("tcp")
first.connect(server.local)
second = ns.Socket("tcp")
second.connect(server.local)
second.write(b"hello")
try:
    second.read(timeout=0.3)
finally:
    print(server.queue)
""",
    netsteps_says="accept queue: 1 of",
    cure="Give each client a thread of its own, or wait for all of them at once (selectors, "
    "asyncio). ns.TcpServer(handler) takes a thread for each client.",
    right="""\
import socket
import threading

server = socket.create_server(("127.0.0.1", 0))


def talk(connection):
    with connection:
        while data := connection.recv(1024):
            connection.sendall(data.upper())


def serve():
    while True:
        connection, address = server.accept()
        threading.Thread(target=talk, args=(connection,), daemon=True).start()


threading.Thread(target=serve, daemon=True).start()

first = socket.create_connection(server.getsockname())  # and says nothing
second = socket.create_connection(server.getsockname())
second.sendall(b"hello")
second.settimeout(5)
print(second.recv(1024))
""",
    right_prints="b'HELLO'",
    lecture=4,
)

both_write_and_nobody_reads = Mistake(
    name="both_write_and_nobody_reads",
    title="Both sides write, and nobody reads",
    why="Each side first sends everything and then reads. While a message is small the buffers "
    "hold it. A large one fills them, and then each waits until the other reads.",
    wrong="""\
import socket
import threading

server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
connection, address = server.accept()
large = bytes(20_000_000)


def exchange(sock):
    sock.sendall(large)
    received = 0
    while received < len(large):
        received += len(sock.recv(65536))


sides = [
    threading.Thread(target=exchange, args=(client,), name="client", daemon=True),
    threading.Thread(target=exchange, args=(connection,), name="server", daemon=True),
]
for side in sides:
    side.start()
for side in sides:
    side.join()
print("never printed")
""",
    ends="waits",
    happens="Four buffers are full, and both sides wait in sendall for ever.",
    line="sock.sendall(large)",
    same="""\
import netsteps as ns

server = ns.Socket("tcp")
server.bind("127.0.0.1", 0)
server.listen()
client = ns.Socket("tcp")
client.connect(server.local)
connection = server.accept()
large = bytes(20_000_000)

for side in (client, connection):
    try:
        side.write(large, timeout=0.2)
    except ns.TimedOut as error:
        print(error.cause)
""",
    netsteps_says="the peer does not read: its receive buffer and our send buffer are full",
    cure="Agree on who speaks when; or read in one thread while another writes. A timeout turns "
    "the silence into an error.",
    right="""\
import socket
import threading

server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
connection, address = server.accept()
large = bytes(20_000_000)


def exchange(sock):
    writer = threading.Thread(target=sock.sendall, args=(large,))
    writer.start()
    received = 0
    while received < len(large):
        received += len(sock.recv(65536))
    writer.join()
    print("received", received, "bytes")


sides = [threading.Thread(target=exchange, args=(sock,)) for sock in (client, connection)]
for side in sides:
    side.start()
for side in sides:
    side.join()
""",
    right_prints="received 20000000 bytes\nreceived 20000000 bytes",
    views=(
        LADDER,
        ("The client's buffers: both full", "client.buffers.drawing()"),
        ("The server's buffers: both full", "connection.buffers.drawing()"),
    ),
    lecture=4,
)
