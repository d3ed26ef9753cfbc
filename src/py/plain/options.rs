//! Options, and how long calls wait.

use std::time::Duration;

use pyo3::exceptions::{PyOSError, PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyFloat;

use super::errors::raise;
use super::socket::PyPlainSocket;
use crate::py::memory::{Payload, bytes_copied};
use crate::socket::plain::Timeout;

/// Read an option: an int, or buflen bytes. System call: getsockopt(2).
pub(super) fn getsockopt<'py>(
    this: &PyPlainSocket,
    py: Python<'py>,
    level: i32,
    option: i32,
    buflen: i32,
) -> PyResult<Bound<'py, PyAny>> {
    let core = this.core(py, "getsockopt")?;
    if buflen == 0 {
        let mut room = [0; 4];
        core.option(level, option, &mut room)
            .map_err(|error| raise(py, &error))?;
        return Ok(i32::from_ne_bytes(room).into_pyobject(py)?.into_any());
    }
    let size = usize::try_from(buflen).ok().filter(|size| *size <= 1024);
    let Some(size) = size else {
        return Err(PyOSError::new_err("getsockopt buflen out of range"));
    };
    let mut room = vec![0; size];
    let filled = core
        .option(level, option, &mut room)
        .map_err(|error| raise(py, &error))?;
    Ok(bytes_copied(py, &room[..filled])?.into_any())
}

/// Set an option: to an int, to bytes, or to None of a size. System call: setsockopt(2).
pub(super) fn setsockopt(
    this: &PyPlainSocket,
    py: Python<'_>,
    level: i32,
    option: i32,
    value: &Bound<'_, PyAny>,
    optlen: Option<u32>,
) -> PyResult<()> {
    let core = this.core(py, "setsockopt")?;
    let done = if let Some(size) = optlen {
        if !value.is_none() {
            return Err(PyTypeError::new_err(format!(
                "setsockopt() argument 3 must be None, not {}",
                value.get_type().name()?
            )));
        }
        core.set_option_empty(level, option, size)
    } else if value.is_none() {
        return Err(PyTypeError::new_err(
            "setsockopt() requires 4 arguments when the third argument is None",
        ));
    } else if let Ok(number) = value.extract::<i32>() {
        core.set_option(level, option, &number.to_ne_bytes())
    } else {
        core.set_option(level, option, Payload::plain(value)?.bytes())
    };
    done.map_err(|error| raise(py, &error))
}

/// The default of socket.setdefaulttimeout(), which is for every socket that is made after it.
pub(super) fn default_timeout(py: Python<'_>) -> PyResult<Timeout> {
    static DEFAULT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let default = DEFAULT.get_or_try_init(py, || {
        let module = py.import("_socket")?;
        PyResult::Ok(module.getattr("getdefaulttimeout")?.unbind())
    })?;
    timeout_of(&default.bind(py).call0()?)
}

/// What settimeout() was given: None, a float, or what can be an index, as the standard library has it.
pub(super) fn timeout_of(value: &Bound<'_, PyAny>) -> PyResult<Timeout> {
    if value.is_none() {
        return Ok(Timeout::Never);
    }
    let too_large = || PyOverflowError::new_err("timestamp too large to convert to nanoseconds");
    let time = if value.is_instance_of::<PyFloat>() {
        nanoseconds(value.extract()?)?.ok_or_else(too_large)?
    } else {
        let seconds = match value.extract::<i64>() {
            Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => {
                return Err(too_large());
            }
            told => told?,
        };
        seconds.checked_mul(1_000_000_000).ok_or_else(too_large)?
    };
    match u64::try_from(time) {
        Ok(0) => Ok(Timeout::Now),
        Ok(time) => Ok(Timeout::After(Duration::from_nanos(time))),
        Err(_) => Err(PyValueError::new_err("Timeout value out of range")),
    }
}

/// Seconds as nanoseconds, rounded away from zero: a time that is too small to be told is no "do not wait". `None`: too many.
fn nanoseconds(seconds: f64) -> PyResult<Option<i64>> {
    /// 2 to the 63rd: the first that is too large.
    const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;
    if seconds.is_nan() {
        return Err(PyValueError::new_err("Invalid value NaN (not a number)"));
    }
    let time = seconds * 1e9;
    let time = if time < 0.0 {
        time.floor()
    } else {
        time.ceil()
    };
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a whole number within bounds"
    )]
    Ok((-TOO_LARGE..TOO_LARGE)
        .contains(&time)
        .then_some(time as i64))
}

/// What gettimeout() tells.
pub(super) fn seconds(timeout: Timeout) -> Option<f64> {
    match timeout {
        Timeout::Never => None,
        Timeout::Now => Some(0.0),
        Timeout::After(time) if time.subsec_nanos() == 0 => Some(time.as_secs_f64()),
        #[allow(clippy::cast_precision_loss, reason = "as the standard library has it")]
        Timeout::After(time) => Some(time.as_nanos() as f64 / 1e9),
    }
}
