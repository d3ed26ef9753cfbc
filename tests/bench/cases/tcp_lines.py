"""Latency of lines over TCP: on_message with framing="lines" against uvloop's streams."""

from bench.cases.servers import python, side_by_side
from bench.measure import Case, Row

CASES = (
    Case(
        "lines",
        "lines, 50 connections",
        "us",
        side_by_side(
            50,
            {
                "on_message lines": python("netsteps-lines"),
                "uvloop streams": python("uvloop-lines"),
            },
            "p99_us",
        ),
        (
            Row(
                "on_message with lines, p99 latency at 50 connections",
                "uvloop streams",
                "on_message lines",
                "uvloop streams",
                0.6,
                at_least=False,
            ),
        ),
        2.3,
    ),
)
