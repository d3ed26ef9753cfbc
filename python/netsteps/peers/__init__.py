r"""Peers that misbehave on purpose, and peers that play a script, for tests of network programs.

    from netsteps import peers
    from netsteps.peers import expect, send

    with peers.scripted([expect(b"PING\r\n"), send(b"+PONG\r\n")]) as peer:
        connect_to(peer.endpoint)

They are servers on loopback; those of `peers.client` connect to the server under test. All are real
sockets of the kernel, served by threads that end with the peer: at `.stop()`, at the end of the
`with` block, and with the process.

Every misbehaving peer takes seconds= (how long a conversation lasts at most, 30) and limit= (the
most bytes in each direction, 64 MiB); a server takes host= and port= (loopback, a free one), and
most of them request= (how many bytes of the client come first, or up to which bytes). What became
of each conversation is in `.conversations` of a server, and `.conversation` of a client.

`import netsteps` does not load this room: it comes with `import netsteps.peers`, and when the
attribute `netsteps.peers` is first used.
"""

from typing import TYPE_CHECKING

from netsteps.peers import client
from netsteps.peers.actions import Step
from netsteps.peers.conversation import Conversation
from netsteps.peers.datagrams import ScriptedUdp
from netsteps.peers.misbehaving import MisbehavingClient, MisbehavingServer, NeverAccepts
from netsteps.peers.script import ScriptError
from netsteps.peers.scripted import ScriptedClient, ScriptedServer
from netsteps.peers.servers import (
    closes_early,
    endless,
    garbage,
    half_close,
    never_accepts,
    one_byte_at_a_time,
    resets,
    silent,
    slow_reader,
    wrong_length,
)
from netsteps.peers.steps import (
    close,
    expect,
    expect_end,
    expect_reset,
    finish,
    pause,
    reset,
    send,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Conversation",
    "MisbehavingClient",
    "MisbehavingServer",
    "NeverAccepts",
    "ScriptError",
    "ScriptedClient",
    "ScriptedServer",
    "ScriptedUdp",
    "Step",
    "client",
    "close",
    "closes_early",
    "endless",
    "expect",
    "expect_end",
    "expect_reset",
    "finish",
    "garbage",
    "half_close",
    "never_accepts",
    "one_byte_at_a_time",
    "pause",
    "reset",
    "resets",
    "scripted",
    "scripted_udp",
    "send",
    "silent",
    "slow_reader",
    "wrong_length",
]


def scripted(
    *scripts: "Sequence[Step]", host: str = "127.0.0.1", port: int = 0, timeout: float = 5.0
) -> ScriptedServer:
    r"""Listen, and play a script with each client: the first with the first one, and so on.

        with peers.scripted([expect(b"PING\r\n"), send(b"+PONG\r\n"), expect_end()]) as peer:
            ask(peer.endpoint)

        with peers.scripted([reset()], [expect(b"PING\r\n"), send(b"+PONG\r\n")]) as peer:
            ask(peer.endpoint)  # the first try is cut, the second is answered

    The clients are served at once, each by a thread. The end of the block, or `.check()`, waits for
    the last step of each script, and raises ScriptError (an AssertionError) where one failed: with
    the steps that were done, what was expected and came, and what was on the wire. Then the
    connection is cut at the failed step, so that the program under test waits for nothing.
    After the last step the peer ends its half of the connection. Bytes that no step expects, and a
    client for whom there is no script, are failures too.

    host, port: where it listens; `.endpoint` tells which port that is. timeout: seconds for each
    step that does not have its own, and, from the end of the block on, for the clients to come.
    Raises TypeError and ValueError for a script that makes no sense, AddressInUse and its like.
    """
    return ScriptedServer(scripts, host, port, timeout)


def scripted_udp(
    script: "Sequence[Step]", *, host: str = "127.0.0.1", port: int = 0, timeout: float = 5.0
) -> ScriptedUdp:
    r"""Bind a UDP socket, and play a script with whoever sends to it.

        with peers.scripted_udp([expect(4), send(lambda question: question[::-1])]) as peer:
            ask(peer.endpoint)

    expect takes one datagram, which is to be these bytes, to match the pattern as a whole, or to
    have this size; send is one datagram to the sender of the last one. There is no connection to
    end or cut: the other steps are pauses. Datagrams that no step expects are a failure. The rest
    is as with scripted().
    """
    return ScriptedUdp(script, timeout, bind=(host, port))
