"""One TCP stream of netsteps, to a sink.

python bulk.py chunks PORT SIZE SECONDS
python bulk.py file PORT PATH SECONDS     the whole file, as often as the time allows

Prints bytes_per_s, up to the moment at which the sink has all and closes.
"""

import sys
import time

import netsteps as ns

LOOPBACK = "127.0.0.1"


def main() -> None:
    with ns.TcpSender(LOOPBACK, int(sys.argv[2])) as sender:
        begun, total = time.perf_counter(), 0
        match sys.argv[1:]:
            case ["chunks", _, size, seconds]:
                chunk = b"\1" * int(size)
                while time.perf_counter() - begun < float(seconds):
                    sender.send(chunk)
                    total += len(chunk)
            case ["file", _, path, seconds]:
                while not total or time.perf_counter() - begun < float(seconds):
                    total += sender.send_file(path)
            case _:
                sys.exit(__doc__)
        sender.finish()
        assert sender.socket.read() == b""
        print("bytes_per_s", round(total / (time.perf_counter() - begun)))


if __name__ == "__main__":
    main()
