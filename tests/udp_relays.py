"""What the tests of the relay of datagrams share."""

import time

import netsteps as ns

PATIENCE = 5.0  # seconds: no single wait of a test is longer


def received(target: ns.UdpReceiver, quiet: float = 0.3) -> list[bytes]:
    """Give what comes, until nothing has come for a while."""
    found: list[bytes] = []
    while some := target.receive_many(1000, timeout=quiet):
        found += [one.data for one in some]
    return found


def wait_for(relay: ns.Relay, count: int) -> ns.RelayReport:
    """Give the report when so many datagrams have come from clients."""
    deadline = time.monotonic() + PATIENCE
    while (report := relay.report()).to_target.came < count:
        assert time.monotonic() < deadline, report
        time.sleep(0.001)
    return report
