"""The mistake bank: 25 mistakes that people make with sockets, each made on purpose.

    from netsteps.lessons import mistakes

    mistakes.table()
    mistakes.one_read_is_not_one_message           # in a notebook: makes it, and shows what came
    made = mistakes.one_read_is_not_one_message.make()
    made.output, made.error, made.netsteps_says, made.picture

Each is a program in plain Python that really runs, on real sockets of loopback, in a process of its
own; one that waits for ever is ended after a moment, and shows the line that it waits in.
"""

from typing import TYPE_CHECKING

from netsteps.lessons.mistakes.addresses import (
    address_in_use,
    port_below_1024,
    the_routers_address,
)
from netsteps.lessons.mistakes.datagrams import (
    loopback_is_no_network,
    truncated_datagram,
    udp_to_a_closed_port,
)
from netsteps.lessons.mistakes.ends import (
    forgotten_close,
    no_half_close,
    write_after_the_peer_closed,
)
from netsteps.lessons.mistakes.messages import (
    a_length_is_believed,
    empty_read_looped_on,
    host_byte_order,
    one_read_is_not_one_message,
    send_takes_a_part,
    str_for_bytes,
)
from netsteps.lessons.mistakes.model import Made, Mistake, Wait
from netsteps.lessons.mistakes.reaching import (
    listening_on_loopback_alone,
    localhost_is_two_addresses,
    refused_silent_unreachable,
)
from netsteps.lessons.mistakes.steps import (
    accept_without_listen,
    blocked_accept,
    reading_the_listening_socket,
    waiting_for_our_own_client,
)
from netsteps.lessons.mistakes.together import (
    both_write_and_nobody_reads,
    connected_is_not_accepted,
    one_client_at_a_time,
)

if TYPE_CHECKING:
    from netsteps.show import Table

__all__ = [
    "ALL",
    "Made",
    "Mistake",
    "Wait",
    "a_length_is_believed",
    "accept_without_listen",
    "address_in_use",
    "blocked_accept",
    "both_write_and_nobody_reads",
    "connected_is_not_accepted",
    "empty_read_looped_on",
    "forgotten_close",
    "host_byte_order",
    "listening_on_loopback_alone",
    "localhost_is_two_addresses",
    "loopback_is_no_network",
    "no_half_close",
    "one_client_at_a_time",
    "one_read_is_not_one_message",
    "port_below_1024",
    "reading_the_listening_socket",
    "refused_silent_unreachable",
    "send_takes_a_part",
    "str_for_bytes",
    "table",
    "the_routers_address",
    "truncated_datagram",
    "udp_to_a_closed_port",
    "waiting_for_our_own_client",
    "write_after_the_peer_closed",
]

# In an order to teach them: bytes, the steps, several clients, addresses, the end, datagrams.
ALL: tuple[Mistake, ...] = (
    str_for_bytes,
    one_read_is_not_one_message,
    empty_read_looped_on,
    send_takes_a_part,
    host_byte_order,
    a_length_is_believed,
    accept_without_listen,
    reading_the_listening_socket,
    connected_is_not_accepted,
    blocked_accept,
    waiting_for_our_own_client,
    one_client_at_a_time,
    both_write_and_nobody_reads,
    address_in_use,
    localhost_is_two_addresses,
    listening_on_loopback_alone,
    the_routers_address,
    port_below_1024,
    refused_silent_unreachable,
    write_after_the_peer_closed,
    no_half_close,
    forgotten_close,
    truncated_datagram,
    udp_to_a_closed_port,
    loopback_is_no_network,
)


def table(lecture: int | None = None) -> "Table[Mistake]":
    """List the mistakes: what each is called, what it is, and what plain Python gives.

    lecture: only those that belong to this one, 1 to 5; by default all.
    """
    from netsteps.show import Table

    return Table(
        (mistake for mistake in ALL if lecture in {None, mistake.lecture}),
        columns={
            "name": "name",
            "lecture": "lecture",
            "the mistake": "title",
            "plain Python gives": "gives",
        },
        caption="Mistakes with sockets",
    )
