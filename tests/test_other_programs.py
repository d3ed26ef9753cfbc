"""nc, socat, curl and a web server at the other end of `netsteps serve` and `netsteps send`."""

import sys
from pathlib import Path

import pytest

from peers import NETSTEPS, listening, needs, netsteps, program, real_bytes, run, serving


@needs("nc")
def test_nc_is_served() -> None:
    data = real_bytes(2_000_000)
    with serving("echo") as (_, host, port):
        assert run("nc", "-N", host, port, stdin=data).stdout == data
    with serving("--udp", "echo") as (_, host, port):
        assert run("nc", "-u", "-w", "1", host, port, stdin=b"hello").stdout == b"hello"


@needs("nc")
def test_nc_receives_what_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(real_bytes(2_000_000))
    with listening("nc", "-lvnN", "127.0.0.1", "0", said=r"Listening on \S+ (\d+)") as (nc, port):
        nc.type(b"and the answer\n")
        nc.end_of_input()
        done = netsteps("send", "127.0.0.1", port, str(path))
        assert (done.returncode, done.stdout) == (0, b"and the answer\n")
        assert nc.ended() == 0
        assert nc.output == path.read_bytes()


@needs("nc")
def test_nc_receives_datagrams() -> None:
    said = r"Bound on \S+ (\d+)"
    with listening("nc", "-luvn", "127.0.0.1", "0", said=said) as (nc, port):
        with program(*NETSTEPS, "send", "--udp", "127.0.0.1", port) as sender:
            sender.type(b"hello\n")
            nc.until("hello")
            nc.type(b"and back\n")
            sender.until("and back")
            sender.end_of_input()
            assert sender.ended() == 0
        assert nc.output == b"hello\n"


@needs("nc")
def test_nc_sends_a_file_to_disk(tmp_path: Path) -> None:
    data = real_bytes(1_000_000)
    with serving("file", str(tmp_path)) as (server, host, port):
        assert run("nc", "-N", host, port, stdin=data).returncode == 0
        server.until("stored")
    [stored] = tmp_path.iterdir()
    assert stored.read_bytes() == data


@needs("socat")
@pytest.mark.parametrize(("host", "kind"), [("127.0.0.1", "4"), ("::1", "6")])
def test_socat_is_served_over_both_families(host: str, kind: str) -> None:
    written = f"[{host}]" if kind == "6" else host
    data = real_bytes(300_000)
    with serving("--host", host, "echo") as (_, _, port):
        done = run("socat", "-t5", "-", f"TCP{kind}:{written}:{port}", stdin=data)
        assert done.stdout == data
    with serving("--udp", "--host", host, "echo") as (_, _, port):
        done = run("socat", "-t1", "-b60000", "-", f"UDP{kind}:{written}:{port}", stdin=data[:9000])
        assert done.stdout == data[:9000]


@needs("socat")
@pytest.mark.parametrize(("host", "kind"), [("127.0.0.1", "4"), ("::1", "6")])
def test_socat_answers_what_is_sent_over_both_families(host: str, kind: str) -> None:
    """PIPE sends back what comes, as echo does."""
    written = f"[{host}]" if kind == "6" else host
    data = real_bytes(300_000)
    said = r"listening on (?:UDP )?AF=\d+ \S+:(\d+)"
    address = f"TCP{kind}-LISTEN:0,bind={written}"
    with listening("socat", "-d", "-d", address, "PIPE", said=said) as (_, port):
        assert netsteps("send", host, port, stdin=data).stdout == data
    address = f"UDP{kind}-LISTEN:0,bind={written}"
    with listening("socat", "-d", "-d", address, "PIPE", said=said) as (_, port):
        line = ("send", "--udp", "--size", "60000", "--timeout", "0.5", host, port)
        assert netsteps(*line, stdin=data[:3000]).stdout == data[:3000]


@needs("curl")
def test_curl_reads_the_time() -> None:
    """Gopher (RFC 1436) is a line to the server, and all that comes back."""
    with serving("daytime") as (_, host, port):
        done = run("curl", "-sS", f"gopher://{host}:{port}/")
    assert done.returncode == 0
    assert done.stdout.endswith(b"-UTC\r\n")


def test_a_page_is_fetched_from_a_web_server(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>hello</p>")
    command = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1"]
    command += ["--directory", str(tmp_path), "0"]
    with listening(*command, said=r"port (\d+)") as (_, port):
        asked = b"GET /page.html HTTP/1.0\r\n\r\n"
        said = netsteps("send", "127.0.0.1", port, stdin=asked).stdout
    assert said.startswith(b"HTTP/1.0 200 OK\r\n")
    assert said.endswith(b"\r\n\r\n<p>hello</p>")
