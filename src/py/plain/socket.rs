//! The class: making, ends, options, time.

use std::sync::{Arc, OnceLock};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use super::address::{given, told};
use super::errors::{calling, raise};
use super::{making, message, moving, options};
use crate::error::{Code, Error};
use crate::py::convert::audit;
use crate::py::event::PyStepLine;
use crate::py::place::placed;
use crate::py::show::shown;
use crate::socket::plain::{PlainSocket, Timeout};

/// A socket with the standard library's calls: any of them in any order, and what the kernel says is raised.
///
/// netsteps.compat.socket is made of it; see the documentation of the standard library's socket for each call.
#[pyclass(frozen, name = "PlainSocket", module = "netsteps._core", subclass)]
pub(crate) struct PyPlainSocket {
    core: OnceLock<Arc<PlainSocket>>,
}

impl PyPlainSocket {
    /// The socket; one that was never opened is a closed one.
    pub(super) fn core(&self, py: Python<'_>, step: &'static str) -> PyResult<&Arc<PlainSocket>> {
        self.core.get().ok_or_else(|| {
            let cause = "this socket was never opened";
            raise(py, &Error::new(Code::Closed, step, cause, "a new socket"))
        })
    }

    /// Becomes this socket, which waits as socket.setdefaulttimeout() says.
    pub(super) fn hold(&self, py: Python<'_>, socket: PlainSocket) -> PyResult<()> {
        self.core
            .set(Arc::new(socket))
            .map_err(|_| PyRuntimeError::new_err("this socket is open already"))?;
        match options::default_timeout(py)? {
            Timeout::Never => Ok(()),
            timeout => self.set(py, timeout),
        }
    }
}

#[pymethods]
impl PyPlainSocket {
    #[new]
    #[pyo3(signature = (*_arguments: "object", **_named: "object"))]
    fn new(_arguments: &Bound<'_, PyTuple>, _named: Option<&Bound<'_, PyDict>>) -> Self {
        Self {
            core: OnceLock::new(),
        }
    }

    /// Make the socket, or take the one of fileno. System call: socket(2).
    #[pyo3(signature = (family, r#type, proto, fileno=None))]
    fn _open(
        slf: &Bound<'_, Self>,
        family: i32,
        r#type: i32,
        proto: i32,
        fileno: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        making::open(slf, family, r#type, proto, fileno)
    }

    /// Make two objects, not open yet, two sockets that are connected to each other. System call: socketpair(2).
    #[staticmethod]
    fn _pair(
        one: &Bound<'_, Self>,
        other: &Bound<'_, Self>,
        family: i32,
        r#type: i32,
        proto: i32,
    ) -> PyResult<()> {
        making::pair(one, other, family, r#type, proto)
    }

    /// Take the next connection into an object that is not open yet, and return the client's address. System call: accept4(2).
    fn _accept_into<'py>(
        &self,
        py: Python<'py>,
        connection: &Bound<'py, Self>,
    ) -> PyResult<Bound<'py, PyAny>> {
        making::accept_into(self, py, connection)
    }

    /// Take the next connection, and return its descriptor and the client's address. System call: accept4(2).
    fn _accept<'py>(&self, py: Python<'py>) -> PyResult<(i32, Bound<'py, PyAny>)> {
        let core = self.core(py, "accept")?;
        let (accepted, peer) = calling(py, |pause| core.accept(pause))?;
        let peer = told(py, &peer)?;
        Ok((accepted.detach(), peer))
    }

    /// Bind to an address. System call: bind(2).
    #[pyo3(signature = (address, /))]
    fn bind(slf: &Bound<'_, Self>, address: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let core = slf.get().core(py, "bind")?;
        let to = given(core, address, "bind")?;
        audit(py, ("socket.bind", slf, address))?;
        placed(py, || core.bind(&to)).map_err(|error| raise(py, &error))
    }

    /// Connect to an address. System call: connect(2).
    #[pyo3(signature = (address, /))]
    fn connect(slf: &Bound<'_, Self>, address: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let core = slf.get().core(py, "connect")?;
        let to = given(core, address, "connect")?;
        audit(py, ("socket.connect", slf, address))?;
        calling(py, |pause| core.connect(&to, pause))
    }

    /// Connect to an address, and return the system's number of the error, or 0. System call: connect(2).
    #[pyo3(signature = (address, /))]
    fn connect_ex(slf: &Bound<'_, Self>, address: &Bound<'_, PyAny>) -> PyResult<i32> {
        let py = slf.py();
        let core = slf.get().core(py, "connect")?;
        let to = given(core, address, "connect_ex")?;
        audit(py, ("socket.connect", slf, address))?;
        calling(py, |pause| match core.connect(&to, pause) {
            Ok(()) => Ok(0),
            Err(error) if error.code() == Code::Interrupted => Err(error),
            // The caller's time was over: the standard library's number for that.
            Err(error) => Ok(error
                .details()
                .errno
                .unwrap_or(crate::sys::errno::EWOULDBLOCK)),
        })
    }

    /// Collect connections. System call: listen(2).
    #[pyo3(signature = (backlog=None, /))]
    fn listen(&self, py: Python<'_>, backlog: Option<i32>) -> PyResult<()> {
        let core = self.core(py, "listen")?;
        // The standard library's own default: SOMAXCONN, and at most 128.
        let backlog = backlog.unwrap_or(128).max(0);
        placed(py, || core.listen(backlog)).map_err(|error| raise(py, &error))
    }

    /// Close one half, or both. System call: shutdown(2).
    #[pyo3(signature = (flag, /))]
    fn shutdown(&self, py: Python<'_>, flag: i32) -> PyResult<()> {
        let core = self.core(py, "shutdown")?;
        placed(py, || core.shutdown(flag)).map_err(|error| raise(py, &error))
    }

    /// Give the socket back. System call: close(2).
    fn _close(&self, py: Python<'_>) -> PyResult<()> {
        match self.core.get() {
            Some(core) => calling(py, |pause| core.close(pause)),
            None => Ok(()),
        }
    }

    /// Part with the descriptor without closing it, and return it.
    fn _detach(&self) -> i32 {
        self.core.get().map_or(-1, |core| core.detach())
    }

    /// The descriptor; -1 from close on.
    fn fileno(&self) -> i64 {
        self.core.get().map_or(-1, |core| core.number())
    }

    /// The peer's address. System call: getpeername(2).
    fn getpeername<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let name = self.core(py, "getpeername")?.peer_name();
        told(py, &name.map_err(|error| raise(py, &error))?)
    }

    /// The address of its own. System call: getsockname(2).
    fn getsockname<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let name = self.core(py, "getsockname")?.own_name();
        told(py, &name.map_err(|error| raise(py, &error))?)
    }

    /// Read an option: an int, or buflen bytes. System call: getsockopt(2).
    #[pyo3(signature = (level, option, buflen=0, /))]
    fn getsockopt<'py>(
        &self,
        py: Python<'py>,
        level: i32,
        option: i32,
        buflen: i32,
    ) -> PyResult<Bound<'py, PyAny>> {
        options::getsockopt(self, py, level, option, buflen)
    }

    /// Set an option: to an int, to bytes, or to None of a size. System call: setsockopt(2).
    #[pyo3(signature = (level, option, value, optlen=None, /))]
    fn setsockopt(
        &self,
        py: Python<'_>,
        level: i32,
        option: i32,
        value: &Bound<'_, PyAny>,
        optlen: Option<u32>,
    ) -> PyResult<()> {
        options::setsockopt(self, py, level, option, value, optlen)
    }

    /// None to wait as long as it takes, 0 not to wait, or seconds.
    #[pyo3(signature = (value, /))]
    fn settimeout(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.set(py, options::timeout_of(value)?)
    }

    /// How long calls wait, in seconds; None: as long as it takes.
    fn gettimeout(&self) -> Option<f64> {
        options::seconds(self.core.get()?.timeout())
    }

    /// True to wait as long as it takes, False not to wait.
    #[pyo3(signature = (flag, /))]
    fn setblocking(&self, py: Python<'_>, flag: &Bound<'_, PyAny>) -> PyResult<()> {
        let blocking = flag.is_truthy()?;
        self.set(
            py,
            if blocking {
                Timeout::Never
            } else {
                Timeout::Now
            },
        )
    }

    /// Whether calls may wait.
    fn getblocking(&self) -> bool {
        self.core
            .get()
            .is_none_or(|core| core.timeout() != Timeout::Now)
    }

    /// The number of the family.
    #[getter]
    fn family(&self) -> i32 {
        self.core.get().map_or(-1, |core| core.domain())
    }

    /// The number of the type.
    #[getter]
    fn r#type(&self) -> i32 {
        self.core.get().map_or(-1, |core| core.kind())
    }

    /// The number of the protocol.
    #[getter]
    fn proto(&self) -> i32 {
        self.core.get().map_or(-1, |core| core.protocol())
    }

    /// As gettimeout().
    #[getter]
    fn timeout(&self) -> Option<f64> {
        self.gettimeout()
    }

    /// Receive at most bufsize bytes; b"" is the end. System call: recv(2).
    #[pyo3(signature = (bufsize, flags=0, /))]
    fn recv<'py>(
        &self,
        py: Python<'py>,
        bufsize: isize,
        flags: i32,
    ) -> PyResult<Bound<'py, PyBytes>> {
        moving::recv(self, py, bufsize, flags)
    }

    /// Receive into a buffer, and return how many bytes came. System call: recv(2).
    #[pyo3(signature = (buffer: "WriteableBuffer", nbytes=0, flags=0))]
    fn recv_into(
        &self,
        py: Python<'_>,
        buffer: &Bound<'_, PyAny>,
        nbytes: isize,
        flags: i32,
    ) -> PyResult<usize> {
        moving::recv_into(self, py, buffer, nbytes, flags)
    }

    /// Receive, and return the bytes and who sent them. System call: recvfrom(2).
    #[pyo3(signature = (bufsize, flags=0, /))]
    fn recvfrom<'py>(
        &self,
        py: Python<'py>,
        bufsize: isize,
        flags: i32,
    ) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyAny>)> {
        moving::recvfrom(self, py, bufsize, flags)
    }

    /// Receive into a buffer, and return how many bytes came and who sent them. System call: recvfrom(2).
    #[pyo3(signature = (buffer: "WriteableBuffer", nbytes=0, flags=0))]
    fn recvfrom_into<'py>(
        &self,
        py: Python<'py>,
        buffer: &Bound<'py, PyAny>,
        nbytes: isize,
        flags: i32,
    ) -> PyResult<(usize, Bound<'py, PyAny>)> {
        moving::recvfrom_into(self, py, buffer, nbytes, flags)
    }

    /// Send, and return how many bytes the kernel took. System call: send(2).
    #[pyo3(signature = (data: "ReadableBuffer", flags=0, /))]
    fn send(&self, py: Python<'_>, data: &Bound<'_, PyAny>, flags: i32) -> PyResult<usize> {
        moving::send(self, py, data, flags)
    }

    /// Send all of it. System call: send(2).
    #[pyo3(signature = (data: "ReadableBuffer", flags=0, /))]
    fn sendall(&self, py: Python<'_>, data: &Bound<'_, PyAny>, flags: i32) -> PyResult<()> {
        moving::sendall(self, py, data, flags)
    }

    /// Send to an address: sendto(data, address) or sendto(data, flags, address). System call: sendto(2).
    #[pyo3(signature = (*arguments: "Any"))]
    fn sendto(slf: &Bound<'_, Self>, arguments: &Bound<'_, PyTuple>) -> PyResult<usize> {
        moving::sendto(slf, arguments)
    }

    /// Receive bytes and ancillary data. System call: recvmsg(2).
    #[pyo3(signature = (bufsize, ancbufsize=0, flags=0, /))]
    fn recvmsg<'py>(
        &self,
        py: Python<'py>,
        bufsize: isize,
        ancbufsize: isize,
        flags: i32,
    ) -> PyResult<message::Came<'py>> {
        message::recvmsg(self, py, bufsize, ancbufsize, flags)
    }

    /// Receive into several buffers, and ancillary data. System call: recvmsg(2).
    #[pyo3(signature = (buffers, ancbufsize=0, flags=0, /))]
    fn recvmsg_into<'py>(
        &self,
        py: Python<'py>,
        buffers: &Bound<'py, PyAny>,
        ancbufsize: isize,
        flags: i32,
    ) -> PyResult<(usize, Bound<'py, PyList>, i32, Bound<'py, PyAny>)> {
        message::recvmsg_into(self, py, buffers, ancbufsize, flags)
    }

    /// Send several buffers with ancillary data. System call: sendmsg(2).
    #[pyo3(signature = (buffers, ancdata=None, flags=0, address=None, /))]
    fn sendmsg(
        slf: &Bound<'_, Self>,
        buffers: &Bound<'_, PyAny>,
        ancdata: Option<&Bound<'_, PyAny>>,
        flags: i32,
        address: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<usize> {
        message::sendmsg(slf, buffers, ancdata, flags, address)
    }

    /// Send a part of an open file, and return how many bytes went; 0 at its end. System call: sendfile(2).
    fn _send_file(
        &self,
        py: Python<'_>,
        fileno: i32,
        offset: i64,
        count: usize,
    ) -> PyResult<usize> {
        moving::send_file(self, py, fileno, offset, count)
    }

    /// What was done to this socket so far, as a table; runs of equal steps are one line with a count.
    #[getter]
    fn steps<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (lines, left_out) = self.core(py, "steps")?.steps();
        let lines: Vec<PyStepLine> = lines.into_iter().map(PyStepLine).collect();
        shown(py, "steps", "table_of_steps", (lines, left_out), None)
    }
}

impl PyPlainSocket {
    pub(super) fn set(&self, py: Python<'_>, timeout: Timeout) -> PyResult<()> {
        let core = self.core(py, "settimeout")?;
        core.set_timeout(timeout).map_err(|error| raise(py, &error))
    }
}

/// An empty bytes object.
pub(super) fn empty(py: Python<'_>) -> Bound<'_, PyBytes> {
    PyBytes::new(py, b"")
}
