//! sendmsg and recvmsg.

use std::mem::MaybeUninit;

use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use super::address::{given, told};
use super::errors::calling;
use super::moving::{blank, size};
use super::socket::PyPlainSocket;
use crate::py::convert::audit;
use crate::py::memory::{Payload, Room, bytes_filled_by, new_bytes};
use crate::socket::plain::{Control, Message, Outgoing, controls, packed};

/// More ancillary data than any message comes with, so that nobody pays for two gigabytes of zeros: 253 descriptors are 1 KiB, and
/// the headers of an IPv6 packet at most 64 KiB.
const LARGEST: usize = 1 << 20;

/// What recvmsg returns: data, ancillary data, flags, and who sent it.
pub(super) type Came<'py> = (
    Bound<'py, PyBytes>,
    Bound<'py, PyList>,
    i32,
    Bound<'py, PyAny>,
);

/// The same without the data.
type Rest<'py> = (Bound<'py, PyList>, i32, Bound<'py, PyAny>);

/// Receive bytes and ancillary data. System call: recvmsg(2).
pub(super) fn recvmsg<'py>(
    this: &PyPlainSocket,
    py: Python<'py>,
    bufsize: isize,
    ancbufsize: isize,
    flags: i32,
) -> PyResult<Came<'py>> {
    let core = this.core(py, "recvmsg")?;
    let size = size(bufsize, "recvmsg()")
        .map_err(|_| PyValueError::new_err("negative buffer size in recvmsg()"))?;
    let mut control = control_room(ancbufsize, "recvmsg")?;
    let mut told = None;
    let data = bytes_filled_by(py, size, |room| {
        blank(room, flags);
        let message = calling(py, |pause| {
            core.receive_message("recvmsg", &mut [room], &mut control, flags, pause)
        })?;
        let size = message.size;
        told = Some(message);
        Ok(size)
    })?;
    let (ancillary, flags, sender) = parts_of(py, told, &control)?;
    Ok((data, ancillary, flags, sender))
}

/// Receive into several buffers, and ancillary data. System call: recvmsg(2).
pub(super) fn recvmsg_into<'py>(
    this: &PyPlainSocket,
    py: Python<'py>,
    buffers: &Bound<'py, PyAny>,
    ancbufsize: isize,
    flags: i32,
) -> PyResult<(usize, Bound<'py, PyList>, i32, Bound<'py, PyAny>)> {
    let core = this.core(py, "recvmsg_into")?;
    let step = "recvmsg_into";
    // All of them are held before the call: what the iterable does later changes nothing.
    let iterable = buffers
        .try_iter()
        .map_err(|_| PyTypeError::new_err("recvmsg_into() argument 1 must be an iterable"))?;
    let mut held = Vec::new();
    for buffer in iterable {
        let buffer = buffer?;
        held.push(Room::plain(&buffer, step).map_err(|_| {
            PyTypeError::new_err(
                "recvmsg_into() argument 1 must be an iterable of single-segment read-write buffers",
            )
        })?);
    }
    let mut control = control_room(ancbufsize, step)?;
    let mut rooms: Vec<&mut [MaybeUninit<u8>]> = held.iter_mut().map(Room::room).collect();
    let message = calling(py, |pause| {
        core.receive_message(step, &mut rooms, &mut control, flags, pause)
    })?;
    let size = message.size;
    let (ancillary, flags, sender) = parts_of(py, Some(message), &control)?;
    Ok((size, ancillary, flags, sender))
}

/// Send several buffers with ancillary data. System call: sendmsg(2).
pub(super) fn sendmsg(
    slf: &Bound<'_, PyPlainSocket>,
    buffers: &Bound<'_, PyAny>,
    ancdata: Option<&Bound<'_, PyAny>>,
    flags: i32,
    address: Option<&Bound<'_, PyAny>>,
) -> PyResult<usize> {
    let py = slf.py();
    let core = slf.get().core(py, "sendmsg")?;
    // All of them are held before the call: what the iterable does later changes nothing.
    let iterable = buffers
        .try_iter()
        .map_err(|_| PyTypeError::new_err("sendmsg() argument 1 must be an iterable"))?;
    let mut held = Vec::new();
    for buffer in iterable {
        held.push(Payload::plain(&buffer?)?);
    }
    let control = ancdata.map(ancillary_of).transpose()?.flatten();
    let to = address
        .map(|address| given(core, address, "sendmsg"))
        .transpose()?;
    let none = py.None().into_bound(py);
    audit(py, ("socket.sendmsg", slf, address.unwrap_or(&none)))?;
    let parts: Vec<&[u8]> = held.iter().map(Payload::bytes).collect();
    let what = Outgoing {
        step: "sendmsg",
        parts: &parts,
        // Also without any: it is a sendmsg(2).
        control: Some(control.as_deref().unwrap_or_default()),
        to: to.as_ref(),
        flags,
    };
    calling(py, |pause| core.send(&what, pause))
}

fn control_room(size: isize, call: &str) -> PyResult<Vec<MaybeUninit<u8>>> {
    let size = usize::try_from(size)
        .ok()
        .filter(|size| i32::try_from(*size).is_ok())
        .ok_or_else(|| {
            PyValueError::new_err(format!("invalid ancillary data buffer length in {call}()"))
        })?;
    // Zeroed: the kernel tells how much of it it wrote, and Rust cannot see that.
    Ok(vec![MaybeUninit::new(0); size.min(LARGEST)])
}

fn parts_of<'py>(
    py: Python<'py>,
    message: Option<Message>,
    control: &[MaybeUninit<u8>],
) -> PyResult<Rest<'py>> {
    let list = PyList::empty(py);
    let Some(message) = message else {
        return Ok((list, 0, py.None().into_bound(py)));
    };
    let bytes = crate::py::memory::initialised(&control[..message.control.min(control.len())]);
    for Control { level, kind, data } in controls(bytes) {
        list.append((level, kind, new_bytes(py, &data)?))?;
    }
    Ok((list, message.flags, told(py, &message.sender)?))
}

/// The messages of an iterable of (level, type, data).
fn ancillary_of(ancdata: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u8>>> {
    let iterable = ancdata
        .try_iter()
        .map_err(|_| PyTypeError::new_err("sendmsg() argument 2 must be an iterable"))?;
    let mut messages = Vec::new();
    for item in iterable {
        let item = item?;
        let parts = item.cast::<PyTuple>().map_err(|_| not_a_message())?;
        if parts.len() != 3 {
            return Err(not_a_message());
        }
        messages.push(Control {
            level: parts.get_item(0)?.extract()?,
            kind: parts.get_item(1)?.extract()?,
            data: Payload::plain(&parts.get_item(2)?)?.bytes().to_vec(),
        });
    }
    if messages.is_empty() {
        return Ok(None);
    }
    packed(&messages)
        .map(Some)
        .ok_or_else(|| PyOSError::new_err("too much ancillary data"))
}

fn not_a_message() -> PyErr {
    PyTypeError::new_err("[sendmsg() ancillary data items must be sequences of length 3]")
}
