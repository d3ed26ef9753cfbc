//! `TcpServer(on_message=…)`: the event loop's side of a Python function that answers messages.
//!
//! The thread that answers is Python's (`netsteps.handlers`): it asks for the next batch of messages, and hands over the answers to
//! the last one. All rounds of the loop, and all system calls, happen in between, without the interpreter.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::endpoint::PyEndpoint;
use super::errors;
use super::gather::{Cut, Gather, Item, Lease};
use super::handlers::Raised;
use super::memory::{Payload, fixed, new_bytes};
use crate::address::Endpoint;
use crate::error::{Code, Error};
use crate::tcp::event_loop::{Full, Io, Key, Rounds};
use crate::tcp::framing::Framing;

/// Writes a message as the framing wants it.
fn write(io: &mut Io<'_>, framing: Framing, message: &[u8]) {
    // Its length was looked at before.
    let Ok((head, length, tail)) = framing.around(message.len()) else {
        return;
    };
    if length == 0 && tail.is_empty() {
        io.write(message);
        return;
    }
    io.write_parts(&[&head[..length], message, tail]);
}

/// A client of a TcpServer(on_message=...), for an answer that comes later, for several, and for its end.
///
/// Functions that take two arguments get it with each message. It may be kept, and used from any thread. When the client has finished
/// sending, and the function has kept none of these, the server finishes too.
#[pyclass(frozen, name = "MessageClient", module = "netsteps")]
pub(super) struct PyMessageClient {
    lease: Arc<Lease>,
    cut: Cut,
}

impl PyMessageClient {
    fn post(&self, message: &Bound<'_, PyAny>, limit: usize) -> PyResult<()> {
        let py = message.py();
        let payload = Payload::of(message, "send")?;
        let message = payload.bytes();
        let (head, length, tail) = self
            .cut
            .framing
            .around(message.len())
            .map_err(|error| errors::raise(py, error))?;
        let framed = [&head[..length], message, tail].concat();
        let sent = self.lease.remote.write(framed, limit);
        sent.map_err(|Full(waiting)| {
            let cause = format!("{waiting} bytes wait for the client, which does not take them");
            let remedy = "client.close(), less to slow clients (.unwritten tells), or a larger unwritten_limit= of the server";
            let error = Error::new(Code::TooSlow, "send", cause, remedy);
            errors::raise(py, error.at(self.lease.peer))
        })
    }
}

#[pymethods]
impl PyMessageClient {
    /// The client's Endpoint.
    #[getter]
    fn peer(&self) -> Option<PyEndpoint> {
        self.lease.peer.map(PyEndpoint)
    }

    /// How many bytes that were sent to it wait here because it has not taken them; 0 when it has gone.
    ///
    /// What the kernels of both ends hold is not counted.
    #[getter]
    fn unwritten(&self) -> usize {
        self.lease.remote.unwritten()
    }

    /// Send it a message, framed as the server frames; what it does not take at once waits. To a client that has gone, nothing is sent.
    ///
    /// It never waits for the client, and may be called from any thread. message: any bytes-like object. Raises BadPayload, and TooSlow
    /// (a BlockingIOError) when the server's unwritten_limit of bytes or more wait for the client already: then nothing of the message
    /// is sent. System call: send(2), in the thread of the loop.
    #[pyo3(signature = (message: "ReadableBuffer"))]
    fn send(&self, message: &Bound<'_, PyAny>) -> PyResult<()> {
        self.post(message, self.cut.unwritten)
    }

    /// Close the connection when all that was sent to it has gone.
    fn close(&self) {
        self.lease.remote.close();
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.lease.remote == other.lease.remote
    }

    fn __hash__(&self) -> u64 {
        self.lease.remote.key().serial()
    }

    fn __repr__(&self) -> String {
        format!("<netsteps.MessageClient {}>", name(self.lease.peer))
    }
}

fn name(peer: Option<Endpoint>) -> String {
    peer.map_or_else(String::new, |peer| peer.to_string())
}

/// The messages of a TcpServer, as the thread that answers them sees them.
#[pyclass(frozen, name = "_Messages", module = "netsteps._core")]
pub(super) struct PyMessages {
    raised: Arc<Raised>,
    cut: Cut,
    own: Mutex<Own>,
}

struct Own {
    /// Given back when the server ends.
    rounds: Option<Rounds<Gather>>,
    /// Whose the messages of the last batch were, and what is to be done when they are answered.
    asked: Vec<(Key, Option<Endpoint>)>,
    then: Vec<Then>,
}

/// What comes after the answers.
enum Then {
    Finish(Key),
    Close(Key),
    /// Of a client that is answered by its handle: behind what was sent by that.
    CloseByHandle(Arc<Lease>),
}

/// An answer on its way out.
enum Answer<'a> {
    Message(&'a [u8]),
    Close,
    Finish,
}

impl PyMessages {
    pub(super) fn new(raised: Arc<Raised>, rounds: Rounds<Gather>, cut: Cut) -> Self {
        Self {
            raised,
            cut,
            own: Mutex::new(Own {
                rounds: Some(rounds),
                asked: Vec::new(),
                then: Vec::new(),
            }),
        }
    }

    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the function gave back, with whose it is: `None` for a client to be closed.
    fn answers<'py>(
        &self,
        answers: &Bound<'py, PyList>,
        asked: impl Iterator<Item = (Key, Option<Endpoint>)>,
    ) -> Vec<(Key, Option<Payload<'py>>)> {
        let py = answers.py();
        let mut payloads = Vec::with_capacity(answers.len());
        for (answer, (key, peer)) in answers.iter().zip(asked) {
            if answer.is_none() {
                continue;
            }
            if answer.is_instance_of::<Self>() {
                payloads.push((key, None));
                continue;
            }
            let payload = Payload::of(&answer, "on_message").and_then(|payload| {
                let framed = self.cut.framing.around(payload.bytes().len());
                framed.map_err(|error| errors::raise(py, error))?;
                Ok(payload)
            });
            let payload = payload.map_err(|error| self.raised.report(py, error, &name(peer)));
            payloads.push((key, payload.ok()));
        }
        payloads
    }
}

#[pymethods]
impl PyMessages {
    /// Send the answers to the last batch, in its order: bytes, None for none, this object for a client to be closed. Then wait for the
    /// next batch, a list of messages (of (message, client), for functions that take both); None when the server has stopped.
    fn next<'py>(
        &self,
        py: Python<'py>,
        answers: &Bound<'py, PyList>,
    ) -> PyResult<Option<Bound<'py, PyList>>> {
        let mut own = self.own();
        let own = &mut *own;
        let Some(rounds) = own.rounds.as_mut() else {
            return Ok(None);
        };
        let payloads = self.answers(answers, own.asked.drain(..));
        let mut out: Vec<(Key, Answer<'_>)> = payloads
            .iter()
            .map(|(key, payload)| match payload {
                Some(payload) => (*key, Answer::Message(payload.bytes())),
                None => (*key, Answer::Close),
            })
            .collect();
        for then in own.then.drain(..) {
            match then {
                Then::Finish(key) => out.push((key, Answer::Finish)),
                Then::Close(key) => out.push((key, Answer::Close)),
                Then::CloseByHandle(lease) => lease.remote.close(),
            }
        }
        let (cut, framing) = (self.cut, self.cut.framing);
        let goes_on = py.detach(|| {
            rounds.each(out, |io, answer| match answer {
                Answer::Message(message) => write(io, framing, message),
                Answer::Close => io.close(),
                Answer::Finish => io.finish(),
            });
            while rounds.round() {
                if rounds.work().has_some() {
                    return true;
                }
            }
            false
        });
        if !goes_on {
            let ended = own.rounds.take();
            py.detach(|| drop(ended));
            return Ok(None);
        }
        let work = rounds.work();
        for (peer, error) in work.broken.drain(..) {
            self.raised
                .report(py, errors::raise(py, error), &name(peer));
        }
        let batch = PyList::empty(py);
        let mut begin = 0;
        for item in work.items.drain(..) {
            let (whose, end) = match item {
                Item::Finished(key) => {
                    own.then.push(Then::Finish(key));
                    continue;
                }
                Item::Broken(key, lease) => {
                    let by_handle = lease.map(Then::CloseByHandle);
                    own.then.push(by_handle.unwrap_or(Then::Close(key)));
                    continue;
                }
                Item::Message(whose, end) => (whose, end),
            };
            let message = new_bytes(py, work.bytes.get(begin..end).unwrap_or_default())?;
            begin = end;
            own.asked.push((whose.key, whose.peer));
            match whose.lease {
                Some(lease) => batch.append((message, PyMessageClient { lease, cut }))?,
                None => batch.append(message)?,
            }
        }
        work.clear();
        Ok(Some(batch))
    }

    /// Send a client what the function returned. Who does not take its answers is asked nothing more, so there is no limit here.
    #[pyo3(signature = (client, message: "object"))]
    #[expect(clippy::unused_self, reason = "a method, as of those for datagrams")]
    fn answer(
        &self,
        client: &Bound<'_, PyMessageClient>,
        message: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        client.get().post(message, usize::MAX)
    }

    /// An answer as it is now, in bytes: the function may return the same bytearray again before this one has left.
    #[pyo3(signature = (answer: "object"))]
    #[expect(clippy::unused_self, reason = "a method, as of those for datagrams")]
    fn fixed<'py>(&self, answer: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        fixed(answer, "on_message")
    }

    /// Tell what the function raised for a message of the batch, by its place; what comes back stands for its answer.
    fn failed(slf: Py<Self>, py: Python<'_>, place: usize, error: Bound<'_, PyAny>) -> Py<Self> {
        let own = slf.get();
        let peer = own.own().asked.get(place).and_then(|(_, peer)| *peer);
        own.raised.report(py, PyErr::from_value(error), &name(peer));
        slf
    }

    /// Say that the thread has ended.
    fn ended(&self, py: Python<'_>) {
        let rounds = self.own().rounds.take();
        py.detach(|| drop(rounds));
    }
}
