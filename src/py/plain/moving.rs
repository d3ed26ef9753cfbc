//! send and recv.

use std::mem::MaybeUninit;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use super::address::{given, told};
use super::errors::calling;
use super::socket::{PyPlainSocket, empty};
use crate::py::convert::audit;
use crate::py::memory::{Payload, Room, bytes_filled_by};
use crate::socket::plain::Outgoing;
use crate::sys;

/// A size that a caller gives: not negative.
pub(super) fn size(size: isize, call: &str) -> PyResult<usize> {
    usize::try_from(size)
        .map_err(|_| PyValueError::new_err(format!("negative buffersize in {call}")))
}

/// With `MSG_TRUNC` the kernel tells of bytes that it did not write: what lay in memory before is nobody's to see.
pub(super) fn blank(room: &mut [MaybeUninit<u8>], flags: i32) {
    if flags & sys::TRUE_LENGTH != 0 {
        room.fill(MaybeUninit::new(0));
    }
}

/// Receive at most bufsize bytes; b"" is the end. System call: recv(2).
pub(super) fn recv<'py>(
    this: &PyPlainSocket,
    py: Python<'py>,
    bufsize: isize,
    flags: i32,
) -> PyResult<Bound<'py, PyBytes>> {
    let size = size(bufsize, "recv")?;
    let core = this.core(py, "recv")?;
    if size == 0 {
        return Ok(empty(py));
    }
    bytes_filled_by(py, size, |room| {
        blank(room, flags);
        calling(py, |pause| core.receive("recv", room, flags, pause))
    })
}

/// Receive into a buffer, and return how many bytes came. System call: recv(2).
pub(super) fn recv_into(
    this: &PyPlainSocket,
    py: Python<'_>,
    buffer: &Bound<'_, PyAny>,
    nbytes: isize,
    flags: i32,
) -> PyResult<usize> {
    let core = this.core(py, "recv_into")?;
    let mut room = Room::plain(buffer, "recv_into")?;
    let size = part_of(room.room().len(), nbytes, "recv_into")?;
    if size == 0 {
        return Ok(0);
    }
    calling(py, |pause| {
        core.receive("recv_into", &mut room.room()[..size], flags, pause)
    })
}

/// Receive, and return the bytes and who sent them. System call: recvfrom(2).
pub(super) fn recvfrom<'py>(
    this: &PyPlainSocket,
    py: Python<'py>,
    bufsize: isize,
    flags: i32,
) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyAny>)> {
    let size = size(bufsize, "recvfrom")?;
    let core = this.core(py, "recvfrom")?;
    let mut sender = None;
    let data = bytes_filled_by(py, size, |room| {
        blank(room, flags);
        let (size, from) = calling(py, |pause| {
            core.receive_from("recvfrom", room, flags, pause)
        })?;
        sender = Some(from);
        Ok(size)
    })?;
    let sender = sender.map_or_else(|| Ok(py.None().into_bound(py)), |from| told(py, &from))?;
    Ok((data, sender))
}

/// Receive into a buffer, and return how many bytes came and who sent them. System call: recvfrom(2).
pub(super) fn recvfrom_into<'py>(
    this: &PyPlainSocket,
    py: Python<'py>,
    buffer: &Bound<'py, PyAny>,
    nbytes: isize,
    flags: i32,
) -> PyResult<(usize, Bound<'py, PyAny>)> {
    let core = this.core(py, "recvfrom_into")?;
    let mut room = Room::plain(buffer, "recvfrom_into")?;
    let size = part_of(room.room().len(), nbytes, "recvfrom_into")?;
    let (size, from) = calling(py, |pause| {
        core.receive_from("recvfrom_into", &mut room.room()[..size], flags, pause)
    })?;
    Ok((size, told(py, &from)?))
}

/// Send, and return how many bytes the kernel took. System call: send(2).
pub(super) fn send(
    this: &PyPlainSocket,
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    flags: i32,
) -> PyResult<usize> {
    let payload = Payload::plain(data)?;
    let core = this.core(py, "send")?;
    let what = Outgoing {
        step: "send",
        parts: &[payload.bytes()],
        control: None,
        to: None,
        flags,
    };
    calling(py, |pause| core.send(&what, pause))
}

/// Send all of it. System call: send(2).
pub(super) fn sendall(
    this: &PyPlainSocket,
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    flags: i32,
) -> PyResult<()> {
    let payload = Payload::plain(data)?;
    let core = this.core(py, "sendall")?;
    calling(py, |pause| core.send_all(payload.bytes(), flags, pause))
}

/// Send to an address: sendto(data, address) or sendto(data, flags, address). System call: sendto(2).
pub(super) fn sendto(
    slf: &Bound<'_, PyPlainSocket>,
    arguments: &Bound<'_, PyTuple>,
) -> PyResult<usize> {
    let py = slf.py();
    let (flags, address) = match arguments.len() {
        2 => (0, arguments.get_item(1)?),
        3 => (
            arguments.get_item(1)?.extract::<i32>()?,
            arguments.get_item(2)?,
        ),
        count => {
            return Err(PyTypeError::new_err(format!(
                "sendto() takes 2 or 3 arguments ({count} given)"
            )));
        }
    };
    let data = arguments.get_item(0)?;
    let payload = Payload::plain(&data)?;
    let core = slf.get().core(py, "sendto")?;
    let to = given(core, &address, "sendto")?;
    audit(py, ("socket.sendto", slf, &address))?;
    let what = Outgoing {
        step: "sendto",
        parts: &[payload.bytes()],
        control: None,
        to: Some(&to),
        flags,
    };
    calling(py, |pause| core.send(&what, pause))
}

/// Send a part of an open file, and return how many bytes went. System call: sendfile(2).
pub(super) fn send_file(
    this: &PyPlainSocket,
    py: Python<'_>,
    fileno: i32,
    offset: i64,
    count: usize,
) -> PyResult<usize> {
    let core = this.core(py, "sendfile")?;
    let invalid = |_| std::io::Error::from_raw_os_error(sys::errno::EINVAL);
    let offset = u64::try_from(offset).map_err(invalid)?;
    let file = crate::sys::plain::file_of(fileno)?;
    calling(py, |pause| core.send_file(&file, offset, count, pause))
}

/// How much of a buffer is to be filled: 0 stands for all of it.
fn part_of(length: usize, asked: isize, call: &str) -> PyResult<usize> {
    match size(asked, call)? {
        0 => Ok(length),
        size if size <= length => Ok(size),
        _ => Err(PyValueError::new_err(
            "buffer too small for requested bytes",
        )),
    }
}
