//! `Trace`, `Event` and the lines of `.steps`.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use super::callback::call_back;
use super::convert::size;
use super::endpoint::PyEndpoint;
use super::errors;
use crate::error::{Code, Error};
use crate::state::Action;
use crate::trace::{Event, Limits, Line, Recorder, Recording, Unread};

/// The longest preview that an event keeps, in bytes.
const LONGEST_PREVIEW: usize = 8 * 1024 * 1024;

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
pub(super) struct PyEvent(Event);

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
/// capacity: the most events to keep. preview: the most bytes that an event keeps of what it moved. memory: the most bytes of memory
/// for all events, about. Older events are let go to stay within these, and counted in .dropped. lines=True notes the line of your
/// program that takes each step, which costs some microseconds a step. Traces may be nested, and run in several threads at once;
/// each records every socket. Printed, it is a table; .ladder() draws both ends. Raises BadArgument for limits that keep nothing.
#[pyclass(frozen, name = "Trace", module = "netsteps")]
pub(super) struct PyTrace(Of);

enum Of {
    /// Of this process, while it runs.
    Here(Arc<Recorder>),
    /// Of a file, or of several traces.
    Past(Recording),
}

impl PyTrace {
    fn recording(&self) -> Cow<'_, Recording> {
        match &self.0 {
            Of::Here(recorder) => Cow::Owned(recorder.recording()),
            Of::Past(recording) => Cow::Borrowed(recording),
        }
    }

    fn recorder(&self, py: Python<'_>, step: &'static str) -> PyResult<&Arc<Recorder>> {
        match &self.0 {
            Of::Here(recorder) => Ok(recorder),
            Of::Past(_) => {
                let cause = "this trace was loaded or merged, and records nothing any more";
                let error = Error::new(Code::BadArgument, step, cause, "a new Trace()");
                Err(errors::raise(py, error))
            }
        }
    }

    /// A function of `netsteps.show`, called with the events and what belongs to them.
    fn shown<'py>(
        &self,
        py: Python<'py>,
        room: &str,
        function: &str,
        named: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let recording = self.recording();
        let events: Vec<PyEvent> = recording.events.iter().cloned().map(PyEvent).collect();
        let told = (events, recording.dropped, recording.start_ns);
        call_back(py, || {
            let function = py
                .import(format!("netsteps.show.{room}"))?
                .getattr(function)?;
            function.call(told, named)
        })
    }
}

#[pymethods]
impl PyTrace {
    #[new]
    #[pyo3(signature = (capacity=100_000, *, preview=32, lines=false, memory=268_435_456))]
    fn new(
        py: Python<'_>,
        capacity: i64,
        preview: i64,
        lines: bool,
        memory: i64,
    ) -> PyResult<Self> {
        let size = |value, name, least| {
            size(value, name, least, "trace").map_err(|error| errors::raise(py, error))
        };
        Ok(Self(Of::Here(Recorder::new(Limits {
            capacity: size(capacity, "capacity", 1)?,
            preview: size(preview, "preview", 0)?.min(LONGEST_PREVIEW),
            memory: size(memory, "memory", 1)?,
            lines,
        }))))
    }

    /// Record from now on. Twice is once. Raises BadArgument for a trace that was loaded or merged.
    fn start(&self, py: Python<'_>) -> PyResult<()> {
        self.recorder(py, "start").map(Recorder::start)
    }

    /// Record no more; what was recorded stays.
    fn stop(&self) {
        if let Of::Here(recorder) = &self.0 {
            recorder.stop();
        }
    }

    /// What happened: a list of Event, in the order of beginning. A call that waits at this moment has the phase "started".
    #[getter]
    fn events(&self) -> Vec<PyEvent> {
        let recording = self.recording();
        recording.events.iter().cloned().map(PyEvent).collect()
    }

    /// How many events were let go to stay within the limits.
    #[getter]
    fn dropped(&self) -> u64 {
        match &self.0 {
            Of::Here(recorder) => recorder.dropped(),
            Of::Past(recording) => recording.dropped,
        }
    }

    /// When it was first started, in nanoseconds of the system's monotonic clock (time.monotonic_ns); 0 before that.
    #[getter]
    fn start_ns(&self) -> u64 {
        match &self.0 {
            Of::Here(recorder) => recorder.start_ns(),
            Of::Past(recording) => recording.start_ns,
        }
    }

    /// The most events that are kept; for a trace that was loaded or merged, how many there are.
    #[getter]
    fn capacity(&self) -> usize {
        match &self.0 {
            Of::Here(recorder) => recorder.limits().capacity,
            Of::Past(recording) => recording.events.len(),
        }
    }

    /// The processes that were recorded: for the number of each, the program that it runs ("python3 server.py").
    #[getter]
    fn processes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let processes = PyDict::new(py);
        for process in &self.recording().processes {
            processes.set_item(process.id, &process.program)?;
        }
        Ok(processes)
    }

    /// The events as a table; str() of it is aligned text, in a notebook it is HTML.
    fn table<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.shown(py, "steps", "table_of_events", None)
    }

    /// Write what was recorded to a file, and return its path.
    ///
    /// path: "x.jsonl" is a file for Trace.load and other programs: JSON Lines (RFC 8259), one object a line. The first line
    /// describes the recording: {"format": "netsteps trace", "version": 1, "start_ns", "dropped", "unix_offset_ns" (to be added to
    /// every time for the time since 1970), "machine" (a name of this run of the machine), "processes": [{"id", "program"}]}. Each
    /// other line is an event, with the attributes of Event under their names, "event" for its id, times in nanoseconds of the
    /// monotonic clock, sizes in bytes, and "preview" in hexadecimal; what is not known is left out.
    /// Raises BadArgument for another ending, OSError when the file cannot be written.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<PathBuf> {
        let ending = path
            .extension()
            .map(|ending| ending.to_string_lossy().to_lowercase());
        if ending.as_deref() != Some("jsonl") {
            let cause = format!("a trace is not saved as {:?}", path.display().to_string());
            let remedy = "a path that ends with .jsonl";
            let error = Error::new(Code::BadArgument, "save", cause, remedy);
            return Err(errors::raise(py, error));
        }
        let recording = self.recording();
        py.detach(|| {
            let mut out = BufWriter::new(File::create(&path)?);
            recording.save(&mut out)
        })
        .map_err(|error| errors::of_file(&error, &path))?;
        Ok(path)
    }

    /// Read a trace that save() has written as .jsonl. It can be shown, merged and saved; it records nothing.
    ///
    /// limit: the most events to take. Raises BadArgument, naming the line, for what is no trace; MessageTooLarge above the limit;
    /// OSError when the file cannot be read.
    #[staticmethod]
    #[pyo3(signature = (path, *, limit=1_000_000))]
    fn load(py: Python<'_>, path: PathBuf, limit: i64) -> PyResult<Self> {
        let limit = size(limit, "limit", 1, "load").map_err(|error| errors::raise(py, error))?;
        let loaded = py.detach(|| {
            let mut input = BufReader::new(File::open(&path)?);
            Recording::load(&mut input, limit)
        });
        loaded
            .map(|recording| Self(Of::Past(recording)))
            .map_err(|error| match error {
                Unread::File(error) => errors::of_file(&error, &path),
                Unread::Content(error) => {
                    errors::raise(py, error.at(Some(path.display().to_string())))
                }
            })
    }

    fn __enter__(slf: Py<Self>, py: Python<'_>) -> PyResult<Py<Self>> {
        slf.get().start(py)?;
        Ok(slf)
    }

    #[pyo3(signature = (*_exception: "object"))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        self.stop();
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        call_back(py, || self.table(py)?.repr()?.extract())
    }

    fn _repr_html_<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        call_back(py, || self.table(py)?.call_method0("_repr_html_"))
    }
}

impl Drop for PyTrace {
    /// A trace that nobody holds any more cannot be read.
    fn drop(&mut self) {
        self.stop();
    }
}

/// Put traces together that were recorded in several processes of one machine: merge(client, server).
///
/// Their times are of one clock, so that the events stand in the order in which they happened. What two traces of one process
/// both hold is taken once. Returns a new Trace. Raises BadArgument for traces of different machines.
#[pyfunction]
#[pyo3(signature = (*traces: "Trace"))]
pub(super) fn merge(py: Python<'_>, traces: &Bound<'_, PyTuple>) -> PyResult<PyTrace> {
    let traces: Vec<Bound<'_, PyTrace>> = traces.extract()?;
    let recordings = traces
        .iter()
        .map(|trace| trace.get().recording().into_owned());
    Recording::merge(recordings)
        .map(|recording| PyTrace(Of::Past(recording)))
        .map_err(|error| errors::raise(py, error))
}
