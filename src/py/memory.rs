//! Memory that Python owns and the kernel reads or fills: the only `unsafe` of the binding.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use pyo3::PyClass;
use pyo3::PyClassInitializer;
use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True;
use pyo3::types::{PyBytes, PyString};

use super::errors;
use crate::error::{Code, Error};

/// Makes a bytes object of at most `size` bytes that `fill` writes; it tells how many.
///
/// The object is made first and filled in place. Shortening it is no part of the stable ABI, so when less came than there was
/// room for, as much as came is copied into a smaller one; a busy stream fills the room and is not copied.
pub(super) fn bytes_filled_by(
    py: Python<'_>,
    size: usize,
    fill: impl FnOnce(&mut [MaybeUninit<u8>]) -> PyResult<usize>,
) -> PyResult<Bound<'_, PyBytes>> {
    if size == 0 {
        fill(&mut [])?;
        return Ok(PyBytes::new(py, b""));
    }
    let length = ffi::Py_ssize_t::try_from(size)
        .map_err(|_| pyo3::exceptions::PyMemoryError::new_err("the size is larger than memory"))?;
    // SAFETY: with a null pointer and a positive length the call gives a new bytes object of uninitialised content that
    // nobody else knows (never the shared empty one), or null with an exception set.
    let object = unsafe { ffi::PyBytes_FromStringAndSize(std::ptr::null(), length) };
    if object.is_null() {
        return Err(PyErr::fetch(py));
    }
    // SAFETY: the object is a bytes object of `size` bytes, known only here until this function returns it,
    // also while the interpreter is released inside `fill`.
    let room = unsafe {
        std::slice::from_raw_parts_mut(
            ffi::PyBytes_AsString(object).cast::<MaybeUninit<u8>>(),
            size,
        )
    };
    let filled = fill(room);
    let written = match filled {
        Ok(written) => written.min(size),
        Err(error) => {
            // SAFETY: this is the only reference, and the interpreter is attached.
            unsafe { ffi::Py_DECREF(object) };
            return Err(error);
        }
    };
    // SAFETY: `object` is an owned reference to a bytes object; it is released with this value.
    let object = unsafe { Bound::from_owned_ptr(py, object) };
    // SAFETY: it is a bytes object, as the call that made it says.
    let object = unsafe { object.cast_into_unchecked::<PyBytes>() };
    if written == size {
        return Ok(object);
    }
    // SAFETY: the first `written` bytes were initialised by `fill`.
    let filled = unsafe { &*(std::ptr::from_ref(&room[..written]) as *const [u8]) };
    Ok(PyBytes::new(py, filled))
}

/// A bytes object with these bytes, which is not filled with zeros before: for many small ones.
pub(super) fn bytes_copied<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    bytes_filled_by(py, bytes.len(), |room| {
        for (to, from) in room.iter_mut().zip(bytes) {
            to.write(*from);
        }
        Ok(bytes.len())
    })
}

/// A bytes object with these bytes; MemoryError where there is no room for it.
pub(super) fn new_bytes<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    PyBytes::new_with(py, bytes.len(), |room| {
        room.copy_from_slice(bytes);
        Ok(())
    })
}

/// An object that the garbage collector does not look at. Its class must hold no Python objects, or only bytes.
///
/// PyO3 makes every class known to the collector, which then looks through a million packets again and again while they are made:
/// two thirds of the time of reading a capture.
pub(super) fn untracked<T>(py: Python<'_>, value: T) -> PyResult<Bound<'_, T>>
where
    T: PyClass<Frozen = True> + Into<PyClassInitializer<T>>,
{
    let object = Bound::new(py, value)?;
    // SAFETY: the object is new, alive, and of a type with Py_TPFLAGS_HAVE_GC, as all of PyO3's are. It can be in no cycle of
    // references, because it holds none, or only bytes, which hold none; its deallocation untracks it again, which is allowed.
    unsafe { ffi::PyObject_GC_UnTrack(object.as_ptr().cast()) };
    Ok(object)
}

/// What a caller gives to be sent: any bytes-like object, read where it lies.
pub(super) enum Payload<'py> {
    Bytes(Bound<'py, PyBytes>),
    Buffer(PyUntypedBuffer),
}

impl<'py> Payload<'py> {
    /// Takes hold of the object's memory.
    pub(super) fn of(data: &Bound<'py, PyAny>, step: &'static str) -> PyResult<Self> {
        if let Ok(bytes) = data.cast::<PyBytes>() {
            return Ok(Self::Bytes(bytes.clone()));
        }
        let Ok(buffer) = PyUntypedBuffer::get(data) else {
            return Err(not_bytes(data, step));
        };
        contiguous(&buffer)?;
        Ok(Self::Buffer(buffer))
    }

    /// The same, with the standard library's own words for what is none.
    pub(super) fn plain(data: &Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = data.cast::<PyBytes>() {
            return Ok(Self::Bytes(bytes.clone()));
        }
        let buffer = PyUntypedBuffer::get(data)?;
        contiguous(&buffer)?;
        Ok(Self::Buffer(buffer))
    }

    /// The bytes, for as long as this value lives.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes.as_bytes(),
            Self::Buffer(buffer) if buffer.len_bytes() == 0 => &[],
            // SAFETY: the exporter keeps `len_bytes` contiguous bytes at this place while the buffer is held; it is held by
            // `self`. Another thread that writes into them meanwhile changes what is sent, as with every C program; the
            // core only hands the slice to the kernel and copies from it.
            Self::Buffer(buffer) => unsafe {
                std::slice::from_raw_parts(buffer.buf_ptr().cast::<u8>(), buffer.len_bytes())
            },
        }
    }
}

/// The bytes of this object as they are now, whatever its owner does with it.
pub(super) fn fixed<'py>(
    data: &Bound<'py, PyAny>,
    step: &'static str,
) -> PyResult<Bound<'py, PyBytes>> {
    match Payload::of(data, step)? {
        Payload::Bytes(bytes) => Ok(bytes),
        payload @ Payload::Buffer(_) => new_bytes(data.py(), payload.bytes()),
    }
}

/// A caller's memory to be filled: a bytearray, a writable memoryview, an array.
pub(super) struct Room(PyUntypedBuffer);

impl Room {
    /// Takes hold of the object's memory, which its owner cannot resize until it is let go (`BufferError`).
    pub(super) fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let buffer = PyUntypedBuffer::get(object)?;
        if buffer.readonly() {
            return Err(errors::raise(
                object.py(),
                Error::new(
                    Code::BadType,
                    "read_into",
                    "this object's bytes cannot be written",
                    "a bytearray, or a memoryview of one",
                ),
            ));
        }
        contiguous(&buffer)?;
        if buffer.len_bytes() == 0 {
            return Err(errors::raise(
                object.py(),
                Error::new(
                    Code::BadArgument,
                    "read_into",
                    "this object has no room for a byte",
                    "a buffer of 1 byte or more: reading nothing would look like the end of the stream",
                ),
            ));
        }
        Ok(Self(buffer))
    }

    /// The same with the standard library's own words, and also without room for a byte.
    pub(super) fn plain(object: &Bound<'_, PyAny>, call: &str) -> PyResult<Self> {
        let kind = object.get_type().name()?;
        let wrong = || {
            pyo3::exceptions::PyTypeError::new_err(format!(
                "{call}() argument 1 must be read-write bytes-like object, not {kind}"
            ))
        };
        let buffer = PyUntypedBuffer::get(object).map_err(|_| wrong())?;
        if buffer.readonly() || !buffer.is_c_contiguous() {
            return Err(wrong());
        }
        Ok(Self(buffer))
    }

    /// The bytes to be filled, for as long as this value lives.
    pub(super) fn room(&mut self) -> &mut [MaybeUninit<u8>] {
        if self.0.len_bytes() == 0 {
            return &mut [];
        }
        // SAFETY: as for `bytes`; what is written there are initialised bytes, and never anything else.
        unsafe {
            std::slice::from_raw_parts_mut(
                self.0.buf_ptr().cast::<MaybeUninit<u8>>(),
                self.0.len_bytes(),
            )
        }
    }

    /// The bytes, for as long as this value lives.
    pub(super) fn bytes(&mut self) -> &mut [u8] {
        if self.0.len_bytes() == 0 {
            return &mut [];
        }
        // SAFETY: the exporter keeps `len_bytes` contiguous writable bytes at this place while the buffer is held; it is held
        // by `self`, borrowed mutably. That another thread looks at them meanwhile is the caller's choice, as with recv_into.
        unsafe { std::slice::from_raw_parts_mut(self.0.buf_ptr().cast::<u8>(), self.0.len_bytes()) }
    }
}

/// Bytes that were written before the kernel may have written over them.
pub(super) fn initialised(bytes: &[MaybeUninit<u8>]) -> &[u8] {
    // SAFETY: the callers pass memory that they filled with zeros when they made it.
    unsafe { &*(std::ptr::from_ref(bytes) as *const [u8]) }
}

fn contiguous(buffer: &PyUntypedBuffer) -> PyResult<()> {
    if buffer.is_c_contiguous() {
        Ok(())
    } else {
        Err(PyBufferError::new_err(
            "the bytes do not lie one after the other (a memoryview with a step?): bytes(view) copies them together",
        ))
    }
}

fn not_bytes(data: &Bound<'_, PyAny>, step: &'static str) -> PyErr {
    let kind = data
        .get_type()
        .name()
        .map_or_else(|_| "object".into(), |name| name.to_string());
    let remedy = if data.is_instance_of::<PyString>() {
        "text.encode(), which makes bytes of text (UTF-8), or b\"...\""
    } else {
        "bytes, a bytearray, a memoryview or another bytes-like object"
    };
    let cause = format!("sockets carry bytes, and this is {kind}");
    errors::raise(data.py(), Error::new(Code::BadPayload, step, cause, remedy))
}
