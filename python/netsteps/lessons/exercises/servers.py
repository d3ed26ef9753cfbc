"""The exercises in which a server is written, in any language."""

from netsteps.lessons.exercises import (
    datagram_echo,
    echo_server,
    many_clients,
    message_server,
    who_am_i,
    word_count,
)

__all__ = ["EXERCISES"]

EXERCISES = (
    datagram_echo.EXERCISE,
    echo_server.EXERCISE,
    many_clients.EXERCISE,
    who_am_i.EXERCISE,
    message_server.EXERCISE,
    word_count.EXERCISE,
)
