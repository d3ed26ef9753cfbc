//! `Relay`: a bad path, for datagrams or for connections.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::convert::{self, size};
use super::endpoint::PyEndpoint;
use super::errors;
use super::handlers::{Running, defaults, place, register};
use super::pause::{PyPause, deadline};
use super::place::placed;
use super::relay_report::{PyPassage, PyRelayReport};
use super::relay_rules::{PyBurst, PyRules, behind};
use super::relay_settings::{Both, Limits, seed_of, target_of};
use super::relay_told::{BURST, PROBABILITY, RATE, RULES, SIZE, SWITCH, TIME, Told, given, told};
use super::show::shown;
use crate::address::Endpoint;
use crate::error::{Code, Error};
use crate::relay::tcp::{self, TcpRelay};
use crate::relay::udp::{self, UdpRelay};
use crate::relay::{Given, Log};
use crate::wait::Pause;

/// An honest bad path between real sockets: it listens, sends on to target what comes, brings back the answers, and on the way loses,
/// delays and cuts on purpose, the same way for the same seed. It returns at once and works in a thread of its own until stop() or the
/// end of its `with`.
///
/// target: (host, port), "127.0.0.1:6666" or an Endpoint (server.endpoint). kind: "tcp" (connections) or "udp" (datagrams). .endpoint
/// is where clients send to or connect to; host and port choose it, by default loopback and a free port.
///
/// Rules hold for both directions; to_target=Rules(...) and to_client=Rules(...) for one of them. Times are in seconds, sizes in bytes,
/// rates in bytes per second, probabilities from 0 to 1. For both kinds: delay, jitter (the delay is drawn evenly from delay - jitter to
/// delay + jitter, never below 0; datagrams may so change their order, a stream keeps it), rate.
/// kind="udp": loss; burst (Burst: losses that come in bursts); reorder, the probability that a datagram is put behind reorder_by later
/// ones of its flow (a whole number: datagrams, by default 1, and no longer than 0.1 s; a float: seconds); duplicate; corrupt, the
/// probability that one bit is flipped (the checksum is made anew, so it arrives); queue, how many bytes wait at most before the link of
/// rate (by default a quarter of a second's worth), what does not fit is lost; mtu, the largest packet with its IP and UDP headers (28
/// bytes in IPv4, 48 in IPv6), a larger one is dropped. They meet a datagram in this order: partition, mtu, loss, burst, corrupt,
/// duplicate, rate, delay and jitter, reorder. rate and its queue are for each client apart.
/// kind="tcp": chunk (bytes go on in pieces of 1 to so many); glue (what comes within this time goes on as one); stall_after,
/// reset_after, half_close_after (so many bytes, then nothing goes on, or both ends are reset, or the receiver reads the end);
/// reset_after_seconds; refuse=True (nobody listens); silent=True (connections are taken, and nothing is said); slow_close (the sender's
/// end goes on so much later). They meet a stream in this order: delay and jitter, glue, rate, chunk, and the limits in bytes.
/// A rule of the other kind is a BadArgument: TCP sends again what a path loses, so a stream over this relay loses nothing.
///
/// seed: what is drawn begins there; without it one is drawn and shown in .seed and repr(), so that what was seen can be repeated. Each
/// flow (client, in the order of arrival), direction and rule draws for itself, once for every packet: the n-th packet of a flow has the
/// same fate whatever the time, the other flows and the other rules.
/// log: how many passages .log keeps, the newest; with 0 there are only counts. max_clients: how many it has at once, by default 512 of
/// datagrams and 65,536 connections. idle_timeout (kind="udp"): after how many seconds of silence one is forgotten, by default 300.
///
/// The relay may keep 64 MiB of late datagrams; beyond that they are lost, and the log says so. What the target's machine says of a
/// closed port (ICMP) cannot be passed on to a client of datagrams; it is in the log as "refused".
/// System calls: socket(2), bind(2), connect(2), recvmmsg(2), sendmmsg(2); for connections listen(2), accept4(2), recv(2), send(2).
/// Raises AddressInUse, AddressNotLocal, NoPermission, NameNotFound, BadArgument. Source: RFC 768, RFC 9293; RFC 2544 and RFC 8085 for
/// what a path may do.
#[pyclass(frozen, name = "Relay", module = "netsteps", weakref)]
pub(super) struct PyRelay {
    core: Core,
    target: Endpoint,
    seed: u64,
    /// For both ways, to the target, to the client.
    given: [Given; 3],
}

/// Either of the two.
enum Core {
    Udp(Arc<UdpRelay>),
    Tcp(Arc<TcpRelay>),
}

/// The same question to either of them.
macro_rules! of_core {
    ($this:expr, $relay:ident => $answer:expr) => {
        match &$this.core {
            Core::Udp($relay) => $answer,
            Core::Tcp($relay) => $answer,
        }
    };
}

#[pymethods]
impl PyRelay {
    #[new]
    #[pyo3(signature = (target: "tuple[str, int | str] | Endpoint | str", *, kind: "Literal['tcp', 'udp']" = "tcp", to_target=None, to_client=None, loss=None, burst=None, delay=None, jitter=None, reorder=None, reorder_by: "int | float | None" = None, duplicate=None, corrupt=None, rate=None, queue=None, mtu=None, chunk=None, glue=None, stall_after=None, reset_after=None, reset_after_seconds=None, half_close_after=None, refuse=None, silent=None, slow_close=None, seed=None, host: "str | None" = None, port: "int | str | None" = None, log=10_000, max_clients=None, idle_timeout=None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "independent, keyword-only settings"
    )]
    fn new(
        py: Python<'_>,
        target: Bound<'_, PyAny>,
        kind: &str,
        to_target: Option<Told<PyRef<'_, PyRules>>>,
        to_client: Option<Told<PyRef<'_, PyRules>>>,
        loss: Option<Told<f64>>,
        burst: Option<Told<PyRef<'_, PyBurst>>>,
        delay: Option<Told<f64>>,
        jitter: Option<Told<f64>>,
        reorder: Option<Told<f64>>,
        reorder_by: Option<Bound<'_, PyAny>>,
        duplicate: Option<Told<f64>>,
        corrupt: Option<Told<f64>>,
        rate: Option<Told<f64>>,
        queue: Option<Told<i64>>,
        mtu: Option<Told<i64>>,
        chunk: Option<Told<i64>>,
        glue: Option<Told<f64>>,
        stall_after: Option<Told<i64>>,
        reset_after: Option<Told<i64>>,
        reset_after_seconds: Option<Told<f64>>,
        half_close_after: Option<Told<i64>>,
        refuse: Option<Told<bool>>,
        silent: Option<Told<bool>>,
        slow_close: Option<Told<f64>>,
        seed: Option<i128>,
        host: Option<Bound<'_, PyAny>>,
        port: Option<Bound<'_, PyAny>>,
        log: i64,
        max_clients: Option<i64>,
        idle_timeout: Option<f64>,
    ) -> PyResult<Self> {
        let both = given!(
            py, burst, reorder_by,
            loss: PROBABILITY, delay: TIME, jitter: TIME, reorder: PROBABILITY, duplicate: PROBABILITY,
            corrupt: PROBABILITY, rate: RATE, queue: SIZE, mtu: SIZE, chunk: SIZE, glue: TIME,
            stall_after: SIZE, reset_after: SIZE, reset_after_seconds: TIME, half_close_after: SIZE,
            refuse: SWITCH, silent: SWITCH, slow_close: TIME,
        );
        let one = |name, rules: Option<Told<PyRef<'_, PyRules>>>| {
            told(py, name, RULES, rules)
                .map(|rules| rules.map(|rules| rules.0.clone()).unwrap_or_default())
        };
        let given = [
            both,
            one("to_target", to_target)?,
            one("to_client", to_client)?,
        ];
        let raise = |error| errors::raise(py, error);
        let transport = convert::transport(kind, "relay").map_err(raise)?;
        let seed = seed_of(seed).map_err(raise)?;
        let log = size(log, "log", 0, "relay").map_err(raise)?;
        let limits = Limits::of(max_clients, idle_timeout, transport).map_err(raise)?;
        // Before anything is looked up or bound: what cannot be meant leaves nothing behind.
        let rules = Both::of(&given, transport).map_err(raise)?;
        let target = target_of(py, &target, transport)?;
        let (host, port) = defaults(py, host, port)?;
        let endpoint = place(py, &host, &port, transport)?;
        let core = match rules {
            Both::Packets(rules) => {
                let settings = udp::Settings {
                    listen: endpoint,
                    target,
                    rules,
                    seed,
                    log,
                    max_clients: limits.clients,
                    idle: limits.idle,
                };
                let relay = placed(py, || UdpRelay::start(settings)).map_err(raise)?;
                let relay = Arc::new(relay);
                register(Running::UdpRelay(Arc::downgrade(&relay)));
                Core::Udp(relay)
            }
            Both::Stream(rules) => {
                let settings = tcp::Settings {
                    listen: endpoint,
                    target,
                    rules,
                    seed,
                    log,
                    max_clients: limits.clients,
                };
                let relay = placed(py, || TcpRelay::start(settings)).map_err(raise)?;
                let relay = Arc::new(relay);
                register(Running::TcpRelay(Arc::downgrade(&relay)));
                Core::Tcp(relay)
            }
        };
        Ok(Self {
            core,
            target,
            seed,
            given,
        })
    }

    /// Where clients send to or connect to: an Endpoint.
    #[getter]
    fn endpoint(&self) -> PyEndpoint {
        PyEndpoint(of_core!(self, relay => relay.endpoint()))
    }

    /// Where it sends on to: an Endpoint.
    #[getter]
    fn target(&self) -> PyEndpoint {
        PyEndpoint(self.target)
    }

    /// "tcp" or "udp".
    #[getter]
    fn kind(&self) -> &'static str {
        match self.core {
            Core::Udp(_) => "udp",
            Core::Tcp(_) => "tcp",
        }
    }

    /// What its draws begin with: Relay(..., seed=relay.seed) decides the same again.
    #[getter]
    fn seed(&self) -> u64 {
        self.seed
    }

    /// How many clients it has at this moment.
    #[getter]
    fn clients(&self, py: Python<'_>) -> PyResult<usize> {
        self.own(py, "clients")?;
        Ok(of_core!(self, relay => relay.clients()))
    }

    /// What it did with each packet or chunk: a list of Passage, in the order of their coming, which shows itself as a table. The newest
    /// are kept, as many as log= said; report() counts all.
    #[getter]
    fn log<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.own(py, "log")?;
        let (mut passages, dropped) = self.logged(|log| (log.snapshot(), log.dropped()));
        // Bytes that wait are told when they go; those of the other direction can have come between.
        passages.sort_by_key(|passage| passage.at_ns);
        let passages: Vec<_> = passages.into_iter().map(PyPassage).collect();
        shown(py, "relay", "log_table", (passages, dropped), None)
    }

    /// How many passages the log had to let go, because there were more than its limit.
    #[getter]
    fn dropped(&self, py: Python<'_>) -> PyResult<u64> {
        self.own(py, "dropped")?;
        Ok(self.logged(Log::dropped))
    }

    /// What it has done so far, counted for each direction: a RelayReport.
    fn report(&self, py: Python<'_>) -> PyResult<PyRelayReport> {
        self.own(py, "report")?;
        Ok(PyRelayReport(self.logged(Log::report)))
    }

    /// Part the path: from now on datagrams are lost in both directions, and connections carry nothing until it heals (what was under
    /// way then goes on, as TCP sends again). What the relay already holds back is past the break, and still arrives. It heals with
    /// heal(), or at the end of `with relay.partition():`.
    fn partition(slf: Py<Self>, py: Python<'_>) -> PyResult<PyPartition> {
        slf.get().switch(py, true)?;
        Ok(PyPartition(slf))
    }

    /// End the partition. When there is none, nothing happens.
    fn heal(&self, py: Python<'_>) -> PyResult<()> {
        self.switch(py, false)
    }

    /// Whether the path is parted.
    #[getter]
    fn partitioned(&self) -> bool {
        of_core!(self, relay => relay.partitioned())
    }

    /// Stop: nothing comes in any more, what is held back is forgotten, connections are closed, and the port is free. Waits up to timeout
    /// seconds for the relay's thread. Twice is no error; the log and the report stay.
    #[pyo3(signature = (timeout=1.0))]
    fn stop(&self, py: Python<'_>, timeout: f64) -> PyResult<()> {
        deadline(Some(timeout), "stop").map_err(|error| errors::raise(py, error))?;
        let pause = PyPause::new(py);
        self.core.stop(Duration::from_secs_f64(timeout), &pause);
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
        let [both, to_target, to_client] = &self.given;
        let state = if of_core!(self, relay => relay.stopping()) {
            "stopped"
        } else if self.partitioned() {
            "parted"
        } else {
            "listening"
        };
        let mut rules = String::new();
        for (given, before, after) in [
            (both, "", ""),
            (to_target, "to_target=Rules(", ")"),
            (to_client, "to_client=Rules(", ")"),
        ] {
            if *given != Given::default() {
                rules.extend([", ", before, &given.to_string(), after]);
            }
        }
        format!(
            "<netsteps.Relay {} {state} on {} for {}{rules}, seed={}>",
            self.kind(),
            of_core!(self, relay => relay.endpoint()),
            self.target,
            self.seed
        )
    }
}

impl PyRelay {
    /// In a forked child there is no thread that would do anything, and locks may stay locked.
    fn own(&self, py: Python<'_>, step: &'static str) -> PyResult<()> {
        if of_core!(self, relay => relay.elsewhere()) {
            let cause = "this relay runs in the process that this one was forked from";
            let remedy = "a relay of this process's own";
            return Err(errors::raise(
                py,
                Error::new(Code::Forked, step, cause, remedy),
            ));
        }
        Ok(())
    }

    fn switch(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        self.own(py, "partition")?;
        of_core!(self, relay => relay.partition(on));
        Ok(())
    }

    fn logged<T>(&self, look: impl FnOnce(&Log) -> T) -> T {
        match &self.core {
            Core::Udp(relay) => look(relay.log()),
            Core::Tcp(relay) => look(relay.log()),
        }
    }
}

impl Core {
    fn stop(&self, last: Duration, pause: &dyn Pause) {
        match self {
            Self::Udp(relay) => relay.stop(last, pause),
            Self::Tcp(relay) => {
                relay.stop(last, pause);
            }
        }
    }
}

/// A partition of a Relay's path, which heals at the end of its `with`.
#[pyclass(frozen, name = "Partition", module = "netsteps")]
pub(super) struct PyPartition(Py<PyRelay>);

#[pymethods]
impl PyPartition {
    fn __enter__(&self, py: Python<'_>) -> Py<PyRelay> {
        self.0.clone_ref(py)
    }

    #[pyo3(signature = (*_exception: "object"))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.0.get().heal(py)
    }

    fn __repr__(&self) -> String {
        let relay = self.0.get();
        let state = if relay.partitioned() {
            "parted"
        } else {
            "healed"
        };
        format!("<netsteps.Partition {state}>")
    }
}
