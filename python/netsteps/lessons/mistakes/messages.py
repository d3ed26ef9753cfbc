"""Mistakes with bytes and messages."""

from netsteps.lessons.mistakes.model import LADDER, Mistake

__all__ = [
    "a_length_is_believed",
    "empty_read_looped_on",
    "host_byte_order",
    "one_read_is_not_one_message",
    "send_takes_a_part",
    "str_for_bytes",
]

_STAGE = """\
import socket

server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
connection, address = server.accept()
"""
_SAME = """\
import netsteps as ns

server = ns.Socket("tcp")
server.bind("127.0.0.1", 0)
server.listen()
client = ns.Socket("tcp")
client.connect(server.local)
connection = server.accept()
"""

str_for_bytes = Mistake(
    name="str_for_bytes",
    title="Text is sent where bytes are wanted",
    why="In Python a text and its bytes look much alike. A socket carries bytes only: numbers "
    "from 0 to 255. Which bytes a text becomes depends on its encoding.",
    wrong=f"""{_STAGE}
client.sendall("hello")
""",
    ends="error",
    happens="It fails before anything is sent, and does not say what to write instead.",
    error="TypeError: a bytes-like object is required, not 'str'",
    line='client.sendall("hello")',
    same=f"""{_SAME}
client.write("hello")
""",
    netsteps_says="sockets carry bytes, and this is str",
    cure='Write b"hello", or text.encode() for a text and data.decode() for what was read. Also '
    'compare with bytes: data == "hello" is false without a word.',
    right=f"""{_STAGE}
client.sendall("¡hola!".encode())
data = connection.recv(1024)
print(data)
print(data.decode(), "has", len(data.decode()), "letters and", len(data), "bytes")
""",
    views=(("What encode() makes of a text", "pictures.letters('¡hola!')"),),
    right_prints="b'\\xc2\\xa1hola!'\n¡hola! has 6 letters and 7 bytes",
    lecture=3,
)

one_read_is_not_one_message = Mistake(
    name="one_read_is_not_one_message",
    title="One read is taken for one message",
    why="Two calls sent, so two calls receive: so it seems, and on one computer it often works. "
    "TCP is a stream of bytes. It keeps their order, and not the borders between the calls.",
    wrong=f"""{_STAGE}
client.sendall(b"Hello")
client.sendall(b"World")
client.close()

print("first message: ", connection.recv(1024))
print("second message:", connection.recv(1024))
""",
    ends="silence",
    happens="The first read gives both messages at once. Elsewhere it may give half of one.",
    line='print("first message: ", connection.recv(1024))',
    prints="first message:  b'HelloWorld'\nsecond message: b''",
    same=f"""{_SAME}
client.write(b"Hello")
client.write(b"World")
client.finish()

connection.read()
print("the client:")
print(client.steps)
print("the server's connection:")
print(connection.steps)
""",
    netsteps_says="write        2     10",
    cure="Say where a message ends: by its length (read_exactly), by a mark such as the end of "
    "the line (read_until), or by a length that goes before it (write_message, read_message). "
    "With plain sockets, read in a loop until all of it is there.",
    right=f"""{_STAGE}

def read_exactly(sock, size):
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise EOFError("the peer has finished in the middle of a message")
        data += part
    return data


client.sendall(b"Hello")
client.sendall(b"World")
client.close()

print("first message: ", read_exactly(connection, 5))
print("second message:", read_exactly(connection, 5))
""",
    right_prints="first message:  b'Hello'\nsecond message: b'World'",
    lecture=3,
)

empty_read_looped_on = Mistake(
    name="empty_read_looped_on",
    title="b'' is read again and again",
    why="b'' looks like \"nothing has come yet\". It never means that: recv waits until something "
    "comes. b'' says that the peer has finished, and that no byte will ever come again.",
    wrong=f"""{_STAGE}
client.sendall(b"goodbye")
client.close()

while True:
    data = connection.recv(1024)
    print("got", data)
""",
    ends="goes on",
    happens="The loop turns as fast as it can, for ever, and takes all of a processor.",
    line="while True:",
    prints="got b'goodbye'\n" + "got b''\n" * 9,
    same=f"""{_SAME}
client.write(b"goodbye")
client.close()

connection.read()
connection.read()
print("after b'' the connection is:", connection.state)
connection.read_exactly(1)
""",
    netsteps_says="after b'' the connection is: peer finished",
    cure="End the loop at b''. The usual form is: while data := connection.recv(1024).",
    right=f"""{_STAGE}
client.sendall(b"goodbye")
client.close()

while data := connection.recv(1024):
    print("got", data)
connection.close()
print("the peer has finished")
""",
    right_prints="got b'goodbye'\nthe peer has finished",
    views=(
        LADDER,
        (
            "The connection after b'': it can be read for ever, and gives nothing",
            "connection.life()",
        ),
    ),
    lecture=3,
)

send_takes_a_part = Mistake(
    name="send_takes_a_part",
    title='send is taken for "send all of it"',
    why="send gives the bytes to the kernel. Its output buffer has a limit, so it may take a part "
    "and say how much. A short message always fits; a long one does not.",
    wrong=f"""{_STAGE}
message = bytes(10_000_000)
client.settimeout(5)
client.send(message)
client.close()

arrived = 0
while data := connection.recv(65536):
    arrived += len(data)
print("meant:  ", len(message), "bytes")
print("arrived:", arrived, "bytes")
print("all of it?", arrived == len(message))
""",
    ends="silence",
    happens="What send returns tells that it took a part, and nobody looks at it.",
    line="client.send(message)",
    prints="meant:   10000000 bytes\narrived: … bytes\nall of it? False",
    elsewhere="How much is taken depends on the system's buffers. A socket without a timeout "
    "waits in send until all was taken, on Linux; one with a timeout, or one that never waits, "
    "does not.",
    same=f"""{_SAME}
message = bytes(10_000_000)
taken = client.send(message, timeout=5)
print("send took", taken, "of", len(message), "bytes")
""",
    netsteps_says="of 10000000 bytes",
    cure="Use sendall (in netsteps write), which goes on until the kernel has taken everything. "
    "And even then the peer has not read it: only an answer of the peer says that.",
    right="""\
import socket
import threading

server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
connection, address = server.accept()


def write():
    client.settimeout(5)
    client.sendall(bytes(10_000_000))
    client.close()


writer = threading.Thread(target=write)
writer.start()
arrived = 0
while data := connection.recv(65536):
    arrived += len(data)
writer.join()
print("arrived:", arrived, "bytes")
""",
    right_prints="arrived: 10000000 bytes",
    views=(
        (
            "The client's buffers after one send: what did not fit was not taken",
            "client.buffers.drawing()",
        ),
        ("The server's: it has not read yet", "connection.buffers.drawing()"),
    ),
    lecture=4,
)

a_length_is_believed = Mistake(
    name="a_length_is_believed",
    title="A length from the network is believed",
    why="The protocol says: four bytes of length, then the message. Whoever connects may send any "
    'four bytes. Here it is a browser, by mistake: its "GET " is read as 1,195,725,856.',
    wrong=f"""{_STAGE}
client.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")

length = int.from_bytes(connection.recv(4), "big")
print("a message of", length, "bytes is coming")
room = bytearray(length)
connection.recv_into(room, length)
""",
    ends="error",
    happens="The server takes memory for more than a gigabyte. This one was given the memory of a "
    "small machine (1 GiB); on a large one it would wait for the rest, for ever.",
    error="MemoryError",
    line="room = bytearray(length)",
    prints="a message of 1195725856 bytes is coming",
    memory=2**30,
    elsewhere="The limit of 1 GiB is set for this program (setrlimit), which macOS and Windows do "
    "not do; there it waits for the rest of the message.",
    same=f"""{_SAME}
client.write(b"GET / HTTP/1.1\\r\\n\\r\\n")

connection.read_message()
""",
    netsteps_says="the peer announces a message of 1195725856 bytes; the limit is 8388608",
    cure="Compare the length with a limit before memory is taken, and close the connection of who "
    "goes beyond it. read_message(limit=...) does.",
    right=f"""{_STAGE}
LIMIT = 1_000_000
client.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")

length = int.from_bytes(connection.recv(4), "big")
if length > LIMIT:
    print("refused: a message of", length, "bytes")
    connection.close()
""",
    right_prints="refused: a message of 1195725856 bytes",
    lecture=3,
)

host_byte_order = Mistake(
    name="host_byte_order",
    title="A number is sent in the order of this computer",
    why="A number of four bytes has an order, and most computers keep its small end first. The "
    "network's order is the big end first; it is what the other side expects.",
    wrong="""\
import socket
import struct

server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
connection, address = server.accept()

client.sendall(struct.pack("I", 5) + b"hello")

data = connection.recv(4)
print("the bytes:", data)
print("the length that is meant: 5")
print("the length that is read: ", int.from_bytes(data, "big"))
""",
    ends="silence",
    happens="5 is read as 83,886,080, and the reader then waits for as many bytes.",
    line='client.sendall(struct.pack("I", 5) + b"hello")',
    prints="the bytes: b'\\x05\\x00\\x00\\x00'\nthe length that is meant: 5\n"
    "the length that is read:  83886080",
    elsewhere="On a computer that keeps the big end first (few do today) it works, and fails "
    "between it and others.",
    same=f"""{_SAME}
import struct

client.write(struct.pack("I", 5) + b"hello")
connection.read_message()
""",
    netsteps_says="the peer announces a message of 83886080 bytes",
    cure='Write the order: struct.pack("!I", 5), where ! is the network\'s order, or '
    '(5).to_bytes(4, "big"). The port in bind is turned by Python; in C it is htons(port).',
    right="""\
import socket
import struct

server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
connection, address = server.accept()

client.sendall(struct.pack("!I", 5) + b"hello")

data = connection.recv(4)
print("the bytes:", data)
print("the length that is read:", struct.unpack("!I", data)[0])
""",
    views=(("Four bytes, in two orders", "pictures.byte_order(5)"), LADDER),
    right_prints="the bytes: b'\\x00\\x00\\x00\\x05'\nthe length that is read: 5",
    lecture=2,
)
