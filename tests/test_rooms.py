"""The rooms keep to the design: who may know whom, and what stays out of the sources.

The rules are functions of a path and a text that return complaints. They run on every file of the
project, and each is shown to catch what it forbids.
"""

import ast
import re
from pathlib import Path

import pytest

from rust_source import code_of, names_from_root, room_of, without_tests

ROOT = Path(__file__).parent.parent
SRC, PYTHON = ROOT / "src", ROOT / "python" / "netsteps"

# Who may know whom. A room stands on the left, and on the right all that it may name beside itself.
# A new room needs a line here.
CORE = "sys error address ports state trace wait resolve faults"
RUST = {
    "sys": "",
    "error": "sys",
    "address": "sys error",
    "packet": "sys error address ports",
    "ports": "sys error address",
    "state": "sys error address ports",
    "trace": "sys error address ports state",
    "capture": "sys error address ports state packet trace",
    "wait": "sys error",
    "resolve": "sys error address ports wait",
    "faults": "sys error",
    "socket": CORE,
    "tcp": f"{CORE} socket",
    "udp": f"{CORE} socket packet",  # messages in parts
    "relay": f"{CORE} socket tcp udp",
    "py": f"{CORE} packet capture socket tcp udp relay",
}
PYTHON_ROOMS = {
    "compat": "_core",
    "errors": "_core show",  # both inside StepError.life alone
    "show": "",
    "handlers": "_core",
    "queues": "_core",
    "computer": "_core errors queues show",
    "records": "compat",
    "watching": "_core compat records",
    "pytest_plugin": "__init__ peers",
    "peers": "__init__ show",  # the ladder of a scripted peer alone
    "reliable": "__init__ errors show",
    "lessons": "__init__ peers show",  # the ladder and the reports alone
    "__init__": "_core errors computer peers reliable watching",
    "demo": "__init__",
    "cli": "__init__ demo errors lessons show",
    "__main__": "cli",
}

# Loaded by the functions that need them, and never by `import netsteps`.
INSIDE_FUNCTIONS = {"psutil", "rich", "asyncio", "IPython", "ipykernel", "ipywidgets", "numpy"}
# The only file that may import this at all.
ONLY_IN = {"psutil": "computer.py"}
# What a whole room does without.
NOT_IN_ROOM = {"show": {"socket", "ssl", "select"}}

LONGEST = 400  # lines; a longer file probably has two subjects
# Files that are longer, each with the reason.
LONGER: dict[str, str] = {
    "src/py/socket.rs": "one class, a signature and a docstring for each of its steps",
}

PRINTS = re.compile(r"\b(?:e?print(?:ln)?|dbg)!")
PANICS = re.compile(r"\.unwrap\(\)|\.expect\(|\b(?:panic|unreachable|todo|unimplemented)!")


def rust_directions(path: str, text: str) -> list[str]:
    """Complain about rooms that this file may not know. path: below src."""
    room, code = room_of(path), code_of(text)
    if room not in RUST:
        return [f"{path}: the room {room} has no line in the table of this test"]
    complaints = [
        f"{path}:{line}: {room} may not know {name}"
        for line, name in names_from_root(path, code)
        if name in RUST and name not in {room, *RUST[room].split()}
    ]
    if room != "py":
        complaints += [
            f"{path}: {room} may not know Python ({word})"
            for word, place in (("pyo3", code), ('feature = "python"', text))
            if word in place
        ]
    return complaints


def rust_words(path: str, text: str) -> list[str]:
    """Complain about what prints or panics outside of the tests. path: below src."""
    if Path(path).name == "tests.rs":
        return []
    code = without_tests(code_of(text))
    return [
        f"{path}:{number}: {match[0]}"
        for number, line in enumerate(code.split("\n"), 1)
        for pattern in (PRINTS, PANICS)
        for match in pattern.finditer(line)
    ]


def map_of_rooms(text: str) -> list[str]:
    """Complain about anything in lib.rs beside the rooms and their attributes."""
    allowed = re.compile(r"\s*(?:(?:pub )?mod \w+;|#!?\[.*\])?\s*")
    return [
        f"lib.rs:{number}: {line.strip()}"
        for number, line in enumerate(code_of(text).split("\n"), 1)
        if not allowed.fullmatch(line)
    ]


def python_rules(path: str, text: str) -> list[str]:
    """Complain about imports that this file may not make. path: below python/netsteps."""
    room = Path(path).parts[0].removesuffix(".py")
    if room not in PYTHON_ROOMS:
        return [f"{path}: the room {room} has no line in the table of this test"]
    complaints = []
    for line, module, lazy in imports(ast.parse(text)):
        top, *below = module.split(".")
        if not top:
            complaints.append(f"{path}:{line}: a relative import hides which room it means")
        named = (below or ["__init__"])[0] if top == "netsteps" else None
        if named and named not in {room, *PYTHON_ROOMS[room].split()}:
            complaints.append(f"{path}:{line}: {room} may not know {named}")
        if top in NOT_IN_ROOM.get(room, ()):
            complaints.append(f"{path}:{line}: {room} does without {top}")
        if top in INSIDE_FUNCTIONS and not lazy:
            complaints.append(f"{path}:{line}: {top} is imported inside functions")
        if ONLY_IN.get(top, path) != path:
            complaints.append(f"{path}:{line}: only {ONLY_IN[top]} imports {top}")
    return complaints


def imports(tree: ast.Module) -> list[tuple[int, str, bool]]:
    """Give each import: its line, the module ("" for a relative one), and whether it waits.

    It waits when it stands in a function, or is for the type checker alone.
    """
    found = []

    def visit(node: ast.AST, lazy: bool) -> None:
        match node:
            case ast.Import(names=names):
                found.extend((node.lineno, name.name, lazy) for name in names)
            case ast.ImportFrom(level=level) if level:
                found.append((node.lineno, "", lazy))
            case ast.ImportFrom(module="netsteps", names=names):
                # A room (netsteps.show), or a public name of the package.
                found.extend(
                    (node.lineno, f"netsteps.{n.name}" if is_room(n.name) else "netsteps", lazy)
                    for n in names
                )
            case ast.ImportFrom(module=str(module)):
                found.append((node.lineno, module, lazy))
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                lazy = True
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                lazy = True
        for child in ast.iter_child_nodes(node):
            visit(child, lazy)

    visit(tree, False)
    return found


def is_room(name: str) -> bool:
    return name == "_core" or name in PYTHON_ROOMS


def too_long(path: str, text: str) -> list[str]:
    """Complain about a long file without a reason, and about a reason without a long file."""
    lines = text.count("\n")
    if (lines > LONGEST) == (path in LONGER):
        return []
    return [f"{path}: {lines} lines" + (", no longer long" if path in LONGER else "")]


def below(folder: Path, *patterns: str) -> list[tuple[str, str]]:
    """Give the path below the folder, and the text, of each file."""
    return [
        (path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8"))
        for pattern in patterns
        for path in sorted(folder.rglob(pattern))
    ]


# The project


def test_rust_rooms_know_only_those_below_them() -> None:
    assert [
        c for file in below(SRC, "*.rs") if file[0] != "lib.rs" for c in rust_directions(*file)
    ] == []


def test_lib_rs_is_the_map_of_the_rooms() -> None:
    text = (SRC / "lib.rs").read_text(encoding="utf-8")
    assert map_of_rooms(text) == []
    assert set(re.findall(r"\bmod (\w+);", code_of(text))) == set(RUST)


def test_the_core_neither_prints_nor_panics() -> None:
    assert [c for file in below(SRC, "*.rs") for c in rust_words(*file)] == []


def test_python_rooms_know_only_what_they_may() -> None:
    files = below(PYTHON, "*.py")
    assert [c for file in files for c in python_rules(*file)] == []


def test_what_pytest_loads_in_every_run_imports_pytest_alone() -> None:
    for _, text in below(PYTHON.parent / "netsteps_pytest", "*.py"):
        at_once = {name for _, name, lazy in imports(ast.parse(text)) if not lazy}
        assert at_once == {"pytest", "typing"}


def test_no_file_is_long_without_a_reason() -> None:
    files = [
        (f"{folder}/{path}", text)
        for folder in ("src", "python", "tests")
        for path, text in below(ROOT / folder, "*.rs", "*.py")
    ]
    assert [c for file in files for c in too_long(*file)] == []
    assert set(LONGER) <= {path for path, _ in files}


# The rules themselves


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("error.rs", "use crate::socket::Socket;"),
        ("error.rs", "use crate::{sys::errno, socket::{Socket, self}};"),
        ("error.rs", "use super::socket::Socket;"),
        ("tcp/sender.rs", "use crate::udp;"),
        ("tcp/sender.rs", "use super::super::udp::Sender;"),
        ("tcp/mod.rs", "use super::{error::Error, udp};"),
        ("socket/options.rs", "fn f() { crate::tcp::g(); }"),
        ("wait.rs", "use crate::py::Exception;"),
        ("socket/mod.rs", "use pyo3::prelude::*;"),
        ("socket/mod.rs", '#[cfg(feature = "python")]'),
        ("newroom.rs", ""),
    ],
)
def test_a_forbidden_rust_line_is_caught(path: str, line: str) -> None:
    assert len(rust_directions(path, f"//! A room.\n{line}\n")) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("tcp/sender.rs", "use crate::{address::Endpoint, socket::Socket, tcp::framing};"),
        ("tcp/sender.rs", "use super::framing; // not crate::udp"),
        ("sys/linux.rs", "use super::{Holder, error};"),
        ("py/socket.rs", "use pyo3::prelude::*; use crate::udp;"),
        ("error.rs", 'const TEXT: &str = "crate::socket \\" crate::tcp";'),
        ("error.rs", "/* crate::tcp */ fn f<'a>(x: &'a str) -> char { '\"' }"),
    ],
)
def test_an_allowed_rust_line_is_not(path: str, line: str) -> None:
    assert rust_directions(path, line) == []


@pytest.mark.parametrize(
    "line",
    [
        "x.unwrap();",
        'x.expect("there");',
        "panic!();",
        "todo!()",
        'println!("{x}");',
        'eprint!("x");',
        "dbg!(x);",
        '#[cfg(test)]\nmod tests { fn f() { "}"; } }\nfn g() { x.unwrap(); }',
        "#[cfg(test)]\nuse a::{b, c};\nfn g() { x.unwrap(); }",
    ],
)
def test_a_word_that_prints_or_panics_is_caught(line: str) -> None:
    assert len(rust_words("socket/mod.rs", line)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "x.unwrap_or(0); y.unwrap_or_else(f); // never .unwrap()",
        'const R: &str = r#"println!("x")"#;',
        "#[cfg(test)]\nmod tests {\n    fn f() { x.unwrap(); }\n}",
        "#[cfg(all(test, unix))]\n#[allow(dead_code)]\nmod tests { fn f() { panic!() } }",
    ],
)
def test_a_word_in_a_comment_a_string_or_a_test_is_not(line: str) -> None:
    assert rust_words("socket/mod.rs", line) == []


def test_a_function_in_lib_rs_is_caught() -> None:
    assert map_of_rooms('#![warn(x)]\n//! doc\n#[cfg(feature = "y")]\npub mod a;\nmod b;\n') == []
    assert map_of_rooms("pub mod a;\npub fn f() {}\n") == ["lib.rs:2: pub fn f() {}"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("show/tables.py", "import socket"),
        ("show/tables.py", "from netsteps import Socket"),
        ("show/tables.py", "def f():\n    from netsteps._core import Socket"),
        ("show/tables.py", "from . import ladder"),
        ("errors.py", "import netsteps.computer"),
        ("cli.py", "from netsteps._core import Socket"),
        ("cli.py", "from netsteps import _core"),
        ("cli.py", "def f():\n    import psutil"),
        ("cli.py", "from rich.table import Table"),
        ("cli.py", "try:\n    import rich\nexcept ImportError:\n    rich = None"),
        ("computer.py", "import psutil"),
        ("newroom.py", ""),
    ],
)
def test_a_forbidden_import_is_caught(path: str, text: str) -> None:
    assert len(python_rules(path, text)) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("show/__init__.py", "from netsteps.show.tables import text_table"),
        ("computer.py", "def f():\n    import psutil\n    import socket"),
        ("computer.py", "from netsteps._core import Endpoint"),
        ("cli.py", "import netsteps as ns\nfrom netsteps import Socket"),
        ("cli.py", "def f():\n    from rich.progress import Progress"),
        ("cli.py", "if TYPE_CHECKING:\n    from rich.table import Table"),
    ],
)
def test_an_allowed_import_is_not(path: str, text: str) -> None:
    assert python_rules(path, text) == []


def test_a_long_file_is_caught() -> None:
    assert too_long("src/x.rs", "\n" * LONGEST) == []
    assert too_long("src/x.rs", "\n" * (LONGEST + 1)) == [f"src/x.rs: {LONGEST + 1} lines"]
