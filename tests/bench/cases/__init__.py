"""The comparisons, one file for each group."""

from bench.cases import (
    bulk,
    compat,
    decode,
    idle,
    relay,
    steps,
    tcp_echo,
    tcp_lines,
    tcp_threads,
    udp,
)
from bench.measure import Case

__all__ = ["ALL"]

ALL: tuple[Case, ...] = (
    *tcp_echo.CASES,
    *tcp_lines.CASES,
    *tcp_threads.CASES,
    *udp.CASES,
    *bulk.CASES,
    *relay.CASES,
    *steps.CASES,
    *compat.CASES,
    *idle.CASES,
    *decode.CASES,
)
