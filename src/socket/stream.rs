//! read and write in all their forms, and finish.

use std::fs::File;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::sync::atomic::Ordering;

use super::call::Call;
use super::memory::{append, fillable};
use super::{Socket, explain, locked};
use crate::error::{Code, Error, Result};
use crate::faults;
use crate::ports::Transport;
use crate::state::{Action, State};
use crate::sys::{self, Interest};
use crate::wait::Wait;

/// How much one call of a read of several calls asks for, and what `read` asks for by default.
pub const CHUNK: usize = 65_536;
/// The longest line that `read_until` takes by default, as curl's.
pub const LINE_LIMIT: usize = 65_536;
/// The longest message that `read_message` takes by default, as tokio's codec.
pub const MESSAGE_LIMIT: usize = 8 * 1024 * 1024;
/// sendfile(2) moves at most this much in one call, so that Ctrl-C and progress come through.
const FILE_CHUNK: u64 = 1024 * 1024;
/// A step of several calls that never waits looks at the signals this often.
const CALLS_BETWEEN_LOOKS: u32 = 64;

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
        if self.has_kept.load(Ordering::Acquire)
            && let Some(size) = self.give_kept(buffer)
        {
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
        let received = call.attempt(&handle, Interest::Readable, wait, |handle| {
            let most = if datagram {
                Some(room)
            } else {
                faults::read(room)
            };
            let most = most.ok_or(io::ErrorKind::WouldBlock)?;
            handle.recv_with_flags(&mut buffer[..most], flags)
        });
        let size = match received {
            Ok(size) => size,
            Err(error) => {
                if error.code() == Code::Reset {
                    self.advance(Action::PeerResets);
                }
                return Err(call.failed(error));
            }
        };
        if size > room {
            let kept = initialised(buffer).to_vec();
            return Err(call.failed(cut(&call, room, size, kept)));
        }
        if size == 0 && !datagram && room > 0 {
            if self.state() == State::Reset {
                let (code, cause, remedy) = explain::reset(step);
                return Err(call.failed(Error::new(code, step, cause, remedy).at(call.endpoint())));
            }
            self.advance(Action::PeerFinishes);
        }
        call.done(Some(size), initialised(&buffer[..size]));
        Ok(size)
    }

    /// Bytes that an interrupted read had taken from the kernel go to the next one. No call is made.
    fn give_kept(&self, buffer: &mut [MaybeUninit<u8>]) -> Option<usize> {
        let mut kept = locked(&self.kept);
        let size = kept.len().min(buffer.len());
        if size == 0 {
            return None;
        }
        for (to, from) in buffer.iter_mut().zip(kept.drain(..size)) {
            to.write(from);
        }
        self.has_kept.store(!kept.is_empty(), Ordering::Release);
        Some(size)
    }

    fn keep(&self, bytes: &[u8]) {
        if !bytes.is_empty() {
            let mut kept = locked(&self.kept);
            kept.splice(..0, bytes.iter().copied());
            self.has_kept.store(true, Ordering::Release);
        }
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
            return Err(self.no_stream(step));
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
            if calls.is_multiple_of(CALLS_BETWEEN_LOOKS)
                && let Err(stop) = wait.breathe()
            {
                break call.ended(stop.into(), wait);
            }
        };
        if ended.code() == Code::UnexpectedEnd || ended.code() == Code::Reset {
            return Err(ended.with_partial(bytes));
        }
        self.keep(&bytes);
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
    ///
    /// # Errors
    /// `MessageTooLarge` when it does not come within `limit` bytes; `UnexpectedEnd`; those of `read`.
    pub fn read_until(&self, delimiter: &[u8], limit: usize, wait: &Wait<'_>) -> Result<Vec<u8>> {
        let step = "read_until";
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
        if self.has_kept.load(Ordering::Acquire) {
            let kept = locked(&self.kept);
            return Ok(kept[..kept.len().min(most)].to_vec());
        }
        let (call, handle) = self.begin(step, "recv", Action::Read)?;
        let mut seen = Vec::new();
        append(&mut seen, most, |room| {
            call.attempt(&handle, Interest::Readable, wait, |handle| {
                let most = faults::read(room.len()).ok_or(io::ErrorKind::WouldBlock)?;
                handle.recv_with_flags(&mut room[..most], sys::RECEIVE | sys::PEEK)
            })
        })
        .map_err(|error| {
            if error.code() == Code::Reset {
                self.advance(Action::PeerResets);
            }
            call.failed(error)
        })?;
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
            let room = limit.map_or(CHUNK, |limit| (limit + 1 - bytes.len()).min(CHUNK));
            Ok(socket.more(step, bytes, room, wait)? > 0)
        })
    }

    /// One message: a length of four bytes in network byte order, and so many bytes. The length is checked before memory is taken.
    /// `None`: the peer has finished, between two messages.
    ///
    /// # Errors
    /// `MessageTooLarge`, after which the stream cannot be read on; `UnexpectedEnd` inside a message; those of `read`.
    pub fn read_message(&self, limit: usize, wait: &Wait<'_>) -> Result<Option<Vec<u8>>> {
        let step = "read_message";
        let mut announced = None;
        let message = self.gather(step, wait, |socket, bytes| {
            let want = announced.map_or(4, |body: usize| 4 + body);
            if socket.more(step, bytes, want - bytes.len(), wait)? == 0 {
                if bytes.is_empty() {
                    return Ok(false);
                }
                return Err(socket.unexpected_end(step, bytes.len(), "a whole message"));
            }
            if let (None, Some(header)) = (announced, bytes.first_chunk::<4>()) {
                let length = usize::try_from(u32::from_be_bytes(*header)).unwrap_or(usize::MAX);
                if length > limit {
                    return Err(Error::new(
                        Code::MessageTooLarge,
                        step,
                        format!("the peer announces a message of {length} bytes; the limit is {limit}"),
                        "a higher limit=, or whether the peer sends messages with a length of four bytes before them at all",
                    )
                    .at(socket.peer()));
                }
                announced = Some(length);
            }
            Ok(bytes.len() < announced.map_or(4, |body| 4 + body))
        })?;
        Ok(message.get(4..).map(<[u8]>::to_vec))
    }

    fn no_stream(&self, step: &'static str) -> Error {
        Error::new(
            Code::OutOfOrder,
            step,
            "UDP carries single datagrams, not a stream to take parts from",
            "read and write, or receive_from and send_to: each moves one datagram",
        )
        .at(self.peer().or_else(|| self.local()))
    }

    fn unexpected_end(&self, step: &'static str, had: usize, wanted: &str) -> Error {
        Error::new(
            Code::UnexpectedEnd,
            step,
            format!("the peer finished after {had} bytes, before {wanted}"),
            "whether both sides agree on what is sent (.partial holds what came)",
        )
        .at(self.peer())
    }

    /// One raw call: send(2). How much of it the kernel took; the rest is the caller's.
    ///
    /// # Errors
    /// `Reset`, `BrokenPipe`, `TimedOut`, `Closed`, `NotWritable`; for UDP `DatagramTooLarge`.
    pub fn send(&self, data: &[u8], wait: &Wait<'_>) -> Result<usize> {
        self.send_step("send", &[data], wait)
    }

    fn send_step(&self, step: &'static str, parts: &[&[u8]], wait: &Wait<'_>) -> Result<usize> {
        let name = if parts.len() > 1 { "sendmsg" } else { "send" };
        let (mut call, handle) = self.begin(step, name, Action::Write)?;
        let asked = parts.iter().map(|part| part.len()).sum();
        call.asked = Some(asked);
        let datagram = self.transport == Transport::Udp;
        let sent = call.attempt(&handle, Interest::Writable, wait, |handle| {
            let most = if datagram {
                Some(asked)
            } else {
                faults::write(asked)
            };
            let most = most.ok_or(io::ErrorKind::WouldBlock)?;
            match parts {
                [data] => handle.send_with_flags(&data[..most], sys::SEND),
                parts => {
                    let slices: Vec<_> = parts.iter().map(|part| IoSlice::new(part)).collect();
                    handle.send_vectored_with_flags(&slices, sys::SEND)
                }
            }
        });
        match sent {
            Ok(size) => {
                call.done(
                    Some(size),
                    parts
                        .iter()
                        .find(|part| !part.is_empty())
                        .unwrap_or(&&[][..]),
                );
                Ok(size)
            }
            Err(error) => {
                if error.code() == Code::Reset {
                    self.advance(Action::PeerResets);
                }
                Err(call.failed(error))
            }
        }
    }

    /// All of it, in as many calls as the kernel needs; no other `write` of this socket comes between.
    ///
    /// # Errors
    /// Those of `send`; the text tells how much had been taken.
    pub fn write(&self, data: &[u8], wait: &Wait<'_>) -> Result<()> {
        self.write_parts("write", &[data], wait)
    }

    /// One message: its length in four bytes in network byte order, and its bytes, in one call where the kernel takes both.
    ///
    /// # Errors
    /// `MessageTooLarge` from 4 GiB on; those of `write`.
    pub fn write_message(&self, data: &[u8], wait: &Wait<'_>) -> Result<()> {
        let step = "write_message";
        if self.transport == Transport::Udp {
            return Err(self.no_stream(step));
        }
        let length = u32::try_from(data.len()).map_err(|_| {
            Error::new(
                Code::MessageTooLarge,
                step,
                format!("{} bytes do not fit a length of four bytes", data.len()),
                "several messages",
            )
        })?;
        self.write_parts(step, &[&length.to_be_bytes(), data], wait)
    }

    fn write_parts(&self, step: &'static str, parts: &[&[u8]], wait: &Wait<'_>) -> Result<()> {
        let all: usize = parts.iter().map(|part| part.len()).sum();
        let turn = self.writing.take(&self.waiters, wait);
        let _turn = turn.map_err(|ended| {
            Call::unchecked(self, step, "send", Action::Write).ended(ended, wait)
        })?;
        // Nearly always the kernel takes all of it at once.
        let mut sent = self.send_step(step, parts, wait)?;
        let mut calls = 1_u32;
        while sent < all {
            if calls.is_multiple_of(CALLS_BETWEEN_LOOKS) {
                wait.breathe().map_err(|_| {
                    Error::new(Code::Interrupted, step, "a signal handler raised", "")
                })?;
            }
            calls = calls.wrapping_add(1);
            sent += self
                .send_step(step, &rest(parts, sent), wait)
                .map_err(|error| after(&error, sent, all))?;
        }
        Ok(())
    }

    /// A file, or `count` bytes of it from `offset`, without its bytes passing through this process: sendfile(2).
    /// `progress` is told the bytes done; when it says stop, the step ends as if a signal handler had raised.
    ///
    /// # Errors
    /// `System` when the file cannot be read; those of `write`.
    pub fn write_file(
        &self,
        file: &File,
        offset: u64,
        count: u64,
        wait: &Wait<'_>,
        progress: &mut dyn FnMut(u64) -> std::result::Result<(), crate::wait::Stop>,
    ) -> Result<u64> {
        let step = "write_file";
        let turn = self.writing.take(&self.waiters, wait);
        let _turn = turn.map_err(|ended| {
            Call::unchecked(self, step, "sendfile", Action::Write).ended(ended, wait)
        })?;
        let mut sent = 0;
        while sent < count {
            let (mut call, handle) = self.begin(step, "sendfile", Action::Write)?;
            let want = usize::try_from((count - sent).min(FILE_CHUNK)).unwrap_or(CHUNK);
            call.asked = Some(want);
            let moved = call.attempt(&handle, Interest::Writable, wait, |handle| {
                let want = faults::write(want).ok_or(io::ErrorKind::WouldBlock)?;
                let mut at = offset + sent;
                sys::send_file(handle, file, &mut at, want)
            });
            let moved = moved.map_err(|error| call.failed(error))?;
            call.done(Some(moved), &[]);
            if moved == 0 {
                // The file ended before its announced length: somebody cut it meanwhile.
                break;
            }
            sent += moved as u64;
            progress(sent).map_err(|stop| call.ended(stop.into(), wait))?;
        }
        Ok(sent)
    }

    /// Closes our sending half: shutdown(2) with `SHUT_WR`. The peer reads all that was written, then the end; we can still read.
    /// Twice is no error.
    ///
    /// # Errors
    /// `OutOfOrder`, `Closed`.
    pub fn finish(&self) -> Result<()> {
        let (call, handle) = self.begin("finish", "shutdown", Action::Finish)?;
        match handle.shutdown(Shutdown::Write) {
            Ok(()) => {}
            // The connection is gone already, and with it our half: what was asked for is so.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => {}
            Err(error) => return Err(call.failed(explain::system(&error, &call))),
        }
        call.done(None, &[]);
        Ok(())
    }
}

/// The parts from byte `sent` on.
fn rest<'a>(parts: &[&'a [u8]], mut sent: usize) -> Vec<&'a [u8]> {
    let mut rest = Vec::with_capacity(parts.len());
    for part in parts {
        let skip = sent.min(part.len());
        sent -= skip;
        if skip < part.len() {
            rest.push(&part[skip..]);
        }
    }
    rest
}

fn after(error: &Error, sent: usize, all: usize) -> Error {
    let details = error.details().clone();
    let cause = format!("{} ({sent} of {all} bytes had been taken)", details.cause);
    let mut told = Error::new(details.code, details.step, cause, details.remedy)
        .at(details.endpoint)
        .missing(details.missing);
    if let Some(number) = details.errno {
        told = told.with_errno(number);
    }
    told
}

pub(super) fn cut(call: &Call<'_>, room: usize, size: usize, kept: Vec<u8>) -> Error {
    Error::new(
        Code::DatagramCut,
        call.step,
        format!("{room} of {size} bytes of the datagram were kept; the rest is lost"),
        "a larger size (65535 takes every datagram), or receive_from, which tells it in the result",
    )
    .at(call.endpoint())
    .with_partial(kept)
}

/// What the kernel has filled.
pub(super) fn initialised(bytes: &[MaybeUninit<u8>]) -> &[u8] {
    super::memory::filled(bytes)
}
