//! `TcpServer(on_message=…)`: the event loop's side of a Python function that answers messages.
//!
//! The thread that answers is Python's (`netsteps.handlers`): it asks for the next batch of messages, and hands over the answers to
//! the last one. All rounds of the loop, and all system calls, happen in between, without the interpreter.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyList};

use super::endpoint::PyEndpoint;
use super::errors;
use super::handlers::Raised;
use super::memory::{Payload, new_bytes};
use crate::address::Endpoint;
use crate::error::Error;
use crate::tcp::event_loop::{Io, Key, Remote, Rounds, Work};
use crate::tcp::framing::{Cutter, Framing};

/// So many bytes of messages are enough for one batch; the rest stays in the kernel for the next.
const ENOUGH: usize = 1024 * 1024;

/// Gathers the messages of one round.
pub(super) struct Gather {
    framing: Framing,
    limit: usize,
    /// Whether the function is given the client as well.
    with_client: bool,
    /// The messages, one behind the other.
    bytes: Vec<u8>,
    items: Vec<Item>,
    /// Clients that broke the framing, with what they did.
    broken: Vec<(Option<Endpoint>, Error)>,
}

/// What a client did, in the order of its doing.
enum Item {
    /// A message that ends there.
    Message(Whose, usize),
    /// It has finished sending.
    Finished(Key),
}

/// Whose a message is.
struct Whose {
    key: Key,
    peer: Option<Endpoint>,
    lease: Option<Arc<Lease>>,
}

/// What the loop keeps for each client.
#[derive(Default)]
pub(super) struct OfClient {
    cutter: Cutter,
    lease: Weak<Lease>,
}

/// Held by all who may still answer a client. When it has finished sending, and the last of them lets go, we finish too.
struct Lease {
    remote: Remote,
    peer: Option<Endpoint>,
    ended: AtomicBool,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.ended.load(Ordering::Acquire) {
            self.remote.finish();
        }
    }
}

impl Gather {
    pub(super) fn new(framing: Framing, limit: usize, with_client: bool) -> Self {
        Self {
            framing,
            limit,
            with_client,
            bytes: Vec::new(),
            items: Vec::new(),
            broken: Vec::new(),
        }
    }
}

impl Work for Gather {
    type Client = OfClient;

    fn is_full(&self) -> bool {
        self.bytes.len() >= ENOUGH
    }

    fn came(&mut self, client: &mut OfClient, bytes: &[u8], io: &mut Io<'_>) {
        let (key, peer) = (io.key(), io.peer());
        let lease = self.with_client.then(|| {
            client.lease.upgrade().unwrap_or_else(|| {
                let lease = Arc::new(Lease {
                    remote: io.remote(),
                    peer,
                    ended: AtomicBool::new(false),
                });
                client.lease = Arc::downgrade(&lease);
                lease
            })
        });
        let (all, items) = (&mut self.bytes, &mut self.items);
        let fed = client
            .cutter
            .feed(self.framing, self.limit, bytes, |message| {
                all.extend_from_slice(message);
                let lease = lease.clone();
                items.push(Item::Message(Whose { key, peer, lease }, all.len()));
            });
        if let Err(too_long) = fed {
            self.broken.push((peer, too_long.error(self.limit)));
            io.close();
        }
    }

    /// What it sent before its end may still have to be answered.
    fn ended(&mut self, client: &mut OfClient, io: &mut Io<'_>) {
        match client.lease.upgrade() {
            Some(lease) => lease.ended.store(true, Ordering::Release),
            None if self.with_client => io.finish(),
            None => self.items.push(Item::Finished(io.key())),
        }
    }
}

/// Writes a message as the framing wants it.
fn write(io: &mut Io<'_>, framing: Framing, message: &[u8]) {
    let (head, length, tail) = framing.around(message.len());
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
    framing: Framing,
}

#[pymethods]
impl PyMessageClient {
    /// The client's Endpoint.
    #[getter]
    fn peer(&self) -> Option<PyEndpoint> {
        self.lease.peer.map(PyEndpoint)
    }

    /// Send it a message, framed as the server frames; what it does not take at once waits. To a client that has gone, nothing is sent.
    ///
    /// message: any bytes-like object. Raises BadPayload. System call: send(2), in the thread of the loop.
    #[pyo3(signature = (message: "ReadableBuffer"))]
    fn send(&self, message: &Bound<'_, PyAny>) -> PyResult<()> {
        let payload = Payload::of(message, "send")?;
        let message = payload.bytes();
        let (head, length, tail) = self.framing.around(message.len());
        let framed = [&head[..length], message, tail].concat();
        self.lease.remote.write(framed);
        Ok(())
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
    framing: Framing,
    own: Mutex<Own>,
}

struct Own {
    /// Given back when the server ends.
    rounds: Option<Rounds<Gather>>,
    /// Whose the messages of the last batch were, and who finished behind them.
    asked: Vec<(Key, Option<Endpoint>)>,
    finished: Vec<Key>,
}

/// An answer on its way out.
enum Answer<'a> {
    Message(&'a [u8]),
    Close,
    Finish,
}

impl PyMessages {
    pub(super) fn new(raised: Arc<Raised>, rounds: Rounds<Gather>, framing: Framing) -> Self {
        Self {
            raised,
            framing,
            own: Mutex::new(Own {
                rounds: Some(rounds),
                asked: Vec::new(),
                finished: Vec::new(),
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
            if answer.is(PyBool::new(py, false)) {
                payloads.push((key, None));
                continue;
            }
            let payload = Payload::of(&answer, "on_message");
            let payload = payload.map_err(|error| self.raised.report(py, error, &name(peer)));
            payloads.push((key, payload.ok()));
        }
        payloads
    }
}

#[pymethods]
impl PyMessages {
    /// Send the answers to the last batch, in its order: bytes, None for none, False for a client to be closed. Then wait for the
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
        out.extend(own.finished.drain(..).map(|key| (key, Answer::Finish)));
        let framing = self.framing;
        let goes_on = py.detach(|| {
            rounds.each(out, |io, answer| match answer {
                Answer::Message(message) => write(io, framing, message),
                Answer::Close => io.close(),
                Answer::Finish => io.finish(),
            });
            while rounds.round() {
                let work = rounds.work();
                if !(work.items.is_empty() && work.broken.is_empty()) {
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
                    own.finished.push(key);
                    continue;
                }
                Item::Message(whose, end) => (whose, end),
            };
            let message = new_bytes(py, work.bytes.get(begin..end).unwrap_or_default())?;
            begin = end;
            own.asked.push((whose.key, whose.peer));
            match whose.lease {
                Some(lease) => batch.append((message, PyMessageClient { lease, framing }))?,
                None => batch.append(message)?,
            }
        }
        work.bytes.clear();
        work.bytes.shrink_to(2 * ENOUGH);
        Ok(Some(batch))
    }

    /// Tell what the function raised for a message of the batch, by its place.
    fn failed(&self, py: Python<'_>, place: usize, error: Bound<'_, PyAny>) {
        let peer = self.own().asked.get(place).and_then(|(_, peer)| *peer);
        self.raised
            .report(py, PyErr::from_value(error), &name(peer));
    }

    /// Say that the thread has ended.
    fn ended(&self, py: Python<'_>) {
        let rounds = self.own().rounds.take();
        py.detach(|| drop(rounds));
    }
}
