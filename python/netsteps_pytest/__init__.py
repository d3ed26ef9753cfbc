"""What pytest loads of netsteps in every run: options, markers and the names of the fixtures.

It is a package of its own, beside netsteps, because whatever an entry point names is imported in
every pytest run of the environment, and importing `netsteps.x` runs `netsteps/__init__` and loads
the core. This file needs pytest alone, which is there. The work is in netsteps.pytest_plugin, and
is loaded when a test uses a fixture or a marker, or an option asks for it.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    import netsteps
    from netsteps.pytest_plugin import (
        HeldEndpoint,
        HoldsEndpoints,
        StartsPeers,
        StartsRelays,
        StartsScripts,
        StartsTcpServers,
        StartsUdpServers,
    )
    from netsteps.pytest_plugin.recording import Recording

MARKERS = {
    "netsteps_timeout": "netsteps_timeout(seconds): a hard time limit. The fixtures' setup and the "
    "test share it, the teardown has it anew. It also ends a test that is blocked in a socket "
    "call, and the report tells where every thread stood, which sockets were open, and the ladder.",
    "netsteps_leaks": "netsteps_leaks: the test fails when it leaves a socket open; the report "
    "names the line that opened it.",
    "netsteps_keeps_sockets": "netsteps_keeps_sockets(reason): the test may leave sockets open, "
    "also when all tests are checked (netsteps_leaks); the reason says whose they are.",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, each with its twin for the configuration file."""
    group = parser.getgroup("netsteps", "sockets: what they did, and whether they were closed")
    group.addoption(
        "--netsteps-leaks",
        action="store_true",
        default=None,
        help="every test fails that leaves a socket open, with the line that opened it "
        "(ini: netsteps_leaks)",
    )
    group.addoption(
        "--netsteps-trace",
        choices=["used", "all", "off"],
        default=None,
        help="which tests are recorded, so that a failure shows the ladder: those that use a "
        "fixture or marker of netsteps (used, the default), all, or none (ini: netsteps_trace)",
    )
    group.addoption(
        "--netsteps-artifacts",
        metavar="DIR",
        default=None,
        help="where a failed test that was recorded leaves its ladder (SVG), its packets (pcapng) "
        "and its trace (JSON Lines) (ini: netsteps_artifacts)",
    )
    parser.addini("netsteps_leaks", "see --netsteps-leaks", type="bool", default=False)
    parser.addini("netsteps_trace", "see --netsteps-trace", default="used")
    parser.addini("netsteps_artifacts", "see --netsteps-artifacts", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and load the rest when an option asks for it."""
    for line in MARKERS.values():
        config.addinivalue_line("markers", line)
    if (
        config.getoption("netsteps_leaks")
        or config.getini("netsteps_leaks")
        or (config.getoption("netsteps_trace") or config.getini("netsteps_trace")) != "used"
    ):
        _load(config)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Load the rest when a test uses a fixture or a marker."""
    for item in session.items:
        if any(name.startswith("netsteps_") for name in getattr(item, "fixturenames", ())) or any(
            mark.name in MARKERS for mark in item.iter_markers()
        ):
            _load(session.config)
            return


def _load(config: pytest.Config) -> None:
    """Register the hooks of netsteps.pytest_plugin, once."""
    if not config.pluginmanager.has_plugin("netsteps-hooks"):
        from netsteps.pytest_plugin.hooks import NAME, Hooks

        config.pluginmanager.register(Hooks(config), NAME)


def _recording(request: pytest.FixtureRequest) -> "Recording":
    _load(request.config)
    from netsteps.pytest_plugin.hooks import recording_of

    return recording_of(request)


@pytest.fixture
def netsteps_trace(request: pytest.FixtureRequest) -> "netsteps.Trace":
    """The Trace that records every netsteps socket of this test, its fixtures included.

    It runs from the test's beginning to its end, with the line that took each step. On failure the
    report shows it as a ladder without further ado.
    Gives: netsteps.Trace (.events, .table(), .ladder(), .save(path)).
    """
    trace = _recording(request).trace
    trace.start()  # also with --netsteps-trace=off
    return trace


@pytest.fixture
def netsteps_endpoint(netsteps_hold: "HoldsEndpoints") -> "HeldEndpoint":
    """A free TCP endpoint on loopback, really bound: nobody else is given its port meanwhile.

    Use it in one of two ways. .take() hands the bound netsteps.Socket over, .take_std() the same as
    a socket.socket, to listen on (asyncio.start_server(sock=...), a program that inherits it). Or
    start a server with .port while it is held: on Linux it may bind if it sets SO_REUSEADDR, as
    most do. Until somebody listens, a connect is refused.
    Gives: HeldEndpoint (.endpoint, .host, .port; iterates as host, port).
    """
    return netsteps_hold()


@pytest.fixture
def netsteps_hold() -> "Iterator[HoldsEndpoints]":
    """Hold further endpoints: netsteps_hold(kind="tcp", host="127.0.0.1").

    kind: "tcp" or "udp". host: an address of this machine, "::1" for IPv6. What was not taken is
    closed after the test. A UDP endpoint has to be taken: two bound sockets would share what comes.
    Gives: a function that returns a HeldEndpoint, as netsteps_endpoint is.
    """
    from netsteps.pytest_plugin.endpoints import HoldsEndpoints

    with HoldsEndpoints() as hold:
        yield hold


@pytest.fixture
def netsteps_tcp_server(request: pytest.FixtureRequest) -> "Iterator[StartsTcpServers]":
    """Start TCP servers: server = netsteps_tcp_server(on_client=handler).

    Takes what netsteps.TcpServer takes (on_client=, on_message=, service=, ...). The server listens
    on a free loopback port when the call returns (.endpoint), and is stopped after the test. When
    the test fails, the report shows what its handlers raised (.errors).
    Gives: a function that returns a netsteps.TcpServer.
    """
    from netsteps.pytest_plugin.factories import StartsTcpServers

    with StartsTcpServers(_recording(request)) as start:
        yield start


@pytest.fixture
def netsteps_udp_server(request: pytest.FixtureRequest) -> "Iterator[StartsUdpServers]":
    """Start UDP servers: server = netsteps_udp_server(on_datagram=reply).

    Takes what netsteps.UdpServer takes (on_datagram=, service=, ...); the rest is as for
    netsteps_tcp_server.
    Gives: a function that returns a netsteps.UdpServer.
    """
    from netsteps.pytest_plugin.factories import StartsUdpServers

    with StartsUdpServers(_recording(request)) as start:
        yield start


@pytest.fixture
def netsteps_tcp_echo(netsteps_tcp_server: "StartsTcpServers") -> "netsteps.TcpServer":
    """A TCP server that sends back what comes (RFC 862), ready at .endpoint.

    Gives: netsteps.TcpServer(service="echo").
    """
    return netsteps_tcp_server(service="echo")


@pytest.fixture
def netsteps_udp_echo(netsteps_udp_server: "StartsUdpServers") -> "netsteps.UdpServer":
    """A UDP server that sends every datagram back (RFC 862), ready at .endpoint.

    It answers as often as it is asked: there is no limit of answers a second.
    Gives: netsteps.UdpServer(service="echo", replies_per_second=None).
    """
    return netsteps_udp_server(service="echo", replies_per_second=None)


@pytest.fixture
def netsteps_relay(request: pytest.FixtureRequest) -> "Iterator[StartsRelays]":
    """Start a path that misbehaves: relay = netsteps_relay(server.endpoint, delay=0.05, seed=7).

    Takes what netsteps.Relay takes: the target, kind="tcp" or "udp", loss=, delay=, chunk=,
    reset_after=, ... Connect the client to relay.endpoint. It is stopped after the test. When the
    test fails, the report shows its seed, to repeat the failure with, and its counts.
    Gives: a function that returns a netsteps.Relay.
    """
    from netsteps.pytest_plugin.factories import StartsRelays

    with StartsRelays(_recording(request)) as start:
        yield start


@pytest.fixture
def netsteps_peer(request: pytest.FixtureRequest) -> "Iterator[StartsPeers]":
    """Take a peer that misbehaves: peer = netsteps_peer(peers.resets(after=10, reply=b"...")).

    The peers are those of netsteps.peers: silent, one_byte_at_a_time, resets, closes_early,
    garbage, endless, wrong_length, slow_reader, half_close, never_accepts; those of
    netsteps.peers.client connect to a server. It is stopped after the test.
    Gives: a function that returns the peer that it is given.
    """
    from netsteps.pytest_plugin.factories import StartsPeers

    with StartsPeers(_recording(request)) as start:
        yield start


@pytest.fixture
def netsteps_scripted(request: pytest.FixtureRequest) -> "Iterator[StartsScripts]":
    r"""Start a peer that plays a script: netsteps_scripted([expect(b"PING\r\n"), send(b"PONG")]).

    The steps are those of netsteps.peers: expect, send, pause, finish, close, reset, ...; connect
    the client to .endpoint. When the test function ends well, the script has to be played to its
    end within the peer's timeout=: otherwise the test fails, after which steps and on the wire.
    Gives: a function that returns a netsteps.peers.ScriptedServer.
    """
    from netsteps.pytest_plugin.factories import StartsScripts

    with StartsScripts(_recording(request)) as start:
        yield start
