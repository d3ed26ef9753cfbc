//! `Passage`, `RelayCounts` and `RelayReport`: what a relay did, as plain data.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::endpoint::PyEndpoint;
use super::show::shown;
use crate::relay::{Counts, Passage, Report, Verdict};

/// One packet (UDP) or chunk (TCP: what one read of the relay gave) that a Relay handled, and what became of it.
#[pyclass(frozen, eq, name = "Passage", module = "netsteps")]
#[derive(Clone, PartialEq)]
pub(super) struct PyPassage(pub(super) Passage);

#[pymethods]
impl PyPassage {
    /// When it came, in seconds since the relay's start.
    #[getter]
    fn time(&self) -> f64 {
        seconds(self.0.at_ns)
    }

    /// "to target" or "to client".
    #[getter]
    fn way(&self) -> &'static str {
        self.0.way.name()
    }

    /// Whose it is: the address of the client.
    #[getter]
    fn client(&self) -> PyEndpoint {
        PyEndpoint(self.0.client.into())
    }

    /// Whose it is: the number of the client in the order of arrival, from 0. With the seed it decides what is drawn for it.
    #[getter]
    fn flow(&self) -> u32 {
        self.0.flow
    }

    /// Which one of its client and direction it is, from 0.
    #[getter]
    fn number(&self) -> u64 {
        self.0.number
    }

    /// Its bytes.
    #[getter]
    fn size(&self) -> usize {
        self.0.size
    }

    /// What became of it: "passed", "late", "reordered", "doubled", "corrupted", "lost", "too big" (datagrams), "split", "glued",
    /// "stalled", "cut", "reset", "refused", "silent" (connections), or "failed" (the relay could not send it). The worst, where
    /// several rules met it.
    #[getter]
    fn verdict(&self) -> &'static str {
        self.0.verdict.name()
    }

    /// All that befell it, from the mildest to the worst: ("late", "doubled"), for example.
    #[getter]
    fn verdicts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.all.iter().map(Verdict::name).collect::<Vec<_>>())
    }

    /// The rule that gave the verdict, as it was asked for: "loss=0.2". Empty when none did.
    #[getter]
    fn rule(&self) -> &str {
        &self.0.rule
    }

    /// How long the relay holds it back, in seconds; of what waited for the end of a partition (TCP), how long that was.
    #[getter]
    fn delay(&self) -> f64 {
        seconds(self.0.delay_ns)
    }

    /// Behind how many later ones of its flow the rule reorder= puts it then; 0 for none. How long that takes is no part of delay.
    #[getter]
    fn behind(&self) -> u32 {
        self.0.behind
    }

    fn __repr__(&self) -> String {
        let Passage {
            way,
            client,
            number,
            size,
            verdict,
            rule,
            ..
        } = &self.0;
        let by = if rule.is_empty() {
            String::new()
        } else {
            format!(" ({rule})")
        };
        let way = way.name();
        format!("<netsteps.Passage {way}: {client} #{number}, {size} bytes, {verdict}{by}>")
    }
}

/// What came one way through a Relay, and what became of it. A packet that is doubled and late counts for both.
#[pyclass(frozen, eq, name = "RelayCounts", module = "netsteps")]
#[derive(Clone, Copy, PartialEq)]
pub(super) struct PyRelayCounts(Counts);

#[pymethods]
impl PyRelayCounts {
    /// How many packets or chunks came.
    #[getter]
    fn came(&self) -> u64 {
        self.0.came
    }

    /// Their bytes.
    #[getter]
    fn came_bytes(&self) -> u64 {
        self.0.came_bytes
    }

    /// How many were sent on so far, copies among them. What is late and still waits is not counted.
    #[getter]
    fn delivered(&self) -> u64 {
        self.0.delivered
    }

    /// Their bytes.
    #[getter]
    fn delivered_bytes(&self) -> u64 {
        self.0.delivered_bytes
    }

    /// How many went on as they came, at once.
    #[getter]
    fn passed(&self) -> u64 {
        self.0.of(Verdict::Passed)
    }

    /// How many went on in pieces (TCP).
    #[getter]
    fn split(&self) -> u64 {
        self.0.of(Verdict::Split)
    }

    /// How many went on together with others (TCP).
    #[getter]
    fn glued(&self) -> u64 {
        self.0.of(Verdict::Glued)
    }

    /// How many went on later than they came.
    #[getter]
    fn late(&self) -> u64 {
        self.0.of(Verdict::Late)
    }

    /// How many were put behind later ones by reorder=.
    #[getter]
    fn reordered(&self) -> u64 {
        self.0.of(Verdict::Reordered)
    }

    /// How many went on twice.
    #[getter]
    fn doubled(&self) -> u64 {
        self.0.of(Verdict::Doubled)
    }

    /// How many went on with a bit flipped.
    #[getter]
    fn corrupted(&self) -> u64 {
        self.0.of(Verdict::Corrupted)
    }

    /// How many are kept for now (TCP).
    #[getter]
    fn stalled(&self) -> u64 {
        self.0.of(Verdict::Stalled)
    }

    /// How many were lost: by loss=, burst=, rate=, or in a partition.
    #[getter]
    fn lost(&self) -> u64 {
        self.0.of(Verdict::Lost)
    }

    /// How many were larger than mtu=.
    #[getter]
    fn too_big(&self) -> u64 {
        self.0.of(Verdict::TooBig)
    }

    /// How many came after the end that a rule had made of a stream (TCP).
    #[getter]
    fn cut(&self) -> u64 {
        self.0.of(Verdict::Cut)
    }

    /// How many a reset ended (TCP).
    #[getter]
    fn reset(&self) -> u64 {
        self.0.of(Verdict::Reset)
    }

    /// How many were refused: by the target's machine, or by a rule or limit.
    #[getter]
    fn refused(&self) -> u64 {
        self.0.of(Verdict::Refused)
    }

    /// How many nobody answered, by silent= (TCP).
    #[getter]
    fn silent(&self) -> u64 {
        self.0.of(Verdict::Silent)
    }

    /// How many the relay could not send on.
    #[getter]
    fn failed(&self) -> u64 {
        self.0.of(Verdict::Failed)
    }

    fn __repr__(&self) -> String {
        use std::fmt::Write;
        let mut text = format!(
            "RelayCounts(came={}, delivered={}",
            self.0.came, self.0.delivered
        );
        for verdict in Verdict::ALL {
            let count = self.0.of(verdict);
            if count > 0 {
                // Writing to a String does not fail.
                let _ = write!(text, ", {}={count}", verdict.name().replace(' ', "_"));
            }
        }
        text.push(')');
        text
    }
}

/// What a Relay has done so far, counted: exact also when its log is full. print() and a notebook show it as a table.
#[pyclass(frozen, eq, name = "RelayReport", module = "netsteps")]
#[derive(Clone, PartialEq)]
pub(super) struct PyRelayReport(pub(super) Report);

#[pymethods]
impl PyRelayReport {
    /// The counts of what the clients sent.
    #[getter]
    fn to_target(&self) -> PyRelayCounts {
        PyRelayCounts(self.0.to_target)
    }

    /// The counts of what the target sent.
    #[getter]
    fn to_client(&self) -> PyRelayCounts {
        PyRelayCounts(self.0.to_client)
    }

    /// How many clients came.
    #[getter]
    fn clients(&self) -> u64 {
        self.0.clients
    }

    /// How many passages the log holds.
    #[getter]
    fn kept(&self) -> u64 {
        self.0.kept
    }

    /// How many the log had to let go, because there were more than its limit.
    #[getter]
    fn dropped(&self) -> u64 {
        self.0.dropped
    }

    fn __repr__(slf: Bound<'_, Self>) -> PyResult<String> {
        shown(slf.py(), "relay", "report_text", (slf,), None)?.extract()
    }

    fn _repr_html_(slf: Bound<'_, Self>) -> PyResult<Bound<'_, PyAny>> {
        shown(slf.py(), "relay", "report_html", (slf,), None)
    }
}

fn seconds(ns: u64) -> f64 {
    std::time::Duration::from_nanos(ns).as_secs_f64()
}
