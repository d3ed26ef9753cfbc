"""Addresses: the forms in which they are given, Endpoint, resolve and services."""

import contextlib
import copy
import pickle
import socket as std
from typing import TYPE_CHECKING, Any

import pytest

import netsteps as ns
from helpers import LOOPBACK, PATIENCE, bound, listening

if TYPE_CHECKING:
    from collections.abc import Callable

# The forms


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_an_address_is_two_arguments_a_tuple_or_an_endpoint(family: str) -> None:
    with listening(family) as listener:
        host, port = listener.local
        forms: list[tuple[Any, ...]] = [
            (host, port),
            ((host, port),),
            (ns.Endpoint(host, port),),
            (host, str(port)),
            ((host, str(port)),),
        ]
        if family == "ipv6":
            forms.append(((host, port, 0, 0),))
        for form in forms:
            with ns.Socket("tcp", family) as client:
                client.connect(*form, timeout=PATIENCE)
                assert client.peer == (host, port)
                listener.accept(timeout=PATIENCE).close()
            with ns.TcpSender(*form, timeout=PATIENCE) as sender:
                assert sender.peer == (host, port)
            listener.accept(timeout=PATIENCE).close()


def test_bind_send_to_and_the_senders_take_the_same_forms() -> None:
    with bound() as receiver:
        host, port = receiver.local
        for form in ((host, port), ((host, port),), (receiver.local,), (host, str(port))):
            with ns.Socket("udp") as sender, ns.UdpSender(*form) as other:
                assert sender.send_to(b"x", *form) == 1
                assert other.send(b"y") == 1
            assert [receiver.receive_from(timeout=PATIENCE).data for _ in "xy"] == [b"x", b"y"]
    for address in (("127.0.0.1", 0), (("127.0.0.1", 0),), (ns.Endpoint("127.0.0.1", 0),)):
        with ns.Socket("tcp") as server:
            server.bind(*address)
            assert server.local is not None
            assert server.local.port > 0


def test_a_service_name_stands_for_its_port() -> None:
    assert ns.resolve("127.0.0.1", "http") == [("127.0.0.1", 80)]
    assert ns.resolve("::1", "domain", kind="udp") == [("::1", 53)]
    assert ns.Endpoint("127.0.0.1", "https").port == 443
    with ns.Socket("udp") as socket:
        socket.connect("127.0.0.1", "ntp")
        assert socket.peer == ("127.0.0.1", 123)


def test_localhost_is_looked_up() -> None:
    with listening() as listener:
        for make in (
            lambda: ns.Socket.open("localhost", listener.local.port, timeout=PATIENCE),
            lambda: ns.Socket.open("127.0.0.1", str(listener.local.port), timeout=PATIENCE),
        ):
            with make() as client:
                assert client.peer == listener.local
                assert client.family == "ipv4"
            listener.accept(timeout=PATIENCE).close()


def test_open_tries_every_address_and_names_all_when_none_answers() -> None:
    with ns.Socket("tcp") as dead:
        dead.bind("127.0.0.1", 0)
        with pytest.raises(ns.Refused) as caught:
            ns.Socket.open("localhost", dead.local.port, timeout=PATIENCE)
    assert caught.value.step == "open"
    addresses = ns.resolve("localhost", 80)
    if len(addresses) > 1:
        for address in addresses:
            assert address.ip in str(caught.value)
        assert "every address was tried" in str(caught.value)


# What is no address


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("", ns.BadHost),
        ("a\0b", ns.BadHost),
        ("a" * 300, ns.BadHost),
        ("\udc80", ns.BadHost),
        ("with space", ns.BadHost),
        ("http://localhost", ns.BadHost),
        ("localhost/index.html", ns.BadHost),
        ("127.0.0.1:80", ns.BadHost),
        ("[::1]:80", ns.BadHost),
        (b"localhost", ns.BadType),
        (None, ns.BadType),
        (5, ns.BadType),
        (["127.0.0.1", 80], ns.BadType),
    ],
    ids=repr,
)
def test_what_is_no_host_is_refused_before_anything_is_asked(
    host: object, kind: type[ns.SocketError]
) -> None:
    steps: list[Callable[[Any], object]] = [
        lambda host: client.connect(host, 80),
        lambda host: client.bind(host, 0),
        lambda host: sender.send_to(b"x", host, 80),
        lambda host: ns.resolve(host, 80),
        lambda host: ns.Socket.open(host, 80),
        lambda host: ns.TcpSender(host, 80),
        lambda host: ns.UdpSender(host, 80),
        lambda host: ns.TcpServer(service="echo", host=host),
        ns.UdpReceiver,
    ]
    with ns.Socket("tcp") as client, ns.Socket("udp") as sender, ns.Trace() as trace:
        for step in steps:
            if host is None and step in steps[-2:]:
                continue  # it is their default
            with pytest.raises(kind) as caught:
                step(host)
            assert caught.value.remedy
        assert trace.events == []
        assert (client.state, sender.state) == ("created", "created")


@pytest.mark.parametrize(
    ("port", "kind"),
    [
        (-1, ns.BadPort),
        (65536, ns.BadPort),
        (10**30, ns.BadPort),
        ("65536", ns.BadPort),
        ("", ns.BadPort),
        ("ht\0tp", ns.BadPort),
        ("no-such-service", ns.NameNotFound),
        (80.5, ns.BadType),
        (b"80", ns.BadType),
        ([80], ns.BadType),
    ],
    ids=repr,
)
def test_what_is_no_port_is_refused_and_named(port: object, kind: type[ns.SocketError]) -> None:
    steps: list[Callable[[Any], object]] = [
        lambda port: client.connect("127.0.0.1", port),
        lambda port: client.connect(("127.0.0.1", port)),
        lambda port: client.bind("127.0.0.1", port),
        lambda port: ns.resolve("127.0.0.1", port),
        lambda port: ns.Socket.open("127.0.0.1", port),
        lambda port: ns.TcpServer(service="echo", port=port),
        lambda port: ns.UdpSender("127.0.0.1", port),
    ]
    with ns.Socket("tcp") as client:
        for step in steps:
            with pytest.raises(kind) as caught:
                step(port)
            if port and "\0" not in str(port):
                assert str(port) in str(caught.value)
        assert client.state == "created"


def test_tuples_of_other_lengths_are_no_addresses() -> None:
    with ns.Socket("tcp") as client:
        for wrong in ((), ("127.0.0.1",), ("127.0.0.1", 1, 2), ("127.0.0.1", 1, 2, 3, 4), "x:1", 5):
            with pytest.raises(ns.BadType, match=r"connect\("):
                client.connect(wrong)


def test_an_address_of_the_other_family_names_the_right_one() -> None:
    with ns.Socket("tcp") as v4, ns.Socket("tcp", "ipv6") as v6:
        with pytest.raises(ns.NameNotFound, match='family="ipv6"'):
            v4.connect("::1", 80)
        with pytest.raises(ns.NameNotFound, match='family="ipv4"'):
            v6.connect("127.0.0.1", 80)


# Endpoint


def test_an_endpoint_is_like_its_tuple() -> None:
    endpoint = ns.Endpoint("127.0.0.1", 80)
    host, port = endpoint
    assert (host, port) == (endpoint.ip, endpoint.port) == ("127.0.0.1", 80)
    assert endpoint == ("127.0.0.1", 80) == endpoint
    assert endpoint == ("127.0.0.1", 80)
    assert endpoint == ns.Endpoint("127.0.0.1:80")
    assert endpoint != ("127.0.0.1", 81)
    assert endpoint != "127.0.0.1:80"
    assert endpoint != ns.Endpoint("127.0.0.2", 80)
    assert hash(endpoint) == hash(("127.0.0.1", 80))
    assert {endpoint: 1}[("127.0.0.1", 80)] == 1  # type: ignore[index]
    assert len(endpoint) == 2
    assert (endpoint[0], endpoint[1], endpoint[-1]) == ("127.0.0.1", 80, 80)
    with pytest.raises(IndexError):
        endpoint[2]
    assert "127.0.0.1" in endpoint
    assert tuple(endpoint) == ("127.0.0.1", 80)
    with pytest.raises(AttributeError):
        endpoint.port = 81  # type: ignore[misc]


def test_endpoints_are_written_and_read() -> None:
    for text in ("127.0.0.1:80", "[::1]:80", "[fe80::1%2]:8080", "[2001:db8::5]:0"):
        endpoint = ns.Endpoint(text)
        assert str(endpoint) == text
        assert eval(repr(endpoint), {"Endpoint": ns.Endpoint}) == endpoint
        for twin in (pickle.loads(pickle.dumps(endpoint)), copy.deepcopy(endpoint)):
            assert (twin, type(twin), str(twin)) == (endpoint, ns.Endpoint, text)
    assert ns.Endpoint("::1", 80).family == "ipv6"
    assert ns.Endpoint("127.0.0.1", 80).family == "ipv4"
    assert ns.Endpoint("fe80::1%2", 80).ip == "fe80::1%2"
    assert ns.Endpoint("0:0::0:1", 80) == ("::1", 80)


def test_endpoints_are_ordered_by_their_numbers() -> None:
    texts = ["127.0.0.1:1", "10.0.0.1:80", "[::1]:1", "10.0.0.1:9", "9.0.0.1:80"]
    endpoints = sorted(ns.Endpoint(text) for text in texts)
    assert list(map(str, endpoints)) == [
        "9.0.0.1:80",
        "10.0.0.1:9",
        "10.0.0.1:80",
        "127.0.0.1:1",
        "[::1]:1",
    ]
    with pytest.raises(TypeError):
        _ = endpoints[0] < ("9.0.0.1", 80)


@pytest.mark.parametrize(
    ("ip", "scope"),
    [
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("10.1.2.3", "private"),
        ("172.16.0.1", "private"),
        ("192.168.1.1", "private"),
        ("fd00::1", "private"),
        ("169.254.1.1", "link-local"),
        ("fe80::1%2", "link-local"),
        ("8.8.8.8", "public"),
        ("2606:4700::1", "public"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("0.0.0.0", "any"),
        ("::", "any"),
        ("198.51.100.1", "documentation"),
        ("240.0.0.1", "reserved"),
    ],
)
def test_an_endpoint_knows_how_far_it_reaches(ip: str, scope: str) -> None:
    assert ns.Endpoint(ip, 1).scope == scope


def test_an_endpoint_knows_the_service_of_its_port() -> None:
    assert ns.Endpoint("127.0.0.1", 80).service == "http"
    assert ns.Endpoint("127.0.0.1", 53).service == "domain"
    assert ns.Endpoint("127.0.0.1", 6666).service is None


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("localhost", 80), ns.BadArgument),
        (("127.0.0.1",), ns.BadArgument),
        (("127.0.0.1:x",), ns.BadArgument),
        (("999.0.0.1", 1), ns.BadArgument),
        (("127.0.0.1", "nothing"), ns.BadArgument),
        (("127.0.0.1", 65536), ns.BadPort),
        (("127.0.0.1", -1), ns.BadPort),
        ((5, 80), ns.BadType),
        (("127.0.0.1", None, 3), TypeError),
    ],
)
def test_what_is_no_endpoint_is_refused(arguments: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        ns.Endpoint(*arguments)


# resolve and services


def test_resolve_gives_what_getaddrinfo_gives_in_its_order() -> None:
    for host in ("localhost", "127.0.0.1", "::1"):
        for family, number in ((None, 0), ("ipv4", std.AF_INET), ("ipv6", std.AF_INET6)):
            try:
                answers = std.getaddrinfo(host, 80, number, std.SOCK_STREAM)
            except std.gaierror as error:
                refusal = error.errno
                with pytest.raises(ns.NameNotFound) as caught:
                    ns.resolve(host, 80, family=family)
            else:
                wanted = list(dict.fromkeys(answer[4][:2] for answer in answers))
                assert [tuple(found) for found in ns.resolve(host, 80, family=family)] == wanted
                continue
            assert caught.value.errno == refusal


def test_resolve_refuses_what_it_does_not_know() -> None:
    for arguments in ({"kind": "sctp"}, {"family": "ipx"}):
        with pytest.raises(ns.BadArgument):
            ns.resolve("localhost", 80, **arguments)
    with pytest.raises(ns.NameNotFound, match="no-such-service"):
        ns.resolve("localhost", "no-such-service")
    with pytest.raises(ns.NameNotFound):
        ns.resolve("127.0.0.1", "tftp", kind="tcp")


def test_services_are_a_table_and_agree_with_the_machines_list() -> None:
    services = ns.services()
    known = {service.name: service for service in services}
    assert known["http"].port == 80
    assert known["domain"].kinds == ("tcp", "udp")
    assert known["tftp"].kinds == ("udp",)
    assert [service.port for service in services] == sorted(service.port for service in services)
    assert all(service.purpose for service in services)
    assert "well-known" in services._repr_html_()
    assert "http" in repr(services)
    for service in services:
        for kind in service.kinds:
            with contextlib.suppress(OSError):  # a small machine has a short list, or none
                assert std.getservbyname(service.name, kind) == service.port


def test_every_loopback_is_bound_and_reached() -> None:
    for family, host in LOOPBACK.items():
        with listening(family) as listener, ns.Socket("tcp", family) as client:
            client.connect(listener.local)
            assert client.peer == listener.local
            assert client.peer.ip == host
            assert client.peer.scope == "loopback"
            listener.accept(timeout=PATIENCE).close()
