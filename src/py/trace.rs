//! `Trace`.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::callback::call_back;
use super::convert::size;
use super::errors;
use super::event::PyEvent;
use super::kernel::PySample;
use super::place;
use super::show::shown;
use super::watched::Watched;
use crate::capture;
use crate::error::{Code, Error};
use crate::socket::sampler::Sampler;
use crate::trace::{Limits, Recorder, Recording, Unread};

/// The longest preview that an event keeps, in bytes.
const LONGEST_PREVIEW: usize = 8 * 1024 * 1024;
/// How much of a file is read or written at once.
const BUFFER: usize = 256 * 1024;

/// Records what every socket of this process does, from `with` or start() to stop().
///
/// capacity: the most events to keep. preview: the most bytes that an event keeps of what it moved. memory: the most bytes of memory
/// for all events, about. Older events are let go to stay within these, and counted in .dropped. lines=True notes the line of your
/// program that takes each step, which costs some microseconds a step. sample=0.001 looks every so many seconds at what the kernel
/// holds for each socket, for .samples and .buffers(). Traces may be nested, and run in several threads at once;
/// each records every socket. Printed, it is a table; .ladder() draws both ends. Raises BadArgument for limits that keep nothing.
#[pyclass(frozen, name = "Trace", module = "netsteps")]
pub(super) struct PyTrace(Of);

enum Of {
    /// Of this process, while it runs.
    Here {
        recorder: Arc<Recorder>,
        period: Option<Duration>,
        sampler: Mutex<Option<Arc<Sampler>>>,
    },
    /// Of a file, or of several traces.
    Past(Recording),
}

impl PyTrace {
    fn recording(&self) -> Cow<'_, Recording> {
        match &self.0 {
            Of::Here { recorder, .. } => Cow::Owned(recorder.recording()),
            Of::Past(recording) => Cow::Borrowed(recording),
        }
    }

    fn begin(&self) -> crate::error::Result<()> {
        let Of::Here {
            recorder,
            period,
            sampler,
        } = &self.0
        else {
            let cause = "this trace was loaded or merged, and records nothing any more";
            let remedy = "a new Trace()";
            return Err(Error::new(Code::BadArgument, "start", cause, remedy));
        };
        let mut sampler = sampler.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(period), None) = (period, &*sampler) {
            *sampler = Some(Sampler::start(*period, Arc::clone(recorder.samples()))?);
        }
        drop(sampler);
        recorder.start();
        Ok(())
    }
}

fn events_of(recording: &Recording) -> Vec<PyEvent> {
    recording.events.iter().cloned().map(PyEvent).collect()
}

fn samples_of(recording: &Recording) -> Vec<PySample> {
    recording.samples.iter().copied().map(PySample).collect()
}

/// How a trace is saved.
#[derive(Clone, Copy)]
enum Form {
    Lines,
    Packets,
}

#[pymethods]
impl PyTrace {
    #[new]
    #[pyo3(signature = (capacity=100_000, *, preview=32, lines=false, sample=None, memory=268_435_456))]
    fn new(
        py: Python<'_>,
        capacity: i64,
        preview: i64,
        lines: bool,
        sample: Option<f64>,
        memory: i64,
    ) -> PyResult<Self> {
        let size = |value, name, least| {
            size(value, name, least, "trace").map_err(|error| errors::raise(py, error))
        };
        let period = sample.map(|seconds| {
            let period = Duration::try_from_secs_f64(seconds).ok();
            period.filter(|period| !period.is_zero()).ok_or_else(|| {
                let cause = format!("sample={seconds} is no time between two looks");
                let remedy = "seconds, 0.001 for example, or None for no samples";
                errors::raise(py, Error::new(Code::BadArgument, "trace", cause, remedy))
            })
        });
        if lines {
            place::prepare(py)?;
        }
        Ok(Self(Of::Here {
            recorder: Recorder::new(Limits {
                capacity: size(capacity, "capacity", 1)?,
                preview: size(preview, "preview", 0)?.min(LONGEST_PREVIEW),
                memory: size(memory, "memory", 1)?,
                lines,
            }),
            period: period.transpose()?,
            sampler: Mutex::new(None),
        }))
    }

    /// Record from now on. Twice is once. Raises BadArgument for a trace that was loaded or merged.
    fn start(&self, py: Python<'_>) -> PyResult<()> {
        self.begin().map_err(|error| errors::raise(py, error))
    }

    /// Record no more; what was recorded stays.
    fn stop(&self) {
        if let Of::Here {
            recorder, sampler, ..
        } = &self.0
        {
            recorder.stop();
            let sampler = sampler
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some(sampler) = sampler {
                sampler.stop();
            }
        }
    }

    /// What the kernel held for the sockets over time, in a Trace(sample=): a list of Sample, in the order of time.
    #[getter]
    fn samples(&self) -> Vec<PySample> {
        samples_of(&self.recording())
    }

    /// What happened: a list of Event, in the order of beginning. A call that waits at this moment has the phase "started".
    #[getter]
    fn events(&self) -> Vec<PyEvent> {
        events_of(&self.recording())
    }

    /// How many events were let go to stay within the limits.
    #[getter]
    fn dropped(&self) -> u64 {
        match &self.0 {
            Of::Here { recorder, .. } => recorder.dropped(),
            Of::Past(recording) => recording.dropped,
        }
    }

    /// When it was first started, in nanoseconds of the system's monotonic clock (time.monotonic_ns); 0 before that.
    #[getter]
    fn start_ns(&self) -> u64 {
        match &self.0 {
            Of::Here { recorder, .. } => recorder.start_ns(),
            Of::Past(recording) => recording.start_ns,
        }
    }

    /// The most events that are kept; for a trace that was loaded or merged, how many there are.
    #[getter]
    fn capacity(&self) -> usize {
        match &self.0 {
            Of::Here { recorder, .. } => recorder.limits().capacity,
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
        let recording = self.recording();
        let told = (events_of(&recording), recording.dropped, recording.start_ns);
        shown(py, "steps", "table_of_events", told, None)
    }

    /// Draw both ends of each conversation as a ladder: the steps at their times, the bytes as arrows from the call that sent them to
    /// those that received them, waits, ends and failures. A Relay is a lane between the two, with what it did to each packet.
    ///
    /// theme: "light" or "dark". width: of the picture, in pixels; it is wider where its labels need it. limit: how many steps are
    /// drawn; of more, what is alike is folded and counted. ascii=True writes the text form without line characters.
    /// Returns a Drawing: a picture in a notebook, text in a terminal, a file by .save("x.svg"). Raises ValueError for another theme.
    #[pyo3(signature = (*, theme: "Literal['light', 'dark']" = "light", width=900.0, limit=200, ascii=false))]
    fn ladder<'py>(
        &self,
        py: Python<'py>,
        theme: &str,
        width: f64,
        limit: usize,
        ascii: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let recording = self.recording();
        let named = PyDict::new(py);
        named.set_item("start_ns", recording.start_ns)?;
        named.set_item("dropped", recording.dropped)?;
        named.set_item("theme", theme)?;
        named.set_item("width", width)?;
        named.set_item("limit", limit)?;
        named.set_item("ascii", ascii)?;
        let told = (events_of(&recording), samples_of(&recording));
        shown(py, "ladder", "ladder", told, Some(&named))
    }

    /// Draw what the kernel held for the sockets over time, in a Trace(sample=): bytes that wait to be read, and bytes that were not
    /// acknowledged, with the steps below them.
    ///
    /// theme: "light" or "dark". Returns a Drawing. Raises BadArgument for a trace that has taken no samples.
    #[pyo3(signature = (*, theme: "Literal['light', 'dark']" = "light"))]
    fn buffers<'py>(&self, py: Python<'py>, theme: &str) -> PyResult<Bound<'py, PyAny>> {
        let recording = self.recording();
        if recording.samples.is_empty() {
            let cause = "this trace has no samples of what the kernel held";
            let remedy = "Trace(sample=0.001), on Linux, while sockets are connected";
            let error = Error::new(Code::BadArgument, "buffers", cause, remedy);
            return Err(errors::raise(py, error));
        }
        let named = PyDict::new(py);
        named.set_item("theme", theme)?;
        let told = (samples_of(&recording), events_of(&recording));
        shown(py, "curve", "curve", told, Some(&named))
    }

    /// Write what was recorded to a file, and return its path.
    ///
    /// path: "x.jsonl" is a file for Trace.load and other programs: JSON Lines (RFC 8259), one object a line. The first line
    /// describes the recording: {"format": "netsteps trace", "version": 1, "start_ns", "dropped", "dropped_samples", "unix_offset_ns" (to be added to
    /// every time for the time since 1970), "machine" (a name of this run of the machine), "processes": [{"id", "program"}]}. Each
    /// other line is an event, with the attributes of Event under their names, "event" for its id, times in nanoseconds of the
    /// monotonic clock, sizes in bytes, and "preview" in hexadecimal, or {"sample": true} with the attributes of a Sample; what is
    /// not known is left out.
    /// "x.pcapng" is a capture file for Wireshark: each call that moved bytes is a packet. Written is what was observed, and nothing
    /// else: the endpoints, the time, and the bytes that the trace kept (Trace(preview=65535) keeps them all), with headers built
    /// around them; there is no handshake in it and no FIN. Each packet says so in a comment, with its step and source line.
    /// Raises BadArgument for another ending, OSError when the file cannot be written. Ctrl-C ends it.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<PathBuf> {
        let ending = path
            .extension()
            .map(|ending| ending.to_string_lossy().to_lowercase());
        let form = match ending.as_deref() {
            Some("jsonl") => Form::Lines,
            Some("pcapng") => Form::Packets,
            _ => {
                let cause = format!("a trace is not saved as {:?}", path.display().to_string());
                let remedy =
                    "a path that ends with .jsonl or .pcapng; a ladder() saves itself as .svg";
                let error = Error::new(Code::BadArgument, "save", cause, remedy);
                return Err(errors::raise(py, error));
            }
        };
        let recording = self.recording();
        let mut file = py
            .detach(|| File::create(&path).map(Watched::new))
            .map_err(|error| errors::of_file(&error, &path))?;
        py.detach(|| {
            let mut out = BufWriter::with_capacity(BUFFER, &mut file);
            let written = match form {
                Form::Lines => recording.save(&mut out),
                Form::Packets => capture::write(&recording, &mut out).and_then(|_| out.flush()),
            };
            if written.is_err() {
                // What is left is not tried again.
                drop(out.into_parts());
            }
            written
        })
        .map_err(|error| file.raise(&error, &path))?;
        Ok(path)
    }

    /// Read a trace that save() has written as .jsonl. It can be shown, merged and saved; it records nothing.
    ///
    /// limit: the most events to take. Raises BadArgument, naming the line, for what is no trace; MessageTooLarge above the limit;
    /// OSError when the file cannot be read. Ctrl-C ends it.
    #[staticmethod]
    #[pyo3(signature = (path, *, limit=1_000_000))]
    fn load(py: Python<'_>, path: PathBuf, limit: i64) -> PyResult<Self> {
        let limit = size(limit, "limit", 1, "load").map_err(|error| errors::raise(py, error))?;
        let mut file = py
            .detach(|| Watched::open(&path))
            .map_err(|error| errors::of_file(&error, &path))?;
        let loaded = py.detach(|| {
            let mut input = BufReader::with_capacity(BUFFER, &mut file);
            Recording::load(&mut input, limit)
        });
        loaded
            .map(|recording| Self(Of::Past(recording)))
            .map_err(|error| match error {
                Unread::File(error) => file.raise(&error, &path),
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
        .map(|trace| trace.get().recording().into_owned())
        .collect::<Vec<_>>();
    py.detach(|| Recording::merge(recordings))
        .map(|recording| PyTrace(Of::Past(recording)))
        .map_err(|error| errors::raise(py, error))
}
