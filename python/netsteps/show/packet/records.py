"""Fields that belong together told as one: a record of a name server's message in one line.

The decoder gives the fields of a record one meaning ("answer 2 of 9"), and so they are found.
"""

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from netsteps.show.packet.anatomy import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsteps.show.packet.anatomy import Field

__all__ = ["Record", "first_record", "folded"]

# What of a record a reader wants to know (RFC 1035, 3.2.1): class, time to live and length are not.
_TOLD = ("QNAME", "NAME", "QTYPE", "TYPE", "RDATA")


class Record(NamedTuple):
    """Several fields in the place of one: a field itself, as the pictures read it."""

    name: str
    value: object
    text: str
    start: int
    bits: int
    meaning: str
    problem: str | None


def first_record(fields: "Iterable[Field]") -> "Field | None":
    """Give the first field of the first record: a name."""
    return next((field for field in fields if field.name in _TOLD), None)


def folded(fields: "Iterable[Field]") -> "list[Field]":
    """Make one field of each run of fields with the same meaning."""
    found: list[Field] = []
    for meaning, run in groupby(fields, key=lambda field: field.meaning):
        parts = list(run)
        if len(parts) == 1 or not meaning:
            found += parts
            continue
        start = min(part.start for part in parts)
        end = max(part.start + part.bits for part in parts)
        problem = next((part.problem for part in parts if part.problem), None)
        text = " ".join(map(_told, [part for part in parts if part.name in _TOLD] or parts))
        found.append(Record(meaning, text, text, start, end - start, "", problem))
    return found


def _told(field: "Field") -> str:
    """Write a value in short: of "28 AAAA" the name."""
    text = plain(field.text)
    return text.rpartition(" ")[2] if field.name.endswith("TYPE") else text
