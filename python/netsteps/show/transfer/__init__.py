"""Pictures of how a message travels: number over time, and one way to send it beside another."""

from netsteps.show.transfer.sequence import sequence
from netsteps.show.transfer.throughput import Course, throughput

__all__ = ["Course", "sequence", "throughput"]
