"""What this process does is visible to its guards, and it is open to nobody else (case 30)."""

import json
from typing import TYPE_CHECKING

import psutil

import netsteps as ns
from helpers import child_says

if TYPE_CHECKING:
    from typing import Any


def test_nothing_of_this_process_listens_beyond_loopback_by_default() -> None:
    with (
        ns.TcpServer(service="echo"),
        ns.TcpServer(on_client=lambda connection: None),
        ns.UdpServer(service="echo"),
        ns.TcpReceiver(),
        ns.UdpReceiver(),
        ns.Socket("tcp") as any_port,
        ns.Socket("tcp", "ipv6") as any_port6,
    ):
        any_port.listen(any_port=True)
        any_port6.listen(any_port=True)
        rows = [
            row
            for row in psutil.Process().net_connections(kind="inet")
            if row.status == psutil.CONN_LISTEN or (row.type.name == "SOCK_DGRAM" and not row.raddr)
        ]
    assert len(rows) >= 7
    assert {row.laddr.ip for row in rows} <= {"127.0.0.1", "::1"}


AUDITED = """
import json, socket, sys
import netsteps as ns

seen = []
refuse = [None]

def hook(name, arguments):
    if name.startswith("socket."):
        shown = arguments[1:] if name != "socket.getaddrinfo" else arguments
        seen.append([name, [a if isinstance(a, (int, str)) else list(a) for a in shown]])
        if name == refuse[0]:
            raise RuntimeError("not allowed")

listener = socket.create_server(("127.0.0.1", 0))
address = listener.getsockname()
sys.addaudithook(hook)

def std():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as client:
            client.connect(server.getsockname())
            server.accept()[0].close()
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, socket.IPPROTO_UDP) as sender:
        sender.sendto(b"x", ("::1", 9))
    socket.getaddrinfo("127.0.0.1", "80", 0, socket.SOCK_STREAM)

def ours():
    with ns.Socket("tcp") as server:
        server.bind("127.0.0.1", 0)
        server.listen()
        with ns.Socket("tcp") as client:
            client.connect(server.local)
            server.accept().close()
    with ns.Socket("udp", "ipv6") as sender:
        sender.send_to(b"x", "::1", 9)
    ns.resolve("127.0.0.1", "80")

told = {}
for name, program in (("std", std), ("ours", ours)):
    seen.clear()
    program()
    told[name] = [[event, arguments if "connect" not in event else arguments[0][:1]]
                  for event, arguments in seen]

class Guarded(Exception):
    pass

stopped = {}
for event, step in {
    "socket.__new__": lambda: ns.Socket("tcp"),
    "socket.bind": lambda: tcp.bind("127.0.0.1", 0),
    "socket.connect": lambda: tcp.connect(*address),
    "socket.sendto": lambda: udp.send_to(b"x", "127.0.0.1", 9),
    "socket.getaddrinfo": lambda: ns.resolve("localhost", 80),
}.items():
    refuse[0] = None
    with ns.Socket("tcp") as tcp, ns.Socket("udp") as udp:
        refuse[0] = event
        try:
            step()
        except RuntimeError:
            stopped[event] = [tcp.state, udp.state]
refuse[0] = None

servers = {}
for name, make in {
    "TcpServer": lambda: ns.TcpServer(service="echo"),
    "UdpServer": lambda: ns.UdpServer(service="echo"),
    "TcpReceiver": lambda: ns.TcpReceiver(),
    "UdpReceiver": lambda: ns.UdpReceiver(),
    "TcpSender": lambda: ns.TcpSender(*address),
    "UdpSender": lambda: ns.UdpSender(*address),
    "open": lambda: ns.Socket.open(*address),
}.items():
    seen.clear()
    made = make()
    servers[name] = [event for event, _ in seen]
    getattr(made, "stop", getattr(made, "close", None))()
listener.close()
json.dump({"told": told, "stopped": stopped, "servers": servers}, sys.stdout)
"""


def test_audit_hooks_see_what_they_see_of_the_standard_library() -> None:
    found: dict[str, Any] = json.loads(child_says(AUDITED))
    assert found["told"]["ours"] == found["told"]["std"]
    created = ["created", "created"]
    assert found["stopped"] == dict.fromkeys(
        ["socket.__new__", "socket.bind", "socket.connect", "socket.sendto", "socket.getaddrinfo"],
        created,
    )
    serving = ["socket.__new__", "socket.bind"]
    calling = ["socket.getaddrinfo", "socket.__new__", "socket.connect"]
    assert {name: sorted(events) for name, events in found["servers"].items()} == {
        **dict.fromkeys(["TcpServer", "UdpServer", "TcpReceiver", "UdpReceiver"], sorted(serving)),
        **dict.fromkeys(["TcpSender", "UdpSender", "open"], sorted(calling)),
    }
