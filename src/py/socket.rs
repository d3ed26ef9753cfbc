//! `Socket`.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::{PyResourceWarning, PyStopIteration};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple, PyType};

use super::callback::call_back;
use super::convert::{self, Address, audit, numbers};
use super::endpoint::{PyDatagram, PyEndpoint};
use super::event::PyStepLine;
use super::kernel::{PyAcceptQueue, PyBuffers, PyTcpInfo};
use super::memory::{Payload, Room, bytes_filled_by, new_bytes};
use super::options::PyOptions;
use super::pause::{PyPause, deadline, waiting};
use super::place::placed;
use super::resolve::audit_lookup;
use super::show::shown;
use super::{errors, life};
use crate::address::{Endpoint, Family};
use crate::error::{Code, Error, Result};
use crate::resolve::Port;
use crate::socket::{Datagram, Socket};
use crate::state::State;
use crate::wait::Wait;

/// A socket, in the steps of the lecture.
///
/// kind is "tcp" (a stream) or "udp" (datagrams), family "ipv4" or "ipv6". Each step is a method; one that is taken out of order
/// raises StepError, names the step that is missing, and changes nothing. Addresses are two arguments (host, port), one tuple,
/// or one Endpoint; a port is a number or the name of a service. Every step that can wait takes timeout= in seconds (None: no
/// limit), and is ended by Ctrl-C and by close() from another thread.
/// System call: socket(2). Raises TooManyFiles. Source: lectures 1, 3 and 4.
#[pyclass(frozen, name = "Socket", module = "netsteps", weakref, subclass)]
pub(super) struct PySocket {
    pub(super) core: Arc<Socket>,
}

impl PySocket {
    pub(super) fn of(core: Socket) -> Self {
        Self {
            core: Arc::new(core),
        }
    }

    /// The endpoint of an address for this socket; a name is looked up.
    fn endpoint(&self, address: &Address, step: &'static str, wait: &Wait<'_>) -> Result<Endpoint> {
        match address {
            Address::Endpoint(endpoint) if endpoint.family() == self.core.family() => Ok(*endpoint),
            // Of the other family: the error says so.
            Address::Endpoint(endpoint) => self.core.endpoint_of(
                &endpoint.ip_text(),
                &Port::Number(endpoint.port()),
                step,
                wait,
            ),
            Address::Named(host, port) => self.core.endpoint_of(host, port, step, wait),
        }
    }
}

fn raised<T>(py: Python<'_>, result: Result<T>) -> PyResult<T> {
    result.map_err(|error| errors::raise(py, error))
}

#[pymethods]
impl PySocket {
    #[new]
    #[classmethod]
    #[pyo3(signature = (kind: "Literal['tcp', 'udp']" = "tcp", family: "Literal['ipv4', 'ipv6']" = "ipv4"))]
    fn new(cls: &Bound<'_, PyType>, kind: &str, family: &str) -> PyResult<Self> {
        let py = cls.py();
        let transport = raised(py, convert::transport(kind, "socket"))?;
        let family = raised(py, Family::from_name(family, "socket"))?;
        let (domain, kind, protocol) = numbers(transport, family);
        audit(py, ("socket.__new__", cls, domain, kind, protocol))?;
        raised(py, placed(py, || Socket::new(transport, family))).map(Self::of)
    }

    /// Take an address: bind(host, port), bind((host, port)) or bind(endpoint). Port 0 is a free one; .local tells which.
    ///
    /// System call: bind(2). Raises AddressInUse (naming who has it), AddressNotLocal (listing this machine's), NoPermission,
    /// NameNotFound, StepError. Source: lectures 1, 3 and 4.
    #[pyo3(signature = (host: "str | tuple[str, int | str] | Endpoint", port: "int | str | None" = None))]
    fn bind(
        slf: &Bound<'_, Self>,
        host: &Bound<'_, PyAny>,
        port: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let py = slf.py();
        let address = Address::of(host, port, "bind")?;
        audit(py, ("socket.bind", slf, address.given(py)?))?;
        let this = slf.get();
        waiting(py, None, "bind", |wait| {
            let endpoint = this.endpoint(&address, "bind", wait)?;
            this.core.bind(endpoint)
        })
    }

    /// Find the peer: connect(host, port), connect((host, port)) or connect(endpoint). For UDP it only sets the one peer.
    ///
    /// timeout: seconds for all of it, the lookup of a name included. System call: connect(2). Raises Refused, TimedOut,
    /// Unreachable, NameNotFound, StepError; after each of these the socket is as it was. Source: lectures 1, 3 and 4.
    #[pyo3(signature = (host: "str | tuple[str, int | str] | Endpoint", port: "int | str | None" = None, *, timeout=None))]
    fn connect(
        slf: &Bound<'_, Self>,
        host: &Bound<'_, PyAny>,
        port: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> PyResult<()> {
        let py = slf.py();
        let address = Address::of(host, port, "connect")?;
        audit(py, ("socket.connect", slf, address.given(py)?))?;
        let this = slf.get();
        waiting(py, timeout, "connect", |wait| {
            let endpoint = this.endpoint(&address, "connect", wait)?;
            this.core.connect(endpoint, wait)
        })
    }

    /// Collect connections. The kernel completes up to backlog of them before they are accepted.
    ///
    /// any_port=True listens without bind before it, on a random loopback port that .local tells.
    /// System call: listen(2). Raises StepError, AddressInUse. Source: lectures 1, 3 and 4.
    #[pyo3(signature = (backlog=128, *, any_port=false))]
    pub(super) fn listen(&self, py: Python<'_>, backlog: i32, any_port: bool) -> PyResult<()> {
        raised(py, placed(py, || self.core.listen(backlog, any_port)))
    }

    /// Take the next connection, and return the new socket for it. The listening socket goes on listening.
    ///
    /// timeout: seconds. System call: accept4(2). Raises TimedOut, SocketClosed, TooManyFiles, StepError.
    /// Source: lectures 1, 3 and 4.
    #[pyo3(signature = (*, timeout=None))]
    pub(super) fn accept(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Py<Self>> {
        let accepted = waiting(py, timeout, "accept", |wait| self.core.accept(wait))?;
        let (domain, kind, protocol) = numbers(accepted.transport(), accepted.family());
        let connection = Py::new(py, Self::of(accepted))?;
        audit(py, ("socket.__new__", &connection, domain, kind, protocol))?;
        Ok(connection)
    }

    /// Read what has come, at most size bytes, in one call. b"" means that the peer has finished and all of it was read.
    ///
    /// One read is not one message: TCP is a stream without borders. For UDP it is one datagram, and DatagramCut is raised when it is
    /// longer than size. timeout: seconds. System call: recv(2). Raises Reset, TimedOut, SocketClosed, StepError.
    #[pyo3(signature = (size=65536, *, timeout=None))]
    pub(super) fn read<'py>(
        &self,
        py: Python<'py>,
        size: i64,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let size = raised(py, convert::size(size, "size", 1, "read"))?;
        bytes_filled_by(py, size, |room| {
            waiting(py, timeout, "read", |wait| self.core.read(room, wait))
        })
    }

    /// Read into a caller's buffer (a bytearray, a writable memoryview), in one call, and return how many bytes came.
    ///
    /// 0 means that the peer has finished. timeout: seconds. System call: recv(2). Raises as read does; BadArgument for a buffer without
    /// room, BufferError for memory that does not lie in one piece.
    #[pyo3(signature = (buffer: "WriteableBuffer", *, timeout=None))]
    pub(super) fn read_into(
        &self,
        py: Python<'_>,
        buffer: &Bound<'_, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<usize> {
        let mut room = Room::of(buffer)?;
        waiting(py, timeout, "read_into", |wait| {
            self.core.read_into(room.bytes(), wait)
        })
    }

    /// Read exactly count bytes, however many calls it takes.
    ///
    /// timeout: seconds for all of it; what had come by then is kept for the next read, and is the error's .partial.
    /// System call: recv(2). Raises UnexpectedEnd when the peer finishes before, and as read does.
    #[pyo3(signature = (count, *, timeout=None))]
    fn read_exactly<'py>(
        &self,
        py: Python<'py>,
        count: i64,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let count = raised(py, convert::size(count, "count", 0, "read_exactly"))?;
        let bytes = waiting(py, timeout, "read_exactly", |wait| {
            self.core.read_exactly(count, wait)
        })?;
        new_bytes(py, &bytes)
    }

    /// Read up to and with the delimiter, b"\n" for a line. What follows it stays for the next read; b"" when the peer has finished.
    ///
    /// limit: the most bytes to take before it comes. timeout: seconds for all of it. System call: recv(2), with MSG_PEEK first.
    /// Raises MessageTooLarge, UnexpectedEnd when the peer finishes in the middle, and as read does.
    #[pyo3(signature = (delimiter: "ReadableBuffer", *, limit=65536, timeout=None))]
    fn read_until<'py>(
        &self,
        py: Python<'py>,
        delimiter: &Bound<'py, PyAny>,
        limit: i64,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let step = "read_until";
        let delimiter = Payload::of(delimiter, step)?.bytes().to_vec();
        let limit = raised(py, convert::size(limit, "limit", 1, step))?;
        if delimiter.is_empty() {
            let error = Error::new(
                Code::BadArgument,
                step,
                "the delimiter is empty",
                "b\"\\n\"",
            );
            return Err(errors::raise(py, error));
        }
        let bytes = waiting(py, timeout, step, |wait| {
            self.core.read_until(&delimiter, limit, wait)
        })?;
        new_bytes(py, &bytes)
    }

    /// Read everything up to the peer's end.
    ///
    /// limit: the most bytes to take, 1 GiB by default; None takes whatever comes. timeout: seconds for all of it.
    /// System call: recv(2). Raises MessageTooLarge, MemoryError, and as read does.
    #[pyo3(signature = (*, limit=1_073_741_824, timeout=None))]
    pub(super) fn read_all<'py>(
        &self,
        py: Python<'py>,
        limit: Option<i64>,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let limit = limit
            .map(|limit| convert::size(limit, "limit", 0, "read_all"))
            .transpose();
        let limit = raised(py, limit)?;
        let bytes = waiting(py, timeout, "read_all", |wait| {
            self.core.read_all(limit, wait)
        })?;
        new_bytes(py, &bytes)
    }

    /// Read one message: a length of four bytes in network byte order, and so many bytes. None when the peer has finished.
    ///
    /// One call takes whatever is there; what lies behind the message is kept here, and the next read of any kind begins with it. So
    /// select and .buffers, which ask the kernel, do not know of it: after .fileno() no more is taken than the message (ask for it before the first).
    /// limit: the longest message in bytes; it is checked before memory is taken. timeout: seconds for all of it.
    /// System call: recv(2). Raises MessageTooLarge, UnexpectedEnd inside a message, and as read does.
    #[pyo3(signature = (*, limit=8_388_608, timeout=None))]
    pub(super) fn read_message<'py>(
        &self,
        py: Python<'py>,
        limit: i64,
        timeout: Option<f64>,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let limit = raised(py, convert::size(limit, "limit", 0, "read_message"))?;
        let message = waiting(py, timeout, "read_message", |wait| {
            self.core.read_message(limit, wait)
        })?;
        message.map(|message| new_bytes(py, &message)).transpose()
    }

    /// Write all of data, in as many calls as it takes; writes of several threads do not mix.
    ///
    /// data: bytes or any bytes-like object, not copied. That write returns means that the kernel has the bytes, not that the peer
    /// has. timeout: seconds for all of it. System call: send(2). Raises BrokenPipe, Reset, TimedOut, SocketClosed, StepError,
    /// BadPayload (a str, for example).
    #[pyo3(signature = (data: "ReadableBuffer", *, timeout=None))]
    pub(super) fn write(
        &self,
        py: Python<'_>,
        data: &Bound<'_, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<()> {
        let payload = Payload::of(data, "write")?;
        waiting(py, timeout, "write", |wait| {
            self.core.write(payload.bytes(), wait)
        })
    }

    /// Send in one raw call, and return how many bytes the kernel took; the rest is the caller's to send again.
    ///
    /// data: any bytes-like object. For UDP it is one datagram to the connected peer. timeout: seconds.
    /// System call: send(2). Raises as write does; for UDP DatagramTooLarge and Refused.
    #[pyo3(signature = (data: "ReadableBuffer", *, timeout=None))]
    pub(super) fn send(
        &self,
        py: Python<'_>,
        data: &Bound<'_, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<usize> {
        let payload = Payload::of(data, "send")?;
        waiting(py, timeout, "send", |wait| {
            self.core.send(payload.bytes(), wait)
        })
    }

    /// Write one message: its length in four bytes in network byte order, and its bytes, in one call where the kernel takes both.
    ///
    /// data: any bytes-like object. timeout: seconds for all of it. System call: sendmsg(2). Raises as write does.
    #[pyo3(signature = (data: "ReadableBuffer", *, timeout=None))]
    pub(super) fn write_message(
        &self,
        py: Python<'_>,
        data: &Bound<'_, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<()> {
        let payload = Payload::of(data, "write_message")?;
        waiting(py, timeout, "write_message", |wait| {
            self.core.write_message(payload.bytes(), wait)
        })
    }

    /// Write a file, without its bytes passing through this process, and return how many bytes went.
    ///
    /// path: a regular file. offset and count choose a part, in bytes. progress(done, total) is called after each piece of up to
    /// 4 MiB; what it raises ends the step. timeout: seconds for all of it. System call: sendfile(2).
    /// Raises FileNotFoundError and its like for the file, and as write does for the socket.
    #[pyo3(signature = (path, *, offset=0, count=None, progress: "Callable[[int, int], object] | None" = None, timeout=None))]
    pub(super) fn write_file(
        &self,
        py: Python<'_>,
        path: PathBuf,
        offset: u64,
        count: Option<u64>,
        progress: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> PyResult<u64> {
        // Before it is opened: to open a pipe would wait for its other end.
        let about = std::fs::metadata(&path).map_err(|error| errors::of_file(&error, &path))?;
        if !about.is_file() {
            let cause = format!("{} is not a regular file", path.display());
            let error = Error::new(
                Code::BadArgument,
                "write_file",
                cause,
                "write, for what is read from elsewhere",
            );
            return Err(errors::raise(py, error));
        }
        let file = std::fs::File::open(&path).map_err(|error| errors::of_file(&error, &path))?;
        // A file of /proc says 0 and has content: it is read until its end.
        let size = if about.len() == 0 {
            u64::MAX
        } else {
            about.len()
        };
        let rest = size.saturating_sub(offset);
        let total = count.map_or(rest, |count| count.min(rest));

        let pause = PyPause::new(py);
        deadline(timeout, "write_file")
            .and_then(|deadline| {
                let wait = Wait {
                    deadline,
                    pause: &pause,
                };
                let mut told = |done| match progress {
                    Some(call) => call_back(py, || {
                        call.call1((done, if about.len() == 0 { done } else { total }))
                    })
                    .map(drop)
                    .map_err(|error| pause.stop_with(error)),
                    None => Ok(()),
                };
                placed(py, || {
                    self.core.write_file(&file, offset, total, &wait, &mut told)
                })
            })
            .map_err(|error| pause.raise(error))
    }

    /// Send one datagram: send_to(data, host, port), send_to(data, (host, port)) or send_to(data, endpoint). Returns its size.
    ///
    /// timeout: seconds. System call: sendto(2). Raises DatagramTooLarge (the limit is 65,507 bytes over IPv4, 65,527 over IPv6),
    /// NoPermission (broadcast without the option), StepError. Source: lecture 5, RFC 768.
    #[pyo3(signature = (data: "ReadableBuffer", host: "str | tuple[str, int | str] | Endpoint", port: "int | str | None" = None, *, timeout=None))]
    fn send_to(
        slf: &Bound<'_, Self>,
        data: &Bound<'_, PyAny>,
        host: &Bound<'_, PyAny>,
        port: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> PyResult<usize> {
        let py = slf.py();
        let payload = Payload::of(data, "send_to")?;
        let address = Address::of(host, port, "send_to")?;
        audit(py, ("socket.sendto", slf, address.given(py)?))?;
        let this = slf.get();
        waiting(py, timeout, "send_to", |wait| {
            let endpoint = this.endpoint(&address, "send_to", wait)?;
            this.core.send_to(payload.bytes(), endpoint, wait)
        })
    }

    /// Receive one datagram: a Datagram with .data, .sender, and .truncated_from where it was longer than size.
    ///
    /// timeout: seconds. System call: recvfrom(2). Raises TimedOut, SocketClosed, StepError, and Refused when an earlier datagram to
    /// a connected peer came back. Source: lecture 5, RFC 768.
    #[pyo3(signature = (size=65535, *, timeout=None))]
    fn receive_from(
        &self,
        py: Python<'_>,
        size: i64,
        timeout: Option<f64>,
    ) -> PyResult<PyDatagram> {
        let size = raised(py, convert::size(size, "size", 0, "receive_from"))?;
        let datagram: Datagram = waiting(py, timeout, "receive_from", |wait| {
            self.core.receive_from(size, wait)
        })?;
        PyDatagram::of(py, &datagram)
    }

    /// Close our sending half: the peer reads all that was written, then b""; we can still read. Twice is no error.
    ///
    /// System call: shutdown(2) with SHUT_WR. Raises StepError. Source: RFC 9293 section 3.6.
    pub(super) fn finish(&self, py: Python<'_>) -> PyResult<()> {
        raised(py, placed(py, || self.core.finish()))
    }

    /// Give the socket back. Whoever waits on it is woken, with SocketClosed. Twice is no error.
    ///
    /// System call: close(2). Source: lectures 1 and 3.
    pub(super) fn close(&self, py: Python<'_>) {
        placed(py, || {
            if self.core.lingers() {
                py.detach(|| self.core.close());
            } else {
                self.core.close();
            }
        });
    }

    /// The lecture's open: getaddrinfo, socket, connect. Every address of the host is tried in its order.
    ///
    /// host is a name or an address in digits, service a name ("http") or a port; one Endpoint or tuple stands for both.
    /// kind is "tcp" or "udp", timeout seconds for all of it.
    /// System calls: getaddrinfo(3), socket(2), connect(2). Raises NameNotFound, and the error of the last address tried.
    /// Source: lecture 3, which tries only the first address.
    #[staticmethod]
    #[pyo3(signature = (host: "str | tuple[str, int | str] | Endpoint", service: "int | str | None" = None, *, kind: "Literal['tcp', 'udp']" = "tcp", timeout=None))]
    fn open(
        py: Python<'_>,
        host: &Bound<'_, PyAny>,
        service: Option<&Bound<'_, PyAny>>,
        kind: &str,
        timeout: Option<f64>,
    ) -> PyResult<Self> {
        open_socket(py, host, service, kind, timeout).map(Self::of)
    }

    /// "tcp" or "udp".
    #[getter]
    fn kind(&self) -> &'static str {
        self.core.transport().name()
    }

    /// "ipv4" or "ipv6".
    #[getter]
    fn family(&self) -> &'static str {
        self.core.family().name()
    }

    /// The descriptor: the number by which the system knows the socket; -1 from close on.
    #[getter]
    fn number(&self) -> i64 {
        self.core.hand_out();
        self.core.number()
    }

    /// Where it stands: "created", "bound", "listening", "connected", "finished" (we have), "peer finished", "both finished",
    /// "reset" or "closed".
    #[getter]
    fn state(&self) -> &'static str {
        self.core.state().name()
    }

    /// Our Endpoint, or None while there is none. System call: getsockname(2).
    #[getter]
    fn local(&self) -> Option<PyEndpoint> {
        self.core.local().map(PyEndpoint)
    }

    /// The peer's Endpoint, or None while there is none.
    #[getter]
    fn peer(&self) -> Option<PyEndpoint> {
        self.core.peer().map(PyEndpoint)
    }

    /// The bytes that the kernel holds for it at this moment (Buffers): unread, unacknowledged, unsent, the capacities.
    ///
    /// None for a TCP socket that is not connected, and where the system does not tell (Linux does). System calls: ioctl(2) with
    /// SIOCINQ and SIOCOUTQ, getsockopt(2) with SO_MEMINFO. Raises SocketClosed. Source: lecture 4.
    #[getter]
    fn buffers(&self, py: Python<'_>) -> PyResult<Option<PyBuffers>> {
        Ok(raised(py, self.core.buffers())?.map(Into::into))
    }

    /// What the kernel knows of the connection at this moment (TcpInfo): state, rtt_us, cwnd, retransmissions, windows.
    ///
    /// While connect waits in another thread the state is "SYN_SENT". None for UDP, for a socket that is not connected, and where the
    /// system does not tell (Linux does). System call: getsockopt(2) with TCP_INFO. Raises SocketClosed. Source: tcp(7).
    #[getter]
    fn tcp(&self, py: Python<'_>) -> PyResult<Option<PyTcpInfo>> {
        Ok(raised(py, self.core.tcp())?.map(Into::into))
    }

    /// The connections that wait to be accepted at this moment (AcceptQueue): length and limit.
    ///
    /// None for a socket that does not listen, and where the system does not tell (Linux does). System call: getsockopt(2) with
    /// TCP_INFO. Raises SocketClosed. Source: listen(2).
    #[getter]
    fn queue(&self, py: Python<'_>) -> PyResult<Option<PyAcceptQueue>> {
        Ok(raised(py, self.core.queue())?.map(Into::into))
    }

    /// What was done to this socket so far, as a table; runs of equal steps are one line with a count.
    #[getter]
    fn steps<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (lines, left_out) = self.core.steps();
        let lines: Vec<PyStepLine> = lines.into_iter().map(PyStepLine).collect();
        shown(py, "steps", "table_of_steps", (lines, left_out), None)
    }

    /// The life of this socket, drawn: the state table with the way it went, where it stands, and what is possible now.
    ///
    /// theme: "light" or "dark". Raises ValueError for another theme. Source: lectures 1 and 3 (the server's and the client's steps).
    #[pyo3(signature = (*, theme: "Literal['light', 'dark']" = "light"))]
    fn life<'py>(&self, py: Python<'py>, theme: &str) -> PyResult<Bound<'py, PyAny>> {
        life::drawn(py, &self.core, theme)
    }

    /// What can be set on it, by name: socket.options.no_delay = True.
    #[getter]
    fn options(&self) -> PyOptions {
        PyOptions(Arc::clone(&self.core))
    }

    /// The descriptor, for select and the like; it is non-blocking underneath. -1 from close on.
    ///
    /// From then on the socket is used as one that others use too: a read waits by ppoll(2), never inside recv(2), and read_message
    /// takes no more than the message.
    fn fileno(&self) -> i64 {
        self.core.hand_out();
        self.core.number()
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

    /// The next connection; the iteration ends when the socket is closed.
    fn __next__(&self, py: Python<'_>) -> PyResult<Py<Self>> {
        if self.core.state() == State::Closed {
            return Err(PyStopIteration::new_err(()));
        }
        self.accept(py, None).map_err(|error| {
            if self.core.state() == State::Closed
                && error.is_instance_of::<pyo3::exceptions::PyOSError>(py)
            {
                PyStopIteration::new_err(())
            } else {
                error
            }
        })
    }

    fn __repr__(&self) -> String {
        describe(&self.core)
    }
}

/// The lecture's `open`, for everything that begins with it.
pub(super) fn open_socket(
    py: Python<'_>,
    host: &Bound<'_, PyAny>,
    service: Option<&Bound<'_, PyAny>>,
    kind: &str,
    timeout: Option<f64>,
) -> PyResult<Socket> {
    let step = "open";
    let transport = raised(py, convert::transport(kind, step))?;
    let (host, port) = Address::of(host, service, step)?.parts();
    audit_lookup(py, &host, &port, transport)?;
    // Which family it will be, the lookup tells.
    let (_, number, protocol) = numbers(transport, Family::Ipv4);
    audit(py, ("socket.__new__", py.None(), 0, number, protocol))?;
    audit(
        py,
        (
            "socket.connect",
            py.None(),
            convert::given(py, &host, &port)?,
        ),
    )?;
    waiting(py, timeout, step, |wait| {
        Socket::open(&host, &port, transport, wait)
    })
}

fn describe(socket: &Socket) -> String {
    let local = socket
        .local()
        .map_or_else(String::new, |local| format!(" local={local}"));
    let peer = socket
        .peer()
        .map_or_else(String::new, |peer| format!(" peer={peer}"));
    format!(
        "<netsteps.Socket {} {} number={} {}{local}{peer}>",
        socket.transport().name(),
        socket.family().name(),
        socket.number(),
        socket.state().name()
    )
}

impl Drop for PySocket {
    /// A forgotten close is told, as the standard library tells it.
    fn drop(&mut self) {
        if self.core.state() == State::Closed || Arc::strong_count(&self.core) > 1 {
            return;
        }
        let told = format!("unclosed {}", describe(&self.core));
        self.core.close();
        // Not at the interpreter's end, when nobody can be told any more.
        Python::try_attach(|py| {
            let current = PyErr::take(py);
            let category = py.get_type::<PyResourceWarning>();
            let text = std::ffi::CString::new(told).unwrap_or_default();
            if let Err(error) = PyErr::warn(py, &category, &text, 1) {
                error.write_unraisable(py, None);
            }
            if let Some(current) = current {
                current.restore(py);
            }
        });
    }
}
