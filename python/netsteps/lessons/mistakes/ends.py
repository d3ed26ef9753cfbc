"""Mistakes with the end of a connection."""

from netsteps.lessons.mistakes.model import LADDER, Mistake

__all__ = ["forgotten_close", "no_half_close", "write_after_the_peer_closed"]

write_after_the_peer_closed = Mistake(
    name="write_after_the_peer_closed",
    title="Writing to a peer that has closed",
    why="The first send works, so the peer must be there. It is not: our kernel took the bytes, "
    "and the peer's kernel answered with a reset. Only the second send is told of it.",
    wrong="""\
import socket

server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
connection, address = server.accept()
connection.close()

print("the first send took", client.send(b"one"), "bytes")
client.send(b"two")
""",
    ends="error",
    happens="The first send succeeds, and its bytes are lost. The second one fails.",
    error="BrokenPipeError: [Errno 32] Broken pipe",
    line='client.send(b"two")',
    prints="the first send took 3 bytes",
    elsewhere="Over a network several sends may succeed before the reset is back. Windows says "
    "ConnectionAbortedError or ConnectionResetError.",
    same="""\
import netsteps as ns

server = ns.Socket("tcp")
server.bind("127.0.0.1", 0)
server.listen()
client = ns.Socket("tcp")
client.connect(server.local)
connection = server.accept()
connection.close()

print("the first send took", client.send(b"one"), "bytes")
client.send(b"two")
""",
    netsteps_says="the peer had closed the connection before, and answered earlier bytes with a "
    "reset",
    cure="A send that worked means: the kernel has taken it. What has to arrive needs an answer "
    "from the peer. Read too: b'' tells that the peer has finished.",
    right="""\
import socket

server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
connection, address = server.accept()
connection.close()

client.settimeout(5)
if client.recv(1024) == b"":
    print("the peer has closed; nothing is sent")
    client.close()
""",
    right_prints="the peer has closed; nothing is sent",
    lecture=4,
)

no_half_close = Mistake(
    name="no_half_close",
    title="One side waits for the end, the other for the answer",
    why="The server reads until the client has finished, and then answers. The client has sent "
    "all of it and knows so. The server does not: nothing told it that there will be no more.",
    wrong="""\
import socket
import threading

server = socket.create_server(("127.0.0.1", 0))


def count():
    connection, address = server.accept()
    text = b""
    while data := connection.recv(1024):
        text += data
    connection.sendall(b"%d words" % len(text.split()))


threading.Thread(target=count, name="server", daemon=True).start()
client = socket.create_connection(server.getsockname())
client.sendall(b"to be or not to be")
print(client.recv(1024))
""",
    ends="waits",
    happens="The server waits for more, and the client for the answer. With close in place of the "
    "wait, the client could not read the answer at all.",
    line="while data := connection.recv(1024):",
    same="""\
import netsteps as ns

server = ns.Socket("tcp")
server.bind("127.0.0.1", 0)
server.listen()
client = ns.Socket("tcp")
client.connect(server.local)
connection = server.accept()

client.write(b"to be or not to be")
connection.read_all(timeout=0.1)
""",
    netsteps_says="whether the peer waits for us to write (or to finish)",
    cure="Close one half: client.shutdown(socket.SHUT_WR), in netsteps client.finish(). The "
    "server then reads b'', and the way back stays open for its answer.",
    right="""\
import socket
import threading

server = socket.create_server(("127.0.0.1", 0))


def count():
    connection, address = server.accept()
    text = b""
    while data := connection.recv(1024):
        text += data
    connection.sendall(b"%d words" % len(text.split()))


threading.Thread(target=count, name="server", daemon=True).start()
client = socket.create_connection(server.getsockname())
client.sendall(b"to be or not to be")
client.shutdown(socket.SHUT_WR)
print(client.recv(1024))
""",
    right_prints="b'6 words'",
    lecture=3,
)

forgotten_close = Mistake(
    name="forgotten_close",
    title="close is forgotten: CLOSE_WAIT",
    why="The clients have gone, so their connections must be gone too. But each end is closed by "
    "its own side. The kernel keeps ours until we close it, and the program its number.",
    wrong="""\
import socket

server = socket.create_server(("127.0.0.1", 0))
served = []
for number in range(3):
    client = socket.create_connection(server.getsockname())
    client.sendall(b"question %d" % number)
    client.close()

    connection, address = server.accept()
    print(connection.recv(1024))
    served.append(connection)  # and never closed
""",
    ends="silence",
    happens='After some thousand clients comes "Too many open files", at an accept that did '
    "nothing wrong.",
    line="served.append(connection)  # and never closed",
    prints="b'question 0'\nb'question 1'\nb'question 2'",
    elsewhere="The state is called CLOSE_WAIT everywhere (netstat -an, ss -ta).",
    same="""\
import netsteps as ns

server = ns.Socket("tcp")
server.bind("127.0.0.1", 0)
server.listen()
served = []
for number in range(3):
    client = ns.Socket("tcp")
    client.connect(server.local)
    client.write(b"question %d" % number)
    client.close()

    connection = server.accept()
    connection.read()
    served.append(connection)

for row in ns.connections():
    if row.local == server.local:
        print(row.state, "of", row.program)
""",
    netsteps_says="CLOSE_WAIT",
    cure="Close a connection when its client has finished: with connection: ... does it also when "
    "something fails. The pytest plugin of netsteps fails a test that leaves a socket open.",
    right="""\
import socket

server = socket.create_server(("127.0.0.1", 0))
for number in range(3):
    client = socket.create_connection(server.getsockname())
    client.sendall(b"question %d" % number)
    client.close()

    connection, address = server.accept()
    with connection:
        print(connection.recv(1024))
print("still open:", connection.fileno() != -1)
""",
    right_prints="b'question 0'\nb'question 1'\nb'question 2'\nstill open: False",
    views=(
        LADDER,
        (
            "Who holds what: the client's end is gone, the server's is not",
            "ns.connections().drawing(port=server.local.port)",
        ),
    ),
    lecture=4,
)
