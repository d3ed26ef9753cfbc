"""What can be written after `netsteps`."""

import argparse

from netsteps.cli.values import count, port_number, port_or_service, seconds, size

__all__ = ["build_parser"]

SERVICES = ("echo", "discard", "daytime", "chargen", "time", "file")


class _Version(argparse.Action):
    """Print the version; the core that knows it is loaded only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from netsteps import __version__

        print(f"netsteps {__version__}")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """Make the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="netsteps",
        description="Sockets, step by step: servers, senders, and what this computer and a port "
        "have to say.",
        epilog="netsteps COMMAND --help explains a command and shows an example.",
    )
    parser.add_argument("--version", nargs=0, action=_Version, help="print the version and exit")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    _demo(commands)
    _serve(commands)
    _relay(commands)
    _send(commands)
    _resolve(commands)
    _interfaces(commands)
    _connections(commands)
    _port(commands)
    _services(commands)
    _show(commands)
    for name in ("trace", "lessons", "check", "mistakes"):
        _of_a_file(commands, name)
    return parser


_Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives it no public name


def _command(
    commands: "_Commands[argparse.ArgumentParser]",
    name: str,
    run: tuple[str, str],
    *,
    summary: str,
    text: str,
    example: str,
) -> argparse.ArgumentParser:
    """Add a command. run: the file below cli, and the function in it."""
    made = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.\n\n{text}",
        epilog=f"example:\n{example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.set_defaults(run=run)
    return made


def _demo(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "demo",
        ("demo", "demo"),
        summary="send a real file both ways and show what each side did",
        text=(
            "A server, two TCP clients at once and a UDP sender, all on this computer's\n"
            "loopback. Every hash is compared; the exit code is 1 when one differs."
        ),
        example="  netsteps demo photo.jpg",
    )
    command.add_argument(
        "file", nargs="?", metavar="FILE", help="what to send (default: the README of netsteps)"
    )


def _serve(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "serve",
        ("serve", "serve"),
        summary="serve one of the small standard services, or take files",
        text=(
            "  echo     sends back what it gets (RFC 862)\n"
            "  discard  takes everything and says nothing (RFC 863)\n"
            "  daytime  says the time as text (RFC 867)\n"
            "  chargen  sends characters without end (RFC 864)\n"
            "  time     says the time as a number of four bytes (RFC 868)\n"
            "  file     writes what each TCP client sends to a new file in DIR\n\n"
            "The first line of output names the address. Ctrl-C or SIGTERM ends the\n"
            "server; it then says how many it served, and exits with 0.\n\n"
            "A file is named by its time and its client, and never overwrites another.\n"
            "While it comes its name ends in .part; when the client is cut off, sends too\n"
            "much, or is silent for ten minutes, what came is removed. file needs TCP:\n"
            "datagrams can get lost, come twice or in another order, and none of them says\n"
            "where a file ends."
        ),
        example="  netsteps serve --port 7777 echo\n  netsteps serve file received/",
    )
    _transport(command, "serve over")
    command.add_argument(
        "--host", default="127.0.0.1", help="the address to serve on (default: %(default)s)"
    )
    command.add_argument(
        "--port",
        type=port_or_service,
        default=0,
        help="a number or a service name; 0 is any free one (default: 0)",
    )
    command.add_argument(
        "--limit",
        type=size,
        default=2**30,
        metavar="SIZE",
        help="the most bytes of one file: 500k, 20MB, 1GiB (default: 1GiB)",
    )
    _limits(command)
    _json(command, "one JSON object for each line of output")
    command.add_argument("service", choices=SERVICES, metavar="SERVICE", help=", ".join(SERVICES))
    command.add_argument("directory", nargs="?", metavar="DIR", help="for file: where to write")
    command.set_defaults(usage_error=command.error)


def _limits(command: argparse.ArgumentParser) -> None:
    """Add the limits of a server. Which of them a service has is seen when it begins."""
    command.add_argument(
        "--max-clients",
        type=count,
        metavar="N",
        help="TCP: how many are served at once (default: 65,536; for file 1,024)",
    )
    command.add_argument(
        "--idle-timeout",
        type=seconds,
        metavar="SECONDS",
        help="TCP: a client that is silent for so long is let go (default: never; for file 600)",
    )
    command.add_argument(
        "--loops", type=count, metavar="N", help="TCP services: threads that serve (default: 1)"
    )
    command.add_argument(
        "--replies",
        type=count,
        metavar="N",
        help="UDP: the most answers to one address and port in a second (default: 50)",
    )


def _relay(commands: "_Commands[argparse.ArgumentParser]") -> None:
    from netsteps.cli.relay_options import TEXT, add_rules

    command = _command(
        commands,
        "relay",
        ("relay", "relay"),
        summary="put a bad path in front of a server: loss, delay, resets, on purpose",
        text=TEXT,
        example=(
            "  netsteps relay 127.0.0.1:7777 --udp --loss 0.1 --delay 50ms --seed 7\n"
            "  netsteps relay localhost:http --rate 100kB/s --reset-after 1MB"
        ),
    )
    _transport(command, "relay")
    command.add_argument(
        "--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)"
    )
    command.add_argument(
        "--port",
        type=port_or_service,
        default=0,
        help="a number or a service name; 0 is any free one (default: 0)",
    )
    _json(command, "one JSON object for each line of output")
    add_rules(command)


def _send(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "send",
        ("send", "send"),
        summary="send a file or the input to a port, and print what comes back",
        text=(
            "TCP: sends everything, finishes its own half (the peer then reads the end),\n"
            "and prints what comes back until the peer finishes too, as `nc -N` does.\n\n"
            "UDP: each block that is read becomes one datagram, as with `nc -u`: a line\n"
            "that is typed in a terminal, or --size bytes of a file. An empty input is one\n"
            "empty datagram. It then prints what comes back, until nothing has come for a\n"
            "second (or --timeout).\n\n"
            "On a terminal, characters that would control it are printed as escapes."
        ),
        example=(
            "  netsteps send 127.0.0.1 7777 photo.jpg > back.jpg\n"
            "  echo hello | netsteps send --udp 127.0.0.1 7777"
        ),
    )
    _transport(command, "send over")
    command.add_argument(
        "--timeout",
        type=seconds,
        metavar="SECONDS",
        help="give up when connecting takes longer, or when nothing moves for so long",
    )
    command.add_argument(
        "--size",
        type=size,
        default=1472,
        help="the most bytes of one datagram (default: 1472, which Ethernet carries in one packet)",
    )
    receive = command.add_mutually_exclusive_group()
    receive.add_argument(
        "--receive", action="store_true", default=True, help="print what comes back (default)"
    )
    receive.add_argument(
        "--no-receive",
        action="store_false",
        dest="receive",
        help="leave as soon as all is sent; that the peer took it is then not known",
    )
    _host_and_port(command)
    command.add_argument(
        "file", nargs="?", default="-", metavar="FILE", help="what to send (default: -, the input)"
    )


def _resolve(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "resolve",
        ("tables", "resolve"),
        summary="list the addresses of a name, in the order to try them",
        text="What getaddrinfo(3) gives.",
        example="  netsteps resolve localhost http",
    )
    _transport(command, "for")
    family = command.add_mutually_exclusive_group()
    for name in ("ipv4", "ipv6"):
        family.add_argument(
            f"--{name}",
            action="store_const",
            dest="family",
            const=name,
            help=f"only {name[:2].upper()}{name[2:]} addresses",
        )
    _timeout(command, None)
    _json(command)
    command.add_argument("host", metavar="HOST", help="a name, or an address in digits")
    command.add_argument(
        "service", nargs="?", type=port_or_service, metavar="SERVICE", help="a name or a port"
    )


def _interfaces(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "interfaces",
        ("tables", "interfaces"),
        summary="list the network interfaces of this computer",
        text="What ipconfig (Windows), ifconfig and `ip address` (Linux) show.",
        example="  netsteps interfaces --json",
    )
    _json(command)


def _connections(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "connections",
        ("tables", "connections"),
        summary="list the TCP and UDP sockets of this computer",
        text="What `netstat -na` shows, with the program that holds each socket.",
        example="  netsteps connections --listening --port 80",
    )
    command.add_argument(
        "--listening", action="store_true", help="only those that wait for others (UDP: no peer)"
    )
    command.add_argument("--port", type=port_number, help="only those with this port at either end")
    _json(command)


def _port(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "port",
        ("tables", "port"),
        summary="ask a port whether a program serves it",
        text=(
            "Says open, refused, silent or unreachable, and what that means. The exit code\n"
            "is 0 for open, and 1 for the others."
        ),
        example="  netsteps port localhost 80",
    )
    _transport(command, "ask over")
    _timeout(command, 1.0)
    _json(command)
    _host_and_port(command)


def _services(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "services",
        ("tables", "services"),
        summary="list the well-known ports",
        text="Those that lessons and everyday work meet, as IANA registers them (RFC 6335).",
        example="  netsteps services",
    )
    _json(command)


def _show(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = _command(
        commands,
        "show",
        ("show", "show"),
        summary="show a trace (.jsonl) or a capture (.pcap, .pcapng)",
        text=(
            "Prints a table: of the steps in a trace that Trace.save() wrote, or of the\n"
            "packets in a capture that netsteps, tcpdump or Wireshark wrote. The drawings\n"
            "are those of a trace. OUT is a file that ends with .svg, .html or .txt, or - for\n"
            "text on the output (default). Several traces of one machine are shown as one."
        ),
        example=(
            "  netsteps show trace.jsonl --ladder\n"
            "  netsteps show client.jsonl server.jsonl --ladder both.svg\n"
            "  netsteps show lo.pcapng --json"
        ),
    )
    form = command.add_mutually_exclusive_group()
    for name, what in (
        ("ladder", "draw both ends of each conversation, and what went between"),
        ("buffers", "draw what the kernel held, in a trace with samples"),
    ):
        form.add_argument(f"--{name}", nargs="?", const="-", metavar="OUT", help=what)
    form.add_argument("--json", action="store_true", help="print a JSON list of objects")
    command.add_argument("files", nargs="+", metavar="FILE", help="what to show")
    command.set_defaults(usage_error=command.error)


def _of_a_file(commands: "_Commands[argparse.ArgumentParser]", name: str) -> None:
    """Add a command whose words and arguments stand in a file of their own."""
    from importlib import import_module

    its = import_module(f"netsteps.cli.{name}_arguments")
    run = (name, name)
    its.add(_command(commands, name, run, summary=its.SUMMARY, text=its.TEXT, example=its.EXAMPLE))


def _transport(command: argparse.ArgumentParser, verb: str) -> None:
    group = command.add_mutually_exclusive_group()
    for kind in ("tcp", "udp"):
        group.add_argument(
            f"--{kind}",
            action="store_const",
            dest="kind",
            const=kind,
            default="tcp",
            help=f"{verb} {kind.upper()}" + (" (default)" if kind == "tcp" else ""),
        )


def _host_and_port(command: argparse.ArgumentParser) -> None:
    command.add_argument("host", metavar="HOST", help="a name, or an address in digits")
    command.add_argument(
        "port", type=port_or_service, metavar="PORT", help="a number or a service name"
    )


def _timeout(command: argparse.ArgumentParser, default: float | None) -> None:
    told = "" if default is None else f" (default: {default:g})"
    command.add_argument(
        "--timeout",
        type=seconds,
        default=default,
        metavar="SECONDS",
        help=f"the most time for all of it{told}",
    )


def _json(command: argparse.ArgumentParser, text: str = "print a JSON list of objects") -> None:
    command.add_argument("--json", action="store_true", help=text)
