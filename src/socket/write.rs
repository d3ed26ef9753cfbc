//! write in all its forms, and finish.

use std::fs::File;
use std::io::{self, IoSlice};
use std::net::Shutdown;

use super::call::{BIG, Call};
use super::read::{CALLS_BETWEEN_LOOKS, CHUNK};
use super::{Socket, explain};
use crate::error::{Code, Error, Result};
use crate::faults;
use crate::ports::Transport;
use crate::state::Action;
use crate::sys::{self, Interest};
use crate::wait::Wait;

/// sendfile(2) moves at most this much in one call, so that Ctrl-C and progress come through.
const FILE_CHUNK: u64 = 4 * 1024 * 1024;
/// send(2) is offered at most this much of a stream in one call: while the peer takes, the kernel goes on in it, and neither the
/// deadline nor a signal is looked at.
const WRITE_CHUNK: usize = 4 * 1024 * 1024;

impl Socket {
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
                faults::write(asked.min(WRITE_CHUNK))
            };
            let most = most.ok_or(io::ErrorKind::WouldBlock)?;
            match parts {
                [data] => self.moving(Action::Write, || {
                    self.telling(|| handle.send_with_flags(&data[..most], sys::SEND))
                }),
                parts => {
                    let mut left = most;
                    let slices: Vec<_> = parts
                        .iter()
                        .map(|part| {
                            let part = &part[..part.len().min(left)];
                            left -= part.len();
                            IoSlice::new(part)
                        })
                        .collect();
                    self.moving(Action::Write, || {
                        self.telling(|| handle.send_vectored_with_flags(&slices, sys::SEND))
                    })
                }
            }
        });
        match sent {
            Ok((size, offset)) => {
                call.done_at(Some(size), offset, parts);
                Ok(size)
            }
            Err(error) => Err(call.failed(error)),
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
            return Err(self.no_stream(step, Action::Write));
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
        self.allowed(step, Action::Write)?;
        let all: usize = parts.iter().map(|part| part.len()).sum();
        let turn = self.writing.take(&self.waiters, wait);
        let _turn = turn.map_err(|ended| {
            Call::unchecked(self, step, "send", Action::Write).ended(ended, wait)
        })?;
        // Nearly always the kernel takes all of it at once.
        let mut sent = self.send_step(step, parts, wait)?;
        if sent == all {
            return Ok(());
        }
        let whole = Call::unchecked(self, step, "send", Action::Write);
        let mut calls = 1_u32;
        while sent < all {
            let look = calls.is_multiple_of(CALLS_BETWEEN_LOOKS) || all - sent >= BIG;
            calls = calls.wrapping_add(1);
            sent += whole
                .between(look, wait)
                .and_then(|()| self.send_step(step, &rest(parts, sent), wait))
                .map_err(|error| after(error, sent as u64, &format!("of {all} bytes")))?;
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
        if self.transport == Transport::Udp {
            return Err(self.no_stream(step, Action::Write));
        }
        self.allowed(step, Action::Write)?;
        let turn = self.writing.take(&self.waiters, wait);
        let _turn = turn.map_err(|ended| {
            Call::unchecked(self, step, "sendfile", Action::Write).ended(ended, wait)
        })?;
        // sendfile(2) waits in the kernel unless the descriptor says otherwise.
        self.never_block();
        let mut sent = 0;
        while sent < count {
            let (mut call, handle) = self.begin(step, "sendfile", Action::Write)?;
            let want = usize::try_from((count - sent).min(FILE_CHUNK)).unwrap_or(CHUNK);
            call.asked = Some(want);
            let moved = call.attempt(&handle, Interest::Writable, wait, |handle| {
                let want = faults::write(want).ok_or(io::ErrorKind::WouldBlock)?;
                let mut at = offset + sent;
                self.moving(Action::Write, || {
                    self.telling(|| sys::send_file(handle, file, &mut at, want))
                })
            });
            let (moved, place) =
                moved.map_err(|error| after(call.failed(error), sent, "bytes of the file"))?;
            call.done_at(Some(moved), place, &[]);
            if moved == 0 {
                // The file ended before its announced length: somebody cut it meanwhile.
                break;
            }
            sent += moved as u64;
            progress(sent).map_err(|stop| call.ended(stop.into(), wait))?;
            if sent < count {
                call.between(true, wait)
                    .map_err(|error| after(error, sent, "bytes of the file"))?;
            }
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

/// An error after a part had been taken says how much.
fn after(error: Error, sent: u64, of: &str) -> Error {
    if sent == 0 {
        return error;
    }
    error.adding(&format!(" ({sent} {of} had been taken)"))
}

/// The parts from byte `sent` on.
pub(super) fn rest<'a>(parts: &[&'a [u8]], mut sent: usize) -> Vec<&'a [u8]> {
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
