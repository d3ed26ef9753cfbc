//! The core's errors as the standard library's exceptions, which are `netsteps.SocketError` as well.

use pyo3::exceptions::PyBlockingIOError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;

use crate::error::{Code, Error, Result};
use crate::py::callback::call_back;
use crate::py::pause::PyPause;
use crate::py::place::placed;
use crate::sys::errno;

static PLAIN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Does a call that may wait.
pub(super) fn calling<T>(
    py: Python<'_>,
    work: impl FnOnce(&PyPause<'_>) -> Result<T>,
) -> PyResult<T> {
    let pause = PyPause::new(py);
    placed(py, || work(&pause)).map_err(|error| match (error.code(), pause.ended()) {
        (Code::Interrupted, Err(raised)) => raised,
        _ => raise(py, &error),
    })
}

/// The exception of an error.
pub(super) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    let details = error.details();
    match details.errno {
        // Not now, or on its way: answers that programs ask for all the time, and nothing to be explained.
        Some(number @ (errno::EWOULDBLOCK | errno::EINPROGRESS | errno::EALREADY)) => {
            // The class itself: compiled code (Cython's) looks at it before Python has made the exception of OSError's arguments.
            PyBlockingIOError::new_err((number, told_often(py, number)))
        }
        _ => explained(py, error).unwrap_or_else(|other| other),
    }
}

fn explained(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let plain = PLAIN.get_or_try_init(py, || {
        PyResult::Ok(py.import("netsteps.errors")?.getattr("plain")?.unbind())
    })?;
    let details = error.details();
    let answers = (
        details.code.name(),
        details.errno,
        details.errno.map(words),
        details.step,
        details.endpoint.as_deref(),
        &details.cause,
        &details.remedy,
    );
    let exception = call_back(py, || plain.bind(py).call1(answers))?;
    Ok(PyErr::from_value(exception))
}

/// The same words each time, made once.
fn told_often(py: Python<'_>, number: i32) -> Py<PyString> {
    static AGAIN: PyOnceLock<Py<PyString>> = PyOnceLock::new();
    let made = || PyString::new(py, &words(number)).unbind();
    if number == errno::EWOULDBLOCK {
        return AGAIN.get_or_init(py, made).clone_ref(py);
    }
    made()
}

/// The system's words for a number: strerror(3).
fn words(number: i32) -> String {
    let text = std::io::Error::from_raw_os_error(number).to_string();
    let end = text.rfind(" (os error").unwrap_or(text.len());
    text[..end].to_owned()
}
