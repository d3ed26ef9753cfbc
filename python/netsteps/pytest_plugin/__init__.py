"""The pytest plugin: fixtures for real sockets, a time limit, a leak check, the ladder on failure.

pytest loads netsteps_pytest in every run, which is small; it loads this package when a test uses
one of the fixtures or markers. `pytest --fixtures` and `pytest --markers` list them. To choose it
by hand: `pytest -p netsteps` (with PYTEST_DISABLE_PLUGIN_AUTOLOAD), `pytest -p no:netsteps`.

Here are the types, for the annotations of tests:

    def test_talks(netsteps_tcp_server: StartsTcpServers, netsteps_endpoint: HeldEndpoint) -> None:
"""

from netsteps.pytest_plugin.endpoints import HeldEndpoint, HoldsEndpoints
from netsteps.pytest_plugin.factories import (
    StartsPeers,
    StartsRelays,
    StartsScripts,
    StartsTcpServers,
    StartsUdpServers,
)

__all__ = [
    "HeldEndpoint",
    "HoldsEndpoints",
    "StartsPeers",
    "StartsRelays",
    "StartsScripts",
    "StartsTcpServers",
    "StartsUdpServers",
]
