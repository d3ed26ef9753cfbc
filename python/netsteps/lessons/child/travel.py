"""A function on its way into another process: by value, with the globals that it uses."""

import linecache
import sys
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["CannotTravel", "packed"]


class CannotTravel(Exception):
    """A function that cannot be sent. name: what it uses, kind: of which type that is."""

    def __init__(self, name: str | None, kind: str, why: str) -> None:
        super().__init__(why)
        self.name = name
        self.kind = kind
        self.why = why


def packed(function: "Callable[..., object]") -> tuple[bytes, dict[str, str]]:
    """Write a function as bytes, and give the texts of the files that it is from.

    Raises CannotTravel, which names what it uses and cannot be sent: a socket of another cell, a
    lock, an open file. Raises ImportError when cloudpickle is not installed.
    """
    cloudpickle = _cloudpickle()
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    by_value = module is not None and module.__name__ != "__main__"
    if by_value:  # as it is now, and not as its file may be by now
        cloudpickle.register_pickle_by_value(module)
    try:
        data: bytes = cloudpickle.dumps(function)
    except Exception as error:
        raise _blamed(function, error, cloudpickle) from error
    finally:
        if by_value:
            cloudpickle.unregister_pickle_by_value(module)
    return data, dict(_sources(function))


def _cloudpickle() -> Any:  # noqa: ANN401 - it has no types
    try:
        import cloudpickle  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        message = (
            "a function is checked in a process of its own, and cloudpickle takes it there:"
            " pip install 'netsteps[lessons]'"
        )
        raise ImportError(message) from None
    return cloudpickle


def _blamed(function: object, error: Exception, cloudpickle: Any) -> CannotTravel:  # noqa: ANN401
    """Find what the function uses that cannot be sent."""
    for name, value in used_by(function):
        if isinstance(value, FunctionType):
            continue  # what it uses itself comes after it
        try:
            cloudpickle.dumps(value)
        except Exception as why:  # noqa: BLE001 - that is the one
            return CannotTravel(name, type(value).__name__, str(why))
    return CannotTravel(None, type(error).__name__, str(error))


def used_by(function: object) -> "Iterator[tuple[str, object]]":
    """Give what a function takes from outside, by name, and what its own helpers take."""
    todo: list[object] = [function]
    seen: set[int] = set()
    while todo:
        one = todo.pop()
        if isinstance(one, MethodType):
            yield "self", one.__self__
            one = one.__func__
        if not isinstance(one, FunctionType) or id(one) in seen:
            continue
        seen.add(id(one))
        named = [(name, one.__globals__.get(name)) for name in _names(one.__code__)]
        cells = zip(one.__code__.co_freevars, one.__closure__ or (), strict=False)
        named += [(name, _content(cell)) for name, cell in cells]
        named += [("a default argument", value) for value in one.__defaults__ or ()]
        for name, value in named:
            if value is None or isinstance(value, ModuleType):
                continue
            yield name, value
            todo.append(value)


def _names(code: CodeType) -> list[str]:
    """Give the names that a function and those inside it look up."""
    names = list(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names += _names(constant)
    return names


def _content(cell: Any) -> object:  # noqa: ANN401 - types.CellType
    try:
        content: object = cell.cell_contents
    except ValueError:  # empty
        return None
    return content


def _sources(function: object) -> "Iterator[tuple[str, str]]":
    """Give the text of each file that the function and its helpers are from."""
    given = set()
    for one in (function, *(value for _, value in used_by(function))):
        inner = one.__func__ if isinstance(one, MethodType) else one
        if isinstance(inner, type):
            inner = next((m for m in vars(inner).values() if isinstance(m, FunctionType)), None)
        if not isinstance(inner, FunctionType):
            continue
        name = inner.__code__.co_filename
        if name in given or "site-packages" in name:
            continue
        given.add(name)
        linecache.checkcache(name)
        yield name, "".join(linecache.getlines(name))
