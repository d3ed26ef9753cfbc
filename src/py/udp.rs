//! `UdpSender` and `UdpReceiver`.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::callback::call_back;
use super::convert;
use super::endpoint::{PyDatagram, PyEndpoint};
use super::errors;
use super::handlers::{defaults, place};
use super::memory::Payload;
use super::pause::{PyPause, deadline, waiting};
use super::place::placed;
use super::socket::{PySocket, open_socket};
use crate::address::Endpoint;
use crate::error::Code;
use crate::ports::Transport;
use crate::udp::{Receiver, Report, bound};
use crate::wait::{Deadline, Wait};

/// Sends datagrams to one peer: UdpSender(host, port). Nothing tells whether they arrive.
///
/// host is a name or an address, port a number or the name of a service. timeout: seconds for the lookup. The socket underneath is
/// .socket, connected, so that a refusal by the peer's machine is told by a later send (Refused).
/// System calls: getaddrinfo(3), socket(2), connect(2). Raises NameNotFound. Source: lecture 5, RFC 768.
#[pyclass(frozen, name = "UdpSender", module = "netsteps", weakref)]
pub(super) struct PyUdpSender {
    socket: Py<PySocket>,
}

#[pymethods]
impl PyUdpSender {
    #[new]
    #[pyo3(signature = (host: "str | tuple[str, int | str] | Endpoint", port: "int | str | None" = None, *, timeout=None))]
    fn new(
        py: Python<'_>,
        host: &Bound<'_, PyAny>,
        port: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> PyResult<Self> {
        let core = open_socket(py, host, port, "udp", timeout)?;
        Ok(Self {
            socket: Py::new(py, PySocket::of(core))?,
        })
    }

    /// Send one datagram, and return its size in bytes. timeout: seconds. System call: send(2).
    ///
    /// Raises DatagramTooLarge (more than 65,507 bytes over IPv4, 65,527 over IPv6), Refused (an earlier one came back).
    #[pyo3(signature = (data: "ReadableBuffer", *, timeout=None))]
    fn send(
        &self,
        py: Python<'_>,
        data: &Bound<'_, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<usize> {
        self.socket.get().send(py, data, timeout)
    }

    /// Send each of the messages as one datagram, and return how many were sent. timeout: seconds for all of them.
    ///
    /// messages: bytes-like objects. Raises as send does, for the first that cannot be sent; those before it are on their way.
    #[pyo3(signature = (messages: "Iterable[ReadableBuffer]", *, timeout=None))]
    fn send_many(
        &self,
        py: Python<'_>,
        messages: &Bound<'_, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<usize> {
        let deadline = deadline(timeout, "send").map_err(|error| errors::raise(py, error))?;
        let pause = PyPause::new(py);
        let wait = Wait {
            deadline,
            pause: &pause,
        };
        let socket = &self.socket.get().core;
        let mut sent = 0;
        let mut messages = messages.try_iter()?;
        while let Some(message) = call_back(py, || messages.next()) {
            let message = message?;
            let payload = Payload::of(&message, "send")?;
            placed(py, || socket.send_next(payload.bytes(), sent, &wait))
                .map_err(|error| pause.raise(error))?;
            sent += 1;
        }
        Ok(sent)
    }

    /// The socket underneath.
    #[getter]
    fn socket(&self, py: Python<'_>) -> Py<PySocket> {
        self.socket.clone_ref(py)
    }

    /// Our Endpoint.
    #[getter]
    fn local(&self) -> Option<PyEndpoint> {
        self.socket.get().core.local().map(PyEndpoint)
    }

    /// The receiver's Endpoint.
    #[getter]
    fn peer(&self) -> Option<PyEndpoint> {
        self.socket.get().core.peer().map(PyEndpoint)
    }

    /// Give the socket back. Twice is no error. System call: close(2).
    fn close(&self, py: Python<'_>) {
        self.socket.get().close(py);
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception: "object"))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) {
        self.close(py);
    }

    fn __repr__(&self) -> String {
        let peer = self
            .socket
            .get()
            .core
            .peer()
            .map_or_else(String::new, |peer| peer.to_string());
        format!("<netsteps.UdpSender to {peer}>")
    }
}

/// What a UdpReceiver has seen: received (datagrams), bytes (those kept), cut (datagrams longer than the size given).
#[pyclass(frozen, eq, name = "Report", module = "netsteps")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct PyReport(Report);

#[pymethods]
impl PyReport {
    /// Datagrams that arrived.
    #[getter]
    fn received(&self) -> u64 {
        self.0.received
    }

    /// Their bytes, as many as were kept.
    #[getter]
    fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// How many of them were cut.
    #[getter]
    fn cut(&self) -> u64 {
        self.0.cut
    }

    fn __repr__(&self) -> String {
        format!(
            "Report(received={}, bytes={}, cut={})",
            self.0.received, self.0.bytes, self.0.cut
        )
    }
}

/// Receives datagrams from anybody; iterating gives one after the other, until another thread closes it.
///
/// host: by default only this machine can send to it; port 0 is a free one, and .endpoint tells which.
/// System calls: socket(2), bind(2), recvfrom(2). Raises AddressInUse, AddressNotLocal, NoPermission. Source: lecture 5, RFC 768.
#[pyclass(frozen, name = "UdpReceiver", module = "netsteps", weakref)]
pub(super) struct PyUdpReceiver {
    socket: Py<PySocket>,
    endpoint: Endpoint,
    counts: Receiver,
}

#[pymethods]
impl PyUdpReceiver {
    #[new]
    #[pyo3(signature = (host: "str | None" = None, port: "int | str | None" = None))]
    fn new<'py>(
        py: Python<'py>,
        host: Option<Bound<'py, PyAny>>,
        port: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Self> {
        let (host, port) = defaults(py, host, port)?;
        let endpoint = place(py, &host, &port, Transport::Udp)?;
        let socket = placed(py, || bound(endpoint)).map_err(|error| errors::raise(py, error))?;
        let endpoint = socket.local().unwrap_or(endpoint);
        let socket = Py::new(py, PySocket::of(socket))?;
        Ok(Self {
            socket,
            endpoint,
            counts: Receiver::default(),
        })
    }

    /// Where it receives: an Endpoint.
    #[getter]
    fn endpoint(&self) -> PyEndpoint {
        PyEndpoint(self.endpoint)
    }

    /// Receive the next datagram. size: the most bytes to keep of it. timeout: seconds. Raises TimedOut, SocketClosed.
    #[pyo3(signature = (size=65535, *, timeout=None))]
    fn receive(&self, py: Python<'_>, size: i64, timeout: Option<f64>) -> PyResult<PyDatagram> {
        let size = convert::size(size, "size", 0, "receive_from")
            .map_err(|error| errors::raise(py, error))?;
        let datagram = waiting(py, timeout, "receive_from", |wait| {
            self.counts.receive(&self.socket.get().core, size, wait)
        })?;
        PyDatagram::of(py, &datagram)
    }

    /// Receive what has come: wait up to timeout seconds for the first datagram, then take up to count that are there. A list of
    /// Datagram, empty when none came in time. Raises SocketClosed.
    #[pyo3(signature = (count=64, *, timeout=None))]
    fn receive_many(
        &self,
        py: Python<'_>,
        count: i64,
        timeout: Option<f64>,
    ) -> PyResult<Vec<PyDatagram>> {
        let step = "receive_from";
        let count =
            convert::size(count, "count", 1, step).map_err(|error| errors::raise(py, error))?;
        let pause = PyPause::new(py);
        let mut deadline = deadline(timeout, step).map_err(|error| errors::raise(py, error))?;
        let mut datagrams = Vec::new();
        while datagrams.len() < count {
            let wait = Wait {
                deadline,
                pause: &pause,
            };
            let socket = &self.socket.get().core;
            let receive = || {
                self.counts
                    .receive(socket, crate::socket::MAX_DATAGRAM, &wait)
            };
            match placed(py, receive) {
                Ok(datagram) => datagrams.push(PyDatagram::of(py, &datagram)?),
                Err(error) if error.code() == Code::TimedOut => break,
                Err(error) => return Err(pause.raise(error)),
            }
            deadline = Deadline::after(std::time::Duration::ZERO);
        }
        Ok(datagrams)
    }

    /// The socket underneath, bound: what it has done is in .socket.steps, and its send_to answers a sender.
    #[getter]
    fn socket(&self, py: Python<'_>) -> Py<PySocket> {
        self.socket.clone_ref(py)
    }

    /// What it has seen so far: a Report.
    #[getter]
    fn report(&self) -> PyReport {
        PyReport(self.counts.report())
    }

    /// Give the socket back. Twice is no error. System call: close(2).
    fn close(&self, py: Python<'_>) {
        self.socket.get().close(py);
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception: "object"))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) {
        self.close(py);
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<PyDatagram>> {
        if self.socket.get().core.state() == crate::state::State::Closed {
            return Ok(None);
        }
        match self.receive(py, 65_535, None) {
            Ok(datagram) => Ok(Some(datagram)),
            Err(_) if self.socket.get().core.state() == crate::state::State::Closed => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn __repr__(&self) -> String {
        format!("<netsteps.UdpReceiver on {}>", self.endpoint)
    }
}
