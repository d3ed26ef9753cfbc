//! `UdpServer(on_datagram=…)`: the loop's side of a Python function that answers datagrams.
//!
//! The thread that answers is Python's (`netsteps.handlers`): it asks for the next batch, and hands over the answers to the last one.
//! What is sent and received goes in between, without the interpreter.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::endpoint::PyDatagram;
use super::errors;
use super::handlers::Raised;
use super::memory::{Payload, fixed};
use crate::address::Endpoint;
use crate::error::{Code, Error};
use crate::socket::Batch;
use crate::udp;
use crate::wait::Plain;

/// The datagrams of a UdpServer, as the thread of its handler sees them.
#[pyclass(frozen, name = "_Datagrams", module = "netsteps._core")]
pub(super) struct PyDatagrams {
    core: Arc<udp::Server>,
    raised: Arc<Raised>,
    own: Mutex<Own>,
}

#[derive(Default)]
struct Own {
    batch: Batch,
    /// Who sent those that the handler has.
    asked: Vec<Endpoint>,
}

impl PyDatagrams {
    pub(super) fn new(core: Arc<udp::Server>, raised: Arc<Raised>) -> Self {
        Self {
            core,
            raised,
            own: Mutex::default(),
        }
    }

    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the handler gave back, with whose it is.
    fn replies<'py>(
        &self,
        answers: &Bound<'py, PyList>,
        asked: impl Iterator<Item = Endpoint>,
    ) -> Vec<(Endpoint, Payload<'py>)> {
        let py = answers.py();
        let mut replies = Vec::with_capacity(answers.len());
        for (answer, sender) in answers.iter().zip(asked) {
            if answer.is_none() {
                continue;
            }
            match Payload::of(&answer, "on_datagram") {
                Ok(payload) => replies.push((sender, payload)),
                Err(error) => self.raised.report(py, error, &sender.to_string()),
            }
        }
        replies
    }

    /// Tells of the replies that the handler should have made otherwise. What the net refuses is lost, and counted.
    fn report(&self, py: Python<'_>, refused: Vec<(Endpoint, Error)>) {
        for (to, error) in refused {
            if matches!(error.code(), Code::DatagramTooLarge | Code::NoPermission) {
                self.raised
                    .report(py, errors::raise(py, error), &to.to_string());
            }
        }
    }
}

#[pymethods]
impl PyDatagrams {
    /// Send the answers to the last batch, in its order: bytes, or None for none. Then wait for the next batch, a list of datagrams;
    /// None when the server has stopped.
    fn next<'py>(
        &self,
        py: Python<'py>,
        answers: &Bound<'py, PyList>,
    ) -> PyResult<Option<Bound<'py, PyList>>> {
        let mut own = self.own();
        let own = &mut *own;
        let replies = self.replies(answers, own.asked.drain(..));
        let mut out = Some(
            replies
                .iter()
                .map(|(sender, payload)| (*sender, payload.bytes())),
        );
        loop {
            let batch = &mut own.batch;
            let answers: Vec<_> = out.take().into_iter().flatten().collect();
            // Once for both, while nothing is wrong: whoever wants the interpreter has it all the time.
            let came = py.detach(|| {
                let refused = self.core.answer(answers.into_iter(), &Plain);
                if refused.is_empty() {
                    Ok(self.core.next(batch, &Plain))
                } else {
                    Err(refused)
                }
            });
            match came {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(refused) => {
                    self.report(py, refused);
                    continue;
                }
            }
            let datagrams = PyList::empty(py);
            for datagram in self.core.asked(&own.batch) {
                own.asked.push(datagram.sender);
                datagrams.append(PyDatagram::received(py, &datagram)?)?;
            }
            if !own.asked.is_empty() {
                return Ok(Some(datagrams));
            }
        }
    }

    /// An answer as it is now, in bytes: the function may return the same bytearray again before this one has left.
    #[pyo3(signature = (answer: "object"))]
    #[expect(clippy::unused_self, reason = "a method, as of those for messages")]
    fn fixed<'py>(&self, answer: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        fixed(answer, "on_datagram")
    }

    /// Tell what the handler raised for a datagram of the batch, by its place.
    fn failed(&self, py: Python<'_>, place: usize, error: Bound<'_, PyAny>) {
        let sender = self.own().asked.get(place).copied();
        let who = sender.map_or_else(String::new, |sender| sender.to_string());
        self.raised.report(py, PyErr::from_value(error), &who);
    }

    /// Say that the loop has ended.
    fn ended(&self) {
        self.core.end();
    }
}
