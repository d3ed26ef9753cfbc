//! `Trace`, `Event` and the lines of `.steps`.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use super::callback::call_back;
use super::convert::kind_name;
use super::endpoint::PyEndpoint;
use super::errors;
use crate::error::{Code, Error};
use crate::trace::{Event, Line, Recorder};

/// One line of what was done to a socket: a run of equal steps.
#[pyclass(frozen, name = "StepLine", module = "netsteps")]
pub(super) struct PyStepLine(pub(super) Line);

#[pymethods]
impl PyStepLine {
    /// The step, in the words of the API.
    #[getter]
    fn step(&self) -> &'static str {
        self.0.step
    }

    /// The system call; "recv MSG_PEEK" is a look that leaves the bytes where they are.
    #[getter]
    fn call(&self) -> &'static str {
        self.0.call
    }

    /// How often, one after the other.
    #[getter]
    fn count(&self) -> u64 {
        self.0.count
    }

    /// How many bytes in all.
    #[getter]
    fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// The address that the step was given, or the error that ended it, or None.
    #[getter]
    fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// Whether it ended with an error.
    #[getter]
    fn failed(&self) -> bool {
        self.0.failed
    }

    /// When the first began, in nanoseconds of the system's monotonic clock (time.monotonic_ns).
    #[getter]
    fn start_ns(&self) -> u64 {
        self.0.start_ns
    }

    /// When the last ended, on the same clock.
    #[getter]
    fn end_ns(&self) -> u64 {
        self.0.end_ns
    }

    /// The state after it.
    #[getter]
    fn state(&self) -> &'static str {
        self.0.after.name()
    }

    fn __repr__(&self) -> String {
        let Line {
            step, count, bytes, ..
        } = &self.0;
        format!("<StepLine {step} x{count}, {bytes} bytes>")
    }
}

/// One system call of one step, as it happened.
#[pyclass(frozen, name = "Event", module = "netsteps")]
pub(super) struct PyEvent(Event);

#[pymethods]
impl PyEvent {
    /// A number that no other event of this process has.
    #[getter]
    fn id(&self) -> u64 {
        self.0.id
    }

    /// "started" (it waits still), "completed" or "failed".
    #[getter]
    fn phase(&self) -> &'static str {
        self.0.phase.name()
    }

    /// The socket: a number that no other socket of this process ever has.
    #[getter]
    fn socket(&self) -> u64 {
        self.0.socket
    }

    /// Its descriptor, which the system gives again after a close.
    #[getter]
    fn number(&self) -> i64 {
        self.0.number
    }

    /// "tcp" or "udp".
    #[getter]
    fn kind(&self) -> &'static str {
        kind_name(self.0.transport)
    }

    /// The step, in the words of the API.
    #[getter]
    fn step(&self) -> &'static str {
        self.0.step
    }

    /// The system call; "recv MSG_PEEK" is a look that leaves the bytes where they are.
    #[getter]
    fn call(&self) -> &'static str {
        self.0.call
    }

    /// Our Endpoint, where it is known.
    #[getter]
    fn local(&self) -> Option<PyEndpoint> {
        self.0.local.map(|address| PyEndpoint(address.into()))
    }

    /// The peer's Endpoint, where there is one.
    #[getter]
    fn peer(&self) -> Option<PyEndpoint> {
        self.0.peer.map(|address| PyEndpoint(address.into()))
    }

    /// How many bytes were asked for or offered, or None.
    #[getter]
    fn asked(&self) -> Option<usize> {
        self.0.asked
    }

    /// How many bytes came or went, or None.
    #[getter]
    fn size(&self) -> Option<usize> {
        self.0.size
    }

    /// The first 32 of them.
    #[getter]
    fn preview<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.preview.bytes())
    }

    /// The error in words, or None.
    #[getter]
    fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// Its number, or None.
    #[getter]
    fn errno(&self) -> Option<i32> {
        self.0.errno
    }

    /// The state before the call.
    #[getter]
    fn before(&self) -> &'static str {
        self.0.before.name()
    }

    /// The state after it.
    #[getter]
    fn after(&self) -> &'static str {
        self.0.after.name()
    }

    /// When it began, in nanoseconds of the system's monotonic clock (time.monotonic_ns): one axis for all processes of a machine.
    #[getter]
    fn start_ns(&self) -> u64 {
        self.0.start_ns
    }

    /// When it ended, on the same clock; None while it waits.
    #[getter]
    fn end_ns(&self) -> Option<u64> {
        self.0.end_ns
    }

    /// The thread that called (threading.get_native_id).
    #[getter]
    fn thread(&self) -> u64 {
        self.0.thread
    }

    fn __repr__(&self) -> String {
        let Event {
            id,
            step,
            phase,
            socket,
            size,
            ..
        } = &self.0;
        let size = size.map_or_else(String::new, |size| format!(", {size} bytes"));
        format!(
            "<Event {id}: {step} of socket #{socket} {}{size}>",
            phase.name()
        )
    }
}

/// Records what every socket of this process does, from `with` or start() to stop().
///
/// capacity: the most events to keep; older ones are let go and counted in .dropped. Traces may be nested, and run in several threads
/// at once; each records every socket. Printed, it is a table.
#[pyclass(frozen, name = "Trace", module = "netsteps")]
pub(super) struct PyTrace(Arc<Recorder>);

impl PyTrace {
    fn shown<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        call_back(py, || {
            let show = py.import("netsteps.show.steps")?;
            let told = (self.events(), self.0.dropped(), self.0.start_ns());
            show.getattr("table_of_events")?.call1(told)
        })
    }
}

#[pymethods]
impl PyTrace {
    #[new]
    #[pyo3(signature = (capacity=100_000))]
    fn new(py: Python<'_>, capacity: i64) -> PyResult<Self> {
        match usize::try_from(capacity) {
            Ok(capacity) if capacity > 0 => Ok(Self(Recorder::new(capacity))),
            _ => Err(errors::raise(
                py,
                Error::new(
                    Code::BadArgument,
                    "trace",
                    format!("capacity={capacity} keeps nothing"),
                    "a number of events from 1 on",
                ),
            )),
        }
    }

    /// Record from now on. Twice is once.
    fn start(&self) {
        self.0.start();
    }

    /// Record no more; what was recorded stays.
    fn stop(&self) {
        self.0.stop();
    }

    /// What happened: a list of Event, in the order of beginning. A call that waits at this moment has the phase "started".
    #[getter]
    fn events(&self) -> Vec<PyEvent> {
        self.0.events().into_iter().map(PyEvent).collect()
    }

    /// How many events were let go to stay within the capacity.
    #[getter]
    fn dropped(&self) -> u64 {
        self.0.dropped()
    }

    /// When it was first started, in nanoseconds of the system's monotonic clock (time.monotonic_ns); 0 before that.
    #[getter]
    fn start_ns(&self) -> u64 {
        self.0.start_ns()
    }

    /// The most events that are kept.
    #[getter]
    fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// The events as a table; str() of it is aligned text, in a notebook it is HTML.
    fn table<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.shown(py)
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf.get().0.start();
        slf
    }

    #[pyo3(signature = (*_exception: "object"))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        self.0.stop();
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        call_back(py, || self.shown(py)?.repr()?.extract())
    }

    fn _repr_html_<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        call_back(py, || self.shown(py)?.call_method0("_repr_html_"))
    }
}

impl Drop for PyTrace {
    /// A trace that nobody holds any more cannot be read.
    fn drop(&mut self) {
        self.0.stop();
    }
}
