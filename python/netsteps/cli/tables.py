"""The commands that print a table: resolve, interfaces, connections, port, services."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import netsteps as ns
from netsteps.cli.terminal import say, show_table
from netsteps.show import Table
from netsteps.show.tables import printable

if TYPE_CHECKING:
    import argparse

__all__ = ["connections", "interfaces", "port", "resolve", "services"]


def resolve(options: "argparse.Namespace") -> int:
    """List the endpoints of a name."""
    service = 0 if options.service is None else options.service
    found = ns.resolve(
        options.host, service, kind=options.kind, family=options.family, timeout=options.timeout
    )
    columns = {"ip": "ip", "port": "port", "family": "family", "scope": "scope"}
    if options.service is None:
        del columns["port"]
    objects = [
        _endpoint(endpoint)
        | {"family": endpoint.family, "scope": endpoint.scope, "service": endpoint.service}
        for endpoint in found
    ]
    table = Table(found, columns=columns, caption=f"Addresses of {options.host}")
    show_table(table, objects, as_json=options.json)
    return 0


def interfaces(options: "argparse.Namespace") -> int:
    """List the network interfaces."""
    found = ns.interfaces()
    show_table(found, [asdict(interface) for interface in found], as_json=options.json)
    return 0


def connections(options: "argparse.Namespace") -> int:
    """List the sockets of this computer, or some of them."""
    every = ns.connections()
    found = type(every)(
        (row for row in every if _wanted(row, options)),
        columns=every.columns,
        caption=every.caption,
        note=every.note,
    )
    objects = [
        {
            "kind": row.kind,
            "local": _endpoint(row.local),
            "peer": row.peer and _endpoint(row.peer),
            "state": row.state or None,
            "pid": row.pid,
            "program": row.program,
            "recv_q": row.recv_q,
            "send_q": row.send_q,
        }
        for row in found
    ]
    show_table(found, objects, as_json=options.json)
    return 0


def _wanted(row: ns.Connection, options: "argparse.Namespace") -> bool:
    waits = row.state == "LISTEN" or (row.kind == "udp" and row.peer is None)
    ports = {row.local.port, None if row.peer is None else row.peer.port}
    return (waits or not options.listening) and (options.port is None or options.port in ports)


def port(options: "argparse.Namespace") -> int:
    """Ask a port, and say what the answer means."""
    answer = ns.port_status(options.host, options.port, kind=options.kind, timeout=options.timeout)
    if options.json:
        told = {
            **_endpoint(answer.endpoint),
            "kind": answer.kind,
            "status": answer.status,
            "seconds": answer.seconds,
            "explanation": answer.explanation,
        }
        show_table(Table(columns={}), [told], as_json=True)
    else:
        say(printable(str(answer)))
    return 0 if answer.status == "open" else 1


def services(options: "argparse.Namespace") -> int:
    """List the well-known ports."""
    found = ns.services()
    objects = [
        {"port": row.port, "name": row.name, "kinds": list(row.kinds), "purpose": row.purpose}
        for row in found
    ]
    show_table(found, objects, as_json=options.json)
    return 0


def _endpoint(endpoint: ns.Endpoint) -> dict[str, object]:
    return {"ip": endpoint.ip, "port": endpoint.port}
