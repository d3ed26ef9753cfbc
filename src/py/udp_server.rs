//! `UdpServer`.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::convert::size;
use super::datagrams::PyDatagrams;
use super::endpoint::PyEndpoint;
use super::errors;
use super::handlers::{Raised, Running, Work, defaults, place, register, start_thread, work};
use super::pause::{PyPause, deadline};
use super::place::placed;
use crate::ports::Transport;
use crate::udp;

/// How many answers of a service a source gets in a second: nobody tests a network faster by hand.
const USUAL: u32 = 50;

/// A UDP server that runs in the background: it returns at once, and takes datagrams until stop() or the end of its `with`.
///
/// on_datagram(datagram) is called for each, one after the other in one thread; the bytes that it returns go back to the sender, None
/// sends nothing. What it raises is logged (logger "netsteps"), kept in .errors, and ends nothing. All datagrams that are there are
/// taken together, and their answers leave together when the function has been called for the last of them. Or service names one of the
/// standard services, as for TcpServer. host and port: as for TcpServer.
/// replies_per_second: the most answers that one address and port gets in a second; those beyond it are not sent, and counted in
/// .held_back. It ends two servers that answer each other after a datagram with a forged sender. For service it is 50 unless it is
/// said; for on_datagram there is no limit, as with None: an echo of your own can be made to go round with another one.
/// System calls: socket(2), bind(2), recvmmsg(2), sendmmsg(2). Raises AddressInUse, AddressNotLocal, NoPermission. Source: lecture 5.
#[pyclass(frozen, name = "UdpServer", module = "netsteps", weakref)]
pub(super) struct PyUdpServer {
    core: Arc<udp::Server>,
    raised: Arc<Raised>,
}

#[pymethods]
impl PyUdpServer {
    #[new]
    #[pyo3(signature = (on_datagram: "Callable[[Datagram], ReadableBuffer | None] | None" = None, *, host: "str | None" = None, port: "int | str | None" = None, service: "Literal['echo', 'discard', 'daytime', 'chargen', 'time'] | None" = None, replies_per_second: "int | None" = Replies::Usual))]
    fn new(
        py: Python<'_>,
        on_datagram: Option<Py<PyAny>>,
        host: Option<Bound<'_, PyAny>>,
        port: Option<Bound<'_, PyAny>>,
        service: Option<&str>,
        replies_per_second: Replies,
    ) -> PyResult<Self> {
        let work = work(py, on_datagram, None, service, &["on_datagram"])?;
        let replies = replies_per_second.limit(py, &work)?;
        let (host, port) = defaults(py, host, port)?;
        let endpoint = place(py, &host, &port, Transport::Udp)?;
        let core = placed(py, || udp::Server::new(endpoint, replies))
            .map_err(|error| errors::raise(py, error))?;
        let raised = Arc::new(Raised::default());
        register(Running::Udp(Arc::downgrade(&core)));
        core.begin();
        let server = Arc::clone(&core);
        match work {
            Work::Service(service) => {
                udp::server::spawn(&server, move |datagram| service.answer(datagram))?;
            }
            Work::Handler(handler) | Work::Messages(handler) => {
                let task = PyDatagrams::new(server, Arc::clone(&raised));
                start_thread(py, "serve_batches", (handler, task)).inspect_err(|_| core.end())?;
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

    /// How many answers it has not sent because their receiver had had replies_per_second of them.
    #[getter]
    fn held_back(&self) -> u64 {
        self.core.held_back()
    }

    /// How many answers could not leave: the kernel refused them, or had no room for them within a second.
    #[getter]
    fn unsent(&self) -> u64 {
        self.core.unsent()
    }

    /// The exceptions that the handler raised, the newest 100 of them.
    #[getter]
    fn errors(&self, py: Python<'_>) -> Vec<Py<PyAny>> {
        self.raised.list(py)
    }

    /// Take no datagram from now on, and wait up to grace seconds for those that the handler has: their answers still leave. Twice is
    /// no error.
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
        let state = if self.core.stopping() {
            "stopped"
        } else {
            "receiving"
        };
        format!(
            "<netsteps.UdpServer {state} on {}, {} received>",
            self.core.endpoint(),
            self.core.received()
        )
    }
}

/// How many answers a source gets in a second.
enum Replies {
    /// Nothing is said.
    Usual,
    Unlimited,
    AtMost(i64),
}

impl<'a, 'py> FromPyObject<'a, 'py> for Replies {
    type Error = PyErr;

    fn extract(given: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let most: Option<i64> = given.extract()?;
        Ok(most.map_or(Self::Unlimited, Self::AtMost))
    }
}

impl Replies {
    fn limit(self, py: Python<'_>, work: &Work) -> PyResult<Option<u32>> {
        match self {
            Self::Usual => Ok(matches!(work, Work::Service(_)).then_some(USUAL)),
            Self::Unlimited => Ok(None),
            Self::AtMost(most) => size(most, "replies_per_second", 1, "server")
                .map(|most| Some(u32::try_from(most).unwrap_or(u32::MAX)))
                .map_err(|error| errors::raise(py, error)),
        }
    }
}
