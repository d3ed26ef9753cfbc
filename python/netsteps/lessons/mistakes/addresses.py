"""Mistakes of a server with its address and its port."""

from netsteps.lessons.mistakes.model import LADDER, Mistake

__all__ = [
    "address_in_use",
    "port_below_1024",
    "the_routers_address",
]


def _low_ports() -> str:
    """Say why an ordinary user may bind port 80 here, or nothing."""
    import sys
    from pathlib import Path

    if sys.platform == "win32":
        return "Windows lets every user take a port below 1024"
    first = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if first.exists() and int(first.read_text("ascii")) <= 80:
        return "this system gives port 80 to everybody (ip_unprivileged_port_start, as in Docker)"
    return ""


address_in_use = Mistake(
    name="address_in_use",
    title="Started again: address already in use",
    why="The server has ended, so its port should be free. But the side that closes a connection "
    "first keeps its address for a minute (TIME_WAIT), so that a late packet of the old "
    "connection is not taken for one of a new.",
    wrong="""\
import socket

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
port = server.getsockname()[1]

client = socket.create_connection(("127.0.0.1", port))
connection, address = server.accept()
connection.close()  # the server closes first
client.close()
server.close()

again = socket.socket()
again.bind(("127.0.0.1", port))
""",
    ends="error",
    happens="No program uses it. The same words come when one does: an earlier run that goes on, "
    "or another cell.",
    error="OSError: [Errno 98] Address already in use",
    line='again.bind(("127.0.0.1", port))',
    elsewhere="The number is Linux's: macOS has 48, Windows WinError 10048. Windows does not keep "
    "a server's port for TIME_WAIT; there reuse_address means something else, and is dangerous.",
    same="""\
import netsteps as ns

server = ns.Socket("tcp")
server.bind("127.0.0.1", 0)
server.listen()
where = server.local

client = ns.Socket("tcp")
client.connect(where)
connection = server.accept()
connection.close()
client.close()
server.close()

again = ns.Socket("tcp")
again.bind(where)
""",
    netsteps_says="a connection that was closed on this side has 127.0.0.1:",
    cure="Set SO_REUSEADDR before bind, in every run (socket.create_server does, ns.TcpServer "
    "too), or take port 0. When another program has the port, end that one.",
    right="""\
import socket

server = socket.create_server(("127.0.0.1", 0))  # sets SO_REUSEADDR
port = server.getsockname()[1]

client = socket.create_connection(("127.0.0.1", port))
connection, address = server.accept()
connection.close()
client.close()
server.close()

again = socket.create_server(("127.0.0.1", port))
print("the same port again:", again.getsockname()[1] == port)
""",
    views=(
        LADDER,
        ("What the system still keeps", "ns.connections().drawing(port=where.port)"),
    ),
    right_prints="the same port again: True",
    lecture=4,
)

the_routers_address = Mistake(
    name="the_routers_address",
    title="bind to the router's address",
    why='A web page says "your address is 203.0.113.9", so the server binds that. It is the '
    "public address of the router. This computer has another one behind it.",
    wrong="""\
import socket

server = socket.socket()
server.bind(("203.0.113.9", 6666))
""",
    ends="error",
    happens="It says neither whose address that is, nor which ones could be taken.",
    error="OSError: [Errno 99] Cannot assign requested address",
    line='server.bind(("203.0.113.9", 6666))',
    elsewhere="The number is Linux's: macOS has 49, Windows WinError 10049.",
    same="""\
import netsteps as ns

server = ns.Socket("tcp")
server.bind("203.0.113.9", 6666)
""",
    netsteps_says="203.0.113.9 is not an address of this machine; its own are 127.0.0.1",
    cure='Bind one of this computer\'s own addresses, or "0.0.0.0" for all of them. Who comes '
    "from outside needs a rule in the router that passes the port on to this computer.",
    right="""\
import socket

server = socket.socket()
server.bind(("0.0.0.0", 0))
server.listen()
print("listening on all addresses of this computer")
""",
    views=(
        (
            "Whose address it is",
            "pictures.addresses(ns.interfaces(), '203.0.113.9')",
        ),
    ),
    right_prints="listening on all addresses of this computer",
    lecture=5,
)

port_below_1024 = Mistake(
    name="port_below_1024",
    title="A port below 1024",
    why="80 is the port of the web, so the web server gets 80. The ports below 1024 are kept for "
    "services of the system: on many systems only an administrator's program may listen there.",
    wrong="""\
import socket

server = socket.socket()
server.bind(("127.0.0.1", 80))
""",
    ends="error",
    happens="It names neither the port nor the rule.",
    error="PermissionError: [Errno 13] Permission denied",
    line='server.bind(("127.0.0.1", 80))',
    elsewhere="Windows permits it. Linux's limit can be set "
    "(net.ipv4.ip_unprivileged_port_start), and is 0 in Docker. macOS asks for rights only when "
    "one address is named. A program of root may always: this one runs as an ordinary user.",
    here=_low_ports,
    ordinary_user=True,
    same="""\
import netsteps as ns

server = ns.Socket("tcp")
server.bind("127.0.0.1", 80)
""",
    netsteps_says="port 80 is one of the well-known ports, below 1024",
    cure="Take a port from 1024 on that services() does not list, and below 32768, where Linux "
    "begins to give ports to clients; or 0, for any that is free. A real web server gets 80 from "
    "the system, or stands behind one that has it.",
    right="""\
import socket

server = socket.create_server(("127.0.0.1", 0))
print("a port above 1023:", server.getsockname()[1] > 1023)
""",
    views=(("Where port 80 lies", "pictures.ports(80)"),),
    right_prints="a port above 1023: True",
    lecture=2,
)
