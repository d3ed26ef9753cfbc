"""Mistakes of a client that looks for a server, and of a server that is not found."""

from netsteps.lessons.mistakes.model import Mistake

__all__ = [
    "listening_on_loopback_alone",
    "localhost_is_two_addresses",
    "refused_silent_unreachable",
]


def _ipv6() -> str:
    """Say why "::1" cannot be used here, or nothing."""
    import socket

    try:
        with socket.socket(socket.AF_INET6) as trial:
            trial.bind(("::1", 0))
    except OSError as error:
        return f"this machine has no IPv6 loopback address ({error})"
    return ""


def _loopback_block() -> str:
    """Say why 127.0.0.2 is no address of this machine, or nothing."""
    import socket

    try:
        with socket.socket() as trial:
            trial.bind(("127.0.0.2", 0))
    except OSError as error:
        return f"127.0.0.2, which plays the other address, is none of this machine's ({error})"
    return ""


localhost_is_two_addresses = Mistake(
    name="localhost_is_two_addresses",
    title="localhost is 127.0.0.1, and it is ::1",
    why='"localhost" is a name for two addresses: 127.0.0.1 in IPv4 and ::1 in IPv6. A server on '
    "one of them is not on the other. Many frameworks choose ::1 when they are told localhost.",
    wrong="""\
import socket

nobody = socket.socket()
nobody.bind(("127.0.0.1", 0))  # keeps that port there for nobody: it does not listen
port = nobody.getsockname()[1]
server = socket.create_server(("::1", port), family=socket.AF_INET6)

client = socket.create_connection(("127.0.0.1", port))
""",
    ends="error",
    happens="The server is running, on this computer, at this port. Its address is another.",
    error="ConnectionRefusedError: [Errno 111] Connection refused",
    line='client = socket.create_connection(("127.0.0.1", port))',
    elsewhere="The number is Linux's: macOS has 61, Windows WinError 10061.",
    here=_ipv6,
    same="""\
import netsteps as ns

nobody = ns.Socket("tcp")
nobody.bind("127.0.0.1", 0)
server = ns.Socket("tcp", family="ipv6")
server.bind("::1", nobody.local.port)
server.listen()
print("listening:", *[row.local for row in ns.connections() if row.local == server.local])

client = ns.Socket("tcp")
client.connect("127.0.0.1", server.local.port)
""",
    netsteps_says="that machine answered at once that nobody listens on TCP port",
    cure="Let the client use the name, and try every address of it (create_connection and "
    "ns.Socket.open do). Or let the server listen on both, with a socket for each.",
    right="""\
import socket

server = socket.create_server(("127.0.0.1", 0))
port = server.getsockname()[1]
other = socket.create_server(("::1", port), family=socket.AF_INET6)

for host in ("127.0.0.1", "::1"):
    with socket.create_connection((host, port)):
        print("connected to", host)
""",
    right_prints="connected to 127.0.0.1\nconnected to ::1",
    lecture=3,
)

listening_on_loopback_alone = Mistake(
    name="listening_on_loopback_alone",
    title="The server listens on 127.0.0.1 alone",
    why="It works on this computer, so it should work from the next one. But 127.0.0.1 is this "
    "computer seen from itself. Who comes over the network comes to another address.",
    wrong="""\
import socket

server = socket.create_server(("127.0.0.1", 0))
port = server.getsockname()[1]

# Another computer uses the address that this one has in the network.
# Here 127.0.0.2 plays that address: it is this machine's too, and not the server's.
client = socket.create_connection(("127.0.0.2", port))
""",
    ends="error",
    happens="The client is refused. The server sees nothing, and says nothing.",
    error="ConnectionRefusedError: [Errno 111] Connection refused",
    line='client = socket.create_connection(("127.0.0.2", port))',
    elsewhere="macOS and the BSDs have 127.0.0.1 alone unless more is set up: there bind and "
    "connect to 127.0.0.2 fail otherwise.",
    here=_loopback_block,
    same="""\
import netsteps as ns

server = ns.Socket("tcp")
server.bind("127.0.0.1", 0)
server.listen()
print("the server listens on", server.local.ip, "which is", server.local.scope)

client = ns.Socket("tcp")
client.connect("127.0.0.2", server.local.port)
""",
    netsteps_says="the server listens on 127.0.0.1 which is loopback",
    cure='Bind "0.0.0.0" for all addresses of this computer, or the one of ns.interfaces() that '
    "the others see. That opens it to all who can reach the computer, so the firewall has a word "
    "too.",
    right="""\
import socket

server = socket.create_server(("0.0.0.0", 0))
port = server.getsockname()[1]

for host in ("127.0.0.1", "127.0.0.2"):
    with socket.create_connection((host, port)):
        print("connected to", host)
""",
    right_prints="connected to 127.0.0.1\nconnected to 127.0.0.2",
    lecture=4,
)

refused_silent_unreachable = Mistake(
    name="refused_silent_unreachable",
    title="Refused, silent, unreachable: taken for the same",
    why='"It does not connect" has three causes, which need three cures. Refused: the machine is '
    "there, and no program listens. Silent: nothing comes back. Unreachable: there is no way.",
    wrong="""\
import socket

with socket.create_server(("127.0.0.1", 0)) as server:
    closed = server.getsockname()  # nobody listens there any more
full = socket.create_server(("127.0.0.1", 0), backlog=0)
waiting = socket.create_connection(full.getsockname())  # and its queue is full


def attempt(address, *option):
    client = socket.socket()
    client.settimeout(0.2)
    if option:
        client.setsockopt(*option)
    try:
        client.connect(address)
    except OSError:
        print("it does not work")


attempt(closed)
attempt(full.getsockname())
# SO_DONTROUTE: as if this computer knew no router
attempt(("203.0.113.9", 80), socket.SOL_SOCKET, socket.SO_DONTROUTE, 1)
""",
    ends="silence",
    happens="Three different errors (ConnectionRefusedError, TimeoutError, OSError 101), and one "
    "except that throws away what they say. They do not name the address either.",
    line="except OSError:",
    prints="it does not work\nit does not work\nit does not work",
    elsewhere="How a full queue answers differs: Windows refuses. It stands here for a firewall "
    "that throws packets away, which is silent everywhere.",
    same="""\
import netsteps as ns

with ns.Socket("tcp") as server:
    server.bind("127.0.0.1", 0)
    server.listen()
    closed = server.local
full = ns.Socket("tcp")
full.bind("127.0.0.1", 0)
full.listen(0)
waiting = ns.Socket("tcp")
waiting.connect(full.local)

# A machine without a way is played by an address that no connection can lead to: all of the LAN.
for address in (closed, full.local, ("255.255.255.255", 80)):
    client = ns.Socket("tcp")
    try:
        client.connect(address, timeout=0.2)
    except ns.SocketError as error:
        print(type(error).__name__, error.endpoint)
        print("  cause: ", error.cause)
        print("  remedy:", error.remedy)
""",
    netsteps_says="there was no answer at all, neither yes nor no within 0.2 s",
    cure="Tell them apart. Refused: start the server, or mend the port. Silent: the address, the "
    "firewall, whether the machine is on. Unreachable: this computer's own network. "
    "ns.port_status(host, port) says which it is.",
    right="""\
import socket

with socket.create_server(("127.0.0.1", 0)) as server:
    closed = server.getsockname()
full = socket.create_server(("127.0.0.1", 0), backlog=0)
waiting = socket.create_connection(full.getsockname())


def attempt(address, *option):
    client = socket.socket()
    client.settimeout(0.2)
    if option:
        client.setsockopt(*option)
    try:
        client.connect(address)
    except ConnectionRefusedError:
        print("refused: no program listens at", address[0])
    except TimeoutError:
        print("silent: no answer from", address[0])
    except OSError as error:
        print("unreachable:", address[0], error.strerror)


attempt(closed)
attempt(full.getsockname())
attempt(("203.0.113.9", 80), socket.SOL_SOCKET, socket.SO_DONTROUTE, 1)
""",
    right_prints="refused: no program listens at 127.0.0.1\nsilent: no answer from 127.0.0.1\n"
    "unreachable: 203.0.113.9 Network is unreachable",
    lecture=4,
)
