//! How a step of Python waits: without the interpreter, and with an ear for its signals.

use std::cell::RefCell;
use std::time::Duration;

use pyo3::prelude::*;

use super::errors;
use super::place::placed;
use crate::error::{Code, Error, Result};
use crate::sys;
use crate::wait::{Deadline, Pause, Stop, Wait};

/// A signal that lands between the look at it and the wait is seen after this time at the latest.
const SLICE: Duration = Duration::from_millis(100);

/// The caller's side of a wait, for one step of one thread.
pub(super) struct PyPause<'py> {
    py: Python<'py>,
    /// What a signal handler (or a callback) raised: it goes on in place of the core's `Interrupted`.
    raised: RefCell<Option<PyErr>>,
}

impl<'py> PyPause<'py> {
    pub(super) fn new(py: Python<'py>) -> Self {
        Self {
            py,
            raised: RefCell::new(None),
        }
    }

    /// Ends the step with this exception.
    pub(super) fn stop_with(&self, error: PyErr) -> Stop {
        self.raised.replace(Some(error));
        Stop
    }

    /// What a signal handler raised during work that ends without an error of its own.
    pub(super) fn ended(&self) -> PyResult<()> {
        self.raised.take().map_or(Ok(()), Err)
    }

    /// The exception of an error of the core.
    pub(super) fn raise(&self, error: Error) -> PyErr {
        match self.raised.take() {
            Some(raised) if error.code() == Code::Interrupted => raised,
            _ => errors::raise(self.py, error),
        }
    }
}

impl Pause for PyPause<'_> {
    fn pause(&self, block: &mut (dyn FnMut() + Send)) -> std::result::Result<(), Stop> {
        self.py.detach(block);
        self.py
            .check_signals()
            .map_err(|error| self.stop_with(error))
    }

    fn release(&self, work: &mut (dyn FnMut() + Send)) {
        self.py.detach(work);
    }

    fn slice(&self) -> Option<Duration> {
        sys::is_main_thread().then_some(SLICE)
    }
}

/// The deadline of a `timeout=` in seconds; `None` is no limit.
pub(super) fn deadline(timeout: Option<f64>, step: &'static str) -> Result<Deadline> {
    let Some(seconds) = timeout else {
        return Ok(Deadline::NEVER);
    };
    Duration::try_from_secs_f64(seconds)
        .map(Deadline::after)
        .map_err(|_| {
            Error::new(
                Code::BadArgument,
                step,
                format!("timeout={seconds} is no time"),
                "seconds from 0 on, or None to wait as long as it takes",
            )
        })
}

/// Does a step that may wait.
pub(super) fn waiting<T>(
    py: Python<'_>,
    timeout: Option<f64>,
    step: &'static str,
    work: impl FnOnce(&Wait<'_>) -> Result<T>,
) -> PyResult<T> {
    let pause = PyPause::new(py);
    deadline(timeout, step)
        .and_then(|deadline| {
            let wait = Wait {
                deadline,
                pause: &pause,
            };
            placed(py, || work(&wait))
        })
        .map_err(|error| pause.raise(error))
}
