"""asyncio, selectors and ssl of the standard library."""

import asyncio
import selectors
import ssl
import threading
from typing import Any

from real_programs import PATIENCE, Hello, program, serving


@program(b"hello\n", b"HELLO\n")
def asyncio_streams() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
        writer.close()

    async def main() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"hello\n")
            print(await reader.readline())
            writer.write_eof()
            print(await reader.read())
            writer.close()
            await writer.wait_closed()

    asyncio.run(main())


@program(b"ping", b"PING")
def asyncio_datagrams() -> None:
    class Answer(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            self.transport.sendto(data.upper(), addr)

    class Ask(asyncio.DatagramProtocol):
        def __init__(self) -> None:
            self.came = asyncio.get_running_loop().create_future()

        def datagram_received(self, data: bytes, addr: Any) -> None:  # noqa: ARG002
            self.came.set_result(data)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server, _ = await loop.create_datagram_endpoint(Answer, ("127.0.0.1", 0))
        address = server.get_extra_info("sockname")
        client, asked = await loop.create_datagram_endpoint(Ask, remote_addr=address)
        client.sendto(b"ping")
        print(await asyncio.wait_for(asked.came, PATIENCE))
        client.close()
        server.close()
        await asyncio.sleep(0)

    asyncio.run(main())


@program(b"over the loop")
def asyncio_sockets() -> None:
    import socket

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
            server.setblocking(False)
            client.setblocking(False)
            await loop.sock_connect(client, server.getsockname())
            connection, _ = await loop.sock_accept(server)
            with connection:
                await loop.sock_sendall(client, b"over the loop")
                print(await loop.sock_recv(connection, 100))

    asyncio.run(main())


@program(b"GET /", fails=("connect",))
def asyncio_that_is_refused_first() -> None:
    import socket

    async def main() -> None:
        with socket.socket() as dead:
            dead.bind(("127.0.0.1", 0))
            try:
                await asyncio.open_connection(*dead.getsockname())
            except ConnectionRefusedError as error:
                print(type(error).__name__)
        done = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            print(await reader.read(100))
            writer.close()
            done.set()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"GET /")
            await done.wait()
            writer.close()

    asyncio.run(main())


@program()
def asyncio_over_a_unix_socket() -> None:
    import tempfile

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        writer.close()

    async def main(path: str) -> None:
        async with await asyncio.start_unix_server(serve, path):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(b"hello\n")
            print(await reader.read())
            writer.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(f"{folder}/s"))


@program(b"one", b"two")
def selectors_echo() -> None:
    import socket

    with (
        selectors.DefaultSelector() as selector,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as first,
        socket.create_connection(server.getsockname()) as second,
    ):
        server.setblocking(False)
        selector.register(server, selectors.EVENT_READ)
        first.sendall(b"one")
        second.sendall(b"two")
        echoed = 0
        while echoed < len(b"onetwo"):
            for key, _ in selector.select(PATIENCE):
                ready: Any = key.fileobj
                if ready is server:
                    connection, _ = server.accept()
                    connection.setblocking(False)
                    selector.register(connection, selectors.EVENT_READ)
                elif data := ready.recv(100):
                    ready.sendall(data)
                    echoed += len(data)
                else:
                    selector.unregister(ready)
                    ready.close()
        print(first.recv(3, socket.MSG_WAITALL), second.recv(3, socket.MSG_WAITALL))
        for number in [key.fileobj for key in selector.get_map().values()]:
            if number is not server:
                selector.unregister(number)
                number.close()  # type: ignore[union-attr]


def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make both ends of a TLS that needs no certificate: nobody says who they are."""
    made = []
    for side in (ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS_CLIENT):
        context = ssl.SSLContext(side)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("aNULL:@SECLEVEL=0")
        made.append(context)
    return made[0], made[1]


# The records of TLS: a handshake (22), and data (23) of version 3.3.
@program(b"\x16\x03", b"\x17\x03\x03")
def asyncio_over_tls() -> None:
    server_side, client_side = contexts()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_side)
        async with server:
            address = server.sockets[0].getsockname()
            reader, writer = await asyncio.open_connection(*address, ssl=client_side)
            writer.write(b"nobody reads this\n")
            print(await reader.readline())
            writer.close()
            await writer.wait_closed()

    asyncio.run(main())


# The file goes by os.sendfile, which knows of no class.
@program(b"a file", one_sided=True)
def asyncio_sends_a_file() -> None:
    import tempfile

    async def main() -> None:
        with tempfile.TemporaryFile() as file:
            file.write(b"a file" * 50_000)
            file.flush()
            loop = asyncio.get_running_loop()

            async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                print(await loop.sendfile(writer.transport, file))
                writer.close()

            async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
                reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
                print(len(await reader.read()))
                writer.close()

    asyncio.run(main())


# The client is gone when the server says that it ends.
@program(b"\x16\x03", b"\x17\x03\x03", one_sided=True)
def https_client_and_server() -> None:
    import http.client
    import http.server

    server_side, client_side = contexts()

    class Connection(http.server.ThreadingHTTPServer):
        def get_request(self) -> tuple[Any, Any]:
            accepted, address = super().get_request()
            return server_side.wrap_socket(accepted, server_side=True), address

    with serving(Connection(("127.0.0.1", 0), Hello)) as (host, port):
        client = http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=client_side)
        client.request("GET", "/path")
        print(client.getresponse().read())
        client.close()


@program(b"\x16\x03", b"\x17\x03\x03")
def threads_over_tls() -> None:
    import socket

    server_side, client_side = contexts()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            accepted, _ = server.accept()
            with server_side.wrap_socket(accepted, server_side=True) as connection:
                connection.sendall(connection.recv(100).upper())

        thread = threading.Thread(target=serve)
        thread.start()
        raw = socket.create_connection(server.getsockname(), PATIENCE)
        with client_side.wrap_socket(raw) as client:
            client.sendall(b"nobody reads this")
            print(client.recv(100))
        thread.join(PATIENCE)
