"""Answers to many-clients."""

import asyncio
import select
import socket
import socketserver
import threading

import netsteps as ns
from lessons_answers.echo_server import listening
from lessons_answers.echo_server import right as echo_server
from lessons_answers.wrong import Wrong


def serve(connection: socket.socket) -> None:
    with connection:
        try:
            while data := connection.recv(4096):
                connection.sendall(data)
        except ConnectionError as error:
            print("lost a client:", error)


def right(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


def right_with_netsteps(port: int) -> None:
    def echo(connection: ns.Socket) -> None:
        while data := connection.read():
            connection.write(data)

    server = ns.TcpServer(echo, port=port)
    threading.Event().wait()
    server.stop()


def right_with_asyncio(port: int) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(4096):
                writer.write(data)
                await writer.drain()
        except ConnectionError as error:
            print("lost a client:", error)
        finally:
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(echo, "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(main())


def right_with_socketserver(port: int) -> None:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while data := self.request.recv(4096):
                self.request.sendall(data)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    Server(("127.0.0.1", port), Handler).serve_forever()


def one_after_the_other(port: int) -> None:
    echo_server(port)


def joins(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        thread = threading.Thread(target=serve, args=(connection,))
        thread.start()
        thread.join()


def runs_the_thread_in_place(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        threading.Thread(target=serve, args=(connection,)).run()


def shares_a_variable(port: int) -> None:
    server = listening(port)
    latest: list[socket.socket] = []

    def serve_latest() -> None:
        connection = latest[-1]
        while data := connection.recv(4096):
            latest[-1].sendall(data)
        connection.close()

    while True:
        connection, _ = server.accept()
        latest.append(connection)
        threading.Thread(target=serve_latest, daemon=True).start()


def waits_in_a_write(port: int) -> None:
    server = listening(port)
    sockets = [server]
    while True:
        for ready in select.select(sockets, [], [])[0]:
            if ready is server:
                sockets.append(server.accept()[0])
                continue
            try:
                data = ready.recv(4096)
                ready.sendall(data)
            except ConnectionError:
                data = b""
            if not data:
                ready.close()
                sockets.remove(ready)


WRONG = [
    Wrong(one_after_the_other, "says nothing at first", "a thread of its own"),
    Wrong(joins, "says nothing at first", "not run() and not join() at once"),
    Wrong(runs_the_thread_in_place, "says nothing at first", "not run() and not join() at once"),
    Wrong(shares_a_variable, "says nothing at first", "An answer went to another client"),
    Wrong(waits_in_a_write, "does not read", "One client does not read its answers"),
]
