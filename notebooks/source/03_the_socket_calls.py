# The lesson on the third lecture. The notebook is built from this file: python notebooks/build.py
#
# Every read in it is of bytes that were written before, and every accept is of a client that has
# connected before, so no cell waits for one that comes after it.
#
# ruff: noqa: B018, ERA001, E501 - a cell shows its last expression; text cells are comments

# %% [markdown]
# # The socket calls
#
# This lesson walks through the calls of the third lecture: the four steps of a client and the six of a server. You
# will see what each call does, what it is in C, and what comes back when it is made too early or to the wrong place.
#
# Client and server are both in this notebook. Run the cells from top to bottom; each one comes back at once.

# %%
import netsteps as ns

print("netsteps", ns.__version__)

# %% [markdown]
# ## 1. What a socket is
#
# Two programs that talk over a network each hold one end of the conversation. Such an end is a **socket**. A program
# knows it by a number, the *descriptor*, just as it knows an open file. Behind that number the kernel keeps:
#
# - the kind: `"tcp"`, a stream of bytes that arrive all and in order, or `"udp"`, single datagrams;
# - our own **endpoint**: an IP address (which machine) and a port (which program on it);
# - the endpoint of the **peer**, the other end;
# - two buffers: bytes that have come and were not read yet, and bytes that were written and are still on their way;
# - a state: what has been done so far, and so what can come next.
#
# A new socket has a number and a kind, and nothing else.

# %%
first = ns.Socket("tcp")
print("number:", first.number)
print("kind:  ", first.kind)
print("local: ", first.local)
print("peer:  ", first.peer)
print("state: ", first.state)

# %%
first.close()
first

# %% [markdown]
# ## 2. The steps of both sides
#
# The **client** takes four steps:
#
# | step | in C | manual | in netsteps |
# | :-- | :-- | :-- | :-- |
# | make a socket | `int socket(int domain, int type, int protocol)` | socket(2) | `client = ns.Socket("tcp")` |
# | find the server | `int connect(int fd, const struct sockaddr *addr, socklen_t len)` | connect(2) | `client.connect(host, port)` |
# | write and read | `ssize_t send(int fd, const void *data, size_t size, int flags)`<br>`ssize_t recv(int fd, void *room, size_t size, int flags)` | send(2)<br>recv(2) | `client.write(data)`<br>`client.read()` |
# | give it back | `int close(int fd)` | close(2) | `client.close()` |
#
# The **server** takes six. Three are its own; they stand between making the socket and the first byte:
#
# | step | in C | manual | in netsteps |
# | :-- | :-- | :-- | :-- |
# | make a socket | `int socket(int domain, int type, int protocol)` | socket(2) | `server = ns.Socket("tcp")` |
# | take an address | `int bind(int fd, const struct sockaddr *addr, socklen_t len)` | bind(2) | `server.bind(host, port)` |
# | be ready for clients | `int listen(int fd, int backlog)` | listen(2) | `server.listen()` |
# | take a client | `int accept(int fd, struct sockaddr *addr, socklen_t *len)` | accept(2) | `connection = server.accept()` |
# | read and write | as above, on the new socket | | `connection.read()`<br>`connection.write(data)` |
# | give it back | `int close(int fd)` | close(2) | `connection.close()`<br>`server.close()` |
#
# How to read the C side:
#
# - `domain` is the family of addresses, `AF_INET` or `AF_INET6` (in netsteps `family="ipv4"` or `"ipv6"`), and `type`
#   is `SOCK_STREAM` for TCP or `SOCK_DGRAM` for UDP. With these two, `protocol` is 0.
# - A `struct sockaddr` is an IP address and a port. Here that is a host and a port, or an `Endpoint`.
# - Each call gives -1 when it fails, and leaves the reason in `errno`. Here a step that fails raises an exception.
# - A file or a socket, to the kernel it is a descriptor: `read` and `write` do the same as `recv` and `send` with
#   `flags` 0.
# - socket(2) stands for the page on `socket` in section 2 of the manual: `man 2 socket` in a terminal.

# %% [markdown]
# ## 3. The server: socket, bind, listen
#
# `bind` gives the socket its address. 127.0.0.1 is the **loopback** address: this machine, seen from itself, so no
# other machine can connect. Port 0 asks the kernel for any free port, and `.local` tells which one it was. A real
# server takes a fixed port, because its clients have to know it.

# %%
server = ns.Socket("tcp")
print("after socket:", server.state, server.local)

server.bind("127.0.0.1", 0)
print("after bind:  ", server.state, server.local)

server.listen()
print("after listen:", server.state, server.local)

# %% [markdown]
# Now it listens. It is not talking to anybody, and a listening socket never will: it only hands out connections.
#
# Nobody has connected yet, so `accept` would wait. Without a time limit it would wait as long as it takes, and the
# cell with it. With `timeout=` (in seconds) it gives up. The function `attempt` is for this lesson: it takes a step
# that may fail, and prints what the error says.


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


attempt(lambda: server.accept(timeout=0.2))

# %% [markdown]
# ## 4. The client: socket, connect
#
# The client does not bind. `connect` picks a free port for it; a server does not care which.

# %%
client = ns.Socket("tcp")
client.connect(server.local)
print("client:", client.state)
print("local: ", client.local)
print("peer:  ", client.peer)

# %% [markdown]
# `connect` came back, although nobody has called `accept`. The client can even write:

# %%
client.write(b"is anybody there?")

# %% [markdown]
# This surprises many people. Making the connection is the work of the two kernels: they exchange three packets (SYN,
# SYN-ACK, ACK), and then the connection is complete and waits in a queue of the listening socket. `accept` does not
# make the connection; it takes the oldest one out of this queue. The **backlog** in `listen(backlog)` says how many
# may wait there. When the queue is full, new clients get no answer and try again, until their time is over.
#
# So a client that has connected, and has written, still knows nothing about the server *program*: only that a kernel
# has taken its bytes. And this is why both sides fit into one notebook: the connection waits for us.

# %% [markdown]
# ## 5. The server: accept
#
# `accept` gives a **new socket**, made for this one client. The listening socket stays as it was, ready for the next.

# %%
connection = server.accept()
print("server:    ", server)
print("connection:", connection)

# %% [markdown]
# Three sockets, with three numbers: the one that listens, and the two ends of one connection. The new socket has the
# server's port: a port does not belong to a socket alone. What the kernel looks at is all four numbers, both
# addresses and both ports, and no two connections have all four in common. The two ends mirror each other:

# %%
print(connection.local == client.peer, connection.peer == client.local)

# %% [markdown]
# ## 6. Read and write
#
# What the client wrote before it was accepted has been waiting in the buffer of the connection.

# %%
print(connection.read())

# %% [markdown]
# Sockets carry bytes: `b"..."`, or `text.encode()`. TCP keeps their order, but **not the borders** between writes. Two
# writes may come out of one read, and one write may need several reads.

# %%
connection.write(b"Yes, ")
connection.write(b"here I am.\nWhat do you want?\n")
print(client.read())

# %% [markdown]
# Most likely that was everything in one piece. On a slow network it could just as well have been `b"Yes, "`, or any
# other beginning. A program that needs a certain piece has to say where it ends:

# %%
client.write(b"12345A line\nThe rest")
print(connection.read_exactly(5))
print(connection.read_until(b"\n"))
print(connection.read_exactly(8))

# %% [markdown]
# ## 7. The end: finish and close
#
# A connection is two streams, one in each direction, and each ends by itself. `finish` (in C: `shutdown(fd, SHUT_WR)`,
# shutdown(2)) says: "I have no more to write". The other side reads the rest, and then `b""`, for ever. `b""`
# never means that nothing has come yet: in that case `read` waits.

# %%
client.finish()
print(connection.read(), connection.read())
print("client:    ", client.state)
print("connection:", connection.state)

# %% [markdown]
# The other direction is still open: the server can answer, and only then close.

# %%
connection.write(b"Goodbye.")
connection.close()
print(client.read_all())
print("client:    ", client.state)

client.close()
server.close()

# %% [markdown]
# `close` gives the descriptor back; both ends have to do it. A program that forgets runs out of descriptors some day.
# With `with ns.Socket("tcp") as client:` it cannot be forgotten.

# %% [markdown]
# ## 8. What was done
#
# Each socket remembers its steps. A run of equal steps is one line, with a count. First the client:

# %%
client.steps

# %% [markdown]
# Then the listening socket, and the one that it handed out. `accepted` is how the life of that one began: no call of
# its own, but the `accept` of the listening socket.

# %%
server.steps

# %%
connection.steps

# %% [markdown]
# The same steps are a way through the **states** of a socket. The way of this one is drawn strong, with numbers; a
# dashed arrow is the peer's doing:

# %%
connection.life()

# %% [markdown]
# ### Both ends on one page
#
# A `Trace` records every socket of this notebook while its block runs. Its **ladder** puts both ends side by side, with
# time running down. Before you run the cell: the client writes twice, the server reads twice. Will each read give one
# write?

# %%
with ns.Trace() as trace:
    listener = ns.Socket("tcp")
    listener.bind("127.0.0.1", 0)
    listener.listen()
    asking = ns.Socket("tcp")
    asking.connect(listener.local)
    answering = listener.accept()
    asking.write(b"one question")
    asking.write(b" and two")
    asking.finish()
    answering.read_exactly(5)
    answering.read_all()
    answering.write(b"an answer")
    asking.read()
    for socket in (answering, asking, listener):
        socket.close()

trace.ladder()

# %% [markdown]
# The stream has no borders: below the ladder, the cuts of the writer stand above the cuts of the reader.
#
# ### The two buffers
#
# The kernel keeps an input buffer and an output buffer for each connection. When a program does not read, the input
# buffer fills; then the peer's output buffer does; and then the peer's `write` waits. Here it gives up after a moment:

# %%
with ns.Trace(sample=0.001) as trace:
    listener = ns.Socket("tcp")
    listener.bind("127.0.0.1", 0)
    listener.listen()
    writer = ns.Socket("tcp")
    writer.connect(listener.local)
    reader = listener.accept()
    try:
        writer.write(bytes(50_000_000), timeout=0.2)
    except ns.TimedOut as error:
        print(error.cause)

reader.buffers

# %%
for socket in (reader, writer, listener):
    socket.close()
trace.buffers()

# %% [markdown]
# ## 9. A step out of order
#
# What happens when a step is left out? In C the kernel answers with a number whose text seldom helps: "Invalid
# argument" for an `accept` without `listen`. netsteps looks at the state first. It calls nothing, it changes nothing, and
# it says what is missing.

# %%
server = ns.Socket("tcp")
server.bind("127.0.0.1", 0)
attempt(server.accept)  # listen was left out

# %% [markdown]
# The error also names the missing step in one word, `error.missing`. Do that step, and go on:

# %%
try:
    server.accept()
except ns.StepError as error:
    print("missing:", error.missing)

server.listen()
print(server.state)

# %% [markdown]
# The picture of such an error marks the step that was tried, and those that are missing on the way to it:

# %%
with ns.Socket("tcp") as socket:
    try:
        socket.write(b"hello")
    except ns.StepError as error:
        picture = error.life()
picture

# %% [markdown]
# Another one that everybody makes once: to read from the listening socket and not from the one that `accept` gave.

# %%
attempt(server.read)

# %% [markdown]
# And to write before there is a connection:

# %%
client = ns.Socket("tcp")
attempt(lambda: client.write(b"hello"))
client.close()

# %% [markdown]
# ## 10. From a name to a socket: open
#
# People write names, `connect` wants addresses. The lecture closes this gap with a function `open(hostname, port)`. Here
# it is in short:
#
# ```c
# struct addrinfo hints, *info;
# memset(&hints, 0, sizeof hints);
# hints.ai_family = AF_INET6;                         // or AF_INET
# hints.ai_socktype = SOCK_STREAM;
# getaddrinfo(hostname, port, &hints, &info);         // name and port to a list of addresses
# fd = socket(info->ai_family, info->ai_socktype, 0);
# connect(fd, info->ai_addr, info->ai_addrlen);
# freeaddrinfo(info);                                 // the list was allocated: give it back
# ```

# %% [markdown]
# `getaddrinfo` turns a name and a service into a **list** of addresses, in the order in which they should be tried
# (getaddrinfo(3)). `hints` says which ones are wanted. In netsteps the same list comes from `resolve`:

# %%
for endpoint in ns.resolve("localhost", "http"):
    print(endpoint.family, endpoint.ip, endpoint.port, endpoint.scope, sep="   ")

# %% [markdown]
# `"http"` became port 80: a service has a name, too. Many machines list two addresses for localhost, `::1` (IPv6) and
# `127.0.0.1` (IPv4); some list only one of them. An address in digits needs no lookup:

# %%
print(ns.resolve("127.0.0.1", 443)[0], ns.resolve("::1", 443)[0])

# %% [markdown]
# The short version is good for a slide. A program that others use needs more:
#
# | in the short version | what can happen | what `Socket.open` does |
# | :-- | :-- | :-- |
# | `AF_INET6` alone | a host that has only an IPv4 address is not found | asks for both families |
# | the result of `getaddrinfo` is not looked at | for an unknown name `info` points nowhere, and the program crashes | raises `NameNotFound` |
# | only the first address is used | it does not answer, while the second would | tries each of them, in order |
# | the result of `connect` is not looked at | the failure shows up later, at the first write or read | raises the error of the last address |
# | `freeaddrinfo` can be forgotten | memory is lost with each call | there is nothing to free |
# | no time limit | the lookup or the connection takes minutes | `timeout=` counts for all of it |
#
# The first row, tried out: an IPv4 address, with hints that allow only IPv6.

# %%
attempt(lambda: ns.resolve("127.0.0.1", "http", family="ipv6"))

# %% [markdown]
# And the third row. Our server listens on 127.0.0.1 only. Suppose a name has two addresses, and the IPv6 one comes
# first. Whoever tries only that one fails; whoever goes on is connected. A socket whose `connect` has failed is
# closed: the next address may need one of another family.


# %%
def connected_to(endpoint):
    client = ns.Socket("tcp", endpoint.family)
    try:
        client.connect(endpoint, timeout=2.0)
    except ns.SocketError:
        client.close()
        raise
    return client


def first_that_answers(endpoints):
    for endpoint in endpoints:
        try:
            return connected_to(endpoint)
        except ns.SocketError as error:
            print(endpoint, "failed:", error.cause)
    return None


port = server.local.port
client = first_that_answers([ns.Endpoint("::1", port), ns.Endpoint("127.0.0.1", port)])
print(client.peer, client.state)
client.close()

# %% [markdown]
# `Socket.open` is this loop, with the lookup before it:

# %%
client = ns.Socket.open("localhost", port, timeout=5.0)
print(client)
client.close()

# %% [markdown]
# ## 11. Errors that people meet
#
# **Refused.** The machine is there, but nobody listens on this port. It says so at once.

# %%
client = ns.Socket("tcp")
attempt(lambda: client.connect("127.0.0.1", 9))
client.close()

# %% [markdown]
# **Address in use.** The server from above still has its port; a second one cannot have it too.

# %%
second = ns.Socket("tcp")
attempt(lambda: second.bind(server.local))
second.close()

# %% [markdown]
# **Name not found.** No machine has a name that ends in `.invalid`; the ending is reserved for examples like this one.

# %%
attempt(lambda: ns.resolve("server.invalid", "http", timeout=5.0))

# %% [markdown]
# **A URL for a host.** A browser takes a URL apart before it connects; `connect` and `open` want its host alone.

# %%
attempt(lambda: ns.Socket.open("http://www.example.org/index.html", 80))

# %%
server.close()

# %% [markdown]
# Each of these is also an exception of Python's own, with the same `errno`, so either name can be caught:
#
# | netsteps | Python | errno | where to look |
# | :-- | :-- | :-- | :-- |
# | `Refused` | `ConnectionRefusedError` | `ECONNREFUSED` | is the server running, and on this port? |
# | `TimedOut` | `TimeoutError` | `ETIMEDOUT` | is the machine on? does a firewall drop the packets? |
# | `AddressInUse` | `OSError` | `EADDRINUSE` | which program has the port? the error tells |
# | `AddressNotLocal` | `OSError` | `EADDRNOTAVAIL` | `bind` takes an address of this machine |
# | `NoPermission` | `PermissionError` | `EACCES` | ports below 1024 are the administrator's on many systems |
# | `NameNotFound` | `socket.gaierror` | `EAI_NONAME` | the spelling; the network connection |
# | `Reset` | `ConnectionResetError` | `ECONNRESET` | the peer cut the connection |
# | `BrokenPipe` | `BrokenPipeError` | `EPIPE` | we wrote to a peer that had closed before |

# %% [markdown]
# ## 12. A server in the background
#
# Our server took one client and waited for it step by step. A real one has many at the same time, and must not wait for
# any single one. The usual first answer is a **thread** for each client. `TcpServer` does that: it makes the socket,
# binds, listens and accepts, and calls a function with each new connection. It comes back at once, and works while the
# notebook goes on.


# %%
def shout(connection):
    while data := connection.read():  # b"", the end, is false
        connection.write(data.upper())


server = ns.TcpServer(shout)
server

# %%
clients = [connected_to(server.endpoint) for _ in range(3)]
for number, client in enumerate(clients, 1):
    client.write(f"client {number}".encode())
    client.finish()
for client in reversed(clients):  # in any order: no client waits for another
    print(client.local, client.read_all())
    client.close()

# %%
server.stop()
server

# %% [markdown]
# ## 13. Everything at once
#
# A `Trace` records every socket of this process while it is on: here both ends, and the threads of the server. Each row
# is one system call. Look for the three sockets (the column `socket` has the descriptor, and a number that is never given
# twice), and for the moment at which each side learns of the other's end. A row with `EBADF` is no mistake: the server
# was waiting in its next `accept` when the end of the `with` block closed the listening socket.

# %%
with ns.Trace() as trace, ns.TcpServer(shout) as server, connected_to(server.endpoint) as client:
    client.write(b"hello")
    client.finish()
    print(client.read_all())

trace

# %% [markdown]
# ## 14. Exercises
#
# Change the cells above, or write new ones below. Give every step that might wait a `timeout=`.
#
# 1. Take the steps of section 3 in another order. For each error, say first what it will tell you, and then look.
# 2. Let a server `listen(1)`, and connect four clients with `timeout=0.5`, without any `accept`. How many get through? Then
#    accept one, and try again.
# 3. Connect, and write pieces of 64 KiB with `timeout=1.0` until it fails, while nobody reads. Where did all the bytes go
#    that were written until then? What does the error say?
# 4. Let two servers bind the same port, first both on 127.0.0.1, then the second one on 127.0.0.2. (macOS knows 127.0.0.2
#    only after it was told.) What does a port belong to?
# 5. Write from the client, and close the connection on the server's side without reading. What does the client's next read
#    say, and what its next write?
# 6. Write a handler for `TcpServer` that answers line by line, with `read_until(b"\n")`. What comes when the client
#    finishes in the middle of a line?
# 7. Write an `open` of your own that tries the IPv4 addresses first.
