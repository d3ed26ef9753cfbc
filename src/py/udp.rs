//! `UdpReceiver`, its `Report`, and the `Message` that it joins.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use super::convert;
use super::endpoint::{PyDatagram, PyEndpoint};
use super::errors;
use super::handlers::{defaults, place};
use super::memory::new_bytes;
use super::pause::{PyPause, deadline, waiting};
use super::place::placed;
use super::socket::PySocket;
use crate::address::Endpoint;
use crate::error::Code;
use crate::ports::Transport;
use crate::socket::Batch;
use crate::udp::{Message, Receiver, Report, bound_for_much};
use crate::wait::{Deadline, Wait};

/// So many datagrams are made objects of before the next are taken: their memory is then used again while it is in the cache.
const AT_ONCE: usize = 64;
/// In a flood that never ends, what came in this time is given: signals are seen between two calls.
const LONGEST: Duration = Duration::from_millis(100);
/// After so many datagrams other threads have the interpreter.
const LET_OTHERS: usize = 1024;

/// What a UdpReceiver has seen: received (datagrams), bytes (those kept), cut (datagrams longer than the size given), dropped
/// (thrown away by the kernel); and of the parts that receive_message took: lost, missing, duplicated, reordered.
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

    /// How many the kernel threw away because the receive buffer was full, or None where it does not tell. Those that it had put
    /// together (UDP_GRO) may count as one.
    #[getter]
    fn dropped(&self) -> Option<u64> {
        self.0.dropped
    }

    /// Parts that never came, of messages that were given up.
    #[getter]
    fn lost(&self) -> u64 {
        self.0.lost
    }

    /// Parts that have not come so far, of messages that may still become whole. What receive_message says of them when its time is
    /// over names them; after 30 seconds without another part they are lost.
    #[getter]
    fn missing(&self) -> u64 {
        self.0.missing
    }

    /// Parts that came again.
    #[getter]
    fn duplicated(&self) -> u64 {
        self.0.duplicated
    }

    /// Parts that came after a later one of their message.
    #[getter]
    fn reordered(&self) -> u64 {
        self.0.reordered
    }

    fn __repr__(&self) -> String {
        let Report {
            received,
            bytes,
            cut,
            dropped,
            lost,
            missing,
            duplicated,
            reordered,
        } = self.0;
        let dropped = dropped.map_or_else(|| "None".to_owned(), |dropped| dropped.to_string());
        format!(
            "Report(received={received}, bytes={bytes}, cut={cut}, dropped={dropped}, lost={lost}, missing={missing}, duplicated={duplicated}, reordered={reordered})"
        )
    }
}

/// A message that came in parts (UdpReceiver.receive_message): data (bytes), sender (Endpoint), id (its number), parts (how many it
/// had), duplicates (how many of them came again before it was whole). bytes(message) is its data.
#[pyclass(frozen, name = "Message", module = "netsteps")]
pub(super) struct PyMessage {
    data: Py<PyBytes>,
    sender: Endpoint,
    id: u32,
    parts: u32,
    duplicates: u64,
}

impl PyMessage {
    fn of(py: Python<'_>, message: &Message) -> PyResult<Self> {
        Ok(Self {
            data: new_bytes(py, &message.data)?.unbind(),
            sender: message.sender,
            id: message.id,
            parts: message.parts,
            duplicates: message.duplicates,
        })
    }
}

#[pymethods]
impl PyMessage {
    /// Its bytes.
    #[getter]
    fn data(&self, py: Python<'_>) -> Py<PyBytes> {
        self.data.clone_ref(py)
    }

    /// Who sent it.
    #[getter]
    fn sender(&self) -> PyEndpoint {
        PyEndpoint(self.sender)
    }

    /// Its number, which its sender gave it.
    #[getter]
    fn id(&self) -> u32 {
        self.id
    }

    /// How many parts it had.
    #[getter]
    fn parts(&self) -> u32 {
        self.parts
    }

    /// How many of them came again before it was whole.
    #[getter]
    fn duplicates(&self) -> u64 {
        self.duplicates
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.data.as_bytes(py).len()
    }

    fn __bytes__(&self, py: Python<'_>) -> Py<PyBytes> {
        self.data.clone_ref(py)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!(
            "<netsteps.Message {}: {} bytes in {} part{} from {}>",
            self.id,
            self.data.as_bytes(py).len(),
            self.parts,
            if self.parts == 1 { "" } else { "s" },
            self.sender
        )
    }
}

/// Receives datagrams from anybody; iterating gives one after the other, until another thread closes it.
///
/// Iteration, receive_many and receive_message take several datagrams from the kernel at once; what one of them took and did not give
/// is given by the next receive of any kind. (A select on .socket does not see those.) The receive buffer is as large as the system
/// permits, up to 4 MiB; .report tells what did not fit.
///
/// host: by default only this machine can send to it; port 0 is a free one, and .endpoint tells which.
/// System calls: socket(2), bind(2), recvfrom(2), recvmmsg(2). Raises AddressInUse, AddressNotLocal, NoPermission. Source: lecture 5, RFC 768.
#[pyclass(frozen, name = "UdpReceiver", module = "netsteps", weakref)]
pub(super) struct PyUdpReceiver {
    socket: Py<PySocket>,
    endpoint: Endpoint,
    counts: Receiver,
    /// Memory for batches, between two of them.
    room: Mutex<Option<Batch>>,
}

impl PyUdpReceiver {
    fn room(&self) -> MutexGuard<'_, Option<Batch>> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
        let socket =
            placed(py, || bound_for_much(endpoint)).map_err(|error| errors::raise(py, error))?;
        let endpoint = socket.local().unwrap_or(endpoint);
        let socket = Py::new(py, PySocket::of(socket))?;
        Ok(Self {
            socket,
            endpoint,
            counts: Receiver::default(),
            room: Mutex::default(),
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
    /// Datagram, empty when none came in time.
    ///
    /// As few system calls as possible: recvmmsg(2), and datagrams of one size from one sender come together (UDP_GRO, udp(7)).
    /// Raises SocketClosed.
    #[pyo3(signature = (count=64, *, timeout=None))]
    fn receive_many<'py>(
        &self,
        py: Python<'py>,
        count: i64,
        timeout: Option<f64>,
    ) -> PyResult<Vec<Bound<'py, PyDatagram>>> {
        let step = "receive_from";
        let count =
            convert::size(count, "count", 1, step).map_err(|error| errors::raise(py, error))?;
        let pause = PyPause::new(py);
        let mut deadline = deadline(timeout, step).map_err(|error| errors::raise(py, error))?;
        let socket = &self.socket.get().core;
        let mut datagrams = Vec::new();
        let mut room = self.room().take().unwrap_or_default();
        let (mut have, mut begun) = (0, None);
        while have < count {
            let wait = Wait {
                deadline,
                pause: &pause,
            };
            let most = (count - have).min(AT_ONCE);
            let receive = || self.counts.receive_batch(socket, &mut room, most, &wait);
            match placed(py, receive) {
                Ok(taken) => have += taken,
                Err(error) if error.code() == Code::TimedOut => break,
                Err(error) if have == 0 => return Err(pause.raise(error)),
                // What came is given first; a socket that is closed says so again.
                Err(error) => {
                    socket.tell_next(&error);
                    break;
                }
            }
            for datagram in room.iter() {
                datagrams.push(PyDatagram::received(py, &datagram)?);
            }
            deadline = Deadline::after(Duration::ZERO);
            let since = *begun.get_or_insert_with(Instant::now);
            if since.elapsed() >= LONGEST {
                break;
            }
            if have.is_multiple_of(LET_OTHERS) {
                py.detach(|| {});
            }
        }
        self.room().replace(room);
        Ok(datagrams)
    }

    /// Receive the next message that was sent in parts (UdpSender.send_message, split), whole: a Message with .data and .sender.
    ///
    /// Messages of several senders may come mixed; datagrams that are no parts are left out. limit: the most bytes of a message; one
    /// that claims more is not taken. timeout: seconds; then TimedOut says which parts are missing, .partial is what came up to the
    /// first of them, and the next call goes on with what came. A message is given up 30 seconds after its last part, and the oldest
    /// when there are more than 256 at once. Raises TimedOut, SocketClosed.
    #[pyo3(signature = (*, limit=8_388_608, timeout=None))]
    fn receive_message(
        &self,
        py: Python<'_>,
        limit: i64,
        timeout: Option<f64>,
    ) -> PyResult<PyMessage> {
        let step = "receive_message";
        let limit =
            convert::size(limit, "limit", 0, step).map_err(|error| errors::raise(py, error))?;
        let message = waiting(py, timeout, step, |wait| {
            self.counts.message(&self.socket.get().core, limit, wait)
        })?;
        PyMessage::of(py, &message)
    }

    /// The socket underneath, bound: what it has done is in .socket.steps, and its send_to answers a sender.
    #[getter]
    fn socket(&self, py: Python<'_>) -> Py<PySocket> {
        self.socket.clone_ref(py)
    }

    /// What it has seen so far: a Report.
    #[getter]
    fn report(&self) -> PyReport {
        PyReport(self.counts.report(&self.socket.get().core))
    }

    /// Give the socket back. Twice is no error. System call: close(2).
    fn close(&self, py: Python<'_>) {
        self.counts.look(&self.socket.get().core);
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

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDatagram>>> {
        if self.socket.get().core.state() == crate::state::State::Closed {
            return Ok(None);
        }
        let next = waiting(py, None, "receive_from", |wait| {
            let socket = &self.socket.get().core;
            self.counts
                .next(socket, wait, |one| PyDatagram::received(py, &one))
        });
        match next {
            Ok(datagram) => datagram.map(Some),
            Err(_) if self.socket.get().core.state() == crate::state::State::Closed => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn __repr__(&self) -> String {
        format!("<netsteps.UdpReceiver on {}>", self.endpoint)
    }
}
