//! `Event`, and the lines of `.steps`.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::endpoint::PyEndpoint;
use crate::state::Action;
use crate::trace::{Event, Line};

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

    /// What it was in the words of the state table: "read" for read_exactly, for example; None for what made the socket.
    #[getter]
    fn action(&self) -> Option<&'static str> {
        self.0.action.map(Action::name)
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
pub(super) struct PyEvent(pub(super) Event);

#[pymethods]
impl PyEvent {
    /// A number that no other event of its process has.
    #[getter]
    fn id(&self) -> u64 {
        self.0.id
    }

    /// The process that called.
    #[getter]
    fn process(&self) -> u32 {
        self.0.process
    }

    /// "started" (it waits still), "completed" or "failed".
    #[getter]
    fn phase(&self) -> &'static str {
        self.0.phase.name()
    }

    /// The socket: a number that no other socket of its process ever has.
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
        self.0.transport.name()
    }

    /// The step, in the words of the API.
    #[getter]
    fn step(&self) -> &str {
        &self.0.step
    }

    /// The system call; "recv MSG_PEEK" is a look that leaves the bytes where they are.
    #[getter]
    fn call(&self) -> &str {
        &self.0.call
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

    /// Where the first of them stands in the stream of its direction: how many bytes this socket had sent, or read, before. None for
    /// UDP, and for calls that moved nothing.
    #[getter]
    fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// The first of them, 32 unless the trace was asked for more: Trace(preview=).
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

    /// The line of the program that took the step ("server.py:12") in a Trace(lines=True), or None.
    #[getter]
    fn line(&self) -> Option<&str> {
        self.0.line.as_deref()
    }

    /// What a relay did with these bytes: "passed", "lost", "late" and so on. None for what no relay did. It stands on the call that
    /// received them, and again on every call that sent them on.
    #[getter]
    fn verdict(&self) -> Option<&str> {
        self.0.verdict.as_deref()
    }

    /// The rule of the relay that gave the verdict ("loss=0.2"), or None.
    #[getter]
    fn rule(&self) -> Option<&str> {
        self.0.rule.as_deref()
    }

    /// For a call of a relay that sends bytes on: the .id of the event that received them, or None. A packet that goes out twice has two
    /// such events, one that is lost has none.
    #[getter]
    fn origin(&self) -> Option<u64> {
        self.0.origin
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
