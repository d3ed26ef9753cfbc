# The lesson on the second lecture. The notebook is built from this file: python notebooks/build.py
#
# Every read in it is of bytes that were sent before, every accept is of a client that has connected
# before, and what could wait has a time limit: no cell waits for one that comes after it.
#
# ruff: noqa: B018, E501 - a cell shows its last expression; text cells are comments

# %% [markdown]
# # Layers and addresses
#
# The first lesson had one envelope, with an address and a port on it. In truth there are several envelopes, one inside the
# other, and a computer has several addresses. This lesson looks at each of them, on this very computer.
#
# Run the cells from top to bottom; choose your answer before each experiment. About 60 minutes, without internet.

# %%
import netsteps as ns
from netsteps.lessons import check, claim, mistakes, predict
from netsteps.lessons.pictures import doors, port_ruler, stacks

print("netsteps", ns.__version__)

# %% [markdown]
# ## 1. What is your address?
#
# A simple question with four answers:
#
# - "I am at home." Every computer can say that of itself: `127.0.0.1`.
# - "Second door on the left." That helps those who live in the same house: the **local** address, for example `192.168.1.7`.
# - "Mill Lane 12, this town." That is for letters from everywhere: the **public** address.
# - "I am this very person, whichever house I live in." The **physical** address, of the network card: the MAC address.
#
# Which of these does this computer have?

# %%
guess = predict(
    "How many IP addresses does this computer have?",
    "none, as long as it has no internet",
    "exactly one",
    "two or more",
)

# %%
interfaces = ns.interfaces()
doors(interfaces)

# %%
count = sum(len(interface.addresses) for interface in interfaces)
print(count)

# %%
guess.was(
    3 if count > 1 else 2,
    f"{count} addresses. A computer without any network still has the loopback address.",
)

# %% [markdown]
# The same as a table. It is what the programs `ipconfig` (Windows), `ifconfig` and `ip address` show:

# %%
interfaces

# %% [markdown]
# A *network interface* is a door to a network: a network card (NIC), a radio, or one that is made of software alone. What a plate
# on a door says about itself (an `Endpoint` is an address with a port; here only the address counts):

# %%
examples = "127.0.0.1 10.0.0.5 172.20.1.1 192.168.1.7 169.254.3.4 9.9.9.9 224.0.0.251"
for ip in examples.split():
    print(f"{ip:<14} {ns.Endpoint(ip, 0).scope}")

# %% [markdown]
# | scope | who can reach it | like |
# | :-- | :-- | :-- |
# | loopback | this computer alone | "at home" |
# | link-local | the same cable or radio | "you there" |
# | private | the same local network; millions of homes have the same `192.168.1.7` | "second door on the left" |
# | public | the whole internet: nobody else has it | street, number, town |
# | multicast | everybody who asked for it | "all members of the club" |
# | documentation | nobody: for examples in books, such as `203.0.113.9` | "Anytown" |
#
# **Where is the public address?** In most homes no computer has it. The router has it, and writes it over the sender of each
# packet that leaves the house (lesson 5). So you cannot ask your own computer for it. You can only ask somebody outside: "from
# where did my letter come?" (With IPv6 it is different: there are enough addresses, and many computers have a public one.)

# %%
said = claim(
    "A machine with more than one network interface card may have more than one IP address.",
    lecture=2,
)

# %%
for interface in interfaces:
    kinds = [address.family for address in interface.addresses]
    print(
        f"{interface.name}: {kinds.count('ipv4')} of IPv4, {kinds.count('ipv6')} of IPv6",
        "" if interface.up else "(not in use)",
    )

# %%
said.verdict(
    "true, and there is more to it",
    "One card is enough for several addresses: today most have one of IPv4 and two of IPv6. "
    "And a card that is not used has none. (Lesson 4 counts again.)",
)

# %% [markdown]
# ### From whom does it have its address?
#
# Either somebody has typed it in, or the computer asks when it comes into the network (DHCP). But how does it write a letter
# without a sender, and to whom, when it knows nobody? With two special addresses:

# %%
question = ns.Packet(
    b"Can anybody give me an address?",
    source=("0.0.0.0", 68),  # I have none yet
    destination=("255.255.255.255", 67),  # everybody in this network
    protocol="udp",
    ethernet=("02:00:00:00:00:07", "ff:ff:ff:ff:ff:ff"),  # from my card to all cards
)
question.envelope()

# %% [markdown]
# (A real DHCP question has more in it, and goes to the same place. Ports 67 and 68 are the ones of DHCP.)
#
# ## 2. The physical address
#
# Each network card has a **MAC address** of six bytes, such as `02:00:00:00:00:07`. Why another one, when there is the IP address
# already?
#
# The IP address says where a letter ends its journey. The MAC addresses say who carries it *on this piece of the way*. Here is
# one letter on each of three pieces of its way, from your computer over two routers to the server. (The packets are real, the
# routers are played: we write what they would write.)

# %%
guess = predict(
    "What is the same on all three pieces?",
    "the MAC addresses; the IP addresses change",
    "the IP addresses; the MAC addresses change",
    "both",
)

# %%
way = [  # who hands it over, who takes it, how many more stations it may pass
    ("02:00:00:00:00:07", "02:00:00:00:00:01", 64),
    ("02:00:00:00:00:02", "02:00:00:00:00:03", 63),
    ("02:00:00:00:00:04", "02:00:00:00:00:09", 62),
]
pieces = [
    ns.Packet(
        "Grüße!".encode(),
        source=("192.168.1.7", 50000),
        destination=("203.0.113.9", 6666),
        protocol="udp",
        ethernet=(sender, receiver),
        ttl=ttl,
    )
    for sender, receiver, ttl in way
]
for piece in pieces:
    card = piece["Ethernet II"]
    print("cards:    ", card["Source"].text, "->", card["Destination"].text)
    print("addresses:", piece.source.ip, "->", piece.destination.ip, " TTL:", piece.ttl)

# %%
guess.was(
    2,
    "Each station takes the outer envelope off and puts a new one on. Of the inner one it changes the TTL alone. (A router at home changes the sender's IP address, too: lesson 5.)",
)

# %% [markdown]
# ## 3. Seven layers
#
# So there are envelopes inside of envelopes, and each is the work of one **layer**. The *OSI model* counts seven of them. Each
# layer has one task, and does not need to know how the others do theirs: your browser works over cable and radio alike.
#
# | | layer | its task | here |
# | :-- | :-- | :-- | :-- |
# | 7 | application | what is said | your message |
# | 6 | presentation | how it is written | text as UTF-8, encryption |
# | 5 | session | who speaks when | the programs' own rules |
# | 4 | transport | from program to program: **ports** | TCP or UDP |
# | 3 | network | from computer to computer: **IP addresses** | IPv4 or IPv6 |
# | 2 | data link | from card to card: **MAC addresses** | Ethernet, WLAN |
# | 1 | physical | bits: voltage, light, radio | the cable |

# %%
guess = predict(
    "We send `Grüße!`, six characters. How many bytes leave the computer?",
    "6",
    "8",
    "about 50",
)

# %% [markdown]
# This is what the sender's layers do with it, from the top **down**, and the receiver's layers from the bottom **up**:

# %%
letter = pieces[0]
stacks(letter)

# %%
guess.was(
    3,
    f"{len(letter)}: two of the characters take two bytes each (layer 6), and the headers take 42.",
)

# %% [markdown]
# ### Up, by hand
#
# You are the receiver, and get these bytes from the card:

# %%
frame = bytes(letter)
for start in range(0, len(frame), 16):
    print(f"{start:>4}:", frame[start : start + 16].hex(" "))

# %% [markdown]
# Layer 2 looks at its header: is this for my card? What is inside? Then it takes the header off and hands the rest up. So does each.

# %%
ethernet, rest = frame[:14], frame[14:]
print("2  for card", ethernet[:6].hex(":"), " inside:", ethernet[12:14].hex(), "(0800 is IPv4)")

size = (rest[0] & 15) * 4  # how long it is, it says itself
ip, rest = rest[:size], rest[size:]
print("3  for computer", ".".join(map(str, ip[16:20])), " inside:", ip[9], "(17 is UDP, 6 is TCP)")

udp, rest = rest[:8], rest[8:]
print(
    "4  for port",
    int.from_bytes(udp[2:4], "big"),
    " length with this header:",
    int.from_bytes(udp[4:6], "big"),
)

print("6 ", rest, "is written in UTF-8")
print("7 ", rest.decode())

# %% [markdown]
# Every field of every header, over its bytes. You need not know them all: look for the two addresses and the two ports.
# ("as a table", below the picture, has them in words.)

# %%
letter.osi()

# %%
said = claim("The seven layers are what happens underneath when we send data.", lecture=2)

# %%
for layer in letter.layers:
    print(f"layer {layer.osi}: {layer.name}, {layer.end - layer.start} bytes")

# %%
said.verdict(
    "it is a model",
    "On the wire there are headers of layers 2, 3 and 4, and the message. Layers 5 and 6 have none: if they are "
    "needed, the programs do it themselves. The model helps to think and to look for faults: first the cable, then the address, then the port.",
)

# %% [markdown]
# ## 4. Loopback
#
# `127.0.0.1` always means "this computer": so you can try client and server on one machine.

# %%
said = claim(
    "Data has to go from the application layer down to the physical one, and up on the other device.",
    lecture=2,
)
guess = predict(
    "Two programs on this computer exchange 1 MB over 127.0.0.1. Which network card carries it?",
    "the first one",
    "none",
    "it depends on the cable",
)

# %% [markdown]
# The system counts the bytes of each interface. We look before and after:

# %%
import psutil


def carried_by_each_interface(host):
    """Send 1 MB to a server at this address of ours; tell by how much each counter has grown."""
    before = psutil.net_io_counters(pernic=True, nowrap=False)
    with (
        ns.TcpServer(service="discard", host=host) as server,
        ns.Socket("tcp") as client,
    ):  # it reads, and forgets
        client.connect(server.endpoint)
        client.write(bytes(1_000_000))
        client.finish()
        client.read_all(timeout=5.0)  # its end: the server has read everything
    after = psutil.net_io_counters(pernic=True, nowrap=False)
    for name in after:
        if name in before:
            print(f"{name:>12}: {after[name].bytes_sent - before[name].bytes_sent:>9,} bytes")


carried_by_each_interface("127.0.0.1")

# %%
guess.was(
    2,
    "No card and no cable: the loopback interface is made of software. (A few bytes elsewhere are other programs at work, your notebook's page for one.)",
)

# %% [markdown]
# And now to the *other* address of this computer, the one that its network card has:

# %%
own = next(
    (
        address.ip
        for interface in interfaces
        for address in interface.addresses
        if interface.up
        and address.family == "ipv4"
        and ns.Endpoint(address.ip, 0).scope != "loopback"
    ),
    "127.0.0.1",  # a computer without any network
)
guess = predict(
    f"The same 1 MB to `{own}`, our own address. Does it go out to the network and come back?",
    "yes, that is the address of the card",
    "no",
)

# %%
carried_by_each_interface(own)

# %%
guess.was(2, "The kernel sees that the address is its own, and takes the short way.")
said.verdict(
    "only between two computers",
    "Inside of one computer nothing goes below layer 3: no card, no wire. So nothing gets lost there either, and hardly "
    "a packet is too long. Loopback is good for trying out, but it is no network.",
)

# %% [markdown]
# ## 5. Two ends

# %%
said = claim(
    "The connection is always between two devices, and each side uses its own IP and port number.",
    lecture=2,
)

# %%
server = ns.Socket("tcp")
server.bind("127.0.0.1", 0)
server.listen()
client = ns.Socket("tcp")
client.connect(server.local)
connection = server.accept()

print("client:    ", client.local, "->", client.peer)
print("connection:", connection.local, "->", connection.peer)

# %%
ns.connections().drawing(kind="tcp", port=server.local.port)

# %%
said.verdict(
    "only partly",
    "A TCP connection always has two ends, each with an address and a port. They may be on one device and in "
    "one program, and have the same address: then the ports tell them apart. And datagrams (section 7) need no connection at all.",
)

# %% [markdown]
# What was sent on one of the ends comes out at the other, in both directions:

# %%
client.write(b"one way")
connection.write(b"and the other")
print(connection.read())
print(client.read())
for socket in (client, connection):
    socket.close()

# %% [markdown]
# ### Listening

# %%
said = claim(
    "The server is continually waiting for connections, always on a certain IP and port.", lecture=2
)
guess = predict(
    "A server listens, and is busy with something else. It has not called `accept`. What happens to a client?",
    "the client is refused",
    "the client waits until the server has time",
    "the client is connected at once",
)

# %%
client = ns.Socket("tcp")
client.connect(server.local, timeout=2.0)  # nobody calls accept
print(client.state)
server.queue

# %%
guess.was(
    3,
    "The kernel waits, and completes connections. They stand in a queue until `accept` takes them.",
)

# %%
client.close()
server.close()

# %% [markdown]
# And the certain IP? A server may also listen on *all* addresses of its computer. In place of the address it then says `0.0.0.0`, "any":

# %%
with ns.Socket("tcp") as server:
    server.bind("0.0.0.0", 0)
    server.listen()
    print("listens on", server.local, "scope:", server.local.scope)
    for host in sorted({"127.0.0.1", own}):
        with ns.Socket("tcp") as client:
            client.connect(host, server.local.port, timeout=2.0)
            print("reached at", client.peer)

# %%
said.verdict(
    "only partly",
    "The port is certain. The address may be one of them (127.0.0.1: nobody from outside gets in) or any (0.0.0.0: everybody "
    "who can reach this computer). And it is the kernel that is always waiting; the program may do something else.",
)

# %% [markdown]
# ## 6. Ports
#
# In the header a port has 16 bits, two bytes. So there are 65,536 of them. Three ranges:

# %%
known = {21: "FTP", 22: "SSH", 53: "DNS", 80: "HTTP", 443: "HTTPS", 3306: "MySQL"}
port_ruler({**known, 8080: "often HTTP", 50000: "a client"})

# %%
said = claim("Port numbers can be any integer between 1 and 65535.", lecture=2)
guess = predict(
    "Which of the numbers 0, 65,535 and 65,536 can be given to `bind`?",
    "65,535 alone",
    "0 and 65,535",
    "all three",
)

# %%
for number in (0, 65_535, 65_536):
    with ns.Socket("tcp") as socket:
        try:
            socket.bind("127.0.0.1", number)
            print(f"{number:>6}: {socket.local}")
        except (ns.SocketError, ns.BadPort) as error:
            print(f"{number:>6}: {error}")

# %% [markdown]
# 65,536 does not fit into 16 bits. `0` fits, and no one can live there: in `bind` it means "give me any free one", which is what all our
# lessons do. On an envelope, nobody is at port 0:

# %%
with ns.Socket("tcp") as socket:
    try:
        socket.connect("127.0.0.1", 0, timeout=1.0)
    except ns.SocketError as error:
        print(type(error).__name__, "-", error.cause)

# %%
guess.was(2, "0 is a number, but not a place: the kernel chose another one.")
said.verdict(
    "true",
    "1 to 65,535 are places to live. 0 exists as a number, with a meaning of its own: any free one.",
)

# %%
said = claim(
    "Ports 1 to 1023 are well known, and reserved for specific applications (port 21: FTP).",
    lecture=2,
)
guess = predict(
    "This notebook, which is no FTP server, wants port 21. May it?",
    "no: it is reserved for FTP",
    "only the administrator may",
    "it depends on the system",
)

# %%
ns.services()[4:16]

# %%
with ns.Socket("tcp") as socket:
    try:
        socket.bind("127.0.0.1", 21)
        print("we have it:", socket.local)
    except ns.SocketError as error:
        print(type(error).__name__, "-", error.cause)

# %%
guess.was(
    3,
    "On most Linux systems the administrator alone may have ports below 1024; other systems have other rules.",
)

# %% [markdown]
# And the other way round: a service on a port that is not its own. `daytime` has port 13 by right; here it has any other:

# %%
with (
    ns.TcpServer(service="daytime") as clock,
    ns.Socket.open(clock.endpoint, timeout=2.0) as client,
):
    print(client.peer.port, client.read_all(timeout=2.0))

# %%
said.verdict(
    "only by agreement",
    "The list tells everybody where to look. No system checks what a program on port 21 really speaks, and FTP works on "
    "any port that the client knows. What is guarded, on some systems, is who may take a port below 1024.",
)

# %%
said = claim(
    "Choose a number over 1024, to be sure that your desired port isn't already in use.", lecture=2
)

# %%
with ns.Socket("tcp") as first, ns.Socket("tcp") as second:
    first.bind("127.0.0.1", 0)
    print("somebody has taken", first.local)
    try:
        second.bind(first.local)
    except ns.AddressInUse as error:
        print("cause: ", error.cause)
        print("remedy:", error.remedy)

taken = {row.local.port for row in ns.connections()}
above = {port for port in taken if port > 1023}
print(f"{len(taken)} ports are in use on this computer, {len(above)} of them over 1023")

# %%
said.verdict(
    "good advice, but not sure",
    "Others choose over 1024, too, and the system gives such ports to clients. Only port 0 is sure to give a free one. "
    "A server whose clients must know its port takes a fixed one, and has to be ready for `AddressInUse`.",
)

# %% [markdown]
# ### Who chooses?
#
# A server's port is usually written in its program or its settings, because the clients have to know it. The client's is given by the
# operating system:

# %%
guess = predict(
    "Five clients connect to one server, one after the other. Which ports do they have?",
    "all five the same, the server's",
    "five different ones",
    "five different ones below 1024",
)

# %%
with ns.Socket("tcp") as server:
    server.bind("127.0.0.1", 0)
    server.listen()
    clients = []
    for _ in range(5):
        clients.append(ns.Socket("tcp"))
        clients[-1].connect(server.local)
    marks = {client.local.port: f"client {number}" for number, client in enumerate(clients, 1)}
    marks[server.local.port] = "the server"
    for client in clients:
        client.close()

port_ruler(marks)

# %%
guess.was(
    2,
    "Free ones, from a range that the system keeps for this. (Linux begins at 32768, earlier than the list says.)",
)

# %% [markdown]
# ## 7. Stream and datagram
#
# There are two common types of sockets:
#
# | | stream | datagram |
# | :-- | :-- | :-- |
# | in C | `SOCK_STREAM` | `SOCK_DGRAM` |
# | protocol | TCP | UDP |
# | is like | a telephone call | postcards |
# | before the first byte | `connect` and `accept` | nothing |
# | in netsteps | `ns.Socket("tcp")` | `ns.Socket("udp")` |

# %%
guess = predict(
    "We write `Hello` and then `World`, and then the other side reads once. What does it get?",
    "TCP: `Hello`, UDP: `Hello`",
    "TCP: `HelloWorld`, UDP: `Hello`",
    "TCP: `HelloWorld`, UDP: `HelloWorld`",
)

# %%
with ns.Trace() as stream:
    server = ns.Socket("tcp")
    server.bind("127.0.0.1", 0)
    server.listen()
    client = ns.Socket("tcp")
    client.connect(server.local)
    connection = server.accept()
    client.write(b"Hello")
    client.write(b"World")
    print("TCP:", connection.read(timeout=1.0))
    for socket in (client, connection, server):
        socket.close()

with ns.Trace() as datagrams:
    receiver = ns.Socket("udp")
    receiver.bind("127.0.0.1", 0)
    sender = ns.Socket("udp")
    sender.send_to(b"Hello", receiver.local)
    sender.send_to(b"World", receiver.local)
    print("UDP:", receiver.receive_from(timeout=1.0).data)
    print("UDP:", receiver.receive_from(timeout=1.0).data, "- with the second read")
    for socket in (sender, receiver):
        socket.close()

# %%
guess.was(
    2,
    "A stream has no borders between writes, as water has none. A datagram comes whole, or not at all.",
)

# %%
stream.ladder()

# %%
datagrams.ladder()

# %% [markdown]
# Look at the beginnings: the stream needs `connect` and `accept` before the first byte. The datagrams just go.
#
# The other side of the coin: what if the room for reading is too small?

# %%
guess = predict(
    "`Hello, World` is there, and we read 5 bytes, and then again. What comes the second time?",
    "TCP: `, World`. UDP: the rest is lost",
    "in both cases `, World`",
    "in both cases the rest is lost",
)

# %%
with ns.Socket("tcp") as server, ns.Socket("tcp") as client:
    server.bind("127.0.0.1", 0)
    server.listen()
    client.connect(server.local)
    client.write(b"Hello, World")
    with server.accept() as connection:
        print("TCP:", connection.read(5), "and", connection.read())

with ns.Socket("udp") as receiver, ns.Socket("udp") as sender:
    receiver.bind("127.0.0.1", 0)
    sender.send_to(b"Hello, World", receiver.local)
    print("UDP:", receiver.receive_from(5))
    try:
        print("UDP:", receiver.receive_from(timeout=0.2))
    except ns.TimedOut as error:
        print("UDP:", error.cause)

# %%
guess.was(
    1,
    "A datagram is read at once or cut off. netsteps says that it was cut; most libraries do not.",
)

# %% [markdown]
# In plain Python nobody says a word. (This is one out of netsteps' bank of 25 mistakes: `mistakes.table()` lists them. Each is really
# made, here and now.)

# %%
mistakes.truncated_datagram

# %% [markdown]
# And a datagram socket has no single peer: one is enough for all who write to it.

# %%
with ns.Socket("udp") as receiver:
    receiver.bind("127.0.0.1", 0)
    for name in (b"Anna", b"Bert", b"Cleo"):
        with ns.Socket("udp") as sender:
            sender.send_to(name, receiver.local)
    for _ in range(3):
        print(receiver.receive_from(timeout=1.0))

# %%
said = claim("There are two common types of socket: stream and datagram.", lecture=2)

# %%
import socket as standard

names = [name for name in dir(standard) if name.startswith("SOCK_")]
print(*(name for name in names if name not in {"SOCK_CLOEXEC", "SOCK_NONBLOCK"}))

# %%
said.verdict(
    "true",
    "Two are common. Your system knows more: SOCK_RAW, for one, is for those who write the headers themselves.",
)

# %% [markdown]
# ## 8. Is a socket a pipe?

# %%
said = claim(
    "A socket is a pipe between two computers on a network, through which data flows.", lecture=2
)
guess = predict(
    "Operating systems do have pipes (`os.pipe`). Can one send through a pipe in both directions?",
    "yes, as through a socket",
    "no",
)

# %%
import os

reading, writing = os.pipe()
os.write(writing, b"one way")
print(os.read(reading, 100))
try:
    os.write(reading, b"and back?")
except OSError as error:
    print(error)
for end in (reading, writing):
    os.close(end)

# %%
guess.was(2, "A pipe has an end for writing and an end for reading. Each socket is for both.")
said.verdict(
    "a good picture, with limits",
    "The connection is the pipe, with one socket at each end. It goes both ways, needs no second computer, "
    "and a datagram socket is no pipe at all: it is a letter box.",
)

# %% [markdown]
# ## 9. Berkeley sockets and Winsock
#
# The calls `socket`, `bind`, `listen`, `accept`, `connect` were made for Unix, at the university in Berkeley, in 1983. All systems have taken them over.
# Windows has its own edition, **Winsock**, in the library `ws2_32.dll`. What a C++ program has to write differently:
#
# | | Berkeley (Linux, macOS) | Winsock (Windows) |
# | :-- | :-- | :-- |
# | header | `<sys/socket.h>`, `<netinet/in.h>` | `<winsock2.h>`, and link `ws2_32` |
# | at the beginning and the end | nothing | `WSAStartup`, `WSACleanup` |
# | a socket is | an `int`, a descriptor like that of a file | a `SOCKET`, a handle for sockets alone |
# | it did not work | `-1` | `INVALID_SOCKET`, `SOCKET_ERROR` |
# | the reason | `errno` | `WSAGetLastError()` |
# | close | `close(s)` | `closesocket(s)` |
# | read and write | `read`, `write`, `recv`, `send` | `recv`, `send` |
#
# In Python and netsteps you write the same for all of them. Below, they call the library of the system. We can call it ourselves:

# %%
guess = predict(
    "We call the system's own `socket` function, past Python's socket module. What does it give?",
    "an object with methods",
    "a number",
    "the address of the other computer",
)

# %%
import ctypes
import sys

if sys.platform == "win32":
    print(ns.Socket("tcp").number, "from ws2_32.dll")
else:
    library = ctypes.CDLL(None)  # the C library, which is in this process already
    number = library.socket(int(standard.AF_INET), int(standard.SOCK_STREAM), 0)
    print("socket() gave", number)
    print("close() gave", library.close(number))
    print("and with a type that there is not:", library.socket(int(standard.AF_INET), 99, 0))

# %%
guess.was(
    2,
    "A handle: your number for the connection. All other calls take it as their first argument. -1 means that it failed.",
)

# %% [markdown]
# With an `ns.Socket` the handle is in `.number`, and each method is the call with the same name:

# %%
with ns.Socket("tcp") as socket:
    socket.bind("127.0.0.1", 0)
    socket.listen()
    print(socket)
    print(socket.steps)

# %% [markdown]
# ## 10. Exercises
#
# Write your answer where it says `YOUR CODE HERE`, run the cell, and then the check below it.
#
# ### Exercise 1: the kind of a port
#
# `kind_of_port(port)` gives `"well known"` (1 to 1023), `"registered"` (1024 to 49151) or `"dynamic"` (49152 to 65535); for 0 `"any"`. What is no port is a `ValueError`.


# %%
def kind_of_port(port):
    ### BEGIN SOLUTION
    if not 0 <= port <= 65535:
        message = f"{port} is no port: a port has 16 bits"
        raise ValueError(message)
    if port == 0:
        return "any"
    if port <= 1023:
        return "well known"
    return "registered" if port <= 49151 else "dynamic"
    ### END SOLUTION


# %%
check.kind_of_port(kind_of_port)

# %% [markdown]
# ### Exercise 2: how far does an address reach?
#
# `scope_of_address(ip)` takes an IPv4 address as text. `/8` means that the first number has to be the same, `/16` the first two.
#
# | range | it gives |
# | :-- | :-- |
# | 127.0.0.0/8 | `"loopback"` |
# | 10.0.0.0/8, 172.16.0.0/12 (172.16 to 172.31), 192.168.0.0/16 | `"private"` |
# | 169.254.0.0/16 | `"link-local"` |
# | 224.0.0.0/4 (224 to 239) | `"multicast"` |
# | all others | `"public"` |


# %%
def scope_of_address(ip):
    ### BEGIN SOLUTION
    first, second, *_ = (int(number) for number in ip.split("."))
    if first == 127:
        return "loopback"
    if first == 10 or (first == 172 and 16 <= second <= 31) or (first, second) == (192, 168):
        return "private"
    if (first, second) == (169, 254):
        return "link-local"
    return "multicast" if 224 <= first <= 239 else "public"
    ### END SOLUTION


# %%
check.scope_of_address(scope_of_address)

# %% [markdown]
# ### Exercise 3: a port in two bytes
#
# Computers store numbers in different orders; on the network the **higher byte comes first** (*network byte order*, in C: `htons` and `ntohs`).
# `port_to_bytes(value)` goes both ways: a number becomes its two bytes, `port_to_bytes(80) == b"\x00\x50"`, and two bytes become the number. A
# number that does not fit raises an exception, of any kind.


# %%
def port_to_bytes(value):
    ### BEGIN SOLUTION
    if isinstance(value, bytes):
        return int.from_bytes(value, "big")
    return value.to_bytes(2, "big")
    ### END SOLUTION


# %%
check.port_to_bytes(port_to_bytes)

# %% [markdown]
# ### Exercise 4: peel the layers
#
# `peel_the_layers(frame)` takes the bytes of an Ethernet frame with IPv4 inside. It gives a list of names and sizes from the outside in, such as
# `[("Ethernet", 14), ("IPv4", 20), ("UDP", 8), ("payload", 21)]`. With TCP it says `"TCP"` in place of `"UDP"`.
#
# | where | what |
# | :-- | :-- |
# | Ethernet header | always 14 bytes |
# | IP header, byte 0 | lower four bits, times 4: its own length |
# | IP header, bytes 2 and 3 | length of the whole packet, IP header included. Use it: Ethernet fills very short frames up with zeros |
# | IP header, byte 9 | what is inside: 17 is UDP, 6 is TCP |
# | UDP header | always 8 bytes |
# | TCP header, byte 12 | upper four bits (`>> 4`), times 4: its own length |


# %%
def peel_the_layers(frame):
    ### BEGIN SOLUTION
    packet = frame[14:]
    ip = (packet[0] & 15) * 4
    total = int.from_bytes(packet[2:4], "big")
    name, size = ("UDP", 8) if packet[9] == 17 else ("TCP", (packet[ip + 12] >> 4) * 4)
    return [("Ethernet", 14), ("IPv4", ip), (name, size), ("payload", total - ip - size)]
    ### END SOLUTION


# %%
check.peel_the_layers(peel_the_layers)

# %% [markdown]
# ### Exercise 5: an echo of datagrams
#
# `datagram_echo(port)` is a server: it binds a UDP socket to 127.0.0.1 and this port, and sends each datagram back to whoever sent it, for ever. Section 7
# has what you need. (The check starts it and stops it. If you call it yourself, your cell waits for ever: ■ interrupts it.)


# %%
def datagram_echo(port):
    ### BEGIN SOLUTION
    with ns.Socket("udp") as server:
        server.bind("127.0.0.1", port)
        while True:
            datagram = server.receive_from()
            server.send_to(datagram.data, datagram.sender)
    ### END SOLUTION


# %%
check.datagram_echo(datagram_echo)

# %% [markdown]
# ## 11. What you know now
#
# - A computer has several addresses: loopback, local, perhaps a public one, and a MAC address for each card.
# - A message goes **down** through the layers at the sender, each puts its header in front, and **up** at the receiver. IP addresses stay the same on the
#   way, MAC addresses change on each piece of it.
# - A connection has two ends, each with an address and a port. The server's port is known, the client's is given by the system.
# - Ports are 16 bits: 1 to 65535 to live at; below 1024 by agreement for well-known services; 0 for "any free one".
# - A **stream** (TCP) has no borders and keeps the order; a **datagram** (UDP) comes whole or not at all.
#
# To go on by yourself:
#
# 1. Compare `ns.interfaces()` with what `ip address`, `ifconfig` or `ipconfig` says in a terminal.
# 2. Make the packet of section 3 with `protocol="tcp"` and with IPv6 addresses (`fd00::7`, `2001:db8::9`). Which layer has grown?
# 3. `ns.Socket("tcp", "ipv6")` and `::1`: repeat section 5. What is different?
# 4. How many services are there in `ns.services()` that use only UDP?
# 5. Look at `mistakes.loopback_is_no_network` and `mistakes.port_below_1024`.
