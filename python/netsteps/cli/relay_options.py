"""What can be written after `netsteps relay`."""

import argparse
from typing import TYPE_CHECKING

from netsteps.cli.values import size

if TYPE_CHECKING:
    from collections.abc import Callable

    import netsteps as ns

__all__ = ["RULES", "TEXT", "add_rules", "misplaced"]

TEXT = (
    "Listens on loopback, sends on to TARGET what comes, and brings back the answers. On\n"
    "the way it loses, delays and cuts on purpose, the same way for the same seed.\n\n"
    "The first line of output names the address to use instead of TARGET. Ctrl-C or\n"
    "SIGTERM ends the relay; it then prints what it did, and exits with 0.\n\n"
    "Times: 50ms, 1.5s, or seconds. Sizes: 1500, 64k, 1MiB. Rates: 1MB/s, 10Mbit/s, or\n"
    "bytes per second. Probabilities: 0.1 or 10%."
)


def _probability(text: str) -> float:
    number, percent = text.removesuffix("%"), text.endswith("%")
    try:
        value = float(number) / (100 if percent else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        message = f"{text!r} is no probability; examples: 0.1, 10%"
        raise argparse.ArgumentTypeError(message)
    return value


def _burst(text: str) -> "ns.Burst":
    from netsteps import Burst

    parts = [_probability(part) for part in text.split(",")]
    if not 2 <= len(parts) <= 4:
        message = f"{text!r} is no burst: ENTER,LEAVE or ENTER,LEAVE,LOSS_GOOD,LOSS_BAD"
        raise argparse.ArgumentTypeError(message)
    return Burst(*parts)


def _time(text: str) -> float:
    from netsteps.show.units import parse_time

    return _parsed(parse_time, text)


def _rate(text: str) -> float:
    from netsteps.show.units import parse_rate

    return _parsed(parse_rate, text)


def _parsed(parse: "Callable[[str], float]", text: str) -> float:
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _behind(text: str) -> float:
    return int(text) if text.isdecimal() else _time(text)


def _target(text: str) -> tuple[str, int | str]:
    host, colon, port = text.rpartition(":")
    if not (host and colon and port):
        message = f"{text!r} is no target; examples: 127.0.0.1:6666, localhost:http, [::1]:80"
        raise argparse.ArgumentTypeError(message)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if not port.isdecimal():
        return host, port
    if int(port) > 65535:
        message = f"{port} is no port: ports are 0 to 65535"
        raise argparse.ArgumentTypeError(message)
    return host, int(port)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**64:
        message = f"{text!r} is no seed: a whole number from 0 to 2**64 - 1"
        raise argparse.ArgumentTypeError(message)
    return int(text)


# For each group its options: how they are read (None: a switch), what stands for the value, what
# they do.
_GROUPS: "dict[str, dict[str, tuple[Callable[[str], object] | None, str | None, str]]]" = {
    "rules for both kinds": {
        "delay": (_time, "TIME", "how much later everything arrives"),
        "jitter": (_time, "TIME", "by how much more or less, drawn anew each time"),
        "rate": (_rate, "RATE", "the most bytes per second"),
    },
    "rules for datagrams (--udp)": {
        "loss": (_probability, "P", "how likely a datagram is lost"),
        "burst": (
            _burst,
            "ENTER,LEAVE",
            "losses in bursts: how likely one begins, and ends",
        ),
        "reorder": (_probability, "P", "how likely a datagram is put behind later ones"),
        "reorder_by": (_behind, "N|TIME", "how far: so many datagrams, or a time (default: 1)"),
        "duplicate": (_probability, "P", "how likely a datagram arrives twice"),
        "corrupt": (_probability, "P", "how likely one bit of a datagram is flipped"),
        "queue": (size, "SIZE", "with --rate: how many bytes wait at most"),
        "mtu": (size, "SIZE", "the largest packet, with its IP and UDP headers"),
    },
    "rules for connections (--tcp)": {
        "chunk": (size, "SIZE", "bytes go on in pieces of 1 to so many"),
        "glue": (_time, "TIME", "what comes within this time goes on as one"),
        "stall_after": (size, "SIZE", "nothing goes on after so many bytes"),
        "reset_after": (size, "SIZE", "both ends are reset after so many bytes"),
        "reset_after_seconds": (_time, "TIME", "both ends are reset after this time"),
        "half_close_after": (size, "SIZE", "the receiver reads the end after so many bytes"),
        "refuse": (None, None, "nobody listens"),
        "silent": (None, None, "connections are taken, and nothing is said"),
        "slow_close": (_time, "TIME", "how much later an end goes on"),
    },
}

RULES = tuple(name for group in _GROUPS.values() for name in group)


def misplaced(options: argparse.Namespace) -> tuple[str, str] | None:
    """Find a rule of the other kind: why it is none here, and what to try."""
    others = "connections (--tcp)" if options.kind == "udp" else "datagrams (--udp)"
    for name in _GROUPS[f"rules for {others}"]:
        if getattr(options, name) is None:
            continue
        option = f"--{name.replace('_', '-')}"
        if options.kind == "udp":
            why = "a datagram goes on whole or not at all, and there is no connection to end"
            return f"{option} is for connections: {why}", "--tcp; or --loss, --delay, --duplicate"
        why = "a stream arrives whole and in order, because TCP sends again what is lost"
        return f"{option} is for datagrams: {why}", "--udp; or --delay, --rate, --reset-after"
    return None


def add_rules(command: argparse.ArgumentParser) -> None:
    """Add the target, the seed and the rules."""
    command.add_argument(
        "--only",
        choices=("to-target", "to-client"),
        help="the rules hold for this direction alone (default: both)",
    )
    command.add_argument(
        "--seed", type=_seed, metavar="N", help="repeats what a relay with this seed did"
    )
    for title, rules in _GROUPS.items():
        group = command.add_argument_group(title)
        for name, (read, value, what) in rules.items():
            option = f"--{name.replace('_', '-')}"
            if read is None:
                group.add_argument(option, action="store_true", default=None, help=what)
            else:
                group.add_argument(option, type=read, metavar=value, help=what)
    command.add_argument(
        "target", type=_target, metavar="TARGET", help="where to send on to: 127.0.0.1:6666"
    )
