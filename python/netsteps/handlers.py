"""The bodies of the threads in which handlers run.

They are Python, though the servers are Rust's: at the interpreter's end CPython (before 3.14) ends
a daemon thread wherever it stands by unwinding its stack, and a frame of Rust below the handler
would turn that into an abort of the whole process.
"""

TYPE_CHECKING = False  # as typing's own, without the cost of its import
if TYPE_CHECKING:
    from collections.abc import Callable

    from netsteps._core import Socket, _Client, _Datagrams, _Messages

__all__ = ["serve_batches", "serve_client", "serve_messages_of_clients"]


def serve_client(
    handler: "Callable[[Socket], object]", connection: "Socket", client: "_Client"
) -> None:
    """Run the handler for one client of a TcpServer; what it raises ends only this client."""
    try:
        client.begun()
        handler(connection)
    except BaseException as error:  # noqa: BLE001 - also SystemExit ends only this client
        client.failed(error)
    finally:
        client.ended()


def serve_batches(function: "Callable[..., object]", batches: "_Messages | _Datagrams") -> None:
    """Answer the messages of a TcpServer, or the datagrams of a UdpServer, until it stops.

    They come and are answered in batches. What the function returns and may change, a bytearray for
    example, is copied at once: the answers of a batch leave together, and a function that fills the
    same bytearray for each would send the last to all. What it raises is reported, and costs that
    one its answer; the connection of a message is closed.
    """
    try:
        answers: list[object] = []
        while (batch := batches.next(answers)) is not None:
            answers = []
            for item in batch:
                try:
                    answer = function(item)
                    if type(answer) is not bytes and answer is not None:
                        answer = batches.fixed(answer)
                except BaseException as error:  # noqa: BLE001 - also SystemExit ends only this one
                    answer = batches.failed(len(answers), error)
                answers.append(answer)
    finally:
        batches.ended()


def serve_messages_of_clients(reply: "Callable[..., object]", messages: "_Messages") -> None:
    """Serve a function that takes the client too, which may send something itself.

    So what it returns is sent in the same way, and all of it goes in one order.
    """
    try:
        while _answered(reply, messages):
            pass
    finally:
        messages.ended()


def _answered(reply: "Callable[..., object]", messages: "_Messages") -> bool:
    """Answer one batch, in a function of its own: while the next is awaited no client is held."""
    if (batch := messages.next([])) is None:
        return False
    for place, (message, client) in enumerate(batch):
        try:
            if (answer := reply(message, client)) is not None:
                messages.answer(client, answer)
        except BaseException as error:  # noqa: BLE001 - also SystemExit ends only this one
            messages.failed(place, error)
            client.close()
    return True
