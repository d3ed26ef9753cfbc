"""The machine: how large it is, and which processor does what."""

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["described", "pinned", "processors"]


def processors() -> list[int]:
    """Give the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


@contextmanager
def pinned(processor: int) -> Iterator[None]:
    """Keep this process, and what it starts meanwhile, on one processor, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {processor})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def model() -> str:
    """Give the processor's name."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def memory_gib() -> float:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)


def described() -> dict[str, object]:
    """Tell what a reader has to know of the machine; nothing that names it."""
    count = len(processors())
    uvloop = None
    try:
        import uvloop as module

        uvloop = str(module.__version__)
    except ImportError:
        pass
    return {
        "cores": count,
        "model": model(),
        "memory_gib": memory_gib(),
        "kernel": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "uvloop": uvloop,
        "netsteps": version(),
        "pinned": count > 1 and hasattr(os, "sched_setaffinity"),
        "platform": sys.platform,
    }


def version() -> str:
    import netsteps as ns

    return ns.__version__
