//! What a `Relay` is told: its rules for either kind, its limits, its seed, and its target.

use std::time::Duration;

use pyo3::prelude::*;

use super::convert::{Address, audit, size};
use super::errors;
use super::pause::waiting;
use crate::address::Endpoint;
use crate::error::{Code, Error, Result};
use crate::ports::Transport;
use crate::relay::Given;
use crate::relay::random::fresh_seed;
use crate::relay::tcp::MOST_CLIENTS;
use crate::resolve::resolve;

/// How many clients of datagrams there are at most, unless it is said: each takes a descriptor.
const CLIENTS: usize = 512;
/// When a client of datagrams is forgotten, unless it is said: later than a router does it (RFC 4787 asks for two minutes at least).
const IDLE: Duration = Duration::from_mins(5);

/// The rules of both ways, for either kind.
pub(super) enum Both {
    Packets([crate::relay::rules::Rules; 2]),
    Stream([crate::relay::stream::Rules; 2]),
}

impl Both {
    /// Of what is given for both ways, to the target and to the client.
    pub(super) fn of(
        [both, to_target, to_client]: &[Given; 3],
        transport: Transport,
    ) -> Result<Self> {
        let (to_target, to_client) = (to_target.with(both)?, to_client.with(both)?);
        Ok(match transport {
            Transport::Udp => Self::Packets([to_target.packets()?, to_client.packets()?]),
            Transport::Tcp => Self::Stream([to_target.stream()?, to_client.stream()?]),
        })
    }
}

/// How many clients there are, and for how long a silent one of datagrams.
pub(super) struct Limits {
    pub(super) clients: usize,
    pub(super) idle: Duration,
}

impl Limits {
    pub(super) fn of(
        clients: Option<i64>,
        idle: Option<f64>,
        transport: Transport,
    ) -> Result<Self> {
        let bad =
            |cause: String, remedy: &str| Error::new(Code::BadArgument, "relay", cause, remedy);
        let usual = match transport {
            Transport::Udp => CLIENTS,
            Transport::Tcp => MOST_CLIENTS,
        };
        if transport == Transport::Tcp && idle.is_some() {
            let cause = "idle_timeout= is for kind=\"udp\": a connection ends by itself";
            return Err(bad(cause.to_owned(), "kind=\"udp\", or none of it"));
        }
        let idle = match idle.map(Duration::try_from_secs_f64) {
            None => IDLE,
            Some(Ok(idle)) if !idle.is_zero() => idle,
            Some(_) => {
                return Err(bad(
                    "idle_timeout= is no time".to_owned(),
                    "seconds above 0",
                ));
            }
        };
        Ok(Self {
            clients: clients.map_or(Ok(usual), |most| size(most, "max_clients", 1, "relay"))?,
            idle,
        })
    }
}

/// A seed of its own where none is given.
pub(super) fn seed_of(seed: Option<i128>) -> Result<u64> {
    let Some(seed) = seed else {
        return Ok(fresh_seed());
    };
    u64::try_from(seed).map_err(|_| {
        let cause = format!("seed={seed} cannot be meant");
        Error::new(
            Code::BadArgument,
            "relay",
            cause,
            "a whole number from 0 to 2**64 - 1",
        )
    })
}

/// Where to send on to: the first endpoint of a host and a port.
pub(super) fn target_of(
    py: Python<'_>,
    target: &Bound<'_, PyAny>,
    transport: Transport,
) -> PyResult<Endpoint> {
    let step = "relay";
    let given = Address::of(target, None, step)?;
    audit(py, ("socket.connect", py.None(), given.given(py)?))?;
    let (host, port) = match given {
        Address::Endpoint(endpoint) => return Ok(endpoint),
        Address::Named(host, port) => (host, port),
    };
    let found = waiting(py, None, step, |wait| {
        resolve(&host, &port, transport, None, step, wait)
    })?;
    found.first().copied().ok_or_else(|| {
        let cause = "the lookup gave no address";
        errors::raise(py, Error::new(Code::NameNotFound, step, cause, "digits"))
    })
}
