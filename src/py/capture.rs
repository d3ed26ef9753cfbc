//! `read_packets`, `Capture` and `CapturedPacket`.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PySlice, PyTuple};

use super::callback::call_back;
use super::capture_file::read_file;
use super::convert::size;
use super::errors;
use super::memory::{Payload, new_bytes, untracked};
use super::packet::PyPacket;
use super::show::shown;
use crate::error::{Code, Error};
use crate::packet::file::{Found, Reader, Record};
use crate::packet::link::Link;
use crate::packet::{self, First, Packet};

pub(super) const STEP: &str = "read_packets";
/// Between two looks for Ctrl-C: so many packets.
const PACKETS: usize = 65_536;

/// A file that was read.
pub(super) struct Content {
    pub(super) data: Arc<[u8]>,
    pub(super) found: Found,
}

impl Content {
    pub(super) fn bytes(&self, record: &Record) -> &[u8] {
        self.data.get(record.range()).unwrap_or_default()
    }

    pub(super) fn comment(&self, record: &Record) -> Option<Cow<'_, str>> {
        self.found.comment(&self.data, record)
    }

    pub(super) fn name(&self, record: &Record) -> Option<&str> {
        let interface = usize::try_from(record.interface()).ok()?;
        self.found.interfaces.get(interface)?.name.as_deref()
    }

    fn packet(&self, record: &Record) -> Option<PyPacket> {
        let first = self.found.link(record).first()?;
        let original = usize::try_from(record.original()).ok()?;
        let packet = Packet::within(&self.data, record.range(), first, original);
        Some(PyPacket(packet))
    }
}

/// Read a capture file, as Wireshark, tcpdump and write_packets write it: pcapng and pcap, of any byte order and resolution of time.
///
/// path: the file. limit: the most bytes that it may have; it is read into memory as a whole, once.
/// Gives a Capture, a sequence of CapturedPacket. A file that is damaged, or cut in its middle, gives the packets that are whole,
/// and says in .problems what was wrong. Raises BadPacket (a ValueError) for what is no capture at all, MessageTooLarge above the
/// limit, OSError when the file cannot be read. Ctrl-C ends it.
/// Source: draft-ietf-opsawg-pcapng, draft-ietf-opsawg-pcap.
#[pyfunction]
#[pyo3(signature = (path, *, limit=1_073_741_824))]
pub(super) fn read_packets(py: Python<'_>, path: PathBuf, limit: i64) -> PyResult<PyCapture> {
    let limit = size(limit, "limit", 1, STEP).map_err(|error| errors::raise(py, error))?;
    let data = read_file(py, &path, limit)?;
    let at_path = |error: Error| errors::raise(py, error.at(Some(path.display())));
    let mut reader = Reader::new(&data).map_err(at_path)?;
    while py.detach(|| reader.advance(PACKETS)) {
        py.check_signals()?;
    }
    let found = reader.found();
    let length = found.records.len();
    Ok(PyCapture {
        content: Arc::new(Content { data, found }),
        start: 0,
        step: 1,
        length,
    })
}

/// The packets of a capture file: a sequence of CapturedPacket, in the file's order. A slice is a Capture too.
///
/// Made by read_packets. The bytes stay in one piece of memory; a packet is made when it is asked for. Printed, it is a table of
/// the first packets.
#[pyclass(frozen, name = "Capture", module = "netsteps", sequence)]
pub(super) struct PyCapture {
    content: Arc<Content>,
    start: isize,
    step: isize,
    length: usize,
}

impl PyCapture {
    /// Which packet of the file stands at this place; the place is below the length.
    fn number(&self, place: usize) -> usize {
        let place = isize::try_from(place).unwrap_or(0);
        usize::try_from(self.start + place * self.step).unwrap_or(0)
    }

    fn shown<'py>(slf: &Bound<'py, Self>, limit: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        shown(slf.py(), "captures", "table_of_packets", (slf, limit), None)
    }
}

#[pymethods]
impl PyCapture {
    /// Every packet as a Packet, in a list, read in one go: the quickest way to all of them. None stands for a packet of a link that
    /// is not known here.
    #[getter]
    fn packets<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for place in 0..self.length {
            if place % PACKETS == PACKETS - 1 {
                py.check_signals()?;
            }
            let record = self.content.found.records.get(self.number(place));
            let packet = record.and_then(|record| self.content.packet(record));
            list.append(packet.map(|packet| untracked(py, packet)).transpose()?)?;
        }
        Ok(list)
    }

    /// What was wrong with the file, in words: a tuple of str. What the capture itself missed is told here too.
    #[getter]
    fn problems<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.content.found.problems.lines())
    }

    /// The names of the interfaces that packets were captured on, None for one without a name: a tuple.
    #[getter]
    fn interfaces<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let interfaces = &self.content.found.interfaces;
        PyTuple::new(py, interfaces.iter().map(|known| known.name.as_deref()))
    }

    /// The packets as a table. limit: the most rows; None is all.
    #[pyo3(signature = (*, limit: "int | None" = None))]
    fn table<'py>(slf: &Bound<'py, Self>, limit: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        Self::shown(slf, limit)
    }

    fn __len__(&self) -> usize {
        self.length
    }

    fn __getitem__<'py>(&self, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = index.py();
        if let Ok(slice) = index.cast::<PySlice>() {
            let length = isize::try_from(self.length).unwrap_or(isize::MAX);
            let part = slice.indices(length)?;
            let capture = Self {
                content: Arc::clone(&self.content),
                start: self.start + part.start * self.step,
                step: self.step * part.step,
                length: part.slicelength,
            };
            return Ok(Bound::new(py, capture)?.into_any());
        }
        let index: isize = index.extract()?;
        let length = isize::try_from(self.length).unwrap_or(isize::MAX);
        let place = if index < 0 { index + length } else { index };
        let place = usize::try_from(place)
            .ok()
            .filter(|place| *place < self.length);
        let place = place.ok_or_else(|| {
            PyIndexError::new_err(format!("there are {length} packets, and none at {index}"))
        })?;
        let packet = PyCapturedPacket {
            content: Arc::clone(&self.content),
            at: self.number(place),
        };
        Ok(untracked(py, packet)?.into_any())
    }

    fn __iter__(slf: Py<Self>) -> PyPacketIterator {
        PyPacketIterator {
            capture: slf,
            next: AtomicUsize::new(0),
        }
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let table = Self::shown(slf, Some(30))?;
        call_back(slf.py(), || table.repr()?.extract())
    }

    fn _repr_html_<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let table = Self::shown(slf, Some(200))?;
        call_back(slf.py(), || table.call_method0("_repr_html_"))
    }
}

/// One packet of a capture: its bytes, and what the capture tells of it.
#[pyclass(frozen, name = "CapturedPacket", module = "netsteps")]
pub(super) struct PyCapturedPacket {
    pub(super) content: Arc<Content>,
    at: usize,
}

impl PyCapturedPacket {
    pub(super) fn record(&self) -> Option<&Record> {
        self.content.found.records.get(self.at)
    }

    /// The packet, read now.
    fn made(&self) -> Option<PyPacket> {
        self.content.packet(self.record()?)
    }

    pub(super) fn link_type(&self) -> Link {
        self.record()
            .map_or(Link::UNKNOWN, |record| self.content.found.link(record))
    }
}

#[pymethods]
impl PyCapturedPacket {
    /// Its number in the file, from 1 on, as Wireshark counts.
    #[getter]
    fn number(&self) -> usize {
        self.at + 1
    }

    /// The Packet; None for a link that is not known here. What is broken in it is told by its .problems.
    #[getter]
    fn packet<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyPacket>>> {
        let packet = self.made();
        packet.map(|packet| untracked(py, packet)).transpose()
    }

    /// The bytes that were captured.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.record().map(|record| self.content.bytes(record));
        new_bytes(py, bytes.unwrap_or_default())
    }

    /// When it was seen, in nanoseconds since 1970 (UTC), as time.time_ns; None where the file does not tell.
    #[getter]
    fn time_ns(&self) -> Option<i64> {
        self.record()?.time_ns()
    }

    /// How many bytes it had on the wire: more than len(data) where the capture kept only its beginning.
    #[getter]
    fn length(&self) -> u32 {
        self.record().map_or(0, Record::original)
    }

    /// The name of the interface that saw it ("lo"), or None.
    #[getter]
    fn interface(&self) -> Option<&str> {
        self.content.name(self.record()?)
    }

    /// Its comment, or None; several are lines of one.
    #[getter]
    fn comment(&self) -> Option<Cow<'_, str>> {
        self.content.comment(self.record()?)
    }

    /// What it begins with: "ethernet", "ip", "sll", "sll2", "null", "loop", or "link type 147" for what is not known here.
    #[getter]
    fn link(&self) -> String {
        self.link_type().name().into_owned()
    }

    fn __bytes__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.data(py)
    }

    fn __repr__(&self) -> String {
        let number = self.at + 1;
        let said = self.made().map_or_else(
            || format!("{} bytes, {}", self.length(), self.link_type().name()),
            |packet| packet.0.summary(),
        );
        format!("<CapturedPacket {number}: {said}>")
    }
}

/// Gives the packets of a capture, one after the other.
#[pyclass(frozen, name = "PacketIterator", module = "netsteps")]
pub(super) struct PyPacketIterator {
    capture: Py<PyCapture>,
    next: AtomicUsize,
}

#[pymethods]
impl PyPacketIterator {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyCapturedPacket>>> {
        let capture = self.capture.get();
        let place = self.next.fetch_add(1, Ordering::Relaxed);
        if place >= capture.length {
            return Ok(None);
        }
        let packet = PyCapturedPacket {
            content: Arc::clone(&capture.content),
            at: capture.number(place),
        };
        untracked(py, packet).map(Some)
    }
}

/// The packet of a Packet, a CapturedPacket, or bytes that begin with an IP header.
pub(super) fn packet_of(given: &Bound<'_, PyAny>, step: &'static str) -> PyResult<Packet> {
    if let Ok(packet) = given.cast::<PyPacket>() {
        return Ok(packet.get().0.clone());
    }
    if let Ok(captured) = given.cast::<PyCapturedPacket>() {
        let packet = captured.get().made();
        return packet.map(|packet| packet.0).ok_or_else(|| {
            let cause = format!(
                "packet {} begins with a link that is not known here",
                captured.get().number()
            );
            let error = Error::new(Code::BadArgument, step, cause, "packets of IP or Ethernet");
            errors::raise(given.py(), error)
        });
    }
    let bytes = Payload::of(given, step)?;
    Ok(packet::parse_lax(bytes.bytes(), First::Ip))
}
