//! `UdpSender`.

use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyIterator, PyList, PyMemoryView, PyString, PyTuple};

use super::callback::call_back;
use super::convert;
use super::endpoint::PyEndpoint;
use super::errors;
use super::memory::{Payload, fixed};
use super::pause::{PyPause, deadline};
use super::place::placed;
use super::socket::{PySocket, open_socket};
use crate::address::Family;
use crate::error::{Code, Error};
use crate::packet::split::{self, Splitter};
use crate::socket::Outgoing;
use crate::udp::sender::BATCH;
use crate::udp::{Pace, send_message};
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

    /// Send each of the messages as one datagram, by as few system calls as possible, and return how many were sent.
    ///
    /// messages: bytes-like objects; those of a list are read where they lie, an iterator is asked for up to 1,024 before they are sent
    /// (with a rate, for those that are due). Those of one size leave together, and the kernel cuts them apart (segmentation
    /// offload), up to 64 by one call. rate: so many datagrams a second, evenly and by the clock; None: as fast as the machine can,
    /// which is faster than many a receiver. timeout: seconds for all of them. System call: sendmmsg(2), with UDP_SEGMENT (udp(7)).
    /// Raises as send does, for the first that cannot be sent: those before it are on their way, and the error says how many (in a note,
    /// where it is no bytes, or messages raised it).
    #[pyo3(signature = (messages: "Iterable[ReadableBuffer]", *, timeout=None, rate=None))]
    fn send_many(
        &self,
        py: Python<'_>,
        messages: &Bound<'_, PyAny>,
        timeout: Option<f64>,
        rate: Option<f64>,
    ) -> PyResult<usize> {
        let (deadline, mut pace) = timed(py, timeout, rate, "send")?;
        let pause = PyPause::new(py);
        let wait = Wait {
            deadline,
            pause: &pause,
        };
        let socket = &self.socket.get().core;
        let mut source = Source::of(messages)?;
        let mut sent = 0;
        let mut payloads = Vec::new();
        loop {
            let mut ended = source.fill(&mut payloads, 1);
            if let (Some(pace), false) = (&mut pace, payloads.is_empty()) {
                let most = pace.due(socket, &wait);
                let most = most.map_err(|error| pause.raise(after(error, sent)))?;
                if ended.is_none() {
                    ended = source.fill(&mut payloads, most.min(BATCH));
                }
            } else if ended.is_none() {
                ended = source.fill(&mut payloads, BATCH);
            }
            let outgoing: Vec<_> = payloads
                .iter()
                .map(|payload| Outgoing::new(payload.bytes()))
                .collect();
            let (taken, error) = placed(py, || socket.send_next_batch(&outgoing, sent, &wait));
            sent += taken;
            if let Some(pace) = &mut pace {
                pace.count(taken);
            }
            if let Some(error) = error {
                return Err(pause.raise(after(error, sent)));
            }
            match ended {
                Some(Ok(())) => return Ok(sent),
                Some(Err(error)) => return Err(noted(py, error, sent)),
                None => payloads.clear(),
            }
        }
    }

    /// Send one message of any size as numbered parts, each in a datagram of its own, and return how many parts there were.
    ///
    /// message: bytes-like, up to 4 GiB; UdpReceiver.receive_message joins it again. size: the most bytes of a datagram, the header of
    /// 16 included; None is what passes an Ethernet whole: 1472 over IPv4, 1452 over IPv6. Nothing is sent again when it is lost:
    /// a message much larger than the receiver's buffer needs a rate= that the receiver keeps up with, in datagrams a second.
    /// timeout: seconds for all of it. System call: sendmmsg(2). Raises BadArgument for a size, and as send does.
    #[pyo3(signature = (message: "ReadableBuffer", *, size: "int | None" = None, timeout=None, rate=None))]
    fn send_message(
        &self,
        py: Python<'_>,
        message: &Bound<'_, PyAny>,
        size: Option<i64>,
        timeout: Option<f64>,
        rate: Option<f64>,
    ) -> PyResult<u32> {
        let payload = Payload::of(message, "send_message")?;
        let (deadline, mut pace) = timed(py, timeout, rate, "send_message")?;
        let socket = &self.socket.get().core;
        let whole = match socket.family() {
            Family::Ipv4 => split::SIZE,
            Family::Ipv6 => split::SIZE - 20,
        };
        let size = match size {
            Some(size) => convert::size(size, "size", 0, "send_message")
                .map_err(|error| errors::raise(py, error))?,
            None => whole,
        };
        let splitter = Splitter::new(payload.bytes().len(), size, split::next_id())
            .map_err(|error| errors::raise(py, error.in_step("send_message")))?;
        let pause = PyPause::new(py);
        let wait = Wait {
            deadline,
            pause: &pause,
        };
        let send = || send_message(socket, payload.bytes(), splitter, pace.as_mut(), &wait);
        placed(py, send).map_err(|error| pause.raise(error.in_step("send_message")))
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

/// The time and the rate of a step.
fn timed(
    py: Python<'_>,
    timeout: Option<f64>,
    rate: Option<f64>,
    step: &'static str,
) -> PyResult<(Deadline, Option<Pace>)> {
    let raised = |error: Error| errors::raise(py, error.in_step(step));
    let pace = rate.map(Pace::new).transpose().map_err(raised)?;
    Ok((deadline(timeout, step).map_err(raised)?, pace))
}

/// An error after some datagrams had left says how many.
fn after(error: Error, sent: usize) -> Error {
    match sent {
        0 => error,
        _ => error.adding(&format!(" ({})", had_been_sent(sent))),
    }
}

/// The same for what the program itself raised, and for a message that is none.
fn noted(py: Python<'_>, error: PyErr, sent: usize) -> PyErr {
    if sent > 0 {
        // It fails only for a class of the program that does not let itself be noted; the error is told anyway.
        let _ = call_back(py, || {
            error
                .value(py)
                .call_method1("add_note", (had_been_sent(sent),))
        });
    }
    error
}

fn had_been_sent(sent: usize) -> String {
    let plural = if sent == 1 { "" } else { "s" };
    format!("{sent} datagram{plural} had been sent")
}

/// One message where several are wanted: its single bytes are nobody's messages.
fn one_message(message: &Bound<'_, PyAny>) -> PyErr {
    let kind = message
        .get_type()
        .name()
        .map_or_else(|_| "object".into(), |name| name.to_string());
    let cause = format!("several messages are wanted, and this {kind} is one");
    let remedy = "send(data) for one, or a list of messages: send_many([data])";
    errors::raise(
        message.py(),
        Error::new(Code::BadPayload, "send", cause, remedy),
    )
}

fn is_one_message(messages: &Bound<'_, PyAny>) -> bool {
    messages.is_instance_of::<PyBytes>()
        || messages.is_instance_of::<PyByteArray>()
        || messages.is_instance_of::<PyMemoryView>()
        || messages.is_instance_of::<PyString>()
}

/// Where messages come from.
enum Source<'a, 'py> {
    /// No code of the program runs when one is taken out of a list.
    List(&'a Bound<'py, PyList>, usize),
    Iterator(Bound<'py, PyIterator>),
}

impl<'a, 'py> Source<'a, 'py> {
    fn of(messages: &'a Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok(list) = messages.cast_exact::<PyList>() {
            return Ok(Self::List(list, 0));
        }
        if is_one_message(messages) {
            return Err(one_message(messages));
        }
        call_back(messages.py(), || messages.try_iter()).map(Self::Iterator)
    }

    fn next(&mut self) -> Option<PyResult<Bound<'py, PyAny>>> {
        match self {
            // It may be made shorter by another thread at any time.
            Self::List(list, at) => {
                let item = list.get_item(*at).ok()?;
                *at += 1;
                Some(Ok(item))
            }
            Self::Iterator(iterator) => {
                let py = iterator.py();
                call_back(py, || iterator.next())
            }
        }
    }

    /// Takes messages until there are so many; when they end before, how.
    fn fill(&mut self, payloads: &mut Vec<Payload<'py>>, most: usize) -> Option<PyResult<()>> {
        while payloads.len() < most {
            let Some(next) = self.next() else {
                return Some(Ok(()));
            };
            let taken = next.and_then(|message| match message.cast_into::<PyBytes>() {
                Ok(bytes) => Ok(Payload::Bytes(bytes)),
                Err(other) if matches!(self, Self::List(..)) => {
                    Payload::of(&other.into_inner(), "send")
                }
                // A generator may fill the same bytearray for each of its messages.
                Err(other) => fixed(&other.into_inner(), "send").map(Payload::Bytes),
            });
            match taken {
                Ok(payload) => payloads.push(payload),
                Err(error) => return Some(Err(error)),
            }
        }
        None
    }
}
