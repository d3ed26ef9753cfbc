"""Messages between the caller and the worker: a length in four bytes, and a pickle of plain values.

What comes from a worker is not trusted: its size has a limit, and only values of plain types are
taken, so that an answer can run nothing in the caller.
"""

import io
import os
import pickle
import struct
from typing import Any

__all__ = ["LIMIT", "Thing", "plain", "read_message", "taken", "write_message"]

LIMIT = 64 << 20  # bytes of one message
_PLAIN = {type(None), bool, int, float, complex, str, bytes}
_GROUPS = {list, tuple, set, frozenset}
_DEEP = 40


class Thing:
    """What a function returned and is of no plain type: the name of its type, and its repr."""

    def __init__(self, type_name: str, text: str) -> None:
        self.type_name = type_name
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing) and (self.type_name, self.text) == (
            other.type_name,
            other.text,
        )

    def __hash__(self) -> int:
        return hash((self.type_name, self.text))


def plain(value: Any, deep: int = 0) -> Any:  # noqa: ANN401 - a student's value
    """Make a value that can be sent: plain types as they are, anything else as a Thing."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if deep < _DEEP:
        deep += 1
        if kind in {bytearray, memoryview}:
            return bytearray(value)
        if kind in _GROUPS:
            return kind(plain(one, deep) for one in value)
        if kind is dict:
            return {plain(key, deep): plain(one, deep) for key, one in value.items()}
        for base in (bool, int, float, str, bytes):  # of these, also what is derived from them
            if isinstance(value, base):
                return base(value)  # type: ignore[arg-type, unused-ignore]
        if isinstance(value, tuple):
            return tuple(plain(one, deep) for one in value)
    try:
        text = repr(value)[:500]
    except Exception as error:  # noqa: BLE001 - of a student's class
        text = f"<{kind.__name__}, whose repr raised {type(error).__name__}>"
    return Thing(kind.__name__, text)


class _Plain(pickle.Unpickler):
    """Takes plain values alone."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) == (Thing.__module__, "Thing"):
            return Thing
        if module == "builtins" and name in {"set", "frozenset", "complex", "bytearray"}:
            return {"set": set, "frozenset": frozenset, "complex": complex}.get(name, bytearray)
        message = f"the program sent a {module}.{name}, which is no plain value"
        raise pickle.UnpicklingError(message)


def taken(data: bytes) -> object:
    """Read a message of a worker. Raises UnpicklingError for anything that is not plain."""
    try:
        return _Plain(io.BytesIO(data)).load()
    except pickle.UnpicklingError:
        raise
    except Exception as error:
        raise pickle.UnpicklingError(f"the program sent what cannot be read: {error}") from error


def write_message(descriptor: int, value: object) -> None:
    """Write one message to a pipe. Raises ValueError, with the size, for one that is too long."""
    data = pickle.dumps(value, protocol=5)
    if len(data) > LIMIT:
        raise ValueError(len(data))
    view = memoryview(struct.pack("!I", len(data)) + data)
    while view:
        view = view[os.write(descriptor, view) :]


def read_message(descriptor: int) -> bytes | None:
    """Read one message from a pipe, as bytes; None at its end."""
    head = _exactly(descriptor, 4)
    if len(head) < 4:
        return None
    (size,) = struct.unpack("!I", head)
    data = _exactly(descriptor, size)
    return data if len(data) == size else None


def _exactly(descriptor: int, size: int) -> bytes:
    data = bytearray()
    while len(data) < size and (piece := os.read(descriptor, min(size - len(data), 1 << 20))):
        data += piece
    return bytes(data)
