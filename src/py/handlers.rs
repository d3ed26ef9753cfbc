//! What all servers share: what to do with clients, where to be, threads of Python's own, and the interpreter's end.
//!
//! A Python handler runs in a Python thread whose first frames are Python's too (`netsteps.handlers` tells why), never in one that
//! Rust started. The loop that accepts runs in such a thread as well, and lets go of the interpreter while it waits. Services run in
//! threads of Rust that never touch Python.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyTuple};

use super::callback::{self, call_back};
use super::convert::{audit, host_of, numbers, port_of};
use super::errors;
use super::pause::{PyPause, waiting};
use crate::address::Endpoint;
use crate::error::{Code, Error};
use crate::ports::Transport;
use crate::relay::tcp::TcpRelay;
use crate::relay::udp::UdpRelay;
use crate::resolve::resolve;
use crate::tcp::{self, Service};
use crate::udp;

/// How long the interpreter's end waits for handlers after their connections are closed.
const LAST_AT_EXIT: Duration = Duration::from_millis(300);
/// How many of the handlers' errors are logged in a second.
const LOGGED: u32 = 10;
/// How many of the handlers' errors a server keeps.
const ERRORS: usize = 100;

/// The errors that handlers raised, the newest of them.
#[derive(Default)]
pub(super) struct Raised(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    errors: VecDeque<Py<PyAny>>,
    /// The second of the log, how many it has told in it, and how many it has not.
    second: Option<Instant>,
    told: u32,
    untold: u64,
}

impl Kept {
    /// Whether this one is logged, and how many before it were not.
    fn tell(&mut self) -> Option<u64> {
        if self
            .second
            .is_none_or(|second| second.elapsed() >= Duration::from_secs(1))
        {
            self.second = Some(Instant::now());
            self.told = 0;
        }
        if self.told == LOGGED {
            self.untold += 1;
            return None;
        }
        self.told += 1;
        Some(std::mem::take(&mut self.untold))
    }
}

impl Raised {
    /// Keeps the error, and tells it through the logger "netsteps": a few in a second, so that no peer can fill the log.
    pub(super) fn report(&self, py: Python<'_>, error: PyErr, who: &str) {
        let value = error.value(py).clone().into_any();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let old = if kept.errors.len() == ERRORS {
            kept.errors.pop_front()
        } else {
            None
        };
        kept.errors.push_back(value.clone().unbind());
        let tell = kept.tell();
        drop(kept);
        // Outside the lock: the end of an exception may run Python code.
        drop(old);
        if let Some(untold) = tell
            && let Err(other) = call_back(py, || log(py, &value, who, untold))
        {
            other.write_unraisable(py, None);
        }
    }

    pub(super) fn list(&self, py: Python<'_>) -> Vec<Py<PyAny>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.errors
            .iter()
            .map(|error| error.clone_ref(py))
            .collect()
    }
}

fn log(py: Python<'_>, error: &Bound<'_, PyAny>, who: &str, untold: u64) -> PyResult<()> {
    let logger = py
        .import("logging")?
        .call_method1("getLogger", ("netsteps",))?;
    let named = pyo3::types::PyDict::new(py);
    named.set_item("exc_info", error)?;
    let text = if untold == 0 {
        "the handler of %s failed".to_owned()
    } else {
        format!("the handler of %s failed (and {untold} times before, not logged)")
    };
    logger
        .call_method("error", (text, who), Some(&named))
        .map(drop)
}

/// Where a server shall be: by default on loopback alone, on a free port.
pub(super) fn place(
    py: Python<'_>,
    host: &Bound<'_, PyAny>,
    port: &Bound<'_, PyAny>,
    transport: Transport,
) -> PyResult<Endpoint> {
    let step = "bind";
    let (host, port) = (host_of(host, step)?, port_of(port, step)?);
    let found = waiting(py, None, step, |wait| {
        resolve(&host, &port, transport, None, step, wait)
    })?;
    let endpoint = found.first().copied().ok_or_else(|| {
        let error = Error::new(
            Code::NameNotFound,
            step,
            "the lookup gave no address",
            "digits",
        );
        errors::raise(py, error)
    })?;
    let (domain, kind, protocol) = numbers(transport, endpoint.family());
    audit(py, ("socket.__new__", py.None(), domain, kind, protocol))?;
    audit(
        py,
        (
            "socket.bind",
            py.None(),
            (endpoint.ip_text(), endpoint.port()),
        ),
    )?;
    Ok(endpoint)
}

/// What a server does with its clients: exactly one of a handler, a function for messages, and a service.
pub(super) enum Work {
    Handler(Py<PyAny>),
    Messages(Py<PyAny>),
    Service(Service),
}

pub(super) fn work(
    py: Python<'_>,
    handler: Option<Py<PyAny>>,
    messages: Option<Py<PyAny>>,
    service: Option<&str>,
    functions: &[&str],
) -> PyResult<Work> {
    let error = |cause: String| {
        let remedy = format!(
            "{}=function, or service=\"echo\"",
            functions.join("=function, ")
        );
        Err(errors::raise(
            py,
            Error::new(Code::BadArgument, "server", cause, remedy),
        ))
    };
    match (handler, messages, service) {
        (Some(function), None, None) | (None, Some(function), None)
            if !function.bind(py).is_callable() =>
        {
            error(format!("{} cannot be called", function.bind(py).repr()?))
        }
        (Some(handler), None, None) => Ok(Work::Handler(handler)),
        (None, Some(reply), None) => Ok(Work::Messages(reply)),
        (None, None, Some(name)) => Service::from_name(name)
            .map(Work::Service)
            .map_err(|error| errors::raise(py, error)),
        (None, None, None) => error(match functions {
            [function] => format!("neither {function} nor service is given"),
            _ => format!("none of {}, service is given", functions.join(", ")),
        }),
        _ => error(match functions {
            [function] => format!("both {function} and service are given"),
            _ => format!(
                "more than one of {}, service is given",
                functions.join(", ")
            ),
        }),
    }
}

/// Starts a thread of Python's own for a loop of Rust, which calls no Python code that could be unwound.
pub(super) fn start_loop(
    py: Python<'_>,
    body: impl Fn(Python<'_>) + Send + Sync + 'static,
) -> PyResult<()> {
    let function = PyCFunction::new_closure(
        py,
        Some(c"netsteps"),
        None,
        move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, pyo3::types::PyDict>>| {
            body(arguments.py());
        },
    )?;
    py.import("_thread")?
        .call_method1("start_new_thread", (function, PyTuple::empty(py)))
        .map(drop)
}

/// Starts a thread of Python's own for a function of `netsteps.handlers`, which runs the user's code.
pub(super) fn start_thread<'py>(
    py: Python<'py>,
    body: &str,
    arguments: impl IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr>,
) -> PyResult<()> {
    let body = py.import("netsteps.handlers")?.getattr(body)?;
    let arguments = arguments.into_pyobject(py)?;
    py.import("_thread")?
        .call_method1("start_new_thread", (body, arguments))
        .map(drop)
}

pub(super) fn elsewhere(py: Python<'_>, step: &'static str) -> PyErr {
    errors::raise(
        py,
        Error::new(
            Code::Forked,
            step,
            "this server runs in the process that this one was forked from",
            "a server of this process's own",
        ),
    )
}

/// Loopback, and a free port.
pub(super) fn defaults<'py>(
    py: Python<'py>,
    host: Option<Bound<'py, PyAny>>,
    port: Option<Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let host = match host {
        Some(host) => host,
        None => pyo3::types::PyString::new(py, "127.0.0.1").into_any(),
    };
    let port = match port {
        Some(port) => port,
        None => 0_u16.into_pyobject(py)?.into_any(),
    };
    Ok((host, port))
}

/// A server that the interpreter's end has to stop.
pub(super) enum Running {
    Tcp(Weak<tcp::Server>),
    Loop(Weak<tcp::event_loop::Server>),
    Udp(Weak<udp::Server>),
    UdpRelay(Weak<UdpRelay>),
    TcpRelay(Weak<TcpRelay>),
}

impl Running {
    fn alive(&self) -> bool {
        match self {
            Self::Tcp(server) => server.strong_count() > 0,
            Self::Loop(server) => server.strong_count() > 0,
            Self::Udp(server) => server.strong_count() > 0,
            Self::UdpRelay(relay) => relay.strong_count() > 0,
            Self::TcpRelay(relay) => relay.strong_count() > 0,
        }
    }
}

static SERVERS: Mutex<Vec<Running>> = Mutex::new(Vec::new());

pub(super) fn register(server: Running) {
    let mut servers = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
    servers.retain(Running::alive);
    servers.push(server);
}

/// Stop every server and sampler; the interpreter calls it at its end.
#[pyfunction]
#[pyo3(name = "_stop_servers")]
pub(super) fn stop_servers(py: Python<'_>) {
    crate::socket::sampler::stop_all();
    let servers = std::mem::take(&mut *SERVERS.lock().unwrap_or_else(PoisonError::into_inner));
    let pause = PyPause::new(py);
    let end = Instant::now() + LAST_AT_EXIT;
    // First all of them are told, then all of them have the same time.
    for last in [false, true] {
        for server in &servers {
            let left = if last {
                end.saturating_duration_since(Instant::now())
            } else {
                Duration::ZERO
            };
            match server {
                Running::Tcp(server) => {
                    if let Some(server) = server.upgrade() {
                        server.stop(Duration::ZERO, left, &pause);
                    }
                }
                Running::Loop(server) => {
                    if let Some(server) = server.upgrade() {
                        server.stop(Duration::ZERO, left, &pause);
                    }
                }
                Running::Udp(server) => {
                    if let Some(server) = server.upgrade() {
                        if last {
                            server.stop(left, &pause);
                        } else {
                            server.tell();
                        }
                    }
                }
                Running::UdpRelay(relay) => {
                    if let Some(relay) = relay.upgrade() {
                        relay.stop(left, &pause);
                    }
                }
                Running::TcpRelay(relay) => {
                    if let Some(relay) = relay.upgrade() {
                        relay.stop(left, &pause);
                    }
                }
            }
        }
    }
    callback::end(py, end);
}
