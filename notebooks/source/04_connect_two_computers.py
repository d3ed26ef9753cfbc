# The lesson on the fourth lecture. The notebook is built from this file: python notebooks/build.py
#
# Thirty copies of it may run at once on one computer: every port is a free one, everything is small,
# and no cell depends on how long something takes. A client is connected before it is accepted, and
# bytes are written before they are read, so no cell waits for one that comes after it.
#
# ruff: noqa: B018, E501 - a cell shows its last expression; text cells are comments

# %% [markdown]
# # Connecting two computers
#
# Two programs on two computers want to talk. This lesson follows them from the cable to the answer:
#
# 1. an **address** says which computer,
# 2. a **port** says which program on it,
# 3. a program has to **listen** there, or the other one is refused,
# 4. a **connection** has two ends, each program holds one of them, and each end is a **socket**,
# 5. behind each socket are two **buffers**, and they fill,
# 6. and a server has **many** clients at once.
#
# Time: about 90 minutes. You need lesson 3, or a little practice with `socket`, `bind`, `listen`, `accept` and `connect`.
#
# Each section asks you first what will happen. Press the button of your answer (where there are no buttons, write `mine=2`
# into the call), run the next cells, and look. A wrong guess is worth more than a right one: it shows you what you did not
# know yet. There are five exercises on the way; each checks itself.

# %%
import netsteps as ns
from netsteps.lessons import check, claim, predict
from netsteps.lessons.pictures import computers, doors, tanks

print("netsteps", ns.__version__)

# %% [markdown]
# Some steps in this lesson are meant to fail. `attempt` takes a step and prints what its error says. (`lambda:` packs a step up
# without taking it.)


# %%
def attempt(step):
    try:
        return step()
    except ns.SocketError as error:
        print(type(error).__name__)
        print("  step:   ", error.step)
        print("  address:", error.endpoint)
        print("  cause:  ", error.cause)
        print("  remedy: ", error.remedy)


# %% [markdown]
# ## 1. An address for each way into a network
#
# A computer gets into a network through an **interface**: the plug of a network cable, the antenna of the wireless
# network. An **IP address** names the computer in *that* network. A computer in two networks has two interfaces, and
# an address for each.

# %%
guess = predict(
    "How many IP addresses does this computer have?",
    "fewer than interfaces that are switched on",
    "as many as interfaces that are switched on",
    "more than interfaces that are switched on",
)

# %%
ns.interfaces()

# %%
doors(ns.interfaces())

# %%
switched_on = [interface for interface in ns.interfaces() if interface.up]
addresses = [address for interface in switched_on for address in interface.addresses]
difference = len(addresses) - len(switched_on)
print("switched on:", len(switched_on), "  addresses:", len(addresses))
print("all addresses differ:", len(set(addresses)) == len(addresses))

# %%
guess.was(
    1 if difference < 0 else 2 if difference == 0 else 3,
    f"Here and now: {len(switched_on)} interfaces that are on, and {len(addresses)} addresses.",
)

# %% [markdown]
# The number after the slash says how many leading bits of the address name the *network*; the rest names the computer in
# it. You see the same list in a terminal: `ip address` on Linux, `ifconfig` on macOS, `ipconfig` on Windows.

# %%
said = claim(
    "Number of active network interfaces = number of IP addresses of the device.", lecture=4
)

# %% [markdown]
# One interface is on every computer: the **loopback**. It leads back to the computer itself. Can it have more than one
# address? Let three sockets take three different ones.

# %%
for ip in ("127.0.0.1", "127.0.0.2", "127.1.2.3"):
    with ns.Socket("tcp") as socket:
        attempt(lambda socket=socket, ip=ip: socket.bind(ip, 0))
        print("bound to", socket.local)

# %%
said.verdict(
    "only partly",
    "Different networks need different addresses, so there is at least one for each network. "
    "But an interface may have many: an IPv4 and an IPv6 address, or, as the loopback of "
    "Linux, all sixteen million that begin with 127. And one may have none.",
)

# %% [markdown]
# This helps us. We have one computer, and the lesson needs two. Let `127.0.0.1` play **computer A**, and `127.0.0.2`
# play **computer B**. (macOS knows only the first of them until it is told, so there B is A again.)

# %%
A, B = "127.0.0.1", "127.0.0.2"
try:
    with ns.Socket("tcp") as probe:
        probe.bind(B, 0)
except ns.AddressNotLocal:
    B = A
print("computer A:", A)
print("computer B:", B)

# %% [markdown]
# A server chooses at which of its addresses it can be reached: `bind` takes one of them, or `0.0.0.0`, which means all
# addresses of this computer.

# %%
guess = predict(
    "A program listens on 127.0.0.1. Somebody connects to the same port at 127.0.0.2, the "
    "same computer. What happens?",
    "it works: it is the same computer",
    "it is refused: nobody listens at that address",
)

# %%
for ip in ("127.0.0.1", "0.0.0.0"):
    with ns.Socket("tcp") as server:
        server.bind(ip, 0)
        server.listen()
        print(f"a server on {ip}:")
        for asked in (A, B):
            print("   at", asked, "->", ns.port_status(asked, server.local.port).status)

# %%
guess.was(2, "A listening socket has an address and a port, and both have to fit.")

# %% [markdown]
# This is the most common reason for "it works on my machine, and from the other one it is refused": a server on
# `127.0.0.1` is for this computer alone. For others it has to take the address of the network that they are in, or
# `0.0.0.0`.
#
# ## 2. A port for each program
#
# Many programs run on one computer, and all of them have its address.

# %%
guess = predict(
    "Two programs of one computer wait for clients, both at 127.0.0.1. How does the kernel "
    "know for which of them a client comes?",
    "by the name of the program",
    "by the number of the port",
    "it does not: both get the client",
)


# %%
def says(words):
    """Make a server that says these words to each client, and runs in the background."""
    return ns.TcpServer(lambda connection: connection.write(words))


def what_they_say(endpoint):
    with ns.Socket("tcp") as client:
        client.connect(endpoint, timeout=10)
        return client.read_all(timeout=10)


with says(b"Here is the library.") as library, says(b"Here is the bakery.") as bakery:
    for endpoint in (library.endpoint, bakery.endpoint, library.endpoint):
        print(endpoint, "says", what_they_say(endpoint))

# %%
guess.was(2, "Same address, different ports: the address finds the computer, the port the program.")

# %% [markdown]
# A port is no plug that you could touch. It is a **number of two bytes**, written into each packet twice: the port it
# comes from, and the port it goes to. Here they are, in a packet from B to A:

# %%
packet = ns.Packet(b"hello", source=(B, 50000), destination=(A, 6666), protocol="tcp")
header = bytes(packet)[20:]  # the first 20 bytes are the IP header, with the addresses
print("from port", header[0:2].hex(" "), "=", int.from_bytes(header[0:2], "big"))
print("to port  ", header[2:4].hex(" "), "=", int.from_bytes(header[2:4], "big"))
print("two bytes have", 2**16, "values")

# %% [markdown]
# So the ports go from 0 to 65535. 0 is no place to connect to; for `bind` it means "any free one". A larger number does
# not fit into two bytes:

# %%
attempt(lambda: ns.Endpoint(A, 65535))

# %%
attempt(lambda: ns.Endpoint(A, 65536))

# %% [markdown]
# Some numbers are **reserved** for known services, so that a client knows where to ask. Those below 1024 belong to the
# administrator on many systems. (Lesson 2 has the three ranges, lesson 5 the services.)

# %%
ns.services()[:6]

# %% [markdown]
# A program must *have* a port before anything can come to it. The server asks for a certain one with `bind`. And the
# client?

# %%
guess = predict(
    "A client calls connect, without bind before it. From which port does it talk?",
    "from none: only servers have ports",
    "from the port of the server",
    "from a free one that the kernel has chosen",
)

# %%
with says(b"Welcome.") as server, ns.Socket("tcp") as client:
    print("before connect:", client.local)
    client.connect(server.endpoint)
    print("after connect: ", client.local)
    print("the server is  ", client.peer)

# %%
guess.was(3, "Nobody has to know it in advance: the answer goes to where the question came from.")

# %% [markdown]
# Which ports are in use? `netstat` in a terminal lists them, and `ns.connections()` here. On a computer that many share,
# the list is long; this function keeps the rows with certain ports.


# %%
def netstat(*ports):
    """Give the rows of ns.connections() that have one of these ports, at either end."""
    rows = ns.connections()
    wanted = [
        row
        for row in rows
        if row.local.port in ports or (row.peer is not None and row.peer.port in ports)
    ]
    return type(rows)(wanted, columns=rows.columns)  # a table like `rows`, with fewer rows


print("sockets on this computer now:", len(ns.connections()))
with says(b"Here is the library.") as library, says(b"Here is the bakery.") as bakery:
    ports = netstat(library.endpoint.port, bakery.endpoint.port)
ports

# %% [markdown]
# ## 3. Somebody has to listen
#
# To connect you need an address and a port (often written as one: `192.168.0.101:6666`), **and** a program that accepts
# there. Three things can come back:
#
# - **open**: a program listens. The kernel of that computer says yes.
# - **refused**: the computer is there, but no program listens on this port. Its kernel says no.
# - **silent**: nothing. The computer is off, or a firewall (a filter that lets only some packets through) throws the question
#   away, or the program has no room.

# %%
guess = predict(
    "A program has bound a port, and has not called listen yet. A client connects. What happens?",
    "it waits until the program listens",
    "it is connected: the port is taken",
    "it is refused",
)

# %%
with ns.Trace() as trace:
    early = ns.Socket("tcp")
    early.bind(A, 0)
    asking = ns.Socket("tcp")
    attempt(lambda: asking.connect(early.local, timeout=10))
    asking.close()
    print()

    early.listen()
    asking = ns.Socket("tcp")
    attempt(lambda: asking.connect(early.local, timeout=10))
    print("after listen:", asking.state)
    asking.close()
    early.close()

# %%
guess.was(
    3, "`bind` takes the port; only `listen` opens it. A client that was refused has to try again."
)

# %%
trace.ladder()

# %% [markdown]
# Read the picture from top to bottom: time runs down, the server is on the left. `RST` (reset) is the packet that says
# no. The handshake that says yes is three packets: SYN ("may I?"), SYN-ACK ("you may, may I?"), ACK ("you may").
#
# `ns.port_status` asks all this in one call. For "silent" we need a program that does not take its clients, and whose
# waiting room is full; `netsteps.peers` has one that behaves so on purpose.

# %%
said = claim("Connecting to a port where no program runs gives an error.", lecture=4)

# %%
import textwrap

from netsteps import peers

nobody = ns.Socket("tcp")
nobody.bind(A, 0)  # it has the port, and does not listen
with says(b"Hello.") as server, peers.never_accepts() as full:
    answers = [
        ns.port_status(*server.endpoint, timeout=10),
        ns.port_status(*nobody.local, timeout=10),
        ns.port_status(*full.endpoint, timeout=0.5),
    ]
nobody.close()
for answer in answers:
    print("port", answer.endpoint.port, "is", answer.status)
    print(textwrap.fill(answer.explanation, 90, initial_indent="   ", subsequent_indent="   "))

# %%
said.verdict(
    "only partly",
    "Refused comes at once, and is good news: the computer is there. But where a firewall "
    "throws the question away, there is no error for a minute or two, unless you give a "
    "timeout. An open port proves as little: the kernel says yes before the program has "
    "looked.",
)

# %% [markdown]
# ### Exercise 1: what does the port say?
#
# Write `port_status(host, port)` yourself. It tries to connect, and returns `"open"`, `"refused"` or `"silent"`. Do not
# use `ns.port_status`. Two seconds are long enough to wait for an answer. Whatever came back, give the socket back.


# %%
def port_status(host, port):
    """Return "open", "refused" or "silent"."""
    ### BEGIN SOLUTION
    with ns.Socket("tcp", ns.Endpoint(host, port).family) as socket:
        try:
            socket.connect(host, port, timeout=2)
        except ns.Refused:
            return "refused"
        except ns.TimedOut:
            return "silent"
    return "open"
    ### END SOLUTION


# %%
check.port_status(port_status)

# %% [markdown]
# ## 4. Connect two computers, in seven pictures
#
# Everything is there: two addresses, a port, and the steps of lesson 3. Now we do them one by one, and look after each
# at *all* sockets of both computers. The pictures are drawn from the sockets themselves.
#
# **1. A listens.** Its socket is a door with a number on it.

# %%
server = ns.Socket("tcp")
server.bind(A, 0)
server.listen()
computers(server)

# %% [markdown]
# **2. B wants to connect.** It makes a socket, and says which one it is by `bind`: any port at B's address. (A client
# need not bind. We do it only because our B lives on the same computer as A.)

# %%
client = ns.Socket("tcp")
client.bind(B, 0)
computers(server, [], [client])

# %%
guess = predict(
    "B calls connect. The program on A has not called accept. What does B get?",
    "connect waits until A calls accept",
    "connect comes back, and B is connected",
    "B is refused",
)

# %%
client.connect(server.local)
print("B:", client.state)
computers(server, [], [client])

# %%
guess.was(
    2,
    "The two kernels have made the connection. It waits in the queue of the listening socket "
    "until the program takes it.",
)

# %% [markdown]
# **3. A accepts.** It takes the oldest connection out of the queue.

# %%
connection = server.accept()
computers(server, [connection], [client])

# %% [markdown]
# **4. Both have a socket of their own now.** `accept` has made a *new* socket on A. The listening socket did not become
# the connection. It stays what it was.
#
# **5. Each knows the other's address and port.** Look at the two ends in the picture: what is `own` here is `peer`
# there.

# %%
print("A: own", connection.local, "  peer", connection.peer)
print("B: own", client.local, "  peer", client.peer)
print("mirrored:", (connection.local, connection.peer) == (client.peer, client.local))

# %% [markdown]
# And both can write *and* read: a connection has two directions.

# %%
client.write(b"Hello A, this is B.")
print("A read:", connection.read())
connection.write(b"Hello B, welcome.")
print("B read:", client.read())

# %% [markdown]
# **6. The server goes on listening, on the same port.** Nothing has to be done for that.

# %%
print(server.state, "on", server.local)

# %% [markdown]
# **7. More clients can come.** Two more from B, and all three of them talk to one port of A.

# %%
more_clients = []
for _ in range(2):
    another = ns.Socket("tcp")
    another.bind(B, 0)
    another.connect(server.local)
    more_clients.append(another)
clients = [client, *more_clients]
computers(server, [connection], clients)

# %%
guess = predict(
    "When A has accepted these two as well: how many TCP sockets are there on both computers "
    "together, for three connections?",
    "3",
    "4",
    "6",
    "7",
)

# %%
connections = [connection, server.accept(), server.accept()]
computers(server, connections, clients)

# %%
guess.was(4, "Three ends at B, three ends at A, and the one that listens.")

# %% [markdown]
# The lecture says on one page that a socket "represents a single connection", and on another that a socket "is not a
# connection, it is the endpoint of a specific connection". Which is it? Ask the kernel, with netstat:

# %%
said = claim("Number of connections = number of sockets.", lecture=4)

# %%
rows = netstat(server.local.port)
print("connections: ", len(clients))
print("sockets:     ", len(rows))
print("  of A:      ", sum(row.local.port == server.local.port for row in rows))
print("  of B:      ", sum(row.local.port != server.local.port for row in rows))
rows

# %%
said.verdict(
    "only partly",
    "It holds for one program that counts its own ends, and forgets the listening socket. A "
    "connection has two ends, and each is a socket: one per connection on each computer, and "
    "one more that listens and belongs to no connection.",
)

# %%
rows.drawing()

# %% [markdown]
# ## 5. Which socket is a packet for?
#
# Look at the table again. Four sockets of A have the **same port**. A port does not belong to one socket.
#
# When a packet comes in, the kernel reads four numbers in it: source address, source port, destination address,
# destination port. With these it looks up the socket. So a socket of a connection has to know all of them: its own
# address and port, and the peer's. This is the kernel's table, written as a dictionary:

# %%
table = {(one.peer, one.local): one.number for one in connections}
for (source, destination), number in table.items():
    print(f"from {source} to {destination}  ->  socket number {number}")
print(f"anything else to {server.local}  ->  the listening socket, number {server.number}")

# %% [markdown]
# One different number is enough. Next, a client on computer A itself takes the *same port number* that a client on B has.

# %%
guess = predict(
    "A client on computer A takes the port number that our client on B has, and connects to "
    "the same server. What happens?",
    "it is refused: that port is taken already",
    "it works: one of the four numbers differs",
    "it takes over the connection of the other client",
)

# %%
twin = ns.Socket("tcp")
attempt(lambda: twin.bind(A, client.local.port))
attempt(lambda: twin.connect(server.local, timeout=10))
taken = attempt(lambda: server.accept(timeout=10))
print("client on B:", client.local)
print("client on A:", twin.local)
computers(server, [*connections, taken], [*clients, twin])

# %%
guess.was(2, "A connection is known by both of its ends. Here the address of the client differs.")

# %%
said = claim(
    "A socket must have these informations to communicate: remote IP, remote port, local port.",
    lecture=4,
)

# %% [markdown]
# Three, and not four. Is the own address needed at all? A server on `0.0.0.0` can be reached at each address of its
# computer. One client, always from the same address and port, connects to two of them:

# %%
everywhere = ns.Socket("tcp")
everywhere.bind("0.0.0.0", 0)
everywhere.listen()
twins = []
for ip in (A, B):
    one = ns.Socket("tcp")
    one.options.reuse_address = True  # both of them take the same address and port
    one.bind(A, twins[0].local.port if twins else 0)
    attempt(lambda one=one, ip=ip: one.connect(ip, everywhere.local.port, timeout=10))
    twins.append(one)
ends = [everywhere.accept(timeout=10) for one in twins if one.state == "connected"]
for end in ends:
    print("remote", end.peer, "  local port", end.local.port, "  local address", end.local.ip)
computers(everywhere, ends, twins)

# %%
said.verdict(
    "only partly",
    "Remote address, remote port and local port are the same for both sockets here, and still "
    "they are two connections. The fourth number, the own address, tells them apart. (And a "
    "listening socket has no remote ones at all.)",
)

# %% [markdown]
# So the **port** names the *service* ("the bakery"), and the **four numbers** together name one *conversation* with it
# ("the customer in the blue coat"). TCP works like this for each of them, and that is why thousands of clients can talk
# to one port.

# %%
for socket in (*clients, *connections, twin, taken, server, *ends, *twins, everywhere):
    socket.close()

# %% [markdown]
# ### Exercise 2: who am I?
#
# Write a server that tells each client the client's own address and port: `"127.0.0.2 50123\n"`, with one space between
# the two and a line's end behind them, and then closes the connection. What the client is called, the connection knows.


# %%
def who_am_i(port):
    """Listen on 127.0.0.1 and this port, for ever; tell each client its address and port."""
    ### BEGIN SOLUTION
    with ns.Socket("tcp") as server:
        server.options.reuse_address = True
        server.bind("127.0.0.1", port)
        server.listen()
        for connection in server:
            with connection:
                try:
                    ip, client_port = connection.peer
                    connection.write(f"{ip} {client_port}\n".encode())
                except ns.SocketError:
                    pass  # this client has gone already; there will be others
    ### END SOLUTION


# %%
check.who_am_i(who_am_i)

# %% [markdown]
# ### One port, one program?

# %%
said = claim(
    "A port must be acquired by only one program. There can only be one listener for a given "
    "address and port.",
    lecture=4,
)

# %%
guess = predict(
    "A TCP server listens on 127.0.0.1, port P. Which of these can have the number P as well?",
    "nobody else",
    "a UDP socket on 127.0.0.1",
    "a TCP server on 127.0.0.2",
    "both of the last two, and, if both ask for it, even a second TCP server on 127.0.0.1",
)

# %%
first = ns.Socket("tcp")
first.options.reuse_port = True  # "I am ready to share": it has to be said before bind
first.bind(A, 0)
first.listen()
port = first.local.port


def may_listen(kind, ip, *, share=False):
    with ns.Socket(kind) as socket:
        socket.options.reuse_port = share
        try:
            socket.bind(ip, port)
            return "works"
        except ns.AddressInUse as error:
            return f"fails: {error.cause}"


print("a second TCP server, same address:     ", may_listen("tcp", A))
print("a UDP socket, same address:            ", may_listen("udp", A))
print("a TCP server at another address:       ", may_listen("tcp", "127.0.0.3"))
print("a second TCP server, both ready to share:", may_listen("tcp", A, share=True))

# %% [markdown]
# The last line is not only two sockets of one program. Here is a second **program**, another process with plain Python.
# It listens on the same address and port, and 40 clients come. Who gets them?

# %%
import subprocess
import sys

PROGRAM = """
import socket, sys
with socket.socket() as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    server.bind(("127.0.0.1", int(sys.argv[1])))
    server.listen(100)
    print("the second program listens on", *server.getsockname(), flush=True)
    sys.stdin.read()  # until the notebook says that it is enough
"""

with subprocess.Popen(
    [sys.executable, "-c", PROGRAM, str(port)],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    text=True,
) as second:
    print(second.stdout.readline(), end="")
    customers = [ns.Socket("tcp") for _ in range(40)]
    for customer in customers:
        customer.connect(A, port, timeout=10)
    to_us = first.queue.length if first.queue else "?"
    listeners = [row for row in netstat(port) if row.state == "LISTEN"]
    for customer in customers:
        customer.close()
for row in listeners:
    print("listens:", row.local, "process", row.pid)
print("clients in our queue:      ", to_us)
print("clients in the other queue:", 40 - to_us if first.queue else "?")
first.close()

# %%
guess.was(
    4,
    "TCP and UDP count their ports apart, each address has ports of its own, and SO_REUSEPORT "
    "shares one.",
)
said.verdict(
    "only partly",
    "It is the rule, and a good one: a second program gets 'address in use'. But TCP and UDP "
    "have 65,536 ports each, and each address has its own. And programs of one user that all "
    "set SO_REUSEPORT before bind share a port; Linux spreads the clients over them. Large "
    "servers start one process per core like this.",
)

# %% [markdown]
# ## 6. Two buffers for each socket
#
# `write` does not put bytes on the cable, and `read` does not take them from it. In between are the kernel's buffers:
# the **output buffer** keeps what was written until the other computer has said that it came, and the **input buffer**
# keeps what came until the program reads it.
#
# For this section we make them small, so that they are soon full.

# %%
server = ns.Socket("tcp")
server.options.receive_buffer = 60_000  # what accept gives inherits it
server.bind(A, 0)
server.listen()
client = ns.Socket("tcp")
client.options.send_buffer = 60_000
client.connect(server.local)
connection = server.accept()

client.write(b"x" * 20_000)
tanks(client, connection, names=("B, the client", "A, the server"))

# %% [markdown]
# The 20,000 bytes have left B, and wait on A to be read. `write` was done long ago: it only says that the *kernel* has
# the bytes.

# %%
guess = predict(
    "B writes a million bytes more, and the program on A reads nothing. What does write do?",
    "it comes back at once: the kernel keeps everything",
    "it throws away what does not fit",
    "it waits until there is room",
)

# %%
try:
    client.write(b"x" * 1_000_000, timeout=0.5)
except ns.TimedOut as error:
    print(error.cause)
tanks(client, connection, names=("B, the client", "A, the server"))

# %%
guess.was(
    3,
    "First A's input buffer was full, then B's output buffer, and then write had to wait. "
    "With timeout= it gave up after half a second; without, it would wait as long as it takes.",
)

# %% [markdown]
# This is no fault. It is how TCP keeps a fast writer from drowning a slow reader: each acknowledgement says how much room
# is left, and at "no room" the writer's kernel stops. It is called **flow control**.
#
# (A tank may stop a little below its edge. The kernel counts its own bookkeeping as well, and takes a packet only when
# the whole of it fits.)
#
# Now A reads, and there is room again:

# %%
taken = sum(line.bytes for line in client.steps if line.step == "write")
came = connection.read_exactly(taken, timeout=30)
print(f"B's kernel had taken {taken:,} bytes in all, and A has read {len(came):,}: nothing is lost")
tanks(client, connection, names=("B, the client", "A, the server"))

# %% [markdown]
# The same as a film. B writes 600,000 bytes, in a thread of its own, because it will have to wait. A sleeps a little, and
# then reads in small bites. A `Trace` with `sample=` looks at the buffers every few milliseconds.

# %%
from threading import Thread
from time import sleep

with ns.Trace(sample=0.003) as trace:
    writing = Thread(target=lambda: client.write(b"x" * 600_000, timeout=30))
    writing.start()
    sleep(0.15)  # A does something else
    left = 600_000
    while left:
        left -= len(connection.read(16_384, timeout=30))
        sleep(0.005)  # A looks at what came
    writing.join()
for socket in (client, connection, server):
    socket.close()
trace.buffers()

# %% [markdown]
# From the top: B's output buffer fills and stays full; the bar below it is the `write` that waits. A's input buffer fills
# as soon as B writes, stays full while A sleeps, and is emptied bite by bite. B's buffer can only empty when A's does.
# The red line is the time in which A's kernel has said "no room". An **R**, where there is one, is a packet that B's
# kernel had to send twice: A had no room left for it, and threw it away.
#
# One danger is left. What if A writes, too, and neither of them reads? The **bank of mistakes** has programs in which
# something goes wrong on purpose. They are plain Python, and really run, each in a process of its own:

# %%
from netsteps.lessons import mistakes

mistakes.both_write_and_nobody_reads

# %% [markdown]
# ## 7. Several clients at the same time
#
# A server that serves one client after the other is easy to write: accept, talk, close, and again from the start.

# %%
guess = predict(
    "Such a server has a client that has connected and says nothing. A second client connects "
    "and asks. What does the second one get?",
    "its answer, at once",
    "nothing, until the first one has gone",
    "it is refused",
)


# %%
def shout(connection):
    """Answer each line in capitals, until the client ends."""
    while line := connection.read_until(b"\n"):
        connection.write(line.upper())


one_at_a_time = ns.TcpServer(shout, max_clients=1)
quiet = ns.Socket.open(one_at_a_time.endpoint)  # connects, and says nothing
eager = ns.Socket.open(one_at_a_time.endpoint)
print("the second one is", eager.state)
eager.write(b"two rolls, please\n")
attempt(lambda: eager.read_until(b"\n", timeout=0.5))

# %%
quiet.close()  # the quiet one leaves, and then
print(eager.read_until(b"\n", timeout=10))
eager.close()
one_at_a_time.stop()

# %%
guess.was(
    2,
    "The second one was connected, its question lay in a buffer, and the program was busy "
    "waiting for the first.",
)

# %% [markdown]
# A server must never wait for *one* client. The simplest cure is a **thread** for each: while one waits, the others go
# on. `ns.TcpServer` does this; without `max_clients=1` the quiet one disturbs nobody.

# %%
with ns.TcpServer(shout) as server:
    quiet = ns.Socket.open(server.endpoint)
    eager = [ns.Socket.open(server.endpoint) for _ in range(5)]
    for number, client in enumerate(eager):
        client.write(f"{number} rolls, please\n".encode())
    for client in reversed(eager):  # in any order
        print(client.local.port, client.read_until(b"\n", timeout=10))
    print("clients at this moment:", server.clients)
    for client in (quiet, *eager):
        client.close()

# %% [markdown]
# ### Exercise 3: many clients
#
# Write the server yourself, as an **echo**: what a client sends goes back to this client, as soon as it has come, until the
# client ends. A client that says nothing must not hold up the others, and one that cuts the connection must not end the
# server. Use `threading.Thread` and `ns.Socket` (or Python's `socket`), not `ns.TcpServer`.


# %%
def many_clients(port):
    """Listen on 127.0.0.1 and this port, for ever; send back to each client what it sends."""
    ### BEGIN SOLUTION
    import threading

    def serve(connection):
        with connection:
            try:
                while data := connection.read():
                    connection.write(data)
            except ns.SocketError:
                pass  # this client is lost; the others do not notice

    with ns.Socket("tcp") as server:
        server.options.reuse_address = True
        server.bind("127.0.0.1", port)
        server.listen()
        for connection in server:
            threading.Thread(target=serve, args=(connection,), daemon=True).start()
    ### END SOLUTION


# %%
check.many_clients(many_clients)

# %% [markdown]
# ## 8. How a connection ends, seen by netstat
#
# `netstat` shows not only who is connected, but also who is on the way out. B closes first.

# %%
server = ns.Socket("tcp")
server.bind(A, 0)
server.listen()
port = server.local.port
client = ns.Socket("tcp")
client.bind(B, 0)
client.connect(server.local)
connection = server.accept()
client.close()
netstat(port)

# %% [markdown]
# `CLOSE_WAIT` is A's end: the peer has said goodbye, and **our program has not closed yet**. A list full of `CLOSE_WAIT`
# means that somebody forgot `close`. `FIN_WAIT2` is B's end: it has closed, and waits for the other side's goodbye.

# %%
guess = predict(
    "Now A closes as well. What does netstat still show of this connection?",
    "nothing: both have closed",
    "one end, that of the one who closed first",
    "both ends, for a minute",
)

# %%
connection.close()
server.close()
netstat(port)

# %%
guess.was(
    2,
    "TIME_WAIT: for a minute the kernel remembers the four numbers, so that a late packet is "
    "not taken for one of a new connection. It belongs to no program any more.",
)

# %% [markdown]
# When the *server* closes first, this memory stands on its port, and a restart may be told "address in use". That is what
# `options.reuse_address = True` before `bind` is for; `ns.TcpServer` sets it.
#
# ## 9. Where does a message end?
#
# TCP carries bytes, and keeps no borders between messages (lesson 3). Two ways to tell where a message ends are enough
# for most programs: say the **length** before it, or **finish** after it.
#
# A length of four bytes, the most significant first (network byte order):

# %%
import struct

message = b"two rolls"
framed = struct.pack("!I", len(message)) + message
print(framed)
(length,) = struct.unpack("!I", framed[:4])
print(length, framed[4 : 4 + length])

# %% [markdown]
# ### Exercise 4: a message server
#
# Each message is a length in four bytes, in network byte order, and then so many bytes. Answer each with its bytes in
# capitals, framed in the same way, until the client ends. The length comes from a stranger: when it says more than one
# mebibyte (1,048,576), close the connection, and do not take the memory. `read_exactly(n)` reads n bytes, however they
# are cut; do not use `read_message`.


# %%
def message_server(port):
    """Listen on 127.0.0.1 and this port, for ever; answer each framed message in capitals."""
    ### BEGIN SOLUTION
    import struct
    import threading

    def serve(connection):
        with connection:
            try:
                while True:
                    (length,) = struct.unpack("!I", connection.read_exactly(4))
                    if length > 1_048_576:
                        return
                    body = connection.read_exactly(length) if length else b""
                    connection.write(struct.pack("!I", length) + body.upper())
            except ns.SocketError:
                pass  # the client has ended, between two messages or in the middle of one

    with ns.Socket("tcp") as server:
        server.options.reuse_address = True
        server.bind("127.0.0.1", port)
        server.listen()
        for connection in server:
            threading.Thread(target=serve, args=(connection,), daemon=True).start()
    ### END SOLUTION


# %%
check.message_server(message_server)

# %% [markdown]
# ### Exercise 5: count the words
#
# The other way: the client writes a text of any length and **finishes** (it closes its sending half, and goes on
# reading). Only then is it known how many words there were. Answer with their number in digits, such as `b"7"`, and close.
# Words are what `bytes.split()` gives.


# %%
def word_count(port):
    """Listen on 127.0.0.1 and this port, for ever; tell each client how many words it wrote."""
    ### BEGIN SOLUTION
    import threading

    def serve(connection):
        with connection:
            try:
                text = connection.read_all()
                connection.write(b"%d" % len(text.split()))
            except ns.SocketError:
                pass  # it was cut off, and waits for no answer

    with ns.Socket("tcp") as server:
        server.options.reuse_address = True
        server.bind("127.0.0.1", port)
        server.listen()
        for connection in server:
            threading.Thread(target=serve, args=(connection,), daemon=True).start()
    ### END SOLUTION


# %%
check.word_count(word_count)

# %% [markdown]
# ## 10. And all of it is TCP
#
# Every step of this lesson was the **Transmission Control Protocol** at work. One whole conversation on one page, from
# the handshake to both goodbyes:

# %%
with ns.Trace() as trace:
    server = ns.Socket("tcp")
    server.bind(A, 0)
    server.listen()
    client = ns.Socket("tcp")
    client.bind(B, 0)
    client.connect(server.local)
    connection = server.accept()
    client.write(b"two rolls, please")
    connection.read()
    connection.write(b"here you are")
    client.read()
    knows = connection.tcp
    client.close()
    connection.read()
    connection.close()
    server.close()
trace.ladder()

# %% [markdown]
# And this is what the kernel of A knew of the connection, besides its four numbers. (You need not know all the rows. The
# *round trip time* is how long a packet and its acknowledgement take; "on the way" is what has not been acknowledged yet.)

# %%
knows

# %% [markdown]
# ## What the lecture said, and what you have seen
#
# | the lecture | what you have seen | section |
# | :-- | :-- | :-- |
# | an IP address identifies a machine in a network | one for each network, often several for one interface | 1 |
# | a port is for the programs, there are 2^16 of them, some reserved | two bytes in every packet | 2 |
# | a program must have a port | the server takes one, the client is given one | 2 |
# | netstat shows the ports in use | `ns.connections()`, also as a drawing | 2, 4, 8 |
# | you need an address, a port, and a program that accepts | open, refused, silent | 3 |
# | A listens, B connects, A accepts, both have a socket | the seven pictures; connected *before* accept | 4 |
# | number of connections = number of sockets | each connection has two ends, and the listener is one more | 4 |
# | a socket knows its peer's address and port, and its own | the four numbers, and the kernel's table | 5 |
# | several sockets on one port, one listener for each address and port | the rule, and its three exceptions | 5 |
# | input buffer and output buffer | they fill, and write waits | 6 |
# | several clients | a server must not wait for one of them | 7 |
# | all this is TCP | the ladder of one whole conversation | 10 |
#
# ## To go on
#
# 1. Ask a neighbour for the address of their computer (`ns.interfaces()`), let their server listen on `0.0.0.0`, and
#    connect to it. Where is the first place at which it can fail?
# 2. Let a server `listen(1)`, and connect four clients with `timeout=0.5`, without any `accept`. How many get through? What
#    does `server.queue` say?
# 3. Make the buffers of section 6 larger and smaller. How many bytes does `write` get rid of before it waits? Is it the
#    number that you have set?
# 4. Let two clients write to each other without reading, with `timeout=1`. How much can each of them write?
# 5. In section 8, close A first and then B. Which end is in `TIME_WAIT` now?
