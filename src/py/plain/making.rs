//! How a socket comes to be.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyFloat;

use super::address::told;
use super::errors::{calling, raise};
use super::socket::PyPlainSocket;
use crate::py::convert::audit;
use crate::py::place::placed;
use crate::socket::plain::{PlainSocket, Timeout};

/// `SOCK_CLOEXEC` and `SOCK_NONBLOCK` of socket(2).
const CLOEXEC: i32 = 0o2_000_000;
const NONBLOCK: i32 = 0o4000;

/// Make the socket, or take the one of fileno. System call: socket(2).
pub(super) fn open(
    slf: &Bound<'_, PyPlainSocket>,
    family: i32,
    kind: i32,
    proto: i32,
    fileno: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let (py, this) = (slf.py(), slf.get());
    audit(py, ("socket.__new__", slf, family, kind, proto))?;
    let plain = kind & !(CLOEXEC | NONBLOCK);
    let Some(fileno) = fileno else {
        let socket = placed(py, || PlainSocket::open(family, plain, proto))
            .map_err(|error| raise(py, &error))?;
        this.hold(py, socket)?;
        if kind & NONBLOCK != 0 {
            this.set(py, Timeout::Now)?;
        }
        return Ok(());
    };
    if fileno.is_instance_of::<PyFloat>() {
        return Err(PyTypeError::new_err("integer argument expected, got float"));
    }
    let number: i32 = fileno.extract()?;
    if number < 0 {
        return Err(PyValueError::new_err("negative file descriptor"));
    }
    let given = |value: i32, number: i32| (value != -1).then_some(number);
    let (family, kind) = (given(family, family), given(kind, plain));
    let socket = placed(py, || {
        PlainSocket::adopt(number, family, kind, given(proto, proto))
    })
    .map_err(|error| raise(py, &error))?;
    this.hold(py, socket)
}

/// Make two objects two sockets that are connected to each other. System call: socketpair(2).
pub(super) fn pair(
    one: &Bound<'_, PyPlainSocket>,
    other: &Bound<'_, PyPlainSocket>,
    family: i32,
    kind: i32,
    proto: i32,
) -> PyResult<()> {
    let py = one.py();
    let pair = PlainSocket::pair(family, kind, proto).map_err(|error| raise(py, &error))?;
    one.get().hold(py, pair.0)?;
    other.get().hold(py, pair.1)
}

/// Take the next connection into an object that is not open yet. System call: accept4(2).
pub(super) fn accept_into<'py>(
    this: &PyPlainSocket,
    py: Python<'py>,
    connection: &Bound<'py, PyPlainSocket>,
) -> PyResult<Bound<'py, PyAny>> {
    let core = this.core(py, "accept")?;
    let (accepted, peer) = calling(py, |pause| core.accept(pause))?;
    let (family, kind, protocol) = (accepted.domain(), accepted.kind(), accepted.protocol());
    connection.get().hold(py, accepted)?;
    audit(py, ("socket.__new__", connection, family, kind, protocol))?;
    told(py, &peer)
}
