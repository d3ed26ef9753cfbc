"""Event loops that others wrote: Twisted, Trio, AnyIO, and uvloop, which is compiled."""

import asyncio
import socket
from typing import Any

from real_programs import PATIENCE, program


@program(b"GET /path HTTP/1.1", b"HTTP/1.1 200 OK", modules=("twisted",))
def twisted_server_and_agent() -> None:
    from twisted.internet import reactor
    from twisted.web import client, resource, server

    class Answer(resource.Resource):
        isLeaf = True

        def render_GET(self, request: Any) -> bytes:  # noqa: N802
            return b"hello " + request.uri

    loop: Any = reactor
    port = loop.listenTCP(0, server.Site(Answer()), interface="127.0.0.1")
    url = b"http://127.0.0.1:%d/path" % port.getHost().port
    asked: Any = client.Agent(loop).request(b"GET", url)
    asked.addCallback(client.readBody)
    asked.addCallback(print)
    asked.addBoth(lambda _: loop.stop())
    loop.run()


@program(b"ping", b"PING", modules=("twisted",))
def twisted_datagrams() -> None:
    from twisted.internet import protocol, reactor

    loop: Any = reactor

    class Answer(protocol.DatagramProtocol):
        def datagramReceived(self, data: bytes, address: Any) -> None:  # noqa: N802
            self.transport.write(data.upper(), address)

    class Ask(protocol.DatagramProtocol):
        def startProtocol(self) -> None:  # noqa: N802
            self.transport.connect("127.0.0.1", answering.getHost().port)
            self.transport.write(b"ping")

        def datagramReceived(self, data: bytes, _: Any) -> None:  # noqa: N802
            print(data)
            loop.stop()

    answering = loop.listenUDP(0, Answer(), "127.0.0.1")
    loop.listenUDP(0, Ask(), "127.0.0.1")
    loop.run()


@program(b"hello", b"HELLO", b"to itself", modules=("trio",))
def trio_streams() -> None:
    import trio

    async def answer(stream: Any) -> None:
        async for data in stream:
            await stream.send_all(data.upper())

    async def main() -> None:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listener.socket.getsockname()[1]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.serve_listeners, answer, [listener])
            async with await trio.open_tcp_stream("127.0.0.1", port) as client:
                await client.send_all(b"hello")
                came = b""
                while len(came) < len("hello"):
                    came += await client.receive_some()
                print(came)
                await client.send_eof()
                print(await client.receive_some())
            plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with trio.socket.from_stdlib_socket(plain) as datagrams:
                await datagrams.bind(("127.0.0.1", 0))
                await datagrams.sendto(b"to itself", datagrams.getsockname())
                print((await datagrams.recvfrom(100))[0])
            nursery.cancel_scope.cancel()

    trio.run(main)


@program(b"hello", b"HELLO", modules=("anyio", "trio"))
def anyio_on_two_loops() -> None:
    import anyio

    async def answer(stream: Any) -> None:
        async with stream:
            async for data in stream:
                await stream.send(data.upper())

    async def main() -> None:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        async with listener, anyio.create_task_group() as group:
            group.start_soon(listener.serve, answer)
            async with await anyio.connect_tcp("127.0.0.1", port) as client:
                await client.send(b"hello")
                came = b""
                while len(came) < len("hello"):
                    came += await client.receive()
                print(came)
            group.cancel_scope.cancel()

    for backend in ("asyncio", "trio"):
        anyio.run(main, backend=backend)


# Of what libuv reads and writes nothing is seen; of sockets that are given to it, what they do.
@program(b"over the loop", modules=("uvloop",), one_sided=True)
def uvloop_sockets() -> None:
    import uvloop

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
            server.setblocking(False)
            client.setblocking(False)
            await loop.sock_connect(client, server.getsockname())
            connection, _ = await loop.sock_accept(server)
            with connection:
                await loop.sock_sendall(client, b"over the loop")
                print(await asyncio.wait_for(loop.sock_recv(connection, 100), PATIENCE))

    uvloop.run(main())
