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
use crate::error::{Code, Error};
use crate::tcp::event_loop::{Full, Io, Key, Remote, Rounds, Work};
use crate::tcp::framing::{Cutter, Framing};

/// So many bytes of messages are enough for one batch; the rest stays in the kernel for the next.
const ENOUGH: usize = 1024 * 1024;
/// So many messages of one client are answered before it has to take the answers: what a client that sends many and reads nothing
/// costs is the answers to these.
const MOST: usize = 128;

/// Gathers the messages of one round.
pub(super) struct Gather {
    cut: Cut,
    /// Whether the function is given the client as well.
    with_client: bool,
    /// The messages, one behind the other.
    bytes: Vec<u8>,
    items: Vec<Item>,
    /// Clients that broke the framing, with what they did.
    broken: Vec<(Option<Endpoint>, Error)>,
}

/// How messages are told apart, and the limits of a client.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    pub(super) framing: Framing,
    /// The longest message.
    pub(super) limit: usize,
    /// From so many bytes on that wait for a client it is sent no more.
    pub(super) unwritten: usize,
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
    pub(super) fn new(cut: Cut, with_client: bool) -> Self {
        Self {
            cut,
            with_client,
            bytes: Vec::new(),
            items: Vec::new(),
            broken: Vec::new(),
        }
    }
}

impl Work for Gather {
    type Client = OfClient;

    // They are answered after the round, and nobody is asked for more before that.
    const READS: usize = 1;

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
        let Cut { framing, limit, .. } = self.cut;
        let fed = client.cutter.feed(framing, limit, MOST, bytes, |message| {
            all.extend_from_slice(message);
            let lease = lease.clone();
            items.push(Item::Message(Whose { key, peer, lease }, all.len()));
        });
        match fed {
            Ok(false) => {}
            Ok(true) => io.hold_until_written(),
            Err(too_long) => {
                self.broken.push((peer, too_long.error(limit)));
                io.close();
            }
        }
    }

    /// It has taken the answers, and there may be more messages.
    fn room(&mut self, client: &mut OfClient, io: &mut Io<'_>) {
        self.came(client, b"", io);
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

    /// Send what the function returned. A client that does not take its answers is asked nothing more, so there is no limit here.
    #[pyo3(signature = (message: "ReadableBuffer"))]
    fn _answer(&self, message: &Bound<'_, PyAny>) -> PyResult<()> {
        self.post(message, usize::MAX)
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
    pub(super) fn new(raised: Arc<Raised>, rounds: Rounds<Gather>, cut: Cut) -> Self {
        Self {
            raised,
            cut,
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
        let (cut, framing) = (self.cut, self.cut.framing);
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
                Some(lease) => batch.append((message, PyMessageClient { lease, cut }))?,
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
