"""The exercises in which a client is written, in any language."""

from netsteps.lessons.exercises import ask_again, first_client, line_client, open_connection

__all__ = ["EXERCISES"]

EXERCISES = (
    first_client.EXERCISE,
    open_connection.EXERCISE,
    line_client.EXERCISE,
    ask_again.EXERCISE,
)
