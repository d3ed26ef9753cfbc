# The lesson on the first lecture. The notebook is built from this file: python notebooks/build.py
#
# Every read in it is of bytes that were sent before, every accept is of a client that has connected
# before, and what could wait has a time limit: no cell waits for one that comes after it.
#
# ruff: noqa: B018, E501 - a cell shows its last expression; text cells are comments

# %% [markdown]
# # Over the internet
#
# Two programs on two computers want to talk. What travels between them, how does it find its way, and what does a
# program have to do for it? At the end of this lesson you will have written your first client.
#
# **How to use it.** Run the cells from top to bottom (Shift + Enter); each one comes back at once. Before each
# experiment there is a *prediction*: choose an answer first, by a button or by writing `mine=2` into the call. A wrong
# guess is worth more than none: you will remember what surprised you. Should a cell of your own not come back, press
# ■ (interrupt the kernel), and give the step that waits a `timeout=`.
#
# You need Python: functions, `bytes`, `with`. You need to know nothing about networks. It takes about 45 minutes, and
# no internet connection: everything happens inside this computer, with the same system calls as over the ocean.

# %%
import netsteps as ns
from netsteps.lessons import check, claim, mistakes, predict
from netsteps.lessons.pictures import lengths, travel

print("netsteps", ns.__version__)

# %% [markdown]
# ## 1. A packet is a letter
#
# Whoever sends a letter puts the **message** inside, and writes two things on the envelope: **where to** (a house) and
# **who for** (a person in that house). What travels through the internet is made in the same way, and is called a
# **packet**:
#
# | on the letter | in the packet | for example |
# | :-- | :-- | :-- |
# | the message inside | the **payload**: bytes | `b"Hello, are you there?"` |
# | where to: the house | the **IP address**: which computer | `203.0.113.9` |
# | who for: the person | the **port**: which program on that computer | `6666` |
# | the sender | an IP address and a port again, so that an answer is possible | `192.168.1.7`, `50000` |
#
# Let us write one. (203.0.113.9 is an address that is kept free for examples: nobody lives there. There are two kinds of
# envelopes, **UDP** and **TCP**: UDP is for single letters, TCP for a conversation. We begin with UDP.)

# %%
letter = ns.Packet(
    b"Hello, are you there?",
    source=("192.168.1.7", 50000),
    destination=("203.0.113.9", 6666),
    protocol="udp",
)
letter.envelope()

# %% [markdown]
# The three things, taken out again:

# %%
print("message: ", letter.payload)
print("where to:", letter.destination.ip)
print("who for: ", letter.destination.port)

# %% [markdown]
# ## 2. Addresses are numbers
#
# People write an IP address with dots. How does it travel?

# %%
guess = predict(
    "How many bytes of the packet does the address `203.0.113.9` take?",
    "11, one for each character",
    "9, one for each digit",
    "4, one for each of the four numbers",
)

# %%
raw = bytes(letter)  # exactly what would go over the wire
print(len(raw), "bytes in all, 16 in a row:")
for start in range(0, len(raw), 16):
    print(f"{start:>4}:", raw[start : start + 16].hex(" "))
print()
print("bytes 16 to 19:", list(raw[16:20]))
print("bytes 22 and 23:", raw[22], "* 256 +", raw[23], "=", raw[22] * 256 + raw[23])

# %%
guess.was(
    3,
    "Each of the four numbers is one byte, 0 to 255. The port is one number in two bytes: 0 to 65,535.",
)

# %% [markdown]
# The dots are for people. To the computer the address is **one** number of 32 bits; and the same four bytes could also
# be a price or the beginning of a picture. Nothing in them says "I am an address". Only the place where they stand does,
# and that everybody keeps to the same rules:

# %%
import ipaddress

four = raw[16:20]
print("as an address:", ipaddress.ip_address(four))
print("as one number:", int.from_bytes(four, "big"))
print("as text:      ", four)

# %% [markdown]
# ## 3. An agreed format
#
# So sender, receiver and all stations between them have to agree on a **format**: which byte means what. The post agrees
# on one too: the address in the middle, the stamp on the right. The rule for "where to" is short: *bytes 16 to 19*. A
# station needs no more than this function:


# %%
def where_to(packet_bytes):
    return str(ipaddress.ip_address(packet_bytes[16:20]))


where_to(raw)

# %% [markdown]
# Now somebody has an idea of their own, and puts the message in front and the envelope behind it. All the information is
# there, not one byte is missing.

# %%
guess = predict(
    "What does `where_to` make of the packet with the message in front?",
    "203.0.113.9: all the bytes are still there",
    "an error: a station notices that something is wrong",
    "some other address",
)

# %%
own_idea = letter.payload + raw[: -len(letter.payload)]
print("where to?", where_to(own_idea))
print("its four bytes are really the text", own_idea[16:20])

# %%
guess.was(
    3,
    "Four letters of the message were taken for an address. Without the agreement, bytes mean nothing.",
)

# %% [markdown]
# A good reader checks what it can, and refuses the rest. netsteps is such a reader. In the place of the length it found
# two letters, too, and they make a large number:

# %%
try:
    ns.Packet.parse(own_idea)
except ns.BadPacket as error:
    print(f"{error.layer}: the header says {error.needed:,} bytes, and there are {error.had}")

# %% [markdown]
# ## 4. Through many stations
#
# Your computer has no wire to the server. It has a way to *one* neighbour (at home: the router), which has a way to its
# neighbours, and so on. Each of these **stations** (routers) has a table: "addresses that begin like *this* go to
# *that* neighbour". That is the idea of the **zip code**: the beginning of the address is enough to send it in
# the right direction, and nobody needs a list of all houses.
#
# The next cell plays five stations, each with its table. The packet in it is real, byte for byte; only the wires are missing.
# `/24` means: the first 24 bits, that is three of the four numbers, have to be the same. `0.0.0.0/0` fits everything. If
# several lines fit, the longest one counts.

# %%
TABLES = {
    "your computer": {"0.0.0.0/0": "home router"},
    "home router": {"192.168.1.0/24": "your computer", "0.0.0.0/0": "provider"},
    "provider": {"203.0.113.0/24": "data centre", "198.51.100.0/24": "home router"},
    "data centre": {"203.0.113.9/32": "the server", "0.0.0.0/0": "provider"},
    "the server": {"203.0.113.9/32": None},  # None: that is me
}

travel(letter, TABLES)

# %% [markdown]
# No station needed the port, and none the message. (They could look: a message is not hidden by its envelope. That is
# what encryption is for. A router at home does look at the port: lesson 5.)
#
# **TTL** (time to live) is a number on the envelope. Each station on the way takes 1 off it. What is it good for?

# %%
guess = predict(
    "The same letter with `ttl=2`. What becomes of it?",
    "it arrives, only later",
    "it gets lost on the way",
    "it goes back to the sender",
)

# %%
short_lived = ns.Packet(
    b"in haste", source=letter.source, destination=letter.destination, protocol="udp", ttl=2
)
travel(short_lived, TABLES)

# %%
guess.was(
    2,
    "At 0 a station throws it away. If two tables send a packet in a circle by mistake, it does not circle for ever. "
    "(A real station then also sends the sender a short note; the program `traceroute` finds the stations that way.)",
)

# %% [markdown]
# And an address that nobody on the way knows:

# %%
stray = ns.Packet(b"?", source=letter.source, destination=("192.0.2.77", 6666), protocol="udp")
travel(stray, TABLES)

# %% [markdown]
# ## 5. Which computer, which program
#
# From here on nothing is played: these are real sockets, and the kernel of this computer carries the packets. (The
# **kernel** is the part of the operating system that owns the network.) `127.0.0.1` is the address of "this very
# computer", so our letters do not get far: they take the **loopback**, a way that leads back into the computer itself.
#
# A **socket** is a program's letter box in the kernel, and `bind` writes an address and a port on it. (Section 7 says more.)
# Two receivers, in the same house:

# %%
anna = ns.Socket("udp")
anna.bind("127.0.0.1", 0)  # port 0: give me any free one
bert = ns.Socket("udp")
bert.bind("127.0.0.1", 0)
print("Anna lives at", anna.local)
print("Bert lives at", bert.local)

# %%
guess = predict(
    "A letter to `127.0.0.1` and Bert's port. Who gets it?",
    "both: they have the same address",
    "the one who reads first",
    "Bert alone",
)

# %%
postman = ns.Socket("udp")
postman.send_to(b"for Bert", "127.0.0.1", bert.local.port)

came = bert.receive_from(timeout=1.0)
print("Bert:", came)
try:
    print("Anna:", anna.receive_from(timeout=0.2))
except ns.TimedOut as error:
    print("Anna:", error.cause)

# %%
guess.was(3, "The IP address chooses the computer, the port the receiver in it.")

# %% [markdown]
# Look at what Bert got: the letter came with its sender's address. The postman never asked for a port. The kernel gave it
# one when it sent, for otherwise Bert could not answer. He can:

# %%
bert.send_to(b"thank you", came.sender)
print(postman.receive_from(timeout=1.0))

# %%
said = claim("The port is which program on the computer the data is for.", lecture=1)

# %%
import os

for row in ns.connections():
    if row.kind == "udp" and row.local in (anna.local, bert.local):
        print(row.local, "belongs to process", row.pid, "- and this notebook is", os.getpid())

# %%
said.verdict(
    "almost",
    "A port belongs to a socket. Here one program (this notebook) has two sockets, with a port each. A browser has dozens.",
)

# %% [markdown]
# And a port that nobody has? We take one, and give it back, so that it is free:

# %%
nobody = ns.Socket("udp")
nobody.bind("127.0.0.1", 0)
empty_port = nobody.local
nobody.close()

postman.connect(empty_port)
postman.write(b"is somebody there?")
try:
    postman.read(timeout=1.0)
except ns.SocketError as error:
    print(type(error).__name__)
    print("cause:", error.cause)

for socket in (anna, bert, postman):
    socket.close()

# %% [markdown]
# The house is there, the person is not: on this computer the letter comes back with a note. (Over a real network often
# nothing comes back: that is as if the letter got lost.)

# %% [markdown]
# ## 6. Long messages
#
# How big is a packet? The lecture has a clear answer:

# %%
said = claim(
    "Packets have a fixed size, so larger messages are broken up over multiple packets.", lecture=1
)
guess = predict(
    "One packet with 1 byte of message, one with 100, one with 1,000. How long are they?",
    "all the same: short messages are filled up",
    "29, 128 and 1,028 bytes: message and 28 bytes of envelope",
    "1, 100 and 1,000 bytes",
)


# %%
def packet_with(count):
    return ns.Packet(
        bytes(count), source=letter.source, destination=letter.destination, protocol="udp"
    )


lengths([packet_with(count) for count in (1, 100, 1000, 1472, 1473, 2000)], mtu=1500)

# %%
guess.was(
    2, "The envelope takes 28 bytes here: 20 for the addresses (IP) and 8 for the ports (UDP)."
)

# %% [markdown]
# So there is no fixed size. But there is a **largest** one: each link (Ethernet, radio, ...) carries packets up to its
# **MTU** (maximum transmission unit). On Ethernet that is 1,500 bytes; `ns.interfaces()` tells it for the links of this computer. On
# loopback it is far more, because there is no wire. There the other limit shows: the length of an IPv4 packet is written
# in 16 bits, so 65,535 bytes is the end: 20 + 8 of envelope, and 65,507 of message.

# %%
with ns.UdpReceiver() as receiver, ns.Socket("udp") as sender:
    sizes = []
    for count in (0, 1, 100, 20_000):
        sender.send_to(bytes(count), receiver.endpoint)
        sizes.append(len(receiver.receive(timeout=1.0)))
    print("arrived, as they were sent:", sizes)
    try:
        sender.send_to(bytes(65_508), receiver.endpoint)
    except ns.DatagramTooLarge as error:
        print("65,508 bytes:", error.cause)

# %%
said.verdict(
    "only partly",
    "The size is not fixed: there is a largest size, and most packets are smaller. "
    "True is what follows from it: a longer message has to be broken up.",
)

# %% [markdown]
# ### Broken up, and put together
#
# `ns.split` does what the lecture says: it cuts a message into parts that each fit into one packet. Each part needs a
# small header of its own.

# %%
story = " ".join(f"This is sentence number {number}." for number in range(1, 261)).encode()
parts = ns.split(story, size=1472)
parts

# %%
guess = predict(
    "Each part travels by itself. What does it have to say, so that they can be put together?",
    "nothing: they arrive in the order in which they were sent",
    "its own number alone",
    "its number, and how many there are (or how long the message is)",
)

# %% [markdown]
# Packets may take different ways: they can overtake each other, come twice, or get lost. We shuffle them, let one come
# twice, and keep one back:

# %%
arrived = [parts[3], parts[0], parts[5], parts[0], parts[1], parts[4]]
ns.join(arrived)

# %% [markdown]
# `join` knows what is missing, because every part says how long the whole is. When the last part comes in, the message is
# whole:

# %%
print(ns.join([*arrived, parts[2]]).message == story)

# %%
guess.was(3, "With its number alone, nobody could tell whether something is missing at the end.")

# %% [markdown]
# ### And now really
#
# The same once more with real packets. Each part is one **datagram** (that is what a single letter of UDP is called). It goes
# through real sockets, and through a `Relay`: a program that stands in between, and mixes up their order as a bad path does. (With TCP, in section 8, the two kernels cut, number and join for you.)

# %%
with (
    ns.UdpReceiver() as receiver,
    ns.Relay(receiver.endpoint, kind="udp", reorder=0.4, duplicate=0.2, seed=3) as path,
    ns.UdpSender(path.endpoint) as sender,
):
    for part in parts:
        sender.send(bytes(part))
    came = []
    while datagrams := receiver.receive_many(timeout=0.3):
        came += [datagram.data for datagram in datagrams]

joined = ns.join(came)
print("whole and right:", joined.message == story)
joined

# %% [markdown]
# ## 7. A socket is like a file
#
# In C++ a file is a variable: an `ifstream` to read from, an `ofstream` to write to, and `.open()` joins it to a file on the
# disk. For the network there is such a variable too: the **socket**. To the kernel both are a number, the *descriptor*.

# %%
guess = predict(
    "`os.write` and `os.read` are for files. Do they work with the number of a socket?",
    "no, a socket needs calls of its own",
    "yes, the kernel only looks at the number",
)

# %%
import tempfile

listener, here = ns.Socket("tcp"), ns.Socket("tcp")  # section 8 explains these lines
listener.bind("127.0.0.1", 0)
listener.listen()
here.connect(listener.local)
there = listener.accept()

with tempfile.TemporaryFile() as file:
    print("the file is number", file.fileno(), "and the socket number", here.number)
    os.write(file.fileno(), b"into a file")
    file.seek(0)
    print(os.read(file.fileno(), 100))
try:
    os.write(here.number, b"into a socket")
    print(os.read(there.number, 100))
except OSError as error:
    print(error, "(Windows counts files and sockets apart)")

# %%
guess.was(
    2,
    "A number for the kernel, and behind it a file or a connection. (Windows counts files and sockets apart.)",
)

# %% [markdown]
# What is different: a file can be read again from its beginning. A socket is not a store, it is a way. What was read is
# gone, and what comes next is up to the other side:

# %%
try:
    os.lseek(here.number, 0, os.SEEK_SET)
except OSError as error:
    print("back to the beginning?", error)

# %% [markdown]
# | | file (`ifstream`, `ofstream`) | socket |
# | :-- | :-- | :-- |
# | made ready by | `.open("name.txt")` | several steps: section 8 |
# | read and write | usually one of them | both, with the same socket |
# | back to the beginning | yes | no |
# | a read waits | hardly | until the other side sends something |
# | who is at the other end | nobody | a program, with a will of its own |

# %%
said = claim("The variables that represent the connection are called sockets.", lecture=1)

# %%
for name, socket in (
    ("listener", listener),
    ("here", here),
    ("there", there),
    ("a new one", ns.Socket("tcp")),
):
    print(f"{name:>9}: {socket.state:<10} peer: {socket.peer}")
    socket.close()

# %%
said.verdict(
    "only partly",
    "Not each socket is a connection: a new one has none yet, and one that listens never will. "
    "And one connection has two sockets, one at each end.",
)

# %% [markdown]
# ## 8. Server and client, in steps
#
# A conversation needs two programs. The **server** is set up first and waits. The **client** begins the conversation.

# %%
guess = predict(
    "The client connects, and no server listens yet. What happens?",
    "it waits until the server is there",
    "an error, at once",
    "the connection is made, and the first read waits",
)

# %%
early = ns.Socket("tcp")
early.bind("127.0.0.1", 0)  # it has a port, and does not listen

client = ns.Socket("tcp")
try:
    client.connect(early.local, timeout=2.0)
except ns.SocketError as error:
    print(type(error).__name__)
    print("cause: ", error.cause)
    print("remedy:", error.remedy)
client.close()
early.close()

# %%
guess.was(2, "A server has to be set up first. `connect` does not wait for one.")

# %% [markdown]
# ### The steps
#
# | step | server, in C++ | client, in C++ |
# | :-- | :-- | :-- |
# | make a socket number | `s = socket(AF_INET, SOCK_STREAM, 0);` | `c = socket(AF_INET, SOCK_STREAM, 0);` |
# | bind it to an address and a port | `bind(s, &mine, sizeof mine);` | |
# | start listening | `listen(s, 128);` | |
# | connect to the server | | `connect(c, &server, sizeof server);` |
# | accept the request | `one = accept(s, 0, 0);` | |
# | send data back and forth | `read(one, room, size);` | `write(c, data, size);` |
# | | `write(one, data, size);` | `read(c, room, size);` |
# | close | `close(one);` | `close(c);` |
#
# In Python each step is one line. We let a `Trace` watch:

# %%
with ns.Trace() as trace:
    server = ns.Socket("tcp")
    server.bind("127.0.0.1", 0)
    server.listen()

    client = ns.Socket("tcp")
    client.connect(server.local)
    client.write(b"What is two and two?")

    connection = server.accept()
    question = connection.read()
    connection.write(b"Four.")

    answer = client.read()

print("the server read", question)
print("the client read", answer)

# %% [markdown]
# The **ladder** shows both ends beside each other, with time running down (on the left, in milliseconds). An arrow is bytes on
# their way; the dotted one is the *handshake*, three packets with which the two kernels make a connection. Find the steps of
# the server and those of the client; the last one, `close`, is still to come:

# %%
trace.ladder()

# %% [markdown]
# And what the kernel knows of it. `server` has handed out a socket for this one client, and goes on listening.
# (`ESTABLISHED` is the kernel's word for connected. `Recv-Q` and `Send-Q` count bytes that wait in it: lesson 4.)

# %%
ns.connections().drawing(kind="tcp", port=server.local.port)

# %% [markdown]
# What the client has to know beforehand is the server's address and port. Its own are on every packet, too: that is where
# the answers go. So the question travelled in such an envelope. (`flags` are marks that TCP puts on its packets; these two say
# "hand this to the program" and "I have got what you sent".)

# %%
asked = ns.Packet(
    question, source=client.local, destination=server.local, protocol="tcp", flags="PSH ACK"
)
asked.envelope()

# %%
said = claim("A client makes a socket, binds it to an actual spot, and then connects.", lecture=1)
guess = predict(
    "Our client has never called `bind`. What is its port?",
    "it has none",
    "the same as the server's",
    "one that the kernel has chosen when it connected",
)

# %%
print(client.steps)
print("\nlocal:", client.local, " peer:", client.peer)

# %%
guess.was(
    3,
    "connect has done it on the way: the address by which this computer reaches the server, and a free port.",
)

# %% [markdown]
# A client *may* bind, when it wants a certain port or leaves by a certain door of the computer. Hardly any does:

# %%
bound = ns.Socket("tcp")
bound.bind("127.0.0.1", 0)
before = bound.local
bound.connect(server.local)
print("bound to", before, "and connected from", bound.local)
bound.close()

# %%
said.verdict("seldom", "It is possible, but usually the system chooses the spot, in `connect`.")

# %% [markdown]
# ### Who sends, who receives?

# %%
said = claim(
    "The server is the one who receives (sorta), the client the one who sends (sorta).", lecture=1
)
guess = predict(
    "A `daytime` server tells the time. A client connects to it and sends nothing at all. What does it get?",
    "nothing: a server only answers",
    "the time",
    "an error",
)

# %%
with ns.TcpServer(service="daytime") as clock:
    listener = ns.Socket.open(clock.endpoint, timeout=2.0)
    print(listener.read_all(timeout=2.0))
    print(listener.steps)
    listener.close()

# %%
guess.was(2, "The server wrote, the client only read: it did not send one byte of message.")
said.verdict(
    "no more than the lecture's own “sorta”",
    "Both send and receive. Server is who waits to be called, client is who calls.",
)

# %% [markdown]
# ### The end
#
# Whoever closes says "no more from me". The other side notices it when it reads: it gets `b""`, no bytes.

# %%
client.close()
print("the server reads", connection.read(timeout=1.0))
connection.close()
server.close()

# %% [markdown]
# ### Out of order
#
# What if a step is left out? netsteps says which. (C++ returns -1 here, and the reason is a number, `EINVAL`.)

# %%
hasty = ns.Socket("tcp")
hasty.bind("127.0.0.1", 0)
try:
    hasty.accept()
except ns.StepError as error:
    print("missing:", error.missing)
    picture = error.life()
hasty.close()
picture

# %% [markdown]
# ### A mistake that everybody makes once
#
# netsteps has a bank of 25 mistakes (`mistakes.table()` lists them). Each is really made, here and now, in plain Python: you see what goes
# wrong, what netsteps says to it, and the cure. This one waits for you in exercise 5:

# %%
mistakes.str_for_bytes

# %% [markdown]
# ## 9. Exercises
#
# Write your answer where it says `YOUR CODE HERE`, run the cell, and then the check below it. A check runs your code in a
# process of its own and tries it out: also with values that you have not thought of. It tells what it tried, what it
# expected and what happened. No answer can harm this notebook, not even one that never ends. What a function finds out, it
# gives back with `return`; `print` only shows it.
#
# ### Exercise 1: split a message
#
# `split_message(message, size)` gives the message (bytes) as a list of parts, in order, of at most `size` bytes each. Fill each part
# before you begin the next one. An empty message has no parts. A size below 1 is a `ValueError`.


# %%
def split_message(message, size):
    ### BEGIN SOLUTION
    if size < 1:
        message = f"a part has at least 1 byte, and not {size}"
        raise ValueError(message)
    return [message[start : start + size] for start in range(0, len(message), size)]
    ### END SOLUTION


# %%
check.split_message(split_message)

# %% [markdown]
# ### Exercise 2: put the parts together
#
# The parts have come through the internet. Each is a tuple `(number, total, data)`: its number from 0 on, how many there are, and its
# bytes. They are in any order, and some come twice. `join_parts(parts)` gives the message. If a part is missing, it raises a
# `ValueError` whose text has the number of the (first) missing part.


# %%
def join_parts(parts):
    ### BEGIN SOLUTION
    came = {number: data for number, total, data in parts}
    total = parts[0][1] if parts else 0
    for number in range(total):
        if number not in came:
            message = f"part {number} of {total} is missing"
            raise ValueError(message)
    return b"".join(came[number] for number in range(total))
    ### END SOLUTION


# %%
check.join_parts(join_parts)

# %% [markdown]
# ### Exercise 3: read the envelope
#
# You get the bytes of a packet (IPv4 and UDP, as in section 2) and give a tuple of three: where to (`"203.0.113.9"`), who for (`6666`), and the message.
#
# | bytes | what |
# | :-- | :-- |
# | 0 | its lower four bits (`packet[0] & 15`), times 4: how long the IP header is. Usually 20, but it may have extra lines |
# | 16 to 19 | where to |
# | | *after the IP header, the UDP header of 8 bytes:* |
# | 2 and 3 of it | who for, the higher byte first |
# | | *after that, the message* |


# %%
def read_the_envelope(packet):
    ### BEGIN SOLUTION
    header = (packet[0] & 15) * 4
    where = ".".join(str(byte) for byte in packet[16:20])
    port = packet[header + 2] * 256 + packet[header + 3]
    return where, port, packet[header + 8 :]
    ### END SOLUTION


# %%
check.read_the_envelope(read_the_envelope)

# %% [markdown]
# ### Exercise 4: the order of the steps
#
# The steps of a server, as words, in the wrong order: `"accept"`, `"bind"`, `"close"`, `"listen"`, `"read"`, `"socket"`, `"write"`. Give them as a list in the right one,
# for a server that reads a question and then answers it. The check really takes these steps, with a client that asks.


# %%
def order_of_steps():
    ### BEGIN SOLUTION
    return ["socket", "bind", "listen", "accept", "read", "write", "close"]
    ### END SOLUTION


# %%
check.order_of_steps(order_of_steps)

# %% [markdown]
# ### Exercise 5: your first client
#
# `first_client(host, port)` connects, writes `b"hello"`, reads all that the server says until its end, closes, and returns what it
# has read. Take `ns.Socket` and the steps of section 8. The server may send its answer in several pieces.


# %%
def first_client(host, port):
    ### BEGIN SOLUTION
    with ns.Socket("tcp") as client:
        client.connect(host, port)
        client.write(b"hello")
        return client.read_all()
    ### END SOLUTION


# %%
check.first_client(first_client)

# %% [markdown]
# ## 10. What you know now
#
# - A packet is a message in an envelope: **where to** (IP address), **who for** (port), and both for the sender.
# - Everybody has to agree which byte means what. Stations read "where to", and nothing else.
# - A packet has no fixed size, but a largest one. A longer message goes in parts, with numbers.
# - A **server** makes a socket, binds, listens, accepts; a **client** makes a socket and connects. Then both read and write, and
#   both close.
#
# To go on by yourself:
#
# 1. In section 4, add a second way from the provider to the data centre, for `203.0.113.0/25`. Which one is taken, and for which addresses?
#    Then let two stations send each other everything. What does the journey look like with `ttl=6`?
# 2. In section 6, change `seed=3`, and add `loss=0.3` to the relay. When does `joined.message` become `None`?
# 3. Let Anna send a letter to *herself*. Is that possible?
# 4. In section 8, let the server `read()` twice after the client has written once. What should be done so that it does not wait for
#    ever? (Use `timeout=`.)
