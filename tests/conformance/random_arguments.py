"""What random calls are made with: arguments that are good, and arguments that are wrong."""

import array
import errno
import os
import socket as standard
import struct
from typing import Any

# So few seconds that a script of many calls that wait is over soon.
SHORT = 0.01
SIZES: list[Any] = [0, 1, 2, 5, 100, 65536, True]
WRONG_SIZES: list[Any] = [-(2**63), -1, 2**62, 2**63 - 1, 2**64, 1.5, "5", None]
FLAGS: list[Any] = [
    0,
    0,
    0,
    0,
    standard.MSG_PEEK,
    standard.MSG_DONTWAIT,
    standard.MSG_OOB,
    1 << 30,
]
WRONG_FLAGS: list[Any] = [2**40, "x", 1.5, None]
TIMES: list[Any] = [
    *(0, 0.0, SHORT, SHORT, SHORT, 1e-10, True),
    *(
        -1,
        -1e-10,
        -0.0,
        float("nan"),
        float("inf"),
        float("-inf"),
        1e9,
        1e20,
        10**10,
        2**70,
        "1",
        b"1",
    ),
]
DATA: list[Any] = [
    *(b"", b"a", b"hello", b"x" * 3000, bytearray(b"array"), memoryview(b"view")[1:]),
    array.array("i", [1, 2]),
]
WRONG_DATA: list[Any] = [memoryview(b"strided")[::2], "text", None, 7, [b"a"]]
ROOMS: list[Any] = [0, 1, 5, 100, "array"]
WRONG_ROOMS: list[Any] = ["bytes", "strided", "released", None]
HOSTS: list[Any] = [
    "127.0.0.1",
    b"127.0.0.1",
    bytearray(b"127.0.0.1"),
    "::1",
    "",
    "<broadcast>",
    None,
    5,
]
PORTS: list[Any] = [0, -1, 65536, 2**40, "80", 1.5, None, True]
# Not too often, or there is nothing left to call.
ENDING = ("do_close", "do_detach", "do_shutdown")
# What a call on a socket that cannot do it is told.
SOONER = (
    errno.EINVAL,
    errno.EISCONN,
    errno.EMSGSIZE,
    errno.ENOTCONN,
    errno.EOPNOTSUPP,
    errno.EPIPE,
)
OPTIONS = [
    (standard.SOL_SOCKET, name)
    for name in (
        *(standard.SO_REUSEADDR, standard.SO_KEEPALIVE, standard.SO_ERROR, standard.SO_TYPE),
        *(standard.SO_LINGER, standard.SO_ACCEPTCONN, standard.SO_DOMAIN, 12345),
    )
] + [
    (standard.IPPROTO_TCP, standard.TCP_NODELAY),
    (standard.IPPROTO_IPV6, standard.IPV6_V6ONLY),
    (99, 1),
]
VALUES: list[Any] = [
    0,
    1,
    -1,
    2**31,
    2**40,
    True,
    b"",
    b"\1\0\0\0",
    struct.pack("ii", 1, 0),
    bytearray(4),
    "1",
    None,
    1.5,
]
PATHS: list[Any] = [
    *(
        "own",
        "missing",
        "",
        f"\0{os.getpid()}",  # a name of the kernel's, which all processes of the machine share
        "a\0b",
        "x" * 107,
        "x" * 108,
        f"\0{os.getpid():0>107}",
        "\0" + "x" * 108,
    ),
    *("\udcff", "\ud800", b"bytes", bytearray(b"array"), None, 5, ("own", 1)),
]
