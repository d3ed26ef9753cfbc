//! `TcpServer`.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::callback::call_back;
use super::endpoint::PyEndpoint;
use super::errors;
use super::gather::Gather;
use super::handlers::{
    Raised, Running, Work, defaults, elsewhere, place, register, start_loop, start_thread, work,
};
use super::messages::PyMessages;
use super::pause::{PyPause, deadline};
use super::place::placed;
use super::server_arguments;
use super::socket::PySocket;
use crate::ports::Transport;
use crate::tcp::{self, Client, event_loop};
use crate::wait::Pause;

/// How long a stopped server waits for handlers after their connections are closed.
const LAST: Duration = Duration::from_secs(1);
/// How long the next client waits for the thread of the one before it.
const TO_BEGIN: Duration = Duration::from_millis(50);

/// A TCP server that runs in the background: it returns at once, and takes clients until stop() or the end of its `with`.
///
/// on_client(connection) is called for each client in a thread of its own; the connection, a Socket, is closed when it returns.
/// What it raises is logged (logger "netsteps"), kept in .errors, and ends only that client.
/// Or on_message(message) is called for each message of any client, in one thread for all of them: what it returns, bytes or None, is
/// the answer. A function of two arguments, on_message(message, client), gets a MessageClient to answer later, several times, or to
/// close. framing says what a message is: "raw" (what one read gave), "lines" (the line's end is taken off and put on), "length" (four
/// bytes of length in network byte order before it, as send_message does), or a number of bytes that each has; answers are framed in
/// the same way, and with "raw" and a number they are sent as they are. message_limit: the longest line or message in bytes; who sends
/// more is disconnected. A client that does not read its answers is not read either; unwritten_limit: from so many bytes on that wait
/// for a client, MessageClient.send raises TooSlow.
/// Or service names one of the standard services, which run without Python: "echo", "discard", "daytime", "chargen", "time" (RFC 862,
/// 863, 867, 864, 868). Clients of on_message and service are all served by one thread, or by loops of them (1 to 64): each client by
/// one of these, and new ones by that which has the fewest. on_message is then called from so many threads, at the same time where the
/// interpreter lets them (free-threaded Python). idle_timeout lets those go that have neither sent nor taken anything for so many
/// seconds.
/// host: the address to listen on; by default only this machine can connect. port: 0 is a free one, .endpoint tells which.
/// max_clients: how many are served at once, 1024 with on_client and 65,536 otherwise unless it is said; the next waits in the backlog,
/// which holds up to backlog more.
/// System calls: socket(2), bind(2), listen(2), accept4(2), with SO_REUSEADDR. Raises AddressInUse, AddressNotLocal, NoPermission.
/// Source: lectures 1, 3 and 4.
#[pyclass(frozen, name = "TcpServer", module = "netsteps", weakref)]
pub(super) struct PyTcpServer {
    core: Core,
    raised: Arc<Raised>,
}

/// Who serves the clients.
enum Core {
    /// A thread of Python for each.
    Threads(Arc<tcp::Server>),
    /// One thread of Rust for all.
    Loop(Arc<event_loop::Server>),
}

/// The same question to either of them.
macro_rules! of_core {
    ($this:expr, $server:ident => $answer:expr) => {
        match &$this.core {
            Core::Threads($server) => $answer,
            Core::Loop($server) => $answer,
        }
    };
}

#[pymethods]
impl PyTcpServer {
    #[new]
    #[pyo3(signature = (on_client: "Callable[[Socket], object] | None" = None, *, host: "str | None" = None, port: "int | str | None" = None, on_message: "Callable[[bytes], ReadableBuffer | None] | Callable[[bytes, MessageClient], ReadableBuffer | None] | None" = None, framing: "Literal['raw', 'lines', 'length'] | int | None" = None, message_limit=8_388_608, service: "Literal['echo', 'discard', 'daytime', 'chargen', 'time'] | None" = None, loops=1, idle_timeout=None, unwritten_limit=8_388_608, max_clients=None, backlog=128))]
    #[expect(
        clippy::too_many_arguments,
        reason = "independent, keyword-only settings"
    )]
    fn new(
        py: Python<'_>,
        on_client: Option<Py<PyAny>>,
        host: Option<Bound<'_, PyAny>>,
        port: Option<Bound<'_, PyAny>>,
        on_message: Option<Py<PyAny>>,
        framing: Option<Bound<'_, PyAny>>,
        message_limit: i64,
        service: Option<&str>,
        loops: i64,
        idle_timeout: Option<f64>,
        unwritten_limit: i64,
        max_clients: Option<i64>,
        backlog: i32,
    ) -> PyResult<Self> {
        let work = work(
            py,
            on_client,
            on_message,
            service,
            &["on_client", "on_message"],
        )?;
        // A thread for each client is dear, a place in the loop is not.
        let usual = if matches!(work, Work::Handler(_)) {
            1024
        } else {
            65_536
        };
        let max_clients =
            super::convert::size(max_clients.unwrap_or(usual), "max_clients", 1, "server")
                .map_err(|error| errors::raise(py, error))?;
        let idle = server_arguments::idle(py, idle_timeout, &work)?;
        let loops = server_arguments::loops(py, loops, &work)?;
        let cut =
            server_arguments::cut(py, framing.as_ref(), message_limit, unwritten_limit, &work)?;
        let (host, port) = defaults(py, host, port)?;
        let endpoint = place(py, &host, &port, Transport::Tcp)?;
        let raised = Arc::new(Raised::default());
        let settings = event_loop::Settings {
            endpoint,
            backlog,
            max_clients,
            loops,
            idle,
        };
        let core = match work {
            Work::Service(service) => {
                let begin = || event_loop::Server::start(settings, || tcp::Serving(service));
                let server = placed(py, begin).map_err(|error| errors::raise(py, error))?;
                let server = Arc::new(server);
                register(Running::Loop(Arc::downgrade(&server)));
                Core::Loop(server)
            }
            Work::Messages(reply) => {
                let with_client = call_back(py, || server_arguments::takes_client(reply.bind(py)))?;
                let begin = || event_loop::Server::new(settings, || Gather::new(cut, with_client));
                let (server, loops) =
                    placed(py, begin).map_err(|error| errors::raise(py, error))?;
                let server = Arc::new(server);
                register(Running::Loop(Arc::downgrade(&server)));
                let body = if with_client {
                    "serve_messages_of_clients"
                } else {
                    "serve_batches"
                };
                for rounds in loops {
                    let messages = PyMessages::new(Arc::clone(&raised), rounds, cut);
                    start_thread(py, body, (&reply, messages))?;
                }
                Core::Loop(server)
            }
            Work::Handler(handler) => {
                let settings = tcp::Settings {
                    endpoint,
                    backlog,
                    max_clients,
                };
                let core = placed(py, || tcp::Server::new(&settings))
                    .map_err(|error| errors::raise(py, error))?;
                register(Running::Tcp(Arc::downgrade(&core)));
                core.begin();
                let (server, raised) = (Arc::clone(&core), Arc::clone(&raised));
                start_loop(py, move |py| {
                    let pause = PyPause::new(py);
                    server.run(&pause, &mut |client| {
                        serve(py, client, &handler, &raised, &pause);
                    });
                })?;
                Core::Threads(core)
            }
        };
        Ok(Self { core, raised })
    }

    /// Where it listens: an Endpoint.
    #[getter]
    fn endpoint(&self) -> PyEndpoint {
        PyEndpoint(of_core!(self, server => server.endpoint()))
    }

    /// How many clients it serves at this moment.
    #[getter]
    fn clients(&self, py: Python<'_>) -> PyResult<usize> {
        if of_core!(self, server => server.elsewhere()) {
            return Err(elsewhere(py, "clients"));
        }
        Ok(of_core!(self, server => server.client_count()))
    }

    /// How many clients it has accepted so far.
    #[getter]
    fn served(&self) -> u64 {
        of_core!(self, server => server.served())
    }

    /// The exceptions that handlers raised, and what kept the server from accepting; the newest 100 of each.
    #[getter]
    fn errors(&self, py: Python<'_>) -> Vec<Py<PyAny>> {
        let troubles = of_core!(self, server => server.troubles()).into_iter();
        let troubles = troubles.map(|error| errors::raise(py, error).into_value(py).into_any());
        self.raised.list(py).into_iter().chain(troubles).collect()
    }

    /// Take no new client from now on, give those that there are grace seconds to end, then close their connections.
    ///
    /// Returns when the handlers have ended, at most a second after that: a handler that never looks at its connection is left to itself.
    /// Inside an on_message function it returns at once: the server ends when the function has. The port is free again. Twice is no
    /// error. In a forked child it closes what the child inherited, and nothing else.
    #[pyo3(signature = (grace=1.0))]
    fn stop(&self, py: Python<'_>, grace: f64) -> PyResult<()> {
        deadline(Some(grace), "stop").map_err(|error| errors::raise(py, error))?;
        let pause = PyPause::new(py);
        let grace = Duration::from_secs_f64(grace);
        of_core!(self, server => {
            server.stop(grace, LAST, &pause);
        });
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
        let state = if of_core!(self, server => server.stopping()) {
            "stopped"
        } else {
            "listening"
        };
        format!(
            "<netsteps.TcpServer {state} on {}, {} served>",
            of_core!(self, server => server.endpoint()),
            of_core!(self, server => server.served())
        )
    }
}

/// Runs the handler for one client, in a thread of its own.
fn serve(
    py: Python<'_>,
    client: Client,
    handler: &Py<PyAny>,
    raised: &Arc<Raised>,
    pause: &PyPause<'_>,
) {
    let (begun, began) = mpsc::sync_channel(1);
    let who = client
        .connection
        .peer()
        .map_or_else(String::new, |peer| peer.to_string());
    let connection = PySocket {
        core: Arc::clone(&client.connection),
    };
    let task = PyClient {
        stopping: client.server(),
        client: Mutex::new(Some(client)),
        raised: Arc::clone(raised),
        who: who.clone(),
        begun,
    };
    match start_thread(py, "serve_client", (handler, connection, task)) {
        // A thread asks for the interpreter as soon as it is there, and CPython wakes each that asks every 5 ms: of a thousand
        // clients that come at once none would be served for seconds.
        Ok(()) => {
            let _ = pause.pause(&mut move || began.recv_timeout(TO_BEGIN).unwrap_or(()));
        }
        Err(error) if at_shutdown(py, &error) => {}
        Err(error) => raised.report(py, error, &who),
    }
}

/// From CPython 3.12 on no thread can be started any more when the interpreter ends: a client that comes then is not served.
fn at_shutdown(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyRuntimeError>(py) && error.to_string().contains("shutdown")
}

/// A client of a TcpServer, as the thread of its handler sees it.
#[pyclass(frozen, name = "_Client", module = "netsteps._core")]
pub(super) struct PyClient {
    client: Mutex<Option<Client>>,
    stopping: Arc<tcp::Server>,
    raised: Arc<Raised>,
    who: String,
    begun: mpsc::SyncSender<()>,
}

#[pymethods]
impl PyClient {
    /// The thread of the handler runs: the next client may be taken.
    fn begun(&self) {
        // Full: it was told before.
        let _ = self.begun.try_send(());
    }

    /// Tell what the handler raised. That a stopping server closed the connection under it is no failure.
    fn failed(&self, py: Python<'_>, error: Bound<'_, PyAny>) {
        let error = PyErr::from_value(error);
        if !(self.stopping.stopping() && errors::is_closed(py, &error)) {
            self.raised.report(py, error, &self.who);
        }
    }

    /// Close the connection, and make room for the next client.
    fn ended(&self) {
        drop(
            self.client
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
    }
}
