//! `Rules` and `Burst`: what is asked of a relay.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt};

use super::errors;
use super::relay_told::{BURST, PROBABILITY, RATE, SIZE, SWITCH, TIME, Told, given, told};
use crate::error::{Code, Error};
use crate::relay::Given;
use crate::relay::rules::{Behind, Burst, seconds};

/// Losses that come in bursts: a path that is good or bad for a while (the model of Gilbert and Elliott).
///
/// Before each packet a good path becomes bad with the probability enter, and a bad one good with leave: a burst is 1 / leave packets
/// long on average. A packet is then lost with the probability of the state, loss_good or loss_bad. It begins good. .average is the
/// share of packets that it loses in the long run. Raises BadArgument (a ValueError) for what is no probability.
/// Source: E. N. Gilbert, "Capacity of a burst-noise channel", 1960; E. O. Elliott, 1963.
#[pyclass(frozen, eq, name = "Burst", module = "netsteps")]
#[derive(Clone, Copy, PartialEq)]
pub(super) struct PyBurst(pub(super) Burst);

#[pymethods]
impl PyBurst {
    #[new]
    #[pyo3(signature = (enter, leave, loss_good=0.0, loss_bad=1.0))]
    fn new(
        py: Python<'_>,
        enter: f64,
        leave: f64,
        loss_good: f64,
        loss_bad: f64,
    ) -> PyResult<Self> {
        let burst = Burst {
            enter,
            leave,
            loss_good,
            loss_bad,
        };
        let given = Given {
            burst: Some(burst),
            ..Given::default()
        };
        given.packets().map_err(|error| errors::raise(py, error))?;
        Ok(Self(burst))
    }

    /// The probability that a good path becomes bad, before each packet.
    #[getter]
    fn enter(&self) -> f64 {
        self.0.enter
    }

    /// The probability that a bad path becomes good.
    #[getter]
    fn leave(&self) -> f64 {
        self.0.leave
    }

    /// The probability of loss while it is good.
    #[getter]
    fn loss_good(&self) -> f64 {
        self.0.loss_good
    }

    /// The probability of loss while it is bad.
    #[getter]
    fn loss_bad(&self) -> f64 {
        self.0.loss_bad
    }

    /// The share of packets that it loses in the long run.
    #[getter]
    fn average(&self) -> f64 {
        self.0.average()
    }

    fn __repr__(&self) -> String {
        self.0.to_string().replacen("burst", "Burst", 1)
    }
}

/// The rules of one direction of a Relay: Relay(..., to_target=Rules(loss=0.3), to_client=Rules(delay=0.02)).
///
/// Relay explains each; it takes the same names for both directions. Times in seconds, sizes in bytes, rate in bytes per second,
/// probabilities from 0 to 1. The values are checked by the Relay, which knows its kind.
#[pyclass(frozen, eq, name = "Rules", module = "netsteps")]
#[derive(Clone, PartialEq)]
pub(super) struct PyRules(pub(super) Given);

#[pymethods]
impl PyRules {
    #[new]
    #[pyo3(signature = (*, loss=None, burst=None, delay=None, jitter=None, reorder=None, reorder_by: "int | float | None" = None, duplicate=None, corrupt=None, rate=None, queue=None, mtu=None, chunk=None, glue=None, stall_after=None, reset_after=None, reset_after_seconds=None, half_close_after=None, refuse=None, silent=None, slow_close=None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "independent, keyword-only settings"
    )]
    fn new(
        py: Python<'_>,
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
    ) -> PyResult<Self> {
        Ok(Self(given!(
            py, burst, reorder_by,
            loss: PROBABILITY, delay: TIME, jitter: TIME, reorder: PROBABILITY, duplicate: PROBABILITY,
            corrupt: PROBABILITY, rate: RATE, queue: SIZE, mtu: SIZE, chunk: SIZE, glue: TIME,
            stall_after: SIZE, reset_after: SIZE, reset_after_seconds: TIME, half_close_after: SIZE,
            refuse: SWITCH, silent: SWITCH, slow_close: TIME,
        )))
    }

    fn __repr__(&self) -> String {
        format!("Rules({})", self.0)
    }
}

/// `reorder_by`: a whole number is packets, another is seconds.
pub(super) fn behind(py: Python<'_>, by: Option<Bound<'_, PyAny>>) -> PyResult<Option<Behind>> {
    let Some(by) = by else { return Ok(None) };
    if by.is_instance_of::<PyInt>() && !by.is_instance_of::<PyBool>() {
        let count: i64 = by.extract()?;
        let Ok(packets) = u32::try_from(count) else {
            let cause = format!("reorder_by={count} packets cannot be meant");
            let error = Error::new(Code::BadArgument, "relay", cause, "1 or more, or seconds");
            return Err(errors::raise(py, error));
        };
        return Ok(Some(Behind::Packets(packets)));
    }
    let Ok(time) = by.extract::<f64>() else {
        let cause = "reorder_by= is neither packets (a whole number) nor seconds";
        let remedy = "reorder_by=3 (packets), or reorder_by=0.01 (seconds)";
        let error = Error::new(Code::BadType, "relay", cause, remedy);
        return Err(errors::raise(py, error));
    };
    let time: Duration = seconds("reorder_by", time).map_err(|error| errors::raise(py, error))?;
    Ok(Some(Behind::Time(time)))
}
