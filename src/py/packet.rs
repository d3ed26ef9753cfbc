//! `Packet`.

use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use super::endpoint::PyEndpoint;
use super::errors;
use super::memory::{Payload, new_bytes};
use super::packet_arguments::Given;
use super::packet_layers::PyLayer;
use super::show::{bundle, drawn};
use crate::packet::{self, First, Packet};

/// A packet: its bytes, and what they say, layer by layer.
///
/// Packet(b"hello", source=("192.168.1.7", 50000), destination=("203.0.113.9", 80), protocol="tcp", flags="SYN") makes one, with
/// right lengths and checksums; bytes(packet) is what goes over the wire. Packet.parse(data) reads one.
/// payload: the message, bytes-like. source and destination: (ip, port), an Endpoint, or an ip alone where there are no ports;
/// without a source the packet comes from no address (0.0.0.0, ::). protocol: "udp", "tcp", "icmp" (over IPv6 it is ICMPv6), "arp",
/// or the number of another protocol over IP. ttl: 0 to 255, by default 64. identification, dont_fragment: of IPv4. ethernet: the addresses of
/// two network cards, (source, destination), for a packet that begins with an Ethernet header; vlan: the number of a tag in it.
/// Of TCP: flags ("SYN ACK"), seq, ack, window (64240), urgent, options: a dict of "mss" (bytes), "window scale", "sack permitted" (True),
/// "sack" (pairs), "timestamps" (value, echo), in this order, or bytes. Of ICMP: type and code (default: an echo request), identifier
/// and sequence; of ARP: type 1 (who has it?) or 2 (I have it).
/// Raises BadArgument (a ValueError) for what a packet cannot say, BadPort, BadPayload.
/// Source: RFC 791 (IPv4), 8200 (IPv6), 9293 (TCP), 768 (UDP), 792 (ICMP), 4443 (ICMPv6), 826 (ARP), 1035 (DNS).
#[pyclass(frozen, name = "Packet", module = "netsteps", mapping)]
pub(super) struct PyPacket(pub(super) Packet);

#[pymethods]
impl PyPacket {
    #[new]
    #[pyo3(signature = (
        payload: "ReadableBuffer | None" = None, *,
        source: "Endpoint | tuple[str, int | str] | str | None" = None,
        destination: "Endpoint | tuple[str, int | str] | str | None" = None,
        protocol: "Literal['udp', 'tcp', 'icmp', 'icmpv6', 'arp'] | int | None" = None,
        ttl: "int | None" = None, identification: "int | None" = None, dont_fragment: "bool" = true,
        ethernet: "tuple[str | bytes, str | bytes] | None" = None, vlan: "int | None" = None,
        flags: "str | Iterable[str] | None" = None, seq: "int | None" = None, ack: "int | None" = None,
        window: "int | None" = None, urgent: "int | None" = None,
        options: "dict[str, Any] | bytes | None" = None,
        r#type: "int | None" = None, code: "int | None" = None,
        identifier: "int | None" = None, sequence: "int | None" = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "a packet has many fields, each by its name"
    )]
    fn new(
        py: Python<'_>,
        payload: Option<&Bound<'_, PyAny>>,
        source: Option<Bound<'_, PyAny>>,
        destination: Option<Bound<'_, PyAny>>,
        protocol: Option<Bound<'_, PyAny>>,
        ttl: Option<Bound<'_, PyAny>>,
        identification: Option<Bound<'_, PyAny>>,
        dont_fragment: bool,
        ethernet: Option<Bound<'_, PyAny>>,
        vlan: Option<Bound<'_, PyAny>>,
        flags: Option<Bound<'_, PyAny>>,
        seq: Option<Bound<'_, PyAny>>,
        ack: Option<Bound<'_, PyAny>>,
        window: Option<Bound<'_, PyAny>>,
        urgent: Option<Bound<'_, PyAny>>,
        options: Option<Bound<'_, PyAny>>,
        r#type: Option<Bound<'_, PyAny>>,
        code: Option<Bound<'_, PyAny>>,
        identifier: Option<Bound<'_, PyAny>>,
        sequence: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let draft = Given {
            py,
            source,
            destination,
            protocol,
            ttl,
            identification,
            dont_fragment,
            ethernet,
            vlan,
            flags,
            seq,
            ack,
            window,
            urgent,
            options,
            kind: r#type,
            code,
            identifier,
            sequence,
        }
        .draft()?;
        let payload = payload
            .map(|data| Payload::of(data, "packet"))
            .transpose()?;
        let bytes = payload.as_ref().map_or(&[][..], Payload::bytes);
        draft
            .packet(bytes)
            .map(Self)
            .map_err(|error| errors::raise(py, error))
    }

    /// Read a packet: the way back from bytes(packet).
    ///
    /// data: bytes-like. first: with which header it begins: "ip" (by default: IPv4 or IPv6, its first four bits tell), "ethernet", "sll" and
    /// "sll2" (Linux's captures on "any"), "null" and "loop" (BSD's loopback). lax: keep what can be read of broken bytes; what is
    /// wrong is then in .problems. A wrong checksum is never an error, always a problem.
    /// Raises BadPacket, a ValueError with .layer, .offset, .needed and .had (in bytes); BadArgument for another first.
    #[staticmethod]
    #[pyo3(signature = (data: "ReadableBuffer", first: "Literal['ip', 'ethernet', 'sll', 'sll2', 'null', 'loop']" = "ip", lax=false))]
    fn parse(py: Python<'_>, data: &Bound<'_, PyAny>, first: &str, lax: bool) -> PyResult<Self> {
        let first = First::from_name(first, "parse").map_err(|error| errors::raise(py, error))?;
        let data = Payload::of(data, "parse")?;
        if lax {
            return Ok(Self(packet::parse_lax(data.bytes(), first)));
        }
        packet::parse(data.bytes(), first)
            .map(Self)
            .map_err(|error| errors::raise(py, error.into()))
    }

    /// All its bytes.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        new_bytes(py, self.0.data())
    }

    /// What the innermost header carries: the message; of an IP fragment, its part of it.
    #[getter]
    fn payload<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        new_bytes(py, self.0.payload())
    }

    /// Who sent it: an Endpoint, its port 0 where there are no ports; None where there is no IP address.
    #[getter]
    fn source(&self) -> Option<PyEndpoint> {
        self.0.source().map(PyEndpoint)
    }

    /// Who it is for: an Endpoint, its port 0 where there are no ports; None where there is no IP address.
    #[getter]
    fn destination(&self) -> Option<PyEndpoint> {
        self.0.destination().map(PyEndpoint)
    }

    /// The innermost protocol that its headers name: "tcp", "udp", "icmp", "icmpv6", "arp", "igmp", "protocol 99", ...
    #[getter]
    fn protocol(&self) -> String {
        self.0.protocol()
    }

    /// With which header it begins, as parse takes it: "ip", "ethernet", ...
    #[getter]
    fn first(&self) -> &'static str {
        self.0.first().name()
    }

    /// How many bytes it had on the wire: more than len(packet) where a capture kept only its beginning.
    #[getter]
    fn wire_length(&self) -> usize {
        self.0.wire_length()
    }

    /// Its layers from the outside in: a tuple of Layer. They are worked out at each access.
    #[getter]
    fn layers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let layers = self.0.layers().into_iter();
        let layers: Vec<_> = layers
            .map(|layer| PyLayer::of(py, layer))
            .collect::<PyResult<_>>()?;
        PyTuple::new(py, layers)
    }

    /// What is wrong with it, in words: broken structure (of a packet read with lax=True), what a capture left out, wrong checksums.
    #[getter]
    fn problems<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.problems())
    }

    /// The packet in one line: "IPv4 TCP 192.168.1.7:50000 > 203.0.113.9:80 [SYN] seq=1 win=64240 len=0".
    #[getter]
    fn summary(&self) -> String {
        self.0.summary()
    }

    /// Time to Live, or Hop Limit; None without an IP header.
    #[getter]
    fn ttl(&self) -> Option<u8> {
        self.0.ttl()
    }

    /// The flags of TCP that are set: ("SYN", "ACK"); empty for other protocols.
    #[getter]
    fn flags<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.tcp_flags())
    }

    /// TCP's Sequence Number, or None.
    #[getter]
    fn seq(&self) -> Option<u32> {
        self.0.tcp_number(4, 32)
    }

    /// TCP's Acknowledgment Number, or None.
    #[getter]
    fn ack(&self) -> Option<u32> {
        self.0.tcp_number(8, 32)
    }

    /// TCP's Window as it stands there, before scaling, or None.
    #[getter]
    fn window(&self) -> Option<u32> {
        self.0.tcp_number(14, 16)
    }

    /// The packet as the lecture's envelope: where to, who for, and the message inside. theme: "light" or "dark".
    #[pyo3(signature = (*, theme: "str" = "light"))]
    fn envelope<'py>(slf: &Bound<'py, Self>, theme: &str) -> PyResult<Bound<'py, PyAny>> {
        drawn(slf.py(), "packet", "envelope", slf, theme)
    }

    /// The packet by the layers of the OSI model, each header as a diagram of its fields. theme: "light" or "dark".
    #[pyo3(signature = (*, theme: "str" = "light"))]
    fn osi<'py>(slf: &Bound<'py, Self>, theme: &str) -> PyResult<Bound<'py, PyAny>> {
        drawn(slf.py(), "packet", "osi", slf, theme)
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyLayer>> {
        let layer = self.0.layers().into_iter().find(|layer| layer.name == name);
        let layer = layer.ok_or_else(|| PyKeyError::new_err(name.to_owned()))?;
        Bound::new(py, PyLayer::of(py, layer)?)
    }

    fn __len__(&self) -> usize {
        self.0.data().len()
    }

    fn __bytes__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.data(py)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other
            .cast::<Self>()
            .is_ok_and(|other| self.0 == other.get().0)
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.data(py)?.hash()
    }

    fn __repr__(&self) -> String {
        self.0.summary()
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Parsed<'py>)> {
        let parse = py.get_type::<Self>().getattr("parse")?;
        Ok((parse, (self.data(py)?, self.first(), true)))
    }

    #[pyo3(signature = (include: "object" = None, exclude: "object" = None))]
    fn _repr_mimebundle_<'py>(
        slf: &Bound<'py, Self>,
        include: Option<&Bound<'py, PyAny>>,
        exclude: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let drawing = drawn(slf.py(), "packet", "drawing", slf, "light")?;
        bundle(&drawing, include, exclude)
    }
}

/// The arguments of parse.
type Parsed<'py> = (Bound<'py, PyBytes>, &'static str, bool);
