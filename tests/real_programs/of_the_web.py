"""Clients and servers of HTTP and WebSocket that others wrote."""

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

from real_programs import PATIENCE, application, fetched, program, serving, web

GET = b"GET /path HTTP/1.1"
OK = b"HTTP/1.1 200 OK"


@program(GET, OK, modules=("requests",))
def requests_session() -> None:
    import requests

    with web() as url, requests.Session() as client:
        client.trust_env = False
        for _ in range(2):  # the second over the same connection
            answer = client.get(f"{url}/path", timeout=PATIENCE)
            print(answer.status_code, answer.text)


@program(GET, OK, modules=("urllib3",))
def urllib3_pool() -> None:
    import urllib3

    with web() as url, urllib3.PoolManager(timeout=PATIENCE) as pool:
        print(pool.request("GET", f"{url}/path").data)
        print(pool.request("POST", f"{url}/path", body=b"a=1").data)


@program(GET, OK, modules=("httplib2",))
def httplib2_client() -> None:
    import httplib2

    with web() as url, contextlib.closing(httplib2.Http(timeout=PATIENCE)) as client:
        answer, body = client.request(f"{url}/path")
        print(answer.status, body)


@program(GET, OK, modules=("httpx",))
def httpx_client() -> None:
    import httpx

    with web() as url, httpx.Client(timeout=PATIENCE, trust_env=False) as client:
        print(client.get(f"{url}/path").text)
        with client.stream("POST", f"{url}/path", content=b"a=1") as answer:
            print(b"".join(answer.iter_bytes()))


@program(GET, OK, modules=("httpx",))
def httpx_in_a_loop() -> None:
    import httpx

    async def main(url: str) -> None:
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            answers = await asyncio.gather(*(client.get(f"{url}/path") for _ in range(3)))
            print([answer.text for answer in answers])

    with web() as url:
        asyncio.run(main(url))


@program(GET, OK, modules=("aiohttp",))
def aiohttp_client_and_server() -> None:
    import aiohttp
    from aiohttp import web as server

    async def answer(request: Any) -> Any:
        return server.Response(text=f"hello {request.path}")

    async def main() -> None:
        application = server.Application()
        application.router.add_get("/path", answer)
        runner = server.AppRunner(application, access_log=None)
        await runner.setup()
        site = server.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0]
        url = f"http://{host}:{port}/path"
        async with aiohttp.ClientSession() as client, client.get(url) as response:
            print(response.status, await response.text())
        await runner.cleanup()

    asyncio.run(main())


@contextlib.contextmanager
def in_thread(serve: Callable[[], None], stop: Callable[[], None]) -> Iterator[None]:
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        stop()
        thread.join(PATIENCE)


@program(GET, OK, modules=("uvicorn",))
def uvicorn_server() -> None:
    import uvicorn

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        headers = [(b"content-length", b"5")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    config = uvicorn.Config(answer, loop="asyncio", log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def stop() -> None:
            server.should_exit = True

        with in_thread(lambda: server.run(sockets=[listener]), stop):
            print(fetched(*listener.getsockname()))


@program(GET, OK, modules=("flask", "werkzeug"))
def flask_application() -> None:
    import logging

    from flask import Flask, request
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

    logging.getLogger("werkzeug").disabled = True
    application = Flask("program")
    application.add_url_rule("/path", view_func=lambda: f"hello {request.path}", endpoint="path")
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Handler)
    with in_thread(server.serve_forever, server.shutdown):
        print(fetched("127.0.0.1", server.server_port))
    server.server_close()


@program(GET, b"HTTP/1.0 200 OK", modules=("bottle",))
def bottle_application() -> None:
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    import bottle

    class Silent(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    application = bottle.Bottle()
    application.route("/path", callback=lambda: "hello")
    server = make_server("127.0.0.1", 0, application, handler_class=Silent)
    with serving(server) as (host, port):
        print(fetched(host, port))


@program(GET, OK, modules=("waitress",))
def waitress_server() -> None:
    from waitress.server import create_server

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = create_server(application, sockets=[listener], threads=2)

        def stop() -> None:
            server.task_dispatcher.shutdown()
            server.trigger.pull_trigger(server.close)

        with in_thread(server.run, stop):
            print(fetched(*listener.getsockname()))


@program(GET, OK, modules=("cheroot",))
def cheroot_server() -> None:
    from cheroot.wsgi import Server

    server = Server(("127.0.0.1", 0), application, numthreads=2)
    server.prepare()
    with in_thread(server.serve, server.stop):
        print(fetched(*server.bind_addr))


@program(GET, OK, modules=("tornado",))
def tornado_server_and_client() -> None:
    from tornado.httpclient import AsyncHTTPClient
    from tornado.httpserver import HTTPServer
    from tornado.testing import bind_unused_port
    from tornado.web import Application, RequestHandler

    class Answer(RequestHandler):
        def get(self) -> None:
            self.write(f"hello {self.request.path}")

        def log_request(self) -> None:
            pass

    async def main() -> None:
        listener, port = bind_unused_port()
        server = HTTPServer(Application([("/path", Answer)], log_function=lambda _: None))
        server.add_socket(listener)
        client = AsyncHTTPClient()
        answer = await client.fetch(f"http://127.0.0.1:{port}/path")
        print(answer.code, answer.body)
        client.close()
        server.stop()
        await server.close_all_connections()

    asyncio.run(main())


@program(GET, OK, modules=("gunicorn",), one_sided=True)
def gunicorn_server() -> None:
    from gunicorn.app.base import BaseApplication

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def ask_and_stop(_: object) -> None:
        def ask() -> None:
            try:
                print(fetched("127.0.0.1", port), flush=True)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=ask).start()

    class Application(BaseApplication):  # type: ignore[misc,unused-ignore]
        def load_config(self) -> None:
            self.cfg.set("bind", f"127.0.0.1:{port}")
            self.cfg.set("workers", 1)
            self.cfg.set("errorlog", os.devnull)
            self.cfg.set("when_ready", ask_and_stop)
            self.cfg.set("graceful_timeout", 2)

        def load(self) -> Any:
            return application

    Application().run()


# The server shuts down what its client may have closed.
@program(
    b"GET / HTTP/1.1",
    b"HTTP/1.1 101 Switching Protocols",
    modules=("websockets",),
    fails=("shutdown",),
)
def websockets_with_threads() -> None:
    from websockets.sync.client import connect
    from websockets.sync.server import serve

    def answer(connection: Any) -> None:
        for message in connection:
            connection.send(message.upper())

    with serve(answer, "127.0.0.1", 0) as server:
        host, port = server.socket.getsockname()
        with (
            in_thread(server.serve_forever, server.shutdown),
            connect(f"ws://{host}:{port}/", proxy=None) as client,
        ):
            client.send("hello")
            print(client.recv(PATIENCE))


@program(b"GET / HTTP/1.1", b"HTTP/1.1 101 Switching Protocols", modules=("websockets",))
def websockets_in_a_loop() -> None:
    from websockets.asyncio.client import connect
    from websockets.asyncio.server import serve

    async def answer(connection: Any) -> None:
        async for message in connection:
            await connection.send(message.upper())

    async def main() -> None:
        async with serve(answer, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()
            async with connect(f"ws://{host}:{port}/", proxy=None) as client:
                await client.send("hello")
                print(await client.recv())

    asyncio.run(main())


# The server shuts down what its client has closed.
@program(
    b"GET / HTTP/1.1",
    b"HTTP/1.1 101 Switching Protocols",
    modules=("websocket", "websockets"),
    fails=("shutdown",),
    sends_once=True,  # its first request
)
def websocket_client() -> None:
    import websocket
    from websockets.sync.server import serve

    def answer(connection: Any) -> None:
        for message in connection:
            connection.send(message.upper())

    with serve(answer, "127.0.0.1", 0) as server:
        host, port = server.socket.getsockname()
        with in_thread(server.serve_forever, server.shutdown):
            client = websocket.create_connection(f"ws://{host}:{port}/", timeout=PATIENCE)
            client.send("hello")
            print(client.recv())
            client.send_binary(bytes(70_000))
            print(len(client.recv()))
            client.close()
