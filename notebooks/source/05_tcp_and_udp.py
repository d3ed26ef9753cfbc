# The lesson on the fifth lecture. The notebook is built from this file: python notebooks/build.py
#
# What a path does to datagrams is drawn from a seed, so that it is the same at each run. What is
# measured differs from machine to machine; the texts say only what holds on each of them.
#
# ruff: noqa: B018, ERA001, E501 - a cell shows its last expression; text cells are comments

# %% [markdown]
# # TCP and UDP
#
# The Internet offers a program two ways to send. **TCP** connects, and gives you a stream in which nothing is missing.
# **UDP** sends single datagrams, and promises nothing. Which one do you take?
#
# 1. Networks of networks: LAN and WAN, servers and clients
# 2. Public and private addresses, and the router between them
# 3. Ports and their services
# 4. With a connection, and without
# 5. Order and loss, on a bad path
# 6. Is it true? "TCP is error free"
# 7. Is it true? "UDP is faster"
# 8. When which
#
# Time: about 90 minutes. You need lesson 4: addresses, ports, sockets.
#
# Everything runs on this computer. Where a bad network is needed, a **relay** stands between two real sockets and loses,
# delays and doubles on purpose. Each section asks you first what will happen: press the button of your answer (where there
# are no buttons, write `mine=2` into the call), and then run the next cells.

# %%
import netsteps as ns
from netsteps.lessons import check, claim, predict
from netsteps.lessons.pictures import arrivals, bars, homes

print("netsteps", ns.__version__)


# %%
def attempt(step):
    """Take a step that may fail, and print what its error says."""
    try:
        return step()
    except ns.SocketError as error:
        print(type(error).__name__)
        print("  step:   ", error.step)
        print("  address:", error.endpoint)
        print("  cause:  ", error.cause)
        print("  remedy: ", error.remedy)


# %% [markdown]
# ## 1. A network of networks
#
# The computers of a home or a school form a **LAN** (local area network). Many networks together, over long distances,
# form a **WAN** (wide area network). The Internet is the largest one: it joins networks, and they join computers.
#
# Two questions have to be answered: how is one computer told from another? By its **IP address**. And how does anything
# get there? By a **protocol**, rules that all sides keep. This lesson is about both.
#
# Does a packet stay in the LAN, or does it go out into the WAN? Your computer decides that for each packet.

# %%
guess = predict(
    "How does your computer know whether an address is in its own network?",
    "it asks the router each time",
    "it compares the beginning of the address with that of its own",
    "it tries, and waits for an answer",
)

# %%
import ipaddress


def way_to(ip):
    """Say which way a packet to this address goes first."""
    for interface in ns.interfaces():
        for address in interface.addresses:
            if address.family == "ipv4" and address.prefix is not None:
                network = ipaddress.ip_network((address.ip, address.prefix), strict=False)
                if ipaddress.ip_address(ip) in network:
                    return f"directly, through {interface.name}: it is in its network {network}"
    return "to the router, and on into the WAN"


mine = [a.ip for i in ns.interfaces() for a in i.addresses if a.family == "ipv4"]
neighbours = [str(ipaddress.ip_address(ip) + 1) for ip in mine]
for ip in (*neighbours, "8.8.8.8"):
    print(f"{ip:<15} {way_to(ip)}")

# %%
guess.was(
    2, "The number behind the slash says how many bits of it: in 192.168.1.7/24 the first 24."
)

# %% [markdown]
# (The real table is a little longer; `ip route` shows it on Linux, `route print` on Windows, `netstat -rn` on macOS.)
#
# And who is it that talks there?

# %%
said = claim("All machines on the Internet are either servers or clients.", lecture=5)

# %%
guess = predict(
    "A program that waits for clients, and hands all they say on to another server: what is it?",
    "a server",
    "a client",
    "both at the same time",
)

# %%
with (
    ns.TcpServer(service="echo") as far,
    ns.Relay(far.endpoint, kind="tcp") as middle,
    ns.Socket("tcp") as client,
):
    client.connect(middle.endpoint)
    client.write(b"hello")
    print("the answer:", client.read_exactly(5, timeout=10))
    rows = ns.connections()
    ports = {far.endpoint.port, middle.endpoint.port}
    shown = [
        row for row in rows if row.local.port in ports or (row.peer and row.peer.port in ports)
    ]
type(rows)(shown, columns=rows.columns).drawing()  # a table like `rows`, with fewer rows, drawn

# %% [markdown]
# Two listeners, and two connections. The relay holds the listener and the accepted socket of one of them, and the
# connecting socket of the other.

# %%
guess.was(3, "It listens for its own clients, and it connects to the server behind it.")
said.verdict(
    "only partly",
    "Server and client are roles in one conversation, not kinds of machines: the server is "
    "the one that waits. This notebook was all three of them at once, and a web server is the "
    "client of its database.",
)

# %% [markdown]
# ## 2. Public and private addresses
#
# An IPv4 address is four numbers from 0 to 255: four bytes, 32 bits. (IPv6 addresses have 128 bits, and are written with
# colons. We use IPv4 here, as the lecture does.)

# %%
address = ipaddress.ip_address("192.168.1.7")
print(list(address.packed), "are the bytes of", address)
print(f"there are {2**32:,} of them")
attempt(lambda: ns.Endpoint("192.168.1.256", 80))

# %% [markdown]
# Four thousand million are fewer than there are devices. So some ranges are **private**: every home may use them, inside.
# They mean something only there, as "room 7" does. **Public** addresses are given out once in the world.

# %%
guess = predict(
    "Which of these is public: 10.1.2.3, 172.20.0.5, 172.32.0.5, 192.168.1.7?",
    "10.1.2.3",
    "172.20.0.5",
    "172.32.0.5",
    "192.168.1.7",
)

# %%
for ip in (
    "10.1.2.3",
    "172.20.0.5",
    "172.32.0.5",
    "192.168.1.7",
    "8.8.8.8",
    "127.0.0.1",
    "169.254.9.9",
):
    print(f"{ip:<14} {ns.Endpoint(ip, 80).scope}")

# %%
guess.was(
    3,
    "Private are 10.x.x.x, 172.16.x.x to 172.31.x.x, and 192.168.x.x (RFC 1918). Loopback "
    "never leaves the computer, and link-local is for one cable or one wireless network, when "
    "nobody gives out addresses.",
)

# %% [markdown]
# And yours? In a terminal: `ipconfig` on Windows, `ip a` or `ifconfig` on Linux, `ipconfig getifaddr en0` on macOS. Here:

# %%
for interface in ns.interfaces():
    for address in interface.addresses:
        if address.family == "ipv4":
            print(f"{interface.name:<10} {address.ip:<16} {ns.Endpoint(address.ip, 0).scope}")

# %% [markdown]
# Which one of them would be used towards the Internet? A UDP socket can be asked without sending anything: its `connect`
# only looks up the way. (203.0.113.9 is an address for examples. Nobody has it. Without a network, this fails.)

# %%
with ns.Socket("udp") as probe:
    attempt(lambda: probe.connect("203.0.113.9", 9))
    print("we would talk from", probe.local)

# %% [markdown]
# ### The router in between
#
# At home, the provider gives *one* public address, and the router has it. (Some providers have too few: then many homes share
# one, and there is a second router of this kind at the provider.) Your computer got a private one from the router.
# A web server that sees your question cannot answer to `192.168.1.7`; millions of computers are called so. What does it
# see, then?
#
# We play this: two computers "at home" (127.0.0.2 and 127.0.0.3), a relay as the router (127.0.0.1), and a server on the
# other side (127.0.0.9; macOS has only 127.0.0.1 for all of them). The server tells each client how it sees the client.

# %%
guess = predict(
    "Two computers at home connect through the router. What does the server see?",
    "the two private addresses",
    "the router's address twice, with two different ports",
    "the router's address twice, with the same port",
)


# %%
def who_are_you(connection):
    connection.write(str(connection.peer).encode())


def ours(ip):
    """Give this address if the computer has it, and else 127.0.0.1."""
    with ns.Socket("tcp") as probe:
        try:
            probe.bind(ip, 0)
        except ns.AddressNotLocal:
            return "127.0.0.1"
    return ip


inside, outside = [], []
with (
    ns.TcpServer(who_are_you, host=ours("127.0.0.9")) as server,
    ns.Relay(server.endpoint, kind="tcp") as router,
):
    for ip in ("127.0.0.2", "127.0.0.3"):
        with ns.Socket("tcp") as computer:
            computer.bind(ours(ip), 0)
            computer.connect(router.endpoint)
            inside.append(computer.local)
            outside.append(computer.read_all(timeout=10).decode())
            print("I am", computer.local, "and the server says that I am", outside[-1])
homes(inside, outside, router.endpoint, server.endpoint)

# %%
guess.was(
    2,
    "The router writes its own address over the private one, and remembers by the port whose "
    "answer it is.",
)

# %% [markdown]
# Private addresses mean something only inside. In **another home**, behind another router, a computer may have the very
# same address, and even use the same port. Two routers now:

# %%
with (
    ns.TcpServer(who_are_you, host=ours("127.0.0.9")) as server,
    ns.Relay(server.endpoint, kind="tcp") as router_1,
    ns.Relay(server.endpoint, kind="tcp") as router_2,
    ns.Socket("tcp") as here,
    ns.Socket("tcp") as there,
):
    for computer, router in ((here, router_1), (there, router_2)):
        computer.options.reuse_address = True  # only because both homes are on one computer
        computer.bind(ours("127.0.0.2"), here.local.port if here.local else 0)
        computer.connect(router.endpoint)
        seen = computer.read_all(timeout=10).decode()
        print("at home:", computer.local, "  behind router", router.endpoint, "  seen as", seen)

# %% [markdown]
# The same address at home, and the server can still tell them apart.
#
# A real router does this with single packets (network address translation, **NAT**), and our relay with whole
# connections. What both ends see is the same.
#
# Two things follow. Nobody outside can *begin* to talk to your computer at home, unless the router is told where to send
# it (port forwarding). And a server at home cannot take the router's public address, for that is not its own:

# %%
with ns.Socket("tcp") as server:
    attempt(lambda: server.bind("203.0.113.9", 0))

# %% [markdown]
# ## 3. Ports and their services
#
# The address finds the computer, the port finds the program (lesson 4). So that clients need not ask for the number,
# known services have **well-known ports**:

# %%
known = ns.services()
wanted = {21, 22, 25, 53, 80, 443}
# a table like `known`, with fewer rows:
type(known)([one for one in known if one.port in wanted], columns=known.columns)

# %%
guess = predict(
    "A file and a web page come to your address at the same time. How does the kernel know "
    "what is for which program?",
    "it looks into the data",
    "by the port in each packet",
    "the first program that reads gets it",
)

# %%
# daytime tells the time; chargen writes letters without end
with ns.TcpServer(service="daytime") as clock, ns.TcpServer(service="chargen") as letters:
    print("same address:", clock.endpoint, "and", letters.endpoint)
    with ns.Socket.open(clock.endpoint) as one, ns.Socket.open(letters.endpoint) as two:
        print("from the first: ", one.read_until(b"\n", timeout=10))
        print("from the second:", two.read_until(b"\n", timeout=10))

# %%
guess.was(2, "Each packet has the port of the program that it is for.")

# %% [markdown]
# `netstat -na` lists what is going on at all ports: `-a` for all, listening ones too, `-n` for numbers. Here are the first
# ten rows of the same list (those that listen come first). In a terminal: `netsteps connections`.

# %%
ns.connections()[:10]

# %% [markdown]
# ## 4. With a connection, and without
#
# When a socket is made, two things are said: the internet protocol (which kind of addresses), and the communication
# protocol (a stream, or datagrams).

# %%
for family in ("ipv4", "ipv6"):
    for kind in ("tcp", "udp"):
        try:
            with ns.Socket(kind, family) as socket:
                print(socket)
        except ns.SocketError as error:
            print(family, kind, "is not there:", error.cause)

# %% [markdown]
# **TCP is based on a connection.** Before the first byte, both sides agree to talk. **UDP knows no connection**: a datagram
# is addressed and sent.

# %%
guess = predict(
    "Nobody waits at a port. We send there, over TCP and over UDP. What do the two say?",
    "both fail",
    "TCP fails, UDP says that all is well",
    "both say that all is well, and the data wait for somebody to come",
)

# %%
nobody_tcp, nobody_udp = ns.Socket("tcp"), ns.Socket("udp")
nobody_tcp.bind("127.0.0.1", 0)  # has the port, and does not listen
nobody_udp.bind("127.0.0.1", 0)
where_udp = nobody_udp.local
nobody_udp.close()

with ns.Socket("tcp") as socket:
    attempt(lambda: socket.connect(nobody_tcp.local, timeout=10))
with ns.Socket("udp") as socket:
    print("UDP: sent", socket.send_to(b"is anybody there?", where_udp), "bytes, no complaint")
nobody_tcp.close()

# %%
guess.was(
    2,
    "Without a connection, nobody has to be there. That a datagram was sent says nothing of "
    "its arrival.",
)

# %% [markdown]
# Now with somebody at the other end. One question and one answer, first over TCP. The handshake comes before the first
# byte, and a goodbye in each direction after the last:

# %%
with ns.Trace() as trace, ns.Socket("tcp") as server, ns.Socket("tcp") as client:
    server.bind("127.0.0.1", 0)
    server.listen()
    client.connect(server.local)
    with server.accept() as connection:
        client.write(b"what time is it?")
        connection.read()
        connection.write(b"half past nine")
        client.read()
        client.close()
trace.ladder()

# %% [markdown]
# And over UDP: a question, an answer, and that was it.

# %%
with ns.Trace() as trace, ns.Socket("udp") as server, ns.Socket("udp") as client:
    server.bind("127.0.0.1", 0)
    client.send_to(b"what time is it?", server.local)
    question = server.receive_from()
    server.send_to(b"half past nine", question.sender)
    print(client.receive_from())
trace.ladder()

# %% [markdown]
# Look at the sockets, too. The TCP server needed two, one that listens and one for this client. The UDP server has one
# socket for everybody. That is why each datagram brings the address of its sender: it is the only way to know to whom the
# answer goes.
#
# Datagrams have **borders**: one send is one receive. A stream has none.

# %%
with ns.UdpReceiver() as receiver, ns.UdpSender(receiver.endpoint) as sender:
    for piece in (b"one", b"two", b"three"):
        sender.send(piece)
    print("UDP:", [receiver.receive(timeout=10).data for _ in range(3)])

with ns.Socket("tcp") as server, ns.Socket("tcp") as client:
    server.bind("127.0.0.1", 0)
    server.listen()
    client.connect(server.local)
    with server.accept() as connection:
        for piece in (b"one", b"two", b"three"):
            client.write(piece)
        client.finish()
        print("TCP:", connection.read_all(timeout=10))

# %% [markdown]
# Borders have a price: a datagram comes whole, or as much of it as there is room for. This mistake from the bank of
# mistakes is plain Python, and really runs:

# %%
from netsteps.lessons import mistakes

mistakes.truncated_datagram

# %% [markdown]
# ## 5. Order and loss
#
# On this computer alone nothing gets lost on the way. So we put a relay between sender and receiver, and let it lose,
# double and overtake, as a bad path does. Sixteen numbered datagrams go in.

# %%
guess = predict(
    "16 datagrams go over a path that loses one in seven, doubles some, and lets some "
    "overtake others. What does the receiver get?",
    "16, in order: the kernel repairs it",
    "fewer, but in order",
    "some number of them, in some order, some of them twice",
)


# %%
def over_a_bad_path(datagrams, **rules):
    """Send datagrams through a relay with these rules; give what arrived, and the relay."""
    came = []
    with ns.UdpReceiver() as receiver, ns.Relay(receiver.endpoint, kind="udp", **rules) as relay:
        with ns.UdpSender(relay.endpoint) as sender:
            for datagram in datagrams:
                sender.send(datagram)
        while found := receiver.receive_many(timeout=0.5):
            came += [datagram.data for datagram in found]
    return came, relay


sent = [str(number).encode() for number in range(16)]
bad = {"loss": 0.15, "duplicate": 0.15, "reorder": 0.25, "reorder_by": 2}
came, relay = over_a_bad_path(sent, **bad, seed=10)
arrivals([one.decode() for one in sent], [one.decode() for one in came])

# %%
guess.was(3, "UDP gives you what arrives, as it arrives. Nobody tells the sender anything.")

# %%
relay.report()

# %% [markdown]
# The relay's report above counts what it did. Its log knows the fate of each datagram, and the rule that decided it:

# %%
relay.log[:8]

# %% [markdown]
# Now **TCP**, over a path that delays, and cuts the stream into pieces of 1 to 100 bytes.

# %%
guess = predict(
    "A text of 2,680 bytes goes over such a path, in one write. What does the other program read?",
    "the whole text in one read, always",
    "pieces, and all of them together are the text",
    "pieces, some of them in another order",
)

# %%
text = b"Nothing is missing, nothing is doubled, and all of it is in order. " * 40
pieces = []


def take_pieces(connection):
    while piece := connection.read():
        pieces.append(piece)


with (
    ns.TcpServer(take_pieces) as server,
    ns.Relay(server.endpoint, kind="tcp", chunk=100, delay=0.01, seed=3) as relay,
    ns.Socket("tcp") as client,
):
    client.connect(relay.endpoint)
    client.write(text)
    client.finish()
    client.read_all(timeout=20)  # b"", as soon as the server has closed
print("sizes of the reads: ", *(len(piece) for piece in pieces))
print("together the text:  ", b"".join(pieces) == text)

# %%
guess.was(
    2,
    "A stream has no borders, but it has an order. Every byte comes once, behind the one "
    "before it.",
)

# %% [markdown]
# A relay cannot *lose* a part of a TCP stream: it is a program like ours, and the two kernels beside it repair everything
# before a program sees it. But we can watch a kernel repair. A server whose queue is full (lesson 4) throws away the SYN,
# the packet with which a client knocks. A little later there is room, and nobody tells the client.

# %%
guess = predict(
    "The client's first SYN is lost. What does the client get?",
    "an error: it has to call connect again",
    "nothing, for ever",
    "a connection, a little later: its kernel knocks again",
)

# %%
from threading import Thread
from time import perf_counter, sleep

server = ns.Socket("tcp")
server.bind("127.0.0.1", 0)
server.listen(1)
waiting = [ns.Socket.open(server.local, timeout=10) for _ in range(2)]  # now its queue is full


def make_room():
    sleep(0.3)
    server.accept(timeout=10).close()


making_room = Thread(target=make_room)
making_room.start()
begin = perf_counter()
late = ns.Socket.open(server.local, timeout=20)
print(f"connected after {perf_counter() - begin:.2f} s")
making_room.join()
knows = late.tcp
for socket in (*waiting, late, server):
    socket.close()
knows

# %%
guess.was(
    3,
    "There was room after 0.3 s. After a second without an answer, the kernel sent the SYN again.",
)

# %% [markdown]
# Look at the row *sent again* (the others are for specialists). No program had to do anything.
#
# ### How to make it reliable
#
# TCP's means are few: **number** what you send, let the receiver **acknowledge**, **repeat** what is not acknowledged in
# time, and let the receiver put things **in order**. `ns.ReliableUdpSender` does just this, over UDP, in Python that can be
# read. It sends over the same bad path:

# %%
import os

message = os.urandom(20_000)
with (
    ns.ReliableUdpReceiver() as receiver,
    ns.Relay(receiver.endpoint, kind="udp", **bad, delay=0.005, seed=10) as relay,
    ns.ReliableUdpSender(relay.endpoint, window=8, max_rto=0.2) as sender,
):
    sender.send(message, timeout=30)
    received = receiver.receive(timeout=30).data
print("arrived whole:", received == message)
sender.report.drawing()

# %% [markdown]
# Each line is one **segment** (a part of the message with its number, one datagram here), from the moment it was sent until its
# acknowledgement came; the numbers count upwards. The **window** is how many may be on their way at the same time: 8 here. A triangle
# or a square is a repetition. Below is how long the sender waits before it repeats (it learns that from the round trips,
# and waits twice as long after each timeout).
#
# UDP can also only **tell** what is missing. `send_message` cuts a long message into numbered parts, and `receive_message`
# joins them. Nothing is sent again:

# %%
with (
    ns.UdpReceiver() as receiver,
    ns.Relay(receiver.endpoint, kind="udp", loss=0.2, reorder=0.2, seed=2) as relay,
    ns.UdpSender(relay.endpoint) as sender,
):
    print("parts sent:", sender.send_message(message))
    attempt(lambda: receiver.receive_message(timeout=0.5))
    print(receiver.report)

# %% [markdown]
# ### Exercise 1: put datagrams in order
#
# This is the receiver's half of the work. Each datagram is its number in four bytes (network byte order) and then its data.
# `count` says how many there are in all, numbered from 0. Give back two values:
#
# - the **message**: the data in order, up to the first gap, and nothing from behind it;
# - the list of the numbers that are **missing**.
#
# Datagrams may come twice. And anybody can send to a UDP port: leave out what is too short to have a number, and numbers
# that are too high.


# %%
def put_in_order(datagrams, count):
    """Return the message up to the first gap, and the list of the missing numbers."""
    ### BEGIN SOLUTION
    parts = {}
    for datagram in datagrams:
        number = int.from_bytes(datagram[:4], "big")
        if len(datagram) >= 4 and number < count:
            parts[number] = datagram[4:]
    missing = [number for number in range(count) if number not in parts]
    end = missing[0] if missing else count
    return b"".join(parts[number] for number in range(end)), missing
    ### END SOLUTION


# %%
check.put_in_order(put_in_order)

# %% [markdown]
# ### Exercise 2: ask again
#
# And this is the sender's half, in small. A UDP server answers two questions, `b"1 animal"` and `b"2 colour"`; the answer
# begins with the number of its question, as in `b"1 otter"`. Ask the first, wait for its answer, then ask the second.
#
# - No answer within 0.2 seconds: ask again. After five tries raise `TimeoutError`.
# - A datagram from somebody else, or with another number, is no answer: ignore it. The 0.2 seconds go on.
#
# Return both answers without their numbers, `b"otter red"`. `socket.receive_from(timeout=...)` gives a datagram with
# `.data` and `.sender`; a time that is over is `ns.TimedOut`, which is a `TimeoutError`.


# %%
def ask_again(host, port):
    """Ask both questions over UDP, again when an answer is lost; return both answers."""
    ### BEGIN SOLUTION
    from time import monotonic

    def answer_to(question):
        for _ in range(5):
            socket.send_to(question, host, port)
            end = monotonic() + 0.2
            while (left := end - monotonic()) > 0:
                try:
                    datagram = socket.receive_from(timeout=left)
                except ns.TimedOut:
                    break
                if datagram.sender == (host, port) and datagram.data[:2] == question[:2]:
                    return datagram.data[2:]
        raise TimeoutError(f"five times {question!r}, and no answer")

    with ns.Socket("udp") as socket:
        return b" ".join([answer_to(b"1 animal"), answer_to(b"2 colour")])
    ### END SOLUTION


# %%
check.ask_again(ask_again)

# %% [markdown]
# ## 6. Is it true? "TCP is error free"

# %%
said = claim(
    "TCP is used to establish a reliable, error free connection. It ensures that ALL data "
    "that was sent is received.",
    lecture=5,
)

# %%
guess = predict(
    "write() has taken 100,000 bytes without an error. Then the path breaks. How many has the "
    "other program got?",
    "all 100,000: write said so",
    "perhaps fewer, and the next read or write says that the connection is broken",
    "perhaps fewer, and nobody ever learns of it",
)

# %%
got = bytearray()


def collect(connection):
    try:
        while data := connection.read():
            got.extend(data)
    except ns.Reset as error:
        ends.append(error.cause)


ends = []
with (
    ns.TcpServer(collect) as server,
    ns.Relay(server.endpoint, reset_after=20_000) as relay,
    ns.Socket("tcp") as client,
):
    client.connect(relay.endpoint)
    try:
        client.write(b"x" * 100_000)
        print("write: no error")
        client.read(timeout=10)
    except ns.SocketError as error:
        print("later:", type(error).__name__, "-", error.cause)
print(f"the other program has got {len(got):,} of 100,000 bytes")

# %%
guess.was(
    2,
    "`write` only says that our kernel has the bytes. When the connection breaks, both ends "
    "are told, and none of them knows by that how much came through.",
)

# %% [markdown]
# That was loss. And what about *wrong* bytes? Each TCP and UDP packet carries a **checksum**: the sum of all its 16-bit words.
# The receiver adds them up again, and throws the packet away when the sum differs. Here one bit is flipped:

# %%
from_, to = ("127.0.0.2", 50000), ("127.0.0.1", 6666)
packet = ns.Packet(b"pay 10 to B 90 to C", source=from_, destination=to, protocol="tcp")
flipped = bytearray(bytes(packet))
flipped[flipped.index(b"10")] ^= 1
print(ns.Packet.parse(flipped).payload)
print(ns.Packet.parse(flipped).problems)

# %%
guess = predict(
    "Now the words 10 and 90 change places. What does the checksum say?",
    "it does not fit: two words are wrong",
    "it fits",
)

# %%
swapped = bytearray(bytes(packet))
first, second = swapped.index(b"10"), swapped.index(b"90")
swapped[first : first + 2], swapped[second : second + 2] = b"90", b"10"
print(ns.Packet.parse(swapped).payload)
print(ns.Packet.parse(swapped).problems or "no problem: the checksum is right")

# %%
guess.was(2, "It is a sum, and a sum does not care for the order.")
said.verdict(
    "only partly",
    "What the program reads is in order, without gaps and without doubles: that part holds. "
    "But a connection can break, and then data that write has taken are lost; both ends learn "
    "that it broke. And the checksum finds most wrong bytes, not all. Programs that must be "
    "sure let the other program say that it has everything, and check with something "
    "stronger, such as SHA-256 or TLS.",
)

# %% [markdown]
# ## 7. Is it true? "UDP is faster"

# %%
said = claim("UDP tends to be faster.", lecture=5)

# %%
where = predict(
    "Where will UDP be faster than TCP?",
    "everywhere",
    "for a short question and answer",
    "for a large file",
    "nowhere",
)

# %% [markdown]
# ### A good path: a short question
#
# 200 questions of 32 bytes, each answered by an echo. TCP makes a new connection for each question, or keeps one for all.

# %%
QUESTION, TIMES = b"q" * 32, 200


def seconds(work):
    begin = perf_counter()
    work()
    return perf_counter() - begin


def tcp_each_anew():
    for _ in range(TIMES):
        with ns.Socket("tcp") as client:
            client.connect(tcp_echo.endpoint)
            client.write(QUESTION)
            client.read_exactly(len(QUESTION), timeout=10)


def tcp_kept():
    with ns.Socket("tcp") as client:
        client.connect(tcp_echo.endpoint)
        for _ in range(TIMES):
            client.write(QUESTION)
            client.read_exactly(len(QUESTION), timeout=10)


def udp_datagrams():
    with ns.UdpSender(udp_echo.endpoint) as client:
        for _ in range(TIMES):
            client.send(QUESTION)
            client.socket.read(timeout=10)


with (
    ns.TcpServer(service="echo") as tcp_echo,
    ns.UdpServer(service="echo", replies_per_second=None) as udp_echo,
):
    ways = {
        "TCP, a connection each": tcp_each_anew,
        "TCP, one for all": tcp_kept,
        "UDP": udp_datagrams,
    }
    best = {name: min(seconds(work) for _ in range(3)) for name, work in ways.items()}
remarks = ["connect, ask, close: 200 times", "connect once, ask 200 times", "ask 200 times"]
bars(
    "Time for a question and its answer, on this computer",
    [
        (name, took / TIMES * 1e6, remark)
        for (name, took), remark in zip(best.items(), remarks, strict=True)
    ],
    "µs",
)

# %% [markdown]
# On this computer there is no distance, and still a connection has its price. (Between UDP and a kept connection only
# the programs differ. Either may be in front.)
#
# With a distance, what counts are **round trips**: the way to the server and back. Let it be 20 ms in each direction:


# %%
def once(kind, server):
    """Ask one question over a path of 20 ms in each direction; give the time until its answer."""
    with ns.Relay(server.endpoint, kind=kind, delay=0.02) as relay, ns.Socket(kind) as client:
        client.connect(relay.endpoint)
        begin = perf_counter()
        client.write(QUESTION)
        client.read(timeout=10)
        return (perf_counter() - begin) * 1000


with (
    ns.TcpServer(service="echo") as tcp_echo,
    ns.UdpServer(service="echo", replies_per_second=None) as udp_echo,
):
    one_trip_tcp, one_trip_udp = once("tcp", tcp_echo), once("udp", udp_echo)
bars(
    "A question and its answer, over 20 ms in each direction",
    [
        ("TCP, a new connection", 2 * one_trip_tcp, "computed: the handshake is a round trip more"),
        ("TCP, connected before", one_trip_tcp, "measured: one round trip"),
        ("UDP", one_trip_udp, "measured: one round trip"),
    ],
    "ms",
)

# %% [markdown]
# (Computed, because our relay is a program: it takes the connection on this side at once, and only the bytes go the long
# way.) So it is not that UDP's packets travel faster. They take the same cables. UDP saves the handshake.
#
# ### A good path: much data
#
# 20 million bytes. UDP sends datagrams of 1,200 bytes, as fast as it can. The next cell has the functions that measure;
# they count what the *receiver* has got, and the time until it has the last byte.

# %%
data = os.urandom(20_000_000)
datagrams = [data[place : place + 1200] for place in range(0, len(data), 1200)]


def read_to_the_end(connection):
    size = 0
    while piece := connection.read():
        size += len(piece)
    connection.write(b"%d" % size)


def over_tcp(endpoint, data):
    """Send it all, and wait until the other program says how much came: (bytes, seconds)."""
    with ns.Socket("tcp") as client:
        client.connect(endpoint)
        begin = perf_counter()
        client.write(data, timeout=30)
        client.finish()
        came = int(client.read_all(timeout=30))
        return came, perf_counter() - begin


def over_udp(receiver, endpoint, datagrams, rate=None):
    """Send it all; give the bytes that came, and the seconds until the last of them."""
    came, last = 0, perf_counter()

    def take():
        nonlocal came, last
        while found := receiver.receive_many(1024, timeout=0.5):
            came += sum(map(len, found))
            last = perf_counter()

    taking = Thread(target=take)
    taking.start()
    begin = perf_counter()
    with ns.UdpSender(endpoint) as sender:
        sender.send_many(datagrams, rate=rate)  # in datagrams a second; None: as fast as it can
    taking.join()
    return came, last - begin


# %%
with ns.TcpServer(read_to_the_end) as server:
    tcp_came, tcp_took = over_tcp(server.endpoint, data)
with ns.UdpReceiver() as receiver:
    udp_came, udp_took = over_udp(receiver, receiver.endpoint, datagrams)
bars(
    "20 million bytes on this computer",
    [
        (
            "TCP",
            tcp_came / tcp_took / 1e6,
            f"{tcp_came / len(data):.1%} arrived, in {tcp_took * 1000:.0f} ms",
        ),
        (
            "UDP",
            udp_came / udp_took / 1e6,
            f"{udp_came / len(data):.1%} arrived, in {udp_took * 1000:.0f} ms",
        ),
    ],
    "million bytes/s",
)

# %% [markdown]
# Run it again: the numbers change, and sometimes also who is in front. Within one computer it is a question of how busy
# the processor is, and not of the protocol. If less than 100 % of UDP arrived, the receiver did not keep up, and nobody told
# the sender to slow down.
#
# ### A narrow path
#
# Most paths are slower than the computers at their ends. This one carries a million bytes a second, as a slow home
# connection does, and keeps up to 100,000 bytes waiting before it. We send half a million.

# %%
guess = predict(
    "Half a million bytes over a path of a million bytes a second. What happens?",
    "both need half a second, and all arrives",
    "UDP is done in no time, and all arrives",
    "TCP needs half a second; UDP is done in no time, and most of it is lost",
)

# %%
data = os.urandom(500_000)
datagrams = [data[place : place + 1200] for place in range(0, len(data), 1200)]

with (
    ns.TcpServer(read_to_the_end) as server,
    ns.Relay(server.endpoint, kind="tcp", rate=1_000_000) as relay,
):
    tcp_came, tcp_took = over_tcp(relay.endpoint, data)

narrow = {"kind": "udp", "rate": 1_000_000, "queue": 100_000}
with ns.UdpReceiver() as receiver, ns.Relay(receiver.endpoint, **narrow) as relay:
    udp_came, udp_took = over_udp(receiver, relay.endpoint, datagrams)
with ns.UdpReceiver() as receiver, ns.Relay(receiver.endpoint, **narrow) as relay:
    paced_came, paced_took = over_udp(receiver, relay.endpoint, datagrams, rate=1_000_000 / 1200)
bars(
    "What arrived of 500,000 bytes, over a narrow path",
    [
        ("TCP", tcp_came, f"after {tcp_took * 1000:.0f} ms"),
        ("UDP, at once", udp_came, f"after {udp_took * 1000:.0f} ms"),
        ("UDP, at the path's rate", paced_came, f"after {paced_took * 1000:.0f} ms"),
    ],
    "bytes",
)

# %%
guess.was(
    3,
    "The path is as fast as it is, for everybody. TCP feels that and slows down; UDP has to "
    "be told, or the path throws its datagrams away.",
)

# %% [markdown]
# ### A bad path
#
# And when the path loses packets? 30,000 bytes, of which one packet in five is lost, in each direction. Plain UDP is done
# at once, with holes. To have *everything* over UDP, we have to repeat, as before; once with one segment on its way at a
# time (stop-and-wait), once with a window of 32.

# %%
from netsteps.reliable.comparison import tcp_throughput

data = os.urandom(30_000)
lossy = {"loss": 0.2, "delay": 0.005, "seed": 3}
datagrams = [data[place : place + 1200] for place in range(0, len(data), 1200)]
with ns.UdpReceiver() as receiver, ns.Relay(receiver.endpoint, kind="udp", **lossy) as relay:
    plain_came, plain_took = over_udp(receiver, relay.endpoint, datagrams)
rows = [("plain UDP", plain_took * 1000, f"{plain_came / len(data):.0%} of the bytes arrived")]
for window in (1, 32):
    with (
        ns.ReliableUdpReceiver() as receiver,
        ns.Relay(receiver.endpoint, kind="udp", **lossy) as relay,
        ns.ReliableUdpSender(relay.endpoint, window=window, max_rto=0.1) as sender,
    ):
        sender.send(data, timeout=30)
        whole = receiver.receive(timeout=30).data == data
    name = "repeated, one at a time" if window == 1 else "repeated, window of 32"
    words = f"{'all' if whole else 'not all'} of it arrived, {sender.report.resent} segments were sent again"
    rows.append((name, sender.report.seconds * 1000, words))
rows.append(
    (
        "TCP (computed)",
        len(data) / tcp_throughput(sender.size, rtt=0.01, loss=0.2) * 1000,
        "by a formula (RFC 5348), not measured",
    )
)
bars("30,000 bytes over a path that loses one packet in five", rows, "ms")

# %% [markdown]
# Why computed? Our relay stands *between* two TCP connections, and each of them has a path without loss. A formula tells
# what TCP would need. It is a lot, because TCP takes loss for a sign that the path is full, and slows down.

# %%
where.was(2, "And only if TCP has to make a new connection for it.")
said.verdict(
    "only sometimes",
    "UDP saves the handshake (one round trip) for a short question, and a lost datagram holds "
    "up none of the others. With much data both run at the speed of the path, and UDP that "
    "does not slow down by itself loses most of it. As soon as everything has to arrive, "
    "somebody has to repeat, and that is what takes the time.",
)

# %% [markdown]
# ### Exercise 3: send no faster than the path
#
# The third bar of the narrow path needed a sender that keeps to a rate. Write that for datagrams of
# any sizes: `keep_up(sizes, rate)` gives for each datagram the time at which it leaves, in seconds from the first one. A
# path of `rate` bytes a second needs `size / rate` seconds for a datagram; the next may leave when the path is done with all
# before it, and no later. The check sends at your times through a real relay.


# %%
def keep_up(sizes, rate):
    """Return for each size the second at which this datagram leaves."""
    ### BEGIN SOLUTION
    times, before = [], 0
    for size in sizes:
        times.append(before / rate)
        before += size
    return times
    ### END SOLUTION


# %%
check.keep_up(keep_up)

# %% [markdown]
# ## 8. When which
#
# | | TCP | UDP |
# | :-- | :-- | :-- |
# | before the first byte | a connection: one round trip | nothing |
# | what arrives | all of it, in order, once, or an error | what arrives, as it arrives, without a word |
# | borders | none: a stream of bytes | each datagram whole |
# | size | any | up to 65,507 bytes, better below 1,400 |
# | too fast for the path | slows down by itself | loses |
# | one to many | no: a connection has two ends | yes: to all in the network (broadcast), to a group (multicast); one socket for all peers |
# | a lost packet | holds up what is behind it until it has been repeated | holds up nothing |
# | the sender's address | confirmed by the handshake | can be forged: check what you answer |
#
# Two questions decide most cases. *Does everything have to arrive?* Then TCP. *Is old data worthless, or is it one small
# question?* Then UDP. And whoever needs both, as video in the web does, builds on UDP what TCP would have given: HTTP/3
# runs over QUIC, and QUIC over UDP.
#
# ### Exercise 4: TCP or UDP?
#
# Choose for ten uses. Each is a text, exactly as here; return `"tcp"` or `"udp"`, whichever is usually taken.

# %%
USES = [
    "a web page",
    "a phone call",
    "a file of 2 GB",
    "where each player of a fast game stands, 30 times a second",
    "an e-mail",
    "the address of a name, a question and an answer of 60 bytes (DNS)",
    "a bank transfer",
    "what time is it? (NTP)",
    "commands typed on a distant computer (SSH)",
    "is there a printer in this network? Everybody is asked at once",
]


# %%
def tcp_or_udp(use):
    """Return "tcp" or "udp" for one of the uses above."""
    ### BEGIN SOLUTION
    old_is_worthless = {USES[1], USES[3], USES[7]}
    one_small_question = {USES[5], USES[9]}
    return "udp" if use in old_is_worthless | one_small_question else "tcp"
    ### END SOLUTION


# %%
check.tcp_or_udp(tcp_or_udp)

# %% [markdown]
# ## What the lecture said, and what you have seen
#
# | the lecture | what you have seen | section |
# | :-- | :-- | :-- |
# | a network of networks; servers and clients | roles, and one program can have both | 1 |
# | WAN and LAN | an address in your own network, and one that goes to the router | 1 |
# | public and local addresses; the same local address in two homes | a router that writes its own address over yours | 2 |
# | IPv4: four numbers from 0 to 255 | four bytes; find yours | 2 |
# | well-known ports; the data goes to different ports of one address | two services at one address | 3 |
# | `netstat -na` | `ns.connections()` | 3 |
# | a socket is one endpoint of a two-way channel; say the internet protocol and the communication protocol | four kinds of sockets | 4 |
# | TCP is based on a connection, UDP is not | the two ladders; and who complains when nobody is there | 4 |
# | UDP: perhaps not in order, perhaps missing | 16 datagrams over a bad path | 5 |
# | TCP keeps everything in order | the same text through a relay; a SYN sent again | 5 |
# | TCP is error free | in order and without gaps, as long as the connection lives | 6 |
# | UDP tends to be faster | for a short question; measured on four paths | 7 |
#
# ## To go on
#
# 1. Change `seed` in section 5 and look at other fates. Which of them would a phone call survive?
# 2. Let the path of section 5 lose nothing, but flip bits (`corrupt=0.2`). Who notices, and how could your program?
# 3. Add `delay=0.05` to the relay of the narrow path. What changes for TCP, what for UDP?
# 4. Put `burst=ns.Burst(...)` in the place of `loss`: losses that come together. Is a window of 32 still as good?
# 5. Write a chat in which lost messages are repeated. Now write it with TCP. Which one is shorter?
