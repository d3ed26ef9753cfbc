//! The core's errors as the exceptions of `netsteps.errors`.

use pyo3::exceptions::{PyMemoryError, PyOSError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;

use super::callback::call_back;
use super::memory::new_bytes;
use crate::error::Error;
use crate::sys::errno;

static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The exception of an error.
pub(super) fn raise(py: Python<'_>, error: Error) -> PyErr {
    build(py, &error).unwrap_or_else(|other| other)
}

fn build(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    if error.details().errno == Some(errno::ENOMEM) {
        return Ok(PyMemoryError::new_err(error.to_string()));
    }
    let make = MAKE.get_or_try_init(py, || {
        PyResult::Ok(py.import("netsteps.errors")?.getattr("make")?.unbind())
    })?;
    let text = error.to_string();
    let details = error.details();
    let partial = new_bytes(py, &details.partial)?;
    let standing = details.standing.as_ref().map(|standing| {
        let path = PyTuple::new(py, &standing.path)?;
        PyResult::Ok((standing.kind, standing.state, standing.action, path))
    });
    let standing = standing.transpose()?;
    let answers = (
        details.code.name(),
        details.errno,
        text,
        details.step,
        details.endpoint.as_deref(),
        &details.cause,
        &details.remedy,
        details.missing,
        partial,
        details
            .place
            .as_ref()
            .map(|place| (&place.layer, place.offset, place.needed, place.had)),
        standing,
    );
    let exception = call_back(py, || make.bind(py).call1(answers))?;
    Ok(PyErr::from_value(exception))
}

/// Whether this is the error of a socket that somebody closed.
pub(super) fn is_closed(py: Python<'_>, error: &PyErr) -> bool {
    let class = py
        .import("netsteps.errors")
        .and_then(|errors| errors.getattr("SocketClosed"));
    class.is_ok_and(|class| error.matches(py, class).unwrap_or(false))
}

/// The exception of a file that could not be opened or written: the standard library's own, with errno and name.
pub(super) fn of_file(error: &std::io::Error, path: &std::path::Path) -> PyErr {
    let text = error.to_string();
    let words = text
        .rsplit_once(" (os error")
        .map_or(text.as_str(), |(words, _)| words);
    match error.raw_os_error() {
        Some(number) => PyOSError::new_err((number, words.to_owned(), path.as_os_str().to_owned())),
        None => PyOSError::new_err(text),
    }
}
