//! read in all its forms.

use std::io;
use std::mem::MaybeUninit;

use super::memory::{append, fillable, filled};
use super::{Socket, explain};
use crate::address::Endpoint;
use crate::error::{Code, Error, Result};
use crate::faults;
use crate::ports::Transport;
use crate::state::{Action, State, standing};
use crate::sys::{self, Interest, errno};
use crate::wait::Wait;

/// How much one call of a read of several calls asks for, and what `read` asks for by default.
pub const CHUNK: usize = 65_536;
/// The longest line that `read_until` takes by default, as curl's.
pub const LINE_LIMIT: usize = 65_536;
/// The longest message that `read_message` takes by default, as tokio's codec.
pub const MESSAGE_LIMIT: usize = 8 * 1024 * 1024;
/// The bytes of a message's length.
const HEADER: usize = 4;
/// A step of several calls that never waits looks at the signals this often.
pub(super) const CALLS_BETWEEN_LOOKS: u32 = 64;

impl Socket {
    /// What came, at most `buffer.len()` bytes of it, in one call: recv(2). 0: the peer has finished.
    ///
    /// # Errors
    /// `Reset`, `TimedOut`, `Closed`, `OutOfOrder`; for UDP also `Refused` and `DatagramCut`.
    pub fn read(&self, buffer: &mut [MaybeUninit<u8>], wait: &Wait<'_>) -> Result<usize> {
        self.read_step("read", buffer, wait)
    }

    /// The same into memory that the caller has.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn read_into(&self, buffer: &mut [u8], wait: &Wait<'_>) -> Result<usize> {
        self.read_step("read_into", fillable(buffer), wait)
    }

    fn read_step(
        &self,
        step: &'static str,
        buffer: &mut [MaybeUninit<u8>],
        wait: &Wait<'_>,
    ) -> Result<usize> {
        if self.keeps()
            && let Some(size) = self.give_kept(buffer)
        {
            return Ok(size);
        }
        if self.receives_in_turn() {
            let (size, sender) = self.receive_in_turn(step, Action::Read, buffer, wait)?;
            if size > buffer.len() {
                let kept = filled(buffer).to_vec();
                return Err(cut(step, sender, buffer.len(), size, kept));
            }
            return Ok(size);
        }
        let (mut call, handle) = self.begin(step, "recv", Action::Read)?;
        call.asked = Some(buffer.len());
        let datagram = self.transport == Transport::Udp;
        let flags = if datagram {
            sys::RECEIVE | sys::TRUE_LENGTH
        } else {
            sys::RECEIVE
        };
        let room = buffer.len();
        let patient = !datagram && self.is_patient(wait);
        let early = patient
            .then(|| self.read_patiently(&call, &handle, buffer, wait))
            .flatten();
        let received = early.unwrap_or_else(|| {
            let received = call.attempt(&handle, Interest::Readable, wait, |handle| {
                let most = if datagram {
                    Some(room)
                } else {
                    faults::read(room)
                };
                let most = most.ok_or(io::ErrorKind::WouldBlock)?;
                self.moving(Action::Read, || {
                    self.telling(|| handle.recv_with_flags(&mut buffer[..most], flags))
                })
            });
            if !datagram {
                self.learn(&handle, call.waited());
            }
            received
        });
        let (size, offset) = received.map_err(|error| call.failed(error))?;
        if size > room {
            let kept = filled(buffer).to_vec();
            return Err(call.failed(cut(step, call.endpoint(), room, size, kept)));
        }
        if size == 0 && !datagram && room > 0 {
            if !self.is_end() {
                let (code, cause, remedy) = explain::reset(step);
                return Err(call.failed(Error::new(code, step, cause, remedy).at(call.endpoint())));
            }
            self.advance(Action::PeerFinishes);
        }
        call.done_at(Some(size), offset, &[filled(&buffer[..size])]);
        Ok(size)
    }

    /// A read of several calls: `step` is called with all that came so far until it is content, or an error ends it.
    /// Then what came is kept for the next read, and told by the error.
    fn gather(
        &self,
        step: &'static str,
        wait: &Wait<'_>,
        mut go_on: impl FnMut(&Self, &mut Vec<u8>) -> Result<bool>,
    ) -> Result<Vec<u8>> {
        // The table first: a step out of order says so even when it has nothing to read.
        let (call, _handle) = self.begin(step, "recv", Action::Read)?;
        if self.transport == Transport::Udp {
            return Err(self.no_stream(step, Action::Read));
        }
        let _turn = self
            .reading
            .take(&self.waiters, wait)
            .map_err(|ended| call.ended(ended, wait))?;
        let mut bytes = Vec::new();
        let mut calls = 0_u32;
        let ended = loop {
            match go_on(self, &mut bytes) {
                Ok(false) => return Ok(bytes),
                Ok(true) => {}
                Err(error) => break error,
            }
            calls = calls.wrapping_add(1);
            if let Err(error) = call.between(calls.is_multiple_of(CALLS_BETWEEN_LOOKS), wait) {
                break error;
            }
        };
        if ended.details().errno == Some(errno::ENOMEM) {
            // There is no room to keep it twice, or even once.
            return Err(ended);
        }
        if ended.code() == Code::UnexpectedEnd || ended.code() == Code::Reset {
            return Err(ended.with_partial(bytes));
        }
        self.keep(bytes.clone());
        Err(ended.with_partial(bytes))
    }

    fn more(
        &self,
        step: &'static str,
        bytes: &mut Vec<u8>,
        want: usize,
        wait: &Wait<'_>,
    ) -> Result<usize> {
        append(bytes, want.min(CHUNK), |room| {
            self.read_step(step, room, wait)
        })
    }

    /// Exactly so many bytes, however they come.
    ///
    /// # Errors
    /// `UnexpectedEnd` when the peer finished before; those of `read`. After `TimedOut` what came is kept for the next read.
    pub fn read_exactly(&self, count: usize, wait: &Wait<'_>) -> Result<Vec<u8>> {
        self.exactly("read_exactly", count, wait)
    }

    fn exactly(&self, step: &'static str, count: usize, wait: &Wait<'_>) -> Result<Vec<u8>> {
        self.gather(step, wait, |socket, bytes| {
            if bytes.len() == count {
                return Ok(false);
            }
            if socket.more(step, bytes, count - bytes.len(), wait)? == 0 {
                return Err(socket.unexpected_end(step, bytes.len(), &format!("{count} bytes")));
            }
            Ok(bytes.len() < count)
        })
    }

    /// All bytes up to and with the delimiter. What follows it stays in the kernel for the next read.
    /// Nothing at all: the peer has finished, and nothing came after the last delimiter.
    ///
    /// # Errors
    /// `MessageTooLarge` when it does not come within `limit` bytes; `UnexpectedEnd` after a part; those of `read`.
    pub fn read_until(&self, delimiter: &[u8], limit: usize, wait: &Wait<'_>) -> Result<Vec<u8>> {
        let step = "read_until";
        if delimiter.is_empty() {
            return Err(Error::new(
                Code::BadArgument,
                step,
                "the delimiter is empty, and would be found everywhere",
                "b\"\\n\" for lines, or read for whatever comes",
            ));
        }
        self.gather(step, wait, |socket, bytes| {
            if bytes.len() >= limit {
                return Err(Error::new(
                    Code::MessageTooLarge,
                    step,
                    format!(
                        "{limit} bytes came without the delimiter {}",
                        delimiter.escape_ascii()
                    ),
                    "a higher limit=, or another peer",
                )
                .at(socket.peer()));
            }
            // Look first, then take no more than belongs to this line.
            let known = bytes.len();
            let seen = socket.look(step, (limit - known).min(CHUNK), wait)?;
            if seen.is_empty() {
                socket.more(step, bytes, 1, wait)?;
                if known == 0 {
                    return Ok(false);
                }
                return Err(socket.unexpected_end(step, known, "the delimiter"));
            }
            // The delimiter may lie across what was taken before and what is seen now.
            let tail = known - known.min(delimiter.len() - 1);
            let joined = [&bytes[tail..], &seen].concat();
            let found = joined
                .windows(delimiter.len())
                .position(|window| window == delimiter);
            let take = found.map_or(seen.len(), |at| tail + at + delimiter.len() - known);
            socket.take_seen(step, bytes, take, wait)?;
            Ok(found.is_none())
        })
    }

    /// The next bytes, left where they are: those that are kept, or recv(2) with `MSG_PEEK`.
    fn look(&self, step: &'static str, most: usize, wait: &Wait<'_>) -> Result<Vec<u8>> {
        if self.keeps() {
            return Ok(self.look_at_kept(most));
        }
        let (mut call, handle) = self.begin(step, "recv MSG_PEEK", Action::Read)?;
        call.asked = Some(most);
        let mut seen = Vec::new();
        append(&mut seen, most, |room| {
            call.attempt(&handle, Interest::Readable, wait, |handle| {
                let most = faults::read(room.len()).ok_or(io::ErrorKind::WouldBlock)?;
                let room = &mut room[..most];
                self.telling(|| handle.recv_with_flags(room, sys::RECEIVE | sys::PEEK))
            })
        })
        .map_err(|error| call.failed(error))?;
        call.looked(&seen);
        Ok(seen)
    }

    /// Takes what `look` saw; it is there, so no call waits.
    fn take_seen(
        &self,
        step: &'static str,
        bytes: &mut Vec<u8>,
        count: usize,
        wait: &Wait<'_>,
    ) -> Result<()> {
        let end = bytes.len() + count;
        while bytes.len() < end {
            let want = end - bytes.len();
            if append(bytes, want, |room| self.read_step(step, room, wait))? == 0 {
                return Err(self.unexpected_end(step, bytes.len(), "what was there"));
            }
        }
        Ok(())
    }

    /// All bytes up to the peer's end.
    ///
    /// # Errors
    /// `MessageTooLarge` when more than `limit` come; those of `read`.
    pub fn read_all(&self, limit: Option<usize>, wait: &Wait<'_>) -> Result<Vec<u8>> {
        let step = "read_all";
        self.gather(step, wait, |socket, bytes| {
            if let Some(limit) = limit.filter(|limit| bytes.len() > *limit) {
                return Err(Error::new(
                    Code::MessageTooLarge,
                    step,
                    format!("more than {limit} bytes came before the peer finished"),
                    "a higher limit=, or read in parts",
                )
                .at(socket.peer()));
            }
            let room = limit.map_or(CHUNK, |limit| {
                (limit - bytes.len()).saturating_add(1).min(CHUNK)
            });
            Ok(socket.more(step, bytes, room, wait)? > 0)
        })
    }

    /// One message: a length of four bytes in network byte order, and so many bytes. The length is checked before memory is taken.
    /// `None`: the peer has finished, between two messages.
    ///
    /// One call takes whatever is there; what lies behind the message is kept, and the next read of any kind begins with it. When
    /// the descriptor is somebody else's too (`hand_out`), no more is taken than the message.
    ///
    /// # Errors
    /// `MessageTooLarge`, after which the stream cannot be read on; `UnexpectedEnd` inside a message; those of `read`.
    pub fn read_message(&self, limit: usize, wait: &Wait<'_>) -> Result<Option<Vec<u8>>> {
        let step = "read_message";
        let mut message = self.gather(step, wait, |socket, bytes| {
            let known = bytes.len();
            let want = whole(bytes).unwrap_or(HEADER).saturating_sub(known);
            let exact = socket.keeps() || socket.is_handed_out();
            let room = if exact { want } else { CHUNK };
            if socket.more(step, bytes, room, wait)? == 0 {
                if bytes.is_empty() {
                    return Ok(false);
                }
                return Err(socket.unexpected_end(step, bytes.len(), "a whole message"));
            }
            let Some(whole) = whole(bytes) else {
                return Ok(true);
            };
            if whole - HEADER > limit {
                let length = whole - HEADER;
                socket.keep(bytes.split_off(HEADER));
                bytes.shrink_to_fit();
                return Err(Error::new(
                    Code::MessageTooLarge,
                    step,
                    format!("the peer announces a message of {length} bytes; the limit is {limit}"),
                    "a higher limit=, or whether the peer sends messages with a length of four bytes before them at all",
                )
                .at(socket.peer()));
            }
            if bytes.len() > whole {
                // Before this step ends: nobody else may read what lies behind.
                socket.keep(bytes.split_off(whole));
            }
            Ok(bytes.len() < whole)
        })?;
        if message.is_empty() {
            return Ok(None);
        }
        message.drain(..HEADER);
        Ok(Some(message))
    }

    pub(super) fn no_stream(&self, step: &'static str, action: Action) -> Error {
        if self.state() == State::Closed {
            return self.out_of_order(State::Closed, action, step);
        }
        Error::new(
            Code::OutOfOrder,
            step,
            "UDP carries single datagrams, not a stream to take parts from",
            "read and write, or receive_from and send_to: each moves one datagram",
        )
        .standing(standing(self.transport, self.state(), action))
        .at(self.peer().or_else(|| self.local()))
    }

    fn unexpected_end(&self, step: &'static str, had: usize, wanted: &str) -> Error {
        Error::new(
            Code::UnexpectedEnd,
            step,
            format!(
                "the peer finished after {had} {}, before {wanted}",
                if had == 1 { "byte" } else { "bytes" }
            ),
            "whether both sides agree on what is sent (.partial holds what came)",
        )
        .at(self.peer())
    }
}

/// How long the message is that begins here, with the length before it; `None`: that has not all come.
fn whole(bytes: &[u8]) -> Option<usize> {
    let header = bytes.first_chunk::<HEADER>()?;
    let length = usize::try_from(u32::from_be_bytes(*header)).unwrap_or(usize::MAX);
    Some(length.saturating_add(HEADER))
}

fn cut(
    step: &'static str,
    about: Option<Endpoint>,
    room: usize,
    size: usize,
    kept: Vec<u8>,
) -> Error {
    Error::new(
        Code::DatagramCut,
        step,
        format!("{room} of {size} bytes of the datagram were kept; the rest is lost"),
        "a larger size (65535 takes every datagram), or receive_from, which tells it in the result",
    )
    .at(about)
    .with_partial(kept)
}
