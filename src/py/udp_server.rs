//! `UdpServer`.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::endpoint::{PyDatagram, PyEndpoint};
use super::errors;
use super::handlers::{Raised, Running, Work, defaults, place, register, start_thread, work};
use super::memory::Payload;
use super::pause::{PyPause, deadline};
use super::place::placed;
use crate::ports::Transport;
use crate::udp;

/// A UDP server that runs in the background: it returns at once, and takes datagrams until stop() or the end of its `with`.
///
/// on_datagram(datagram) is called for each, one after the other; the bytes that it returns go back to the sender, None sends nothing.
/// What it raises is logged (logger "netsteps"), kept in .errors, and ends nothing. Or service names one of the standard services, as
/// for TcpServer. host and port: as for TcpServer.
/// System calls: socket(2), bind(2), recvfrom(2), sendto(2). Raises AddressInUse, AddressNotLocal, NoPermission. Source: lecture 5.
#[pyclass(frozen, name = "UdpServer", module = "netsteps", weakref)]
pub(super) struct PyUdpServer {
    core: Arc<udp::Server>,
    raised: Arc<Raised>,
}

#[pymethods]
impl PyUdpServer {
    #[new]
    #[pyo3(signature = (on_datagram: "Callable[[Datagram], ReadableBuffer | None] | None" = None, *, host: "str | None" = None, port: "int | str | None" = None, service: "Literal['echo', 'discard', 'daytime', 'chargen', 'time'] | None" = None))]
    fn new(
        py: Python<'_>,
        on_datagram: Option<Py<PyAny>>,
        host: Option<Bound<'_, PyAny>>,
        port: Option<Bound<'_, PyAny>>,
        service: Option<&str>,
    ) -> PyResult<Self> {
        let work = work(py, on_datagram, None, service, "on_datagram")?;
        let (host, port) = defaults(py, host, port)?;
        let endpoint = place(py, &host, &port, Transport::Udp)?;
        let core =
            placed(py, || udp::Server::new(endpoint)).map_err(|error| errors::raise(py, error))?;
        let raised = Arc::new(Raised::default());
        register(Running::Udp(Arc::downgrade(&core)));
        core.begin();
        let server = Arc::clone(&core);
        match work {
            Work::Service(service) => {
                udp::server::spawn(&server, move |datagram| service.answer(datagram))?;
            }
            Work::Handler(handler) | Work::Messages(handler) => {
                let task = PyDatagrams {
                    core: server,
                    raised: Arc::clone(&raised),
                };
                start_thread(py, "serve_datagrams", (handler, task)).inspect_err(|_| core.end())?;
            }
        }
        Ok(Self { core, raised })
    }

    /// Where it receives: an Endpoint.
    #[getter]
    fn endpoint(&self) -> PyEndpoint {
        PyEndpoint(self.core.endpoint())
    }

    /// How many datagrams it has taken.
    #[getter]
    fn received(&self) -> u64 {
        self.core.received()
    }

    /// How many answers it has sent.
    #[getter]
    fn answered(&self) -> u64 {
        self.core.answered()
    }

    /// The exceptions that the handler raised, the newest 100 of them.
    #[getter]
    fn errors(&self, py: Python<'_>) -> Vec<Py<PyAny>> {
        self.raised.list(py)
    }

    /// Take no datagram from now on, and wait up to grace seconds for the handler that is at work. Twice is no error.
    #[pyo3(signature = (grace=1.0))]
    fn stop(&self, py: Python<'_>, grace: f64) -> PyResult<()> {
        deadline(Some(grace), "stop").map_err(|error| errors::raise(py, error))?;
        let pause = PyPause::new(py);
        self.core.stop(Duration::from_secs_f64(grace), &pause);
        pause.ended()
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception: "object"))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.stop(py, 1.0)
    }

    fn __repr__(&self) -> String {
        format!(
            "<netsteps.UdpServer on {}, {} received>",
            self.core.endpoint(),
            self.core.received()
        )
    }
}

/// The datagrams of a UdpServer, as the thread of its handler sees them.
#[pyclass(frozen, name = "_Datagrams", module = "netsteps._core")]
pub(super) struct PyDatagrams {
    core: Arc<udp::Server>,
    raised: Arc<Raised>,
}

#[pymethods]
impl PyDatagrams {
    /// The next datagram; None when the server stops.
    fn next(&self, py: Python<'_>) -> PyResult<Option<PyDatagram>> {
        let datagram = self.core.next(&PyPause::new(py));
        datagram
            .map(|datagram| PyDatagram::of(py, &datagram))
            .transpose()
    }

    /// Send what the handler returned; None sends nothing.
    fn answer(
        &self,
        py: Python<'_>,
        datagram: &PyDatagram,
        answer: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        if !answer.is_none() {
            let reply = Payload::of(answer, "on_datagram")?;
            self.core
                .answer(datagram.sender, reply.bytes(), &PyPause::new(py));
        }
        Ok(())
    }

    /// Tell what the handler raised.
    fn failed(&self, py: Python<'_>, datagram: &PyDatagram, error: Bound<'_, PyAny>) {
        self.raised
            .report(py, PyErr::from_value(error), &datagram.sender.to_string());
    }

    /// Say that the loop has ended.
    fn ended(&self) {
        self.core.end();
    }
}
