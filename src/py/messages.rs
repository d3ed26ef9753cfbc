//! `TcpServer(on_message=…)`: the event loop's side of a Python function that answers messages.
//!
//! The thread that answers is Python's (`netsteps.handlers`): it asks for the next batch of messages, and hands over the answers to
//! the last one. All rounds of the loop, and all system calls, happen in between, without the interpreter.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::endpoint::PyEndpoint;
use super::errors;
use super::handlers::Raised;
use super::memory::Payload;
use crate::address::Endpoint;
use crate::tcp::event_loop::{Io, Key, Request, Rounds, Server, Work};
use crate::tcp::framing::{Cutter, Framing};

/// So many bytes of messages are enough for one batch; the rest stays in the kernel for the next.
const ENOUGH: usize = 1024 * 1024;

/// Gathers the messages of one round.
pub(super) struct Gather {
    framing: Framing,
    limit: usize,
    /// The messages, one behind the other.
    bytes: Vec<u8>,
    /// Whose each of them is, and where it ends.
    ends: Vec<(Key, Option<Endpoint>, usize)>,
    /// Clients that broke the framing, with what they did.
    broken: Vec<(String, crate::error::Error)>,
}

impl Gather {
    pub(super) fn new(framing: Framing, limit: usize) -> Self {
        Self {
            framing,
            limit,
            bytes: Vec::new(),
            ends: Vec::new(),
            broken: Vec::new(),
        }
    }
}

impl Work for Gather {
    type Client = Cutter;

    fn is_full(&self) -> bool {
        self.bytes.len() >= ENOUGH
    }

    fn came(&mut self, cutter: &mut Cutter, bytes: &[u8], io: &mut Io<'_>) {
        let (key, peer) = (io.key(), io.peer());
        let (all, ends) = (&mut self.bytes, &mut self.ends);
        let fed = cutter.feed(self.framing, self.limit, bytes, |message| {
            all.extend_from_slice(message);
            ends.push((key, peer, all.len()));
        });
        if let Err(too_long) = fed {
            let who = peer.map_or_else(String::new, |peer| peer.to_string());
            self.broken.push((who, too_long.error(self.limit)));
            io.close();
        }
    }

    /// What it sent before its end may still have to be answered: `finish` waits for nothing that is not written yet.
    fn ended(&mut self, _: &mut Cutter, io: &mut Io<'_>) {
        self.ends.push((io.key(), io.peer(), usize::MAX));
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
/// It may be kept, and used from any thread. Given to on_message functions that take two arguments: message and client.
#[pyclass(frozen, name = "MessageClient", module = "netsteps")]
pub(super) struct PyMessageClient {
    key: Key,
    peer: Option<Endpoint>,
    framing: Framing,
    server: Arc<Server>,
}

#[pymethods]
impl PyMessageClient {
    /// The client's Endpoint.
    #[getter]
    fn peer(&self) -> Option<PyEndpoint> {
        self.peer.map(PyEndpoint)
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
        self.server.post(self.key, Request::Write(framed));
        Ok(())
    }

    /// Close the connection when all that was sent to it has gone.
    fn close(&self) {
        self.server.post(self.key, Request::Close);
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.key == other.key && Arc::ptr_eq(&self.server, &other.server)
    }

    fn __hash__(&self) -> u64 {
        self.key.serial()
    }

    fn __repr__(&self) -> String {
        let peer = self
            .peer
            .map_or_else(String::new, |peer| format!(" {peer}"));
        format!("<netsteps.MessageClient{peer}>")
    }
}

/// The messages of a TcpServer, as the thread that answers them sees them.
#[pyclass(frozen, name = "_Messages", module = "netsteps._core")]
pub(super) struct PyMessages {
    server: Arc<Server>,
    raised: Arc<Raised>,
    /// Whether the function is given the client as well.
    with_client: bool,
    own: Mutex<Own>,
}

struct Own {
    /// Given back when the server ends.
    rounds: Option<Rounds<Gather>>,
    /// Whose the messages of the last batch were.
    asked: Vec<(Key, Option<Endpoint>)>,
    /// Who finished behind its last message.
    finished: Vec<Key>,
    framing: Framing,
}

/// An answer on its way out.
enum Answer<'a> {
    Message(&'a [u8]),
    Close,
    Finish,
}

impl PyMessages {
    pub(super) fn new(
        server: Arc<Server>,
        raised: Arc<Raised>,
        rounds: Rounds<Gather>,
        framing: Framing,
        with_client: bool,
    ) -> Self {
        Self {
            server,
            raised,
            with_client,
            own: Mutex::new(Own {
                rounds: Some(rounds),
                asked: Vec::new(),
                finished: Vec::new(),
                framing,
            }),
        }
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
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let own = &mut *own;
        let mut payloads = Vec::with_capacity(answers.len());
        for (answer, (key, peer)) in answers.iter().zip(own.asked.drain(..)) {
            if answer.is_none() {
                continue;
            }
            if answer.is(pyo3::types::PyBool::new(py, false)) {
                payloads.push((key, None));
                continue;
            }
            match Payload::of(&answer, "on_message") {
                Ok(payload) => payloads.push((key, Some(payload))),
                Err(error) => {
                    let who = peer.map_or_else(String::new, |peer| peer.to_string());
                    self.raised.report(py, error, &who);
                    payloads.push((key, None));
                }
            }
        }
        let mut out: Vec<(Key, Answer<'_>)> = payloads
            .iter()
            .map(|(key, payload)| match payload {
                Some(payload) => (*key, Answer::Message(payload.bytes())),
                None => (*key, Answer::Close),
            })
            .collect();
        out.extend(own.finished.drain(..).map(|key| (key, Answer::Finish)));
        let framing = own.framing;
        let Some(rounds) = own.rounds.as_mut() else {
            return Ok(None);
        };
        let goes_on = py.detach(|| {
            rounds.each(out, |io, answer| match answer {
                Answer::Message(message) => write(io, framing, message),
                Answer::Close => io.close(),
                Answer::Finish => io.finish(),
            });
            loop {
                if !rounds.round() {
                    return false;
                }
                let work = rounds.work();
                if !(work.ends.is_empty() && work.broken.is_empty()) {
                    return true;
                }
            }
        });
        if !goes_on {
            let ended = own.rounds.take();
            py.detach(|| drop(ended));
            return Ok(None);
        }
        let work = rounds.work();
        for (who, error) in work.broken.drain(..) {
            let error = errors::raise(py, error);
            self.raised.report(py, error, &who);
        }
        let batch = PyList::empty(py);
        let mut begin = 0;
        for (key, peer, end) in work.ends.drain(..) {
            if end == usize::MAX {
                own.finished.push(key);
                continue;
            }
            let message = PyBytes::new(py, work.bytes.get(begin..end).unwrap_or_default());
            begin = end;
            own.asked.push((key, peer));
            if self.with_client {
                let client = PyMessageClient {
                    key,
                    peer,
                    framing,
                    server: Arc::clone(&self.server),
                };
                batch.append((message, client))?;
            } else {
                batch.append(message)?;
            }
        }
        work.bytes.clear();
        if work.bytes.capacity() > 4 * ENOUGH {
            work.bytes.shrink_to(ENOUGH);
        }
        Ok(Some(batch))
    }

    /// Tell what the function raised for a message of the batch, by its place.
    fn failed(&self, py: Python<'_>, place: usize, error: Bound<'_, PyAny>) {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let peer = own.asked.get(place).and_then(|(_, peer)| *peer);
        drop(own);
        let who = peer.map_or_else(String::new, |peer| peer.to_string());
        self.raised.report(py, PyErr::from_value(error), &who);
    }

    /// Say that the thread has ended.
    fn ended(&self, py: Python<'_>) {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let rounds = own.rounds.take();
        drop(own);
        py.detach(|| drop(rounds));
    }
}
