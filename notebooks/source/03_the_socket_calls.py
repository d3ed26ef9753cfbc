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
# will see what each call does, what it is in C++, and what comes back when it is made too early or to the wrong place.
# At the end you write a server that survives clients which mean it no good.
#
# Client and server are both in this notebook. Run the cells from top to bottom with Shift+Enter; each one comes back at
# once. It takes about 75 minutes.
#
# Before something happens you will be asked what you think. **Choose first, then run the next cell**: what you predicted
# wrongly, you will remember. Without buttons, write your choice into the call: `mine=2`.

# %%
import netsteps as ns
from netsteps.lessons import check, claim, predict

print("netsteps", ns.__version__)

# %% [markdown]
# ## 1. What a socket is
#
# Two programs that talk over a network each hold one end of the conversation. Such an end is a **socket**. A program
# knows it by a number, the *descriptor*, just as it knows an open file. Behind that number the kernel (the inner part of
# the operating system) keeps:
#
# - the kind: `"tcp"`, a stream of bytes that arrive all and in order, or `"udp"`, single datagrams;
# - our own **endpoint**: an IP address (which machine) and a port (which program on it);
# - the endpoint of the **peer**, the other end;
# - two buffers: bytes that have come and were not read yet, and bytes that were written and are still on their way;
# - a state: what has been done so far, and so what can come next.

# %%
guess = predict(
    "A socket was just made, and nothing else was done. What does it have?",
    "a number and a kind",
    "a number, a kind, and an address of its own",
    "all of it: also the address of the peer",
)

# %%
first = ns.Socket("tcp")
print("number:", first.number)
print("kind:  ", first.kind)
print("local: ", first.local)
print("peer:  ", first.peer)
print("state: ", first.state)

# %%
guess.was(1, "`socket` makes an entry in a table of the kernel. The network does not hear of it.")

# %%
first.close()
first

# %% [markdown]
# ### Ports stand for services
#
# A machine runs many programs. The **port**, a number from 0 to 65535, says which of them is meant. The services that
# everybody knows have fixed numbers, so that a client knows where to ask: 22 for SSH (a safe terminal on another machine),
# 23 for telnet (the same, but everybody on the way can read it), 25 for SMTP (mail), 80 for HTTP (the web).

# %%
for port in (22, 23, 25, 80):
    there = ns.port_status("127.0.0.1", port)
    print(port, ns.Endpoint("127.0.0.1", port).service, "on this machine:", there.status)

# %% [markdown]
# The number alone does nothing: where no program serves the port, the machine says so ("refused"). And nothing stops a
# program from serving something else on port 80.

# %% [markdown]
# ## 2. The steps of both sides
#
# The **client** takes four steps. In the language of the lecture, in Python's own `socket`, and here:
#
# | step | C and C++ | Python's `socket` | netsteps |
# | :-- | :-- | :-- | :-- |
# | make a socket | `int socket(int domain, int type, int protocol)` | `client = socket.socket()` | `client = ns.Socket("tcp")` |
# | find the server | `int connect(int fd, const struct sockaddr *addr, socklen_t len)` | `client.connect((host, port))` | `client.connect(host, port)` |
# | write and read | `ssize_t send(int fd, const void *data, size_t size, int flags)`<br>`ssize_t recv(int fd, void *room, size_t size, int flags)` | `client.sendall(data)`<br>`client.recv(size)` | `client.write(data)`<br>`client.read(size)` |
# | give it back | `int close(int fd)` | `client.close()` | `client.close()` |
#
# The **server** takes six. Three are its own; they stand between making the socket and the first byte:
#
# | step | C and C++ | Python's `socket` | netsteps |
# | :-- | :-- | :-- | :-- |
# | make a socket | `int socket(int domain, int type, int protocol)` | `server = socket.socket()` | `server = ns.Socket("tcp")` |
# | take a name: an address and a port | `int bind(int fd, const struct sockaddr *addr, socklen_t len)` | `server.bind((host, port))` | `server.bind(host, port)` |
# | be ready for clients | `int listen(int fd, int backlog)` | `server.listen()` | `server.listen()` |
# | take a client | `int accept(int fd, struct sockaddr *addr, socklen_t *len)` | `connection, peer = server.accept()` | `connection = server.accept()` |
# | read and write | as above, on the new socket | | `connection.read()`<br>`connection.write(data)` |
# | give it back | `int close(int fd)` | `connection.close()`<br>`server.close()` | `connection.close()`<br>`server.close()` |
#
# How to read the C side:
#
# - `domain` is the family of addresses, `AF_INET` or `AF_INET6` (in netsteps `family="ipv4"` or `"ipv6"`), and `type`
#   is `SOCK_STREAM` for TCP or `SOCK_DGRAM` for UDP. With these two, `protocol` is 0.
# - A `struct sockaddr` is an IP address and a port. Here that is a host and a port, or an `Endpoint`.
# - Each call gives -1 when it fails, and leaves the reason in `errno`. Here a step that fails raises an exception.
# - A file or a socket, to the kernel it is a descriptor: `read` and `write` do the same as `recv` and `send` with
#   `flags` 0.
# - `man 2 socket` in a terminal shows the page on `socket` in section 2 of the manual. Each of these calls has one.

# %% [markdown]
# ## 3. The server: socket, bind, listen
#
# `bind` gives the socket its address. 127.0.0.1 is the **loopback** address: this machine, seen from itself, so no
# other machine can connect.

# %%
guess = predict(
    "The server binds port 0. On which port will it be?",
    "on port 0",
    "on any free port: the kernel chooses",
    "on none: that is an error",
)

# %%
server = ns.Socket("tcp")
print("after socket:", server.state, server.local)

server.bind("127.0.0.1", 0)
print("after bind:  ", server.state, server.local)

server.listen()
print("after listen:", server.state, server.local)

# %%
guess.was(
    2, "`.local` tells which. A real server takes a fixed port, because its clients must know it."
)

# %% [markdown]
# Now it listens. It is not talking to anybody, and a listening socket never will: it only hands out connections.

# %%
guess = predict(
    "Nobody has connected. What does `server.accept(timeout=0.2)` do?",
    "it gives `None`",
    "it fails at once: there is no client",
    "it waits for 0.2 s, and then gives up",
)

# %% [markdown]
# The function `attempt` is for this lesson: it takes a step that may fail, and prints what the error says. (`lambda:` packs a
# step up without taking it, so that `attempt` can take it.)


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

# %%
guess.was(3, "Without a time limit it would wait as long as it takes, and this cell with it.")

# %% [markdown]
# ## 4. The client: socket, connect
#
# The client does not bind. `connect` picks a free port for it; a server does not care which.

# %%
guess = predict(
    "The server listens, but has not called `accept`. What does the client's `connect` do?",
    "it waits until the server calls `accept`",
    "it comes back: the client is connected",
    "it is refused",
)

# %%
client = ns.Socket("tcp")
client.connect(server.local)
print("client:", client.state)
print("local: ", client.local)
print("peer:  ", client.peer)

# %%
guess.was(2, "Making the connection is the work of the two kernels, not of the two programs.")

# %% [markdown]
# The client can even write:

# %%
client.write(b"is anybody there?")

# %% [markdown]
# This surprises many people. The two kernels exchange three packets (SYN, SYN-ACK, ACK), and then the connection is
# complete and waits in a queue of the listening socket. `accept` does not make the connection; it takes the oldest one
# out of this queue. The **backlog** in `listen(backlog)` says how many may wait there. When the queue is full, new
# clients get no answer and try again, until their time is over.
#
# So a client that has connected, and has written, still knows nothing about the server *program*: only that a kernel
# has taken its bytes. And this is why both sides fit into one notebook: the connection waits for us.

# %% [markdown]
# ## 5. The server: accept

# %%
said = claim(
    "A socket of the server listens on a port, and makes a connection for each client.", lecture=3
)
guess = predict(
    "One client is connected, and the server accepts it. How many sockets are there, on both sides?",
    "two: one at each end",
    "three",
    "four: a pair at each end",
)

# %%
connection = server.accept()
for name, socket in (("client", client), ("server", server), ("connection", connection)):
    print(f"{name:<11} number {socket.number}  {socket.state:<10} {socket.local} -> {socket.peer}")

# %%
guess.was(2, "The one that listens, and the two ends of the connection.")

# %% [markdown]
# `accept` gives a **new socket**, made for this one client. The listening socket stays as it was, ready for the next. The
# new socket has the server's port: a port does not belong to a socket alone. What the kernel looks at is all four
# numbers, both addresses and both ports, and no two connections have all four in common. The two ends mirror each other:

# %%
print(connection.local == client.peer, connection.peer == client.local)

# %%
second = ns.Socket("tcp")
second.connect(server.local)
another = server.accept()
print("the first: ", connection.local, connection.peer)
print("the second:", another.local, another.peer)
another.close()
second.close()

# %%
said.verdict(
    "true",
    "Each `accept` gives one more socket, on the same port of the server. What is called a connection"
    " there is a socket: one end of the connection. The other end is the client's.",
)

# %% [markdown]
# ## 6. Read and write
#
# What the client wrote before it was accepted has been waiting in the buffer of the connection.

# %%
print(connection.read())

# %% [markdown]
# Sockets carry bytes: `b"..."`, or `text.encode()`. Now the server writes twice.

# %%
guess = predict(
    'The server writes `b"Yes, "` and then `b"here I am."`; the client reads once. What may come?',
    'always `b"Yes, "`: one read for each write',
    'always `b"Yes, here I am."`: all that there is',
    "either, or another beginning of it",
)

# %%
connection.write(b"Yes, ")
connection.write(b"here I am.\nWhat do you want?\n")
print(client.read())

# %%
guess.was(3, "TCP keeps the order of the bytes, but not the borders between writes.")

# %% [markdown]
# Most likely that was everything in one piece. On a slow network it could just as well have been `b"Yes, "`, or any
# other beginning. A program that needs a certain piece has to say where it ends:

# %%
client.write(b"12345A line\nThe rest")
print(connection.read_exactly(5))
print(connection.read_until(b"\n"))
print(connection.read_exactly(8))

# %% [markdown]
# ### Exercise: read exactly
#
# Neither C nor Python's `socket` has a `read_exactly`. Write it: `connection.read(size)` gives at most `size` bytes and
# at least one, as `recv` does, and `b""` when the peer has finished. Return exactly `count` bytes, leave what comes after
# them in the socket, and raise `EOFError` when the peer finishes before all have come.
#
# The check runs your function in a process of its own, so that nothing you write can stop this notebook. It tries friendly
# and unfriendly peers, one after the other, and stops at the first that you do not pass.


# %%
def read_exactly(connection, count):
    ### BEGIN SOLUTION
    data = b""
    while len(data) < count:
        more = connection.read(count - len(data))
        if more == b"":
            message = f"the peer finished after {len(data)} of {count} bytes"
            raise EOFError(message)
        data += more
    return data
    ### END SOLUTION


# %%
check.read_exactly(read_exactly)

# %% [markdown]
# ### The two buffers
#
# The kernel keeps an input buffer and an output buffer for each connection. `send` is the single call, as in C: it hands
# bytes to the output buffer. From there the kernel brings them into the input buffer of the peer, where they wait to be
# read.

# %%
guess = predict(
    "The client sends 50,000,000 bytes with one `send`, and nobody reads. What happens?",
    "`send` waits until all have been read",
    "`send` takes as many as fit, and says how many",
    "`send` fails: that is too much",
)

# %%
with ns.Trace(sample=0.001) as trace:
    listener = ns.Socket("tcp")
    listener.bind("127.0.0.1", 0)
    listener.listen()
    writer = ns.Socket("tcp")
    writer.connect(listener.local)
    reader = listener.accept()
    taken = writer.send(bytes(50_000_000))
    print(f"send took {taken:,} bytes")
    try:
        writer.write(b"more", timeout=0.2)  # write goes on until everything is taken
    except ns.TimedOut as error:
        print(error.cause)

# %%
guess.was(
    2, "`write` (in Python: `sendall`) goes on until all are taken, and waits when nothing fits."
)

# %% [markdown]
# (Here C is less simple. Its `send` on an ordinary socket may *wait* until all of the bytes have gone into the buffer; on one
# that may not wait (*non-blocking*), with a time limit, or when a signal comes in between, it takes a part, as here. Both are
# allowed, so a program always has to look at the number that it gives. Python's own `send`, with a time limit:)

# %%
import socket as standard

with (
    standard.create_server(("127.0.0.1", 0)) as plain_server,
    standard.create_connection(plain_server.getsockname(), timeout=1.0) as plain_client,
):
    print(f"Python's send took {plain_client.send(bytes(50_000_000)):,} bytes")

# %%
reader.buffers

# %%
for socket in (reader, writer, listener):
    socket.close()
trace.buffers()

# %% [markdown]
# ### Exercise: send all
#
# In C, `send` is all there is. Write what `write` and `sendall` do: send all of `data` with `connection.send(data)`, which
# returns how many bytes were taken.


# %%
def send_all(connection, data):
    ### BEGIN SOLUTION
    rest = memoryview(data)  # a part of it is no copy
    while len(rest) > 0:
        taken = connection.send(rest)
        rest = rest[taken:]
    ### END SOLUTION


# %%
check.send_all(send_all)

# %% [markdown]
# ## 7. The end: finish and close
#
# A connection is two streams, one in each direction, and each ends by itself. `finish` (in C: `shutdown(fd, SHUT_WR)`,
# `man 2 shutdown`) says: "I have no more to write".

# %%
guess = predict(
    "The client has finished, and the server has read everything. What does its next `read` do?",
    "it waits for more",
    'it gives `b""`, each time',
    'it gives `b""` once, and then fails',
)

# %%
client.finish()
print(connection.read(), connection.read())
print("client:    ", client.state)
print("connection:", connection.state)

# %%
guess.was(2, '`b""` is the end. It never means "nothing has come yet": in that case `read` waits.')

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
# time running down.

# %%
guess = predict(
    "The client writes 12 bytes and then 8. The server reads 5, and then all the rest. Does each read give one write?",
    "yes",
    "no: the cuts of the reader are its own",
    "that is an error: 5 is in the middle of a write",
)

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

# %%
guess.was(2, "Below the ladder, the cuts of the writer stand above the cuts of the reader.")

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

# %%
guess = predict(
    "A client is connected and has written. The server reads, but from the socket that listens. What comes?",
    "what the client wrote",
    'nothing: `b""`',
    "an error",
)

# %%
with ns.Socket("tcp") as client:
    client.connect(server.local)
    client.write(b"hello")
    attempt(server.read)
    server.accept().close()

# %%
guess.was(3, "Everybody makes this one once. Read from the socket that `accept` gave.")

# %% [markdown]
# ## 10. From a name to a socket: open
#
# People write names, `connect` wants addresses. `getaddrinfo` turns a name and a service into a **list** of addresses, in
# the order in which they should be tried. It is a function of the C library and not of the kernel (section 3 of the
# manual: `man 3 getaddrinfo`): it reads files of the machine, and asks a name server over the network. `hints` says which
# addresses are wanted. In netsteps the same list comes from `resolve`:

# %%
for endpoint in ns.resolve("localhost", "http"):
    print(endpoint.family, endpoint.ip, endpoint.port, endpoint.scope, sep="   ")

# %% [markdown]
# `"http"` became port 80: a service has a name, too. Many machines list two addresses for localhost, `::1` (IPv6) and
# `127.0.0.1` (IPv4); some list only one of them. An address in digits needs no lookup:

# %%
print(ns.resolve("127.0.0.1", 443)[0], ns.resolve("::1", 443)[0])

# %% [markdown]
# The lecture puts the lookup and the first two steps of a client into one function, `open`: a host name and a port go in,
# nothing comes out, and the descriptor stays in the object. An *abstraction*: whoever calls it need not know about
# families and lists. Here it is, and what says the same in Python:
#
# <table>
# <tr><th align="left">C++</th><th align="left">Python</th></tr>
# <tr><td align="left" valign="top">
#
# ```cpp
# class Connection {
#   int fd = -1;
# public:
#   void open(string host, string port) {
#     addrinfo hints, *info = nullptr;
#     memset(&hints, 0, sizeof hints);
#     // or AF_INET
#     hints.ai_family = AF_INET6;
#     hints.ai_socktype = SOCK_STREAM;
#     getaddrinfo(host.c_str(),
#                 port.c_str(),
#                 &hints, &info);
#     fd = socket(info->ai_family,
#                 info->ai_socktype, 0);
#     connect(fd, info->ai_addr,
#             info->ai_addrlen);
#     freeaddrinfo(info);  // allocated
#   }
# };
# ```
#
# </td><td align="left" valign="top">
#
# ```python
# class Connection:
#   def open(self, host, port):
#     hints = {
#       # or AF_INET
#       "family": socket.AF_INET6,
#       "type": socket.SOCK_STREAM,
#     }
#     info = socket.getaddrinfo(
#       host, port, **hints)
#     family, kind, _, _, addr = info[0]
#     self.fd = socket.socket(
#       family, kind)
#     self.fd.connect(addr)
# ```
#
# </td></tr>
# </table>

# %%
said = claim("To open a connection: take one family, and the first address of the list.", lecture=3)
guess = predict(
    "A server listens on 127.0.0.1. The C++ program calls `open` for it, with `AF_INET6`. What happens?",
    "it is connected: the address is known",
    "it prints an error",
    "the program crashes",
)

# %% [markdown]
# The next cell compiles this `open` and runs it, if this machine has a C++ compiler.

# %%
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

PROGRAM = r"""
#include <cstdio>
#include <cstring>
#include <string>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>
using std::string;

class Connection {
    int fd = -1;
public:
    void open(string hostname, string port) {
        addrinfo hints, *info = nullptr;
        memset(&hints, 0, sizeof hints);
        hints.ai_family = FAMILY;
        hints.ai_socktype = SOCK_STREAM;
        getaddrinfo(hostname.c_str(), port.c_str(), &hints, &info);
        fd = socket(info->ai_family, info->ai_socktype, 0);
        connect(fd, info->ai_addr, info->ai_addrlen);
        freeaddrinfo(info);
    }
    void talk() {
        char answer[100];
        ssize_t sent = send(fd, "hello", 5, MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
        ssize_t came = recv(fd, answer, sizeof answer, 0);
        printf("sent %zd bytes, received %zd: %.*s\n", sent, came, came > 0 ? (int)came : 0, answer);
        close(fd);
    }
};

int main(int count, char **words) {
    if (count < 3) return 2;
    Connection connection;
    connection.open(words[1], words[2]);
    connection.talk();
}
"""


def run_cpp(host, port, family):
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None or os.name == "nt":
        print("no C++ compiler for this program here: read what it does elsewhere")
        return
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "open.cpp"), Path(folder, "open")
        source.write_text(PROGRAM)
        command = [compiler, f"-DFAMILY={family}", "-o", program, source]
        subprocess.run(command, check=True, timeout=60)
        done = subprocess.run(
            [program, host, str(port)], capture_output=True, text=True, timeout=10, check=False
        )
    print(f"{family}:", done.stdout, end="")
    if done.returncode < 0:
        print("the program was ended by", signal.Signals(-done.returncode).name)


def shout(connection):
    while data := connection.read():  # b"", the end, is false
        connection.write(data.upper())


with ns.TcpServer(shout) as there:
    run_cpp("127.0.0.1", there.endpoint.port, "AF_INET")
    run_cpp("127.0.0.1", there.endpoint.port, "AF_INET6")

# %%
guess.was(
    3,
    "`getaddrinfo` found no IPv6 address, said so with its return value, which nobody looked at, and"
    " left `info` alone. `info->ai_family` then reads from nowhere: SIGSEGV.",
)

# %% [markdown]
# The same in Python and in netsteps is at least an error that one can read:

# %%
attempt(lambda: ns.resolve("127.0.0.1", "http", family="ipv6"))

# %% [markdown]
# Now the first address. Our server listens on 127.0.0.1 only. Suppose a name has two addresses, and the IPv6 one comes
# first, as for localhost on many machines.

# %%
guess = predict(
    "The list is `::1`, `127.0.0.1`. The server listens on 127.0.0.1 only. Who is connected?",
    "whoever takes the first address",
    "whoever tries both, in this order",
    "nobody: a list must be all right",
)


# %%
def connected_to(endpoint):
    client = ns.Socket("tcp", endpoint.family)
    try:
        client.connect(endpoint, timeout=2.0)
    except ns.SocketError:
        client.close()  # the next address may need a socket of another family
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
print("connected:", client.peer, client.state)
client.close()

# %%
guess.was(2, "The failed socket is closed, and the next address gets a new one.")

# %% [markdown]
# `Socket.open` is this loop, with the lookup before it:

# %%
client = ns.Socket.open("localhost", port, timeout=5.0)
print(client)
client.close()

# %%
said.verdict(
    "only in the lecture room",
    "It works where the name has an address of that family, and the first one answers. A program that"
    " others use asks for both families and tries each address, in order.",
)

# %% [markdown]
# The short version is good for a slide. What it leaves out:
#
# | in the short version | what can happen | what `Socket.open` does |
# | :-- | :-- | :-- |
# | `AF_INET6` alone | a host that has only an IPv4 address is not found | asks for both families |
# | the result of `getaddrinfo` is not looked at | for an unknown name the program crashes | raises `NameNotFound` |
# | only the first address is used | it does not answer, while the second would | tries each of them, in order |
# | the result of `connect` is not looked at | the failure shows up later, at the first write or read | raises the error of the last address |
# | `freeaddrinfo` can be forgotten | memory is lost with each call | there is nothing to free |
# | no time limit | the lookup or the connection takes minutes | `timeout=` counts for all of it |

# %% [markdown]
# ### Exercise: open a connection
#
# Write a client that opens its connection well: look `host` up, try every address that comes out, in order, each with a
# new socket, and close each socket whose `connect` failed. Then read what the server says until the end of the stream,
# close, and return it. When no address answers, raise the error of the last one. `ns.resolve(host, port)` gives the list;
# leave `Socket.open` alone this time.


# %%
def open_connection(host, port):
    ### BEGIN SOLUTION
    last = None
    for endpoint in ns.resolve(host, port):
        client = ns.Socket("tcp", endpoint.family)
        try:
            client.connect(endpoint, timeout=2.0)
        except ns.SocketError as error:
            client.close()
            last = error
            continue
        with client:
            return client.read_all(timeout=5.0)
    raise last
    ### END SOLUTION


# %%
check.open_connection(open_connection)

# %% [markdown]
# ## 11. Errors that people meet

# %%
guess = predict(
    "A client connects to a port of this machine on which no program listens. What happens?",
    "it waits until its time is over",
    "it is refused, at once",
    "it is connected, and its first write fails",
)

# %%
with ns.Socket("tcp") as unused:
    unused.bind("127.0.0.1", 0)  # taken, but nobody listens
    client = ns.Socket("tcp")
    attempt(lambda: client.connect(unused.local))
    client.close()

# %%
guess.was(2, "The machine is there, and its kernel says that nobody listens.")

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
# notebook goes on. Its function is `shout` from section 10.

# %%
server = ns.TcpServer(shout)
server

# %%
guess = predict(
    "Three clients are connected. The last one asks first. What does it wait for?",
    "for the two before it",
    "for nobody: each has a thread of its own",
)

# %%
clients = [connected_to(server.endpoint) for _ in range(3)]
for number, client in reversed(list(enumerate(clients, 1))):
    client.write(f"client {number}".encode())
    client.finish()
    print(client.local, client.read_all())
    client.close()

# %%
guess.was(2, "The answers came in the order of the questions, from the last client to the first.")

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
# ## 14. Exercises: a client and a server of your own
#
# ### A client that reads lines
#
# The server sends lines; each ends with a line feed, `b"\n"`. How they are cut on the way is not your choice: a read may
# give half a line, or three. Connect, and read lines until an empty one: after it the server says nothing more, but it
# keeps the connection open. Then close, and return the lines before the empty one, without their line feeds, with a `|`
# between two of them, like `b"bread|milk"`. When the server ends early, what came without a line feed is not a line.


# %%
def line_client(host, port):
    ### BEGIN SOLUTION
    with ns.Socket.open(host, port, timeout=5.0) as client:
        lines = []
        try:
            # A limit, because a line without an end would fill our memory.
            while line := client.read_until(b"\n", limit=1 << 20, timeout=5.0)[:-1]:
                lines.append(line)
        except ns.UnexpectedEnd:
            pass  # the rest is not a line
    return b"|".join(lines)
    ### END SOLUTION


# %%
check.line_client(line_client)

# %% [markdown]
# ### An echo server
#
# Write a server that sends back to each client what it gets, byte for byte and as soon as it comes, until the client has
# finished; then it closes this connection and takes the next client, for ever. It binds 127.0.0.1 and the port that it is
# given. A client that cuts its connection must not end your server.
#
# `ns.Socket` and the six steps of section 2 are enough, and Python's `socket` is as good. Leave the calling to the check: a
# server never returns, so a cell that calls it waits for ever (■ interrupts it).


# %%
def echo_server(port):
    ### BEGIN SOLUTION
    server = ns.Socket("tcp")
    server.bind("127.0.0.1", port)
    server.listen()
    while True:
        with server.accept() as connection:
            try:
                while data := connection.read():
                    connection.write(data)
            except ns.SocketError:
                pass  # this client has gone; the next one waits
    ### END SOLUTION


# %%
check.echo_server(echo_server)

# %% [markdown]
# The same check takes a program in any language. Write the server of the lecture in C++, compile it, and say in a terminal:
#
# ```
# netsteps check echo-server -- ./server 6666
# ```

# %% [markdown]
# ## 15. More to try
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
