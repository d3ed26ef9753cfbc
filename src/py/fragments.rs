//! `fragment`, `reassemble`, `Reassembled` and `FragmentPiece`.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::callback::call_back;
use super::convert::size;
use super::errors;
use super::packet::PyPacket;
use super::show::{bundle, drawn, shown};
use super::split::ranges;
use crate::packet::Packet;
use crate::packet::fragments::{self, Gathered, Piece, Verdict};

/// Cut an IP packet into fragments that a link can carry, as a router does (IPv4), or the sender (IPv6): a list of Packet.
///
/// packet: a Packet of IP, with or without an Ethernet header, which stays before each fragment. mtu: the most bytes that the link
/// carries, IP header included: 1500 on Ethernet; every link carries at least 68 (IPv4) or 1280 (IPv6). identification: what tells
/// the receiver which fragments belong together; IPv4 packets have it already. A packet that fits is given back alone, in a list.
/// Raises DatagramTooLarge (EMSGSIZE) when Don't Fragment is set, as it is in Packet() unless dont_fragment=False says otherwise;
/// BadArgument (a ValueError) for an MTU without room; BadPacket for what is no whole IP packet.
/// Source: RFC 791 (3.2), RFC 8200 (4.5).
#[pyfunction]
#[pyo3(signature = (packet: "Packet", mtu=1500, *, identification: "int | None" = None))]
pub(super) fn fragment<'py>(
    py: Python<'py>,
    packet: &Bound<'py, PyPacket>,
    mtu: i64,
    identification: Option<u32>,
) -> PyResult<Bound<'py, PyAny>> {
    let raised = |error| errors::raise(py, error);
    let mtu = size(mtu, "mtu", 1, "fragment").map_err(raised)?;
    let packet = &packet.get().0;
    let fragments = fragments::fragment(packet, mtu, identification).map_err(raised)?;
    let pieces: Vec<_> = fragments::reassemble(&fragments)
        .pieces
        .into_iter()
        .map(PyPiece)
        .collect();
    let fragments: Vec<_> = fragments.into_iter().map(PyPacket).collect();
    shown(py, "split", "Fragments", (fragments, pieces, mtu), None)
}

/// A fragment, as its header tells it. Made by reassemble.
#[pyclass(frozen, name = "FragmentPiece", module = "netsteps")]
pub(super) struct PyPiece(Piece);

#[pymethods]
impl PyPiece {
    /// Where its data begin in the data of the whole packet, in bytes.
    #[getter]
    fn offset(&self) -> usize {
        self.0.bytes.start
    }

    /// How many bytes of data it carries.
    #[getter]
    fn size(&self) -> usize {
        self.0.bytes.len()
    }

    /// How long its headers are, in bytes.
    #[getter]
    fn header(&self) -> usize {
        self.0.header
    }

    /// Whether it says that more follow it (the flag More Fragments).
    #[getter]
    fn more(&self) -> bool {
        self.0.more
    }

    /// "taken", "duplicate" or "refused".
    #[getter]
    fn verdict(&self) -> &'static str {
        match self.0.verdict {
            Verdict::Taken => "taken",
            Verdict::Duplicate => "duplicate",
            Verdict::Refused => "refused",
        }
    }

    fn __repr__(&self) -> String {
        format!(
            "<FragmentPiece {} bytes from {} on, {}>",
            self.0.bytes.len(),
            self.0.bytes.start,
            self.verdict()
        )
    }
}

/// What reassemble made of fragments. Printed, it is a drawing: what came, in which order, twice, and what is missing.
#[pyclass(frozen, name = "Reassembled", module = "netsteps")]
pub(super) struct PyReassembled(Gathered<Packet>);

#[pymethods]
impl PyReassembled {
    /// The whole Packet, or None when fragments are missing or were refused.
    #[getter]
    fn packet(&self) -> Option<PyPacket> {
        self.0.packet.clone().map(PyPacket)
    }

    /// How many bytes of data the packet has behind its IP header; None when its last fragment did not come.
    #[getter]
    fn length(&self) -> Option<usize> {
        self.0.length
    }

    /// Which bytes of its data are missing, as far as it is known: a tuple of range.
    #[getter]
    fn missing<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let holes = self.0.missing.iter();
        ranges(py, holes.map(|hole| (hole.start as u64, hole.end as u64)))
    }

    /// How many fragments came again.
    #[getter]
    fn duplicates(&self) -> usize {
        self.0.duplicates
    }

    /// The fragments as they came, those that were refused too: a tuple of FragmentPiece.
    #[getter]
    fn pieces<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.pieces.iter().cloned().map(PyPiece))
    }

    /// What was wrong, in words: overlaps, lengths that no packet has, fragments of another packet. A tuple of str.
    #[getter]
    fn problems<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.problems.lines())
    }

    /// The fragments on the packet's length. theme: "light" or "dark".
    #[pyo3(signature = (*, theme: "str" = "light"))]
    fn drawing<'py>(slf: &Bound<'py, Self>, theme: &str) -> PyResult<Bound<'py, PyAny>> {
        drawn(slf.py(), "split", "draw_reassembled", slf, theme)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let drawing = drawn(slf.py(), "split", "draw_reassembled", slf, "light")?;
        call_back(slf.py(), || drawing.repr()?.extract())
    }

    #[pyo3(signature = (include: "object" = None, exclude: "object" = None))]
    fn _repr_mimebundle_<'py>(
        slf: &Bound<'py, Self>,
        include: Option<&Bound<'py, PyAny>>,
        exclude: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let drawing = drawn(slf.py(), "split", "draw_reassembled", slf, "light")?;
        bundle(&drawing, include, exclude)
    }
}

/// Put the fragments of an IP packet together, in any order: the way back from fragment.
///
/// fragments: Packet, CapturedPacket, or bytes that begin with an IP header. Gives a Reassembled: .packet (None when it is not whole), .missing,
/// .duplicates, .problems. Fragments that overlap others are an attack, never an accident: the packet is refused (RFC 5722), and so
/// is what would reach beyond 65,535 bytes. Source: RFC 791 (3.2), RFC 815, RFC 8200 (4.5).
#[pyfunction]
#[pyo3(signature = (fragments: "Iterable[Packet | CapturedPacket | ReadableBuffer]"))]
pub(super) fn reassemble(py: Python<'_>, fragments: &Bound<'_, PyAny>) -> PyResult<PyReassembled> {
    let mut packets = Vec::new();
    for (at, fragment) in call_back(py, || fragments.try_iter())?.enumerate() {
        if at % 16_384 == 16_383 {
            py.check_signals()?;
        }
        packets.push(super::capture::packet_of(&fragment?, "reassemble")?);
    }
    Ok(PyReassembled(py.detach(|| fragments::reassemble(&packets))))
}
