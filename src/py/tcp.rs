//! `TcpSender` and `TcpReceiver`: the two ends of a transfer.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use super::callback::call_back;
use super::endpoint::PyEndpoint;
use super::errors;
use super::handlers::{defaults, place};
use super::pause::{PyPause, deadline};
use super::place::placed;
use super::socket::{PySocket, open_socket};
use crate::address::Endpoint;
use crate::error::{Code, Error};
use crate::ports::Transport;
use crate::state::State;
use crate::tcp;
use crate::wait::{Deadline, Wait};

/// How much of a file is received at a time.
const PIECE: usize = 256 * 1024;

/// A connection that sends: TcpSender(host, port).
///
/// host is a name or an address, port a number or the name of a service; every address of the host is tried. timeout: seconds for
/// the connection. The socket underneath is .socket. System calls: getaddrinfo(3), socket(2), connect(2). Raises as Socket.open does.
#[pyclass(frozen, name = "TcpSender", module = "netsteps", weakref)]
pub(super) struct PyTcpSender {
    socket: Py<PySocket>,
}

#[pymethods]
impl PyTcpSender {
    #[new]
    #[pyo3(signature = (host: "str | tuple[str, int | str] | Endpoint", port: "int | str | None" = None, *, timeout=None))]
    fn new(
        py: Python<'_>,
        host: &Bound<'_, PyAny>,
        port: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> PyResult<Self> {
        let core = open_socket(py, host, port, "tcp", timeout)?;
        Ok(Self {
            socket: Py::new(py, PySocket::of(core))?,
        })
    }

    /// Send all of data, any bytes-like object. timeout: seconds. System call: send(2). Raises as Socket.write does.
    #[pyo3(signature = (data: "ReadableBuffer", *, timeout=None))]
    fn send(&self, py: Python<'_>, data: &Bound<'_, PyAny>, timeout: Option<f64>) -> PyResult<()> {
        self.socket.get().write(py, data, timeout)
    }

    /// Send one message: its length in four bytes, network byte order, and its bytes. timeout: seconds.
    ///
    /// System call: sendmsg(2). Raises as Socket.write does. The other end: TcpReceiver.receive_message, Socket.read_message.
    #[pyo3(signature = (data: "ReadableBuffer", *, timeout=None))]
    fn send_message(
        &self,
        py: Python<'_>,
        data: &Bound<'_, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<()> {
        self.socket.get().write_message(py, data, timeout)
    }

    /// Send a file, and return its size in bytes. progress(done, total) is called after each piece. timeout: seconds for all of it.
    ///
    /// System call: sendfile(2). Raises FileNotFoundError and its like for the file, and as Socket.write does.
    #[pyo3(signature = (path, *, progress: "Callable[[int, int], object] | None" = None, timeout=None))]
    fn send_file(
        &self,
        py: Python<'_>,
        path: PathBuf,
        progress: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> PyResult<u64> {
        self.socket
            .get()
            .write_file(py, path, 0, None, progress, timeout)
    }

    /// Tell the peer that nothing more comes; what it sends can still be read from .socket. System call: shutdown(2).
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        self.socket.get().finish(py)
    }

    /// Give the socket back. Twice is no error. System call: close(2).
    fn close(&self, py: Python<'_>) {
        self.socket.get().close(py);
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

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception: "object"))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) {
        self.close(py);
    }

    fn __repr__(&self) -> String {
        let core = &self.socket.get().core;
        let peer = core
            .peer()
            .map_or_else(String::new, |peer| peer.to_string());
        format!("<netsteps.TcpSender to {peer}, {}>", core.state().name())
    }
}

/// The other end of a TcpSender: it listens, and takes one sender after the other.
///
/// host: by default only this machine can connect; port 0 is a free one, and .endpoint tells which. The first receive waits for a
/// sender; next_sender() leaves the present one and waits for the next. System calls: bind(2), listen(2), accept4(2), recv(2).
/// Raises as Socket.bind does.
#[pyclass(frozen, name = "TcpReceiver", module = "netsteps", weakref)]
pub(super) struct PyTcpReceiver {
    listener: Py<PySocket>,
    endpoint: Endpoint,
    sender: Mutex<Option<Py<PySocket>>>,
}

impl PyTcpReceiver {
    fn present(&self, py: Python<'_>) -> Option<Py<PySocket>> {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        sender.as_ref().map(|sender| sender.clone_ref(py))
    }

    fn leave(&self, py: Python<'_>) {
        let mut sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let left = sender.take();
        drop(sender);
        if let Some(left) = left {
            left.get().close(py);
        }
    }

    /// The sender at hand, waited for if there is none, and what is left of the time.
    fn connection(
        &self,
        py: Python<'_>,
        deadline: &Deadline,
    ) -> PyResult<(Py<PySocket>, Option<f64>)> {
        let left = || deadline.left().map(|left| left.as_secs_f64());
        if let Some(sender) = self.present(py) {
            return Ok((sender, left()));
        }
        // Two threads that both find nobody must not both accept: the second would take the first one's place.
        let pause = PyPause::new(py);
        let wait = Wait {
            deadline: *deadline,
            pause: &pause,
        };
        let listener = self.listener.get();
        let _turn = listener
            .core
            .accepting(&wait)
            .map_err(|error| pause.raise(error))?;
        if let Some(sender) = self.present(py) {
            return Ok((sender, left()));
        }
        let sender = listener.accept(py, left())?;
        let old = self
            .sender
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(sender.clone_ref(py));
        // Outside the lock: its end may run Python code (a ResourceWarning).
        drop(old);
        Ok((sender, left()))
    }
}

/// Everything up to the sender's end, into the file.
fn into_file(
    py: Python<'_>,
    sender: &PySocket,
    file: &mut File,
    path: &Path,
    limit: Option<u64>,
    progress: Option<&Bound<'_, PyAny>>,
    deadline: Deadline,
) -> PyResult<u64> {
    let step = "receive_file";
    let pause = PyPause::new(py);
    let wait = Wait {
        deadline,
        pause: &pause,
    };
    let mut piece = vec![0; PIECE];
    let mut done = 0_u64;
    loop {
        let size = placed(py, || sender.core.read_into(&mut piece, &wait))
            .map_err(|error| pause.raise(error.in_step(step)))?;
        if size == 0 {
            return Ok(done);
        }
        done += size as u64;
        if let Some(limit) = limit.filter(|limit| done > *limit) {
            let cause = format!("more than {limit} bytes came");
            let error = Error::new(Code::MessageTooLarge, step, cause, "a higher limit=");
            return Err(errors::raise(py, error));
        }
        py.detach(|| file.write_all(&piece[..size]))
            .map_err(|error| errors::of_file(&error, path))?;
        if let Some(progress) = progress {
            call_back(py, || progress.call1((done, py.None())))?;
        }
    }
}

fn ends(py: Python<'_>, timeout: Option<f64>, step: &'static str) -> PyResult<Deadline> {
    deadline(timeout, step).map_err(|error| errors::raise(py, error))
}

#[pymethods]
impl PyTcpReceiver {
    #[new]
    #[pyo3(signature = (host: "str | None" = None, port: "int | str | None" = None, *, backlog=16))]
    fn new(
        py: Python<'_>,
        host: Option<Bound<'_, PyAny>>,
        port: Option<Bound<'_, PyAny>>,
        backlog: i32,
    ) -> PyResult<Self> {
        let (host, port) = defaults(py, host, port)?;
        let endpoint = place(py, &host, &port, Transport::Tcp)?;
        let listener = placed(py, || tcp::listener(endpoint, backlog))
            .map_err(|error| errors::raise(py, error))?;
        let endpoint = listener.local().unwrap_or(endpoint);
        let listener = Py::new(py, PySocket::of(listener))?;
        Ok(Self {
            listener,
            endpoint,
            sender: Mutex::new(None),
        })
    }

    /// Where it listens: an Endpoint.
    #[getter]
    fn endpoint(&self) -> PyEndpoint {
        PyEndpoint(self.endpoint)
    }

    /// The socket of the present sender, or None.
    #[getter]
    fn socket(&self, py: Python<'_>) -> Option<Py<PySocket>> {
        self.present(py)
    }

    /// Leave the present sender, wait for the next, and return its Endpoint. timeout: seconds. System call: accept4(2).
    #[pyo3(signature = (*, timeout=None))]
    fn next_sender(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<PyEndpoint>> {
        self.leave(py);
        let (sender, _) = self.connection(py, &ends(py, timeout, "accept")?)?;
        Ok(sender.get().core.peer().map(PyEndpoint))
    }

    /// Receive what has come, at most size bytes; b"" when the sender has finished. timeout: seconds. Raises as Socket.read does.
    #[pyo3(signature = (size=65536, *, timeout=None))]
    fn receive<'py>(
        &self,
        py: Python<'py>,
        size: i64,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let (sender, left) = self.connection(py, &ends(py, timeout, "read")?)?;
        sender.bind(py).get().read(py, size, left)
    }

    /// Receive into a caller's buffer (a bytearray, a writable memoryview), in one call, and return how many bytes came; 0 when the
    /// sender has finished. timeout: seconds. Raises as Socket.read_into does.
    #[pyo3(signature = (buffer: "WriteableBuffer", *, timeout=None))]
    fn receive_into(
        &self,
        py: Python<'_>,
        buffer: &Bound<'_, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<usize> {
        let (sender, left) = self.connection(py, &ends(py, timeout, "read_into")?)?;
        sender.get().read_into(py, buffer, left)
    }

    /// Receive everything up to the sender's end. limit: the most bytes, 1 GiB by default, or None. timeout: seconds. Raises as Socket.read_all does.
    #[pyo3(signature = (*, limit=1_073_741_824, timeout=None))]
    fn receive_all<'py>(
        &self,
        py: Python<'py>,
        limit: Option<i64>,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let (sender, left) = self.connection(py, &ends(py, timeout, "read_all")?)?;
        sender.bind(py).get().read_all(py, limit, left)
    }

    /// Receive one message of send_message; None when the sender has finished. limit: the longest, in bytes. timeout: seconds.
    ///
    /// Raises as Socket.read_message does.
    #[pyo3(signature = (*, limit=8_388_608, timeout=None))]
    fn receive_message<'py>(
        &self,
        py: Python<'py>,
        limit: i64,
        timeout: Option<f64>,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let (sender, left) = self.connection(py, &ends(py, timeout, "read_message")?)?;
        sender.bind(py).get().read_message(py, limit, left)
    }

    /// Receive everything up to the sender's end into a new file, and return its size in bytes.
    ///
    /// path must not exist yet; when it does not come whole, it is removed again. limit: the most bytes to take, or None. progress(done, None) is called after each piece. timeout:
    /// seconds for all of it. Raises FileExistsError and its like for the file, MessageTooLarge, and as Socket.read does.
    #[pyo3(signature = (path, *, limit=None, progress: "Callable[[int, None], object] | None" = None, timeout=None))]
    fn receive_file(
        &self,
        py: Python<'_>,
        path: PathBuf,
        limit: Option<u64>,
        progress: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
    ) -> PyResult<u64> {
        let deadline = ends(py, timeout, "receive_file")?;
        let (sender, _) = self.connection(py, &deadline)?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|error| errors::of_file(&error, &path))?;
        let received = into_file(
            py,
            sender.get(),
            &mut file,
            &path,
            limit,
            progress,
            deadline,
        );
        if received.is_err() {
            // A part is not the file: the same path can be tried again. That the part stays is no news beside the error.
            let _ = std::fs::remove_file(&path);
        }
        received
    }

    /// Give the sockets back. Twice is no error.
    fn close(&self, py: Python<'_>) {
        self.listener.get().close(py);
        self.leave(py);
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

    /// The next message; the iteration ends when the sender finishes, or when this is closed.
    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        match self.receive_message(py, 8_388_608, None) {
            Err(_) if self.listener.get().core.state() == State::Closed => Ok(None),
            other => other,
        }
    }

    fn __repr__(&self) -> String {
        format!("<netsteps.TcpReceiver on {}>", self.endpoint)
    }
}
