//! `split`, `join`, `Part` and `Joined`.

use std::ops::Range;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyRange, PyTuple};

use super::callback::call_back;
use super::convert::size;
use super::errors;
use super::memory::{Payload, new_bytes};
use super::show::{bundle, drawn, shown};
use crate::packet::file::Problems;
use crate::packet::split::{Fits, HEADER, Header, Message, Splitter, next_id};

/// Between two looks for Ctrl-C.
const PARTS: usize = 16_384;

/// One part of a message: a header of 16 bytes, and a piece of the message.
///
/// bytes(part) is what goes over the wire. Made by split. The header: "N" and version 1; how many bytes each part but the last
/// carries (16 bits); the message's number, the part's number, and the message's length (32 bits each, high byte first).
#[pyclass(frozen, name = "Part", module = "netsteps")]
pub(super) struct PyPart {
    message: Py<PyBytes>,
    splitter: Splitter,
    index: u32,
}

impl PyPart {
    fn piece<'a>(&'a self, py: Python<'a>) -> &'a [u8] {
        let range = self.splitter.range(self.index);
        self.message.as_bytes(py).get(range).unwrap_or_default()
    }
}

#[pymethods]
impl PyPart {
    /// Its number, from 0 on.
    #[getter]
    fn index(&self) -> u32 {
        self.index
    }

    /// How many parts the message has.
    #[getter]
    fn count(&self) -> u32 {
        self.splitter.count()
    }

    /// Where its piece begins in the message, in bytes.
    #[getter]
    fn offset(&self) -> usize {
        self.splitter.range(self.index).start
    }

    /// Its piece of the message.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        new_bytes(py, self.piece(py))
    }

    /// Its header: 16 bytes.
    #[getter]
    fn header<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.splitter.header(self.index))
    }

    fn __len__(&self) -> usize {
        HEADER + self.splitter.range(self.index).len()
    }

    fn __bytes__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        new_bytes(py, &self.whole(py))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other
            .cast::<Self>()
            .is_ok_and(|same| self.whole(other.py()) == same.get().whole(other.py()))
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.__bytes__(py)?.hash()
    }

    fn __repr__(&self) -> String {
        let range = self.splitter.range(self.index);
        format!(
            "<Part {} of {}: {} bytes from {} on>",
            self.index,
            self.count(),
            range.len(),
            range.start
        )
    }
}

impl PyPart {
    fn whole(&self, py: Python<'_>) -> Vec<u8> {
        [&self.splitter.header(self.index), self.piece(py)].concat()
    }
}

/// Split a message into numbered parts, each small enough for one datagram: a list of Part that shows itself as a drawing.
///
/// message: bytes-like. size: the most bytes of a part, its header of 16 included. The real limits: 1472 fills an Ethernet frame
/// (MTU 1500, less 20 bytes of IPv4 and 8 of UDP), 1452 over IPv6, whose header has 40; 65507 is the most that a UDP datagram
/// carries over IPv4, and everything above 1472 travels in fragments, all of which are lost with one. message_id: tells the parts of
/// one message from those of another, 0 to 4294967295; without it, each message gets the next number.
/// Raises BadArgument (a ValueError) for another size, MessageTooLarge from 4 GiB on. join is the way back.
#[pyfunction]
#[pyo3(signature = (message: "ReadableBuffer", size=1472, *, message_id: "int | None" = None))]
pub(super) fn split<'py>(
    py: Python<'py>,
    message: &Bound<'py, PyAny>,
    size: i64,
    message_id: Option<u32>,
) -> PyResult<Bound<'py, PyAny>> {
    let given = Payload::of(message, "split")?;
    let raised = |error| errors::raise(py, error);
    let size = usize::try_from(size).unwrap_or(0);
    // A number is used up only by a message that can be split.
    Splitter::new(given.bytes().len(), size, 0).map_err(raised)?;
    let id = message_id.unwrap_or_else(next_id);
    let splitter = Splitter::new(given.bytes().len(), size, id).map_err(raised)?;
    // Bytes never change, so all parts share them; of anything else there is a copy.
    let message = match given {
        Payload::Bytes(bytes) => bytes,
        other @ Payload::Buffer(_) => new_bytes(py, other.bytes())?,
    };
    let mut parts = Vec::new();
    for index in 0..splitter.count() {
        if parts.len() % PARTS == PARTS - 1 {
            py.check_signals()?;
        }
        let message = message.clone().unbind();
        parts.push(PyPart {
            message,
            splitter,
            index,
        });
    }
    let given = (parts, message.as_bytes().len(), size);
    shown(py, "split", "Parts", given, None)
}

/// What join made of parts. Printed, it is a drawing: what came, in which order, twice, and what is missing.
#[pyclass(frozen, name = "Joined", module = "netsteps")]
pub(super) struct PyJoined {
    message: Option<Py<PyBytes>>,
    length: u32,
    count: u32,
    chunk: u16,
    missing: Vec<Range<u64>>,
    missing_parts: Vec<Range<u32>>,
    arrived: Vec<u32>,
    duplicates: u64,
    problems: Vec<String>,
}

#[pymethods]
impl PyJoined {
    /// The message, or None when parts are missing.
    #[getter]
    fn message(&self, py: Python<'_>) -> Option<Py<PyBytes>> {
        self.message.as_ref().map(|message| message.clone_ref(py))
    }

    /// How many bytes the message has.
    #[getter]
    fn length(&self) -> u32 {
        self.length
    }

    /// How many parts the message has.
    #[getter]
    fn count(&self) -> u32 {
        self.count
    }

    /// How many bytes of the message each part but the last carries.
    #[getter]
    fn chunk(&self) -> u16 {
        self.chunk
    }

    /// Which bytes of the message are missing: a tuple of range.
    #[getter]
    fn missing<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        ranges(py, self.missing.iter().map(|hole| (hole.start, hole.end)))
    }

    /// Which parts are missing: a tuple of range.
    #[getter]
    fn missing_parts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let holes = self.missing_parts.iter();
        ranges(py, holes.map(|hole| (hole.start.into(), hole.end.into())))
    }

    /// The numbers of the parts as they came, those that came twice too: a tuple of int.
    #[getter]
    fn arrived<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.arrived)
    }

    /// How many parts came again.
    #[getter]
    fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// What was wrong, in words: foreign bytes, parts of another message, contradictions. A tuple of str.
    #[getter]
    fn problems<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.problems)
    }

    /// The parts on the message's length. theme: "light" or "dark".
    #[pyo3(signature = (*, theme: "str" = "light"))]
    fn drawing<'py>(slf: &Bound<'py, Self>, theme: &str) -> PyResult<Bound<'py, PyAny>> {
        drawn(slf.py(), "split", "draw_joined", slf, theme)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let drawing = drawn(slf.py(), "split", "draw_joined", slf, "light")?;
        call_back(slf.py(), || drawing.repr()?.extract())
    }

    #[pyo3(signature = (include: "object" = None, exclude: "object" = None))]
    fn _repr_mimebundle_<'py>(
        slf: &Bound<'py, Self>,
        include: Option<&Bound<'py, PyAny>>,
        exclude: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let drawing = drawn(slf.py(), "split", "draw_joined", slf, "light")?;
        bundle(&drawing, include, exclude)
    }
}

pub(super) fn ranges(
    py: Python<'_>,
    ranges: impl Iterator<Item = (u64, u64)>,
) -> PyResult<Bound<'_, PyTuple>> {
    let ranges: Vec<_> = ranges
        .map(|(start, end)| {
            let [start, end] = [start, end].map(|at| isize::try_from(at).unwrap_or(isize::MAX));
            PyRange::new(py, start, end)
        })
        .collect::<PyResult<_>>()?;
    PyTuple::new(py, ranges)
}

/// Join the parts of a message, in any order: the way back from split.
///
/// parts: Part, or bytes-like as they came over the network; None is one that did not come. limit: the most bytes of the message; a part that claims more is refused.
/// Gives a Joined: .message (None when parts are missing), .missing, .duplicates, .problems. Nothing that comes from outside raises:
/// foreign bytes, parts of another message than the first, and parts that contradict it are told in .problems.
#[pyfunction]
#[pyo3(signature = (parts: "Iterable[Part | ReadableBuffer | None]", *, limit=67_108_864))]
pub(super) fn join(py: Python<'_>, parts: &Bound<'_, PyAny>, limit: i64) -> PyResult<PyJoined> {
    let limit = size(limit, "limit", 0, "join").map_err(|error| errors::raise(py, error))?;
    let mut message: Option<Message> = None;
    let mut arrived = Vec::new();
    let mut problems = Problems::default();
    for (at, part) in call_back(py, || parts.try_iter())?.enumerate() {
        let part = part?;
        if part.is_none() {
            continue;
        }
        if at % PARTS == PARTS - 1 {
            py.check_signals()?;
        }
        let owned;
        let payload;
        let bytes = if let Ok(part) = part.cast::<PyPart>() {
            owned = part.get().whole(py);
            &owned[..]
        } else {
            payload = Payload::of(&part, "join")?;
            payload.bytes()
        };
        let (header, data) = match Header::read(bytes) {
            Ok(read) => read,
            Err(words) => {
                problems.add(|| format!("datagram {at} is no part: {words}"));
                continue;
            }
        };
        if header.length() as usize > limit {
            problems.add(|| {
                let length = header.length();
                format!(
                    "part {} says that the message has {length} bytes, and the limit is {limit}",
                    header.index()
                )
            });
            continue;
        }
        let message = message.get_or_insert_with(|| Message::of(header));
        if header.id() != message.id() {
            problems.add(|| {
                let (own, other) = (message.id(), header.id());
                format!("datagram {at} is part of message {other}, not of {own}")
            });
            continue;
        }
        match message.take(header, data) {
            Fits::New | Fits::Duplicate => arrived.push(header.index()),
            Fits::Contradicts(words) => problems.add(|| words),
        }
    }
    let Some(message) = message else {
        problems.add(|| "no part came".to_owned());
        return Ok(PyJoined {
            message: None,
            length: 0,
            count: 0,
            chunk: 0,
            missing: Vec::new(),
            missing_parts: Vec::new(),
            arrived,
            duplicates: 0,
            problems: problems.lines(),
        });
    };
    let missing_parts = message.missing();
    Ok(PyJoined {
        length: message.length(),
        count: message.count(),
        chunk: message.chunk(),
        missing: missing_parts
            .iter()
            .map(|hole| message.bytes_of(hole))
            .collect(),
        missing_parts,
        arrived,
        duplicates: message.duplicates(),
        problems: problems.lines(),
        message: match message.whole() {
            Ok(bytes) => Some(new_bytes(py, &bytes)?.unbind()),
            Err(_) => None,
        },
    })
}
