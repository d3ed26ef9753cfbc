//! send in all its forms.

use std::fs::File;
use std::io::{self, IoSlice};

use socket2::{MsgHdr, SockAddr, Socket as Handle};

use super::attempt::in_the_kernel;
use super::{Call, PlainSocket, Timeout, endpoint_of};
use crate::error::{Code, Result};
use crate::faults;
use crate::ports::Transport;
use crate::socket::write::rest;
use crate::state::Action;
use crate::sys::{self, Interest, plain};
use crate::wait::{Pause, Wait};

/// What is to be sent, and to whom.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    /// The call in the caller's words.
    pub step: &'static str,
    /// The bytes, from where they lie.
    pub parts: &'a [&'a [u8]],
    /// Ancillary data, as `packed` makes it.
    pub control: Option<&'a [u8]>,
    /// Who it is for; `None` for the peer of a connected socket.
    pub to: Option<&'a SockAddr>,
    /// `MSG_OOB` and others.
    pub flags: i32,
}

impl PlainSocket {
    /// Sends: send(2), sendto(2) or sendmsg(2), with `MSG_NOSIGNAL`. How many bytes the kernel took: all of them when the socket
    /// waits as long as it takes.
    ///
    /// # Errors
    /// What the kernel says, `TimedOut`, `Closed`.
    pub fn send(&self, what: &Outgoing<'_>, pause: &dyn Pause) -> Result<usize> {
        let forever = self.timeout() == Timeout::Never;
        let now = forever && what.flags & plain::DO_NOT_WAIT != 0;
        let wait = self.patience_of(pause).filter(|_| !now);
        let sent = self.send_once(what, pause, wait.as_ref())?;
        if !forever || now || !self.is_stream() {
            return Ok(sent);
        }
        // A blocking send(2) of a stream goes on until all of it is taken.
        let all = what.parts.iter().map(|part| part.len()).sum();
        self.rest_of(what, sent, all, pause, wait.as_ref())
            .or_else(|(error, sent)| match error.code() {
                Code::Interrupted | Code::Closed => Err(error),
                // The next call is told of it again, as after a part in the kernel.
                _ => Ok(sent),
            })
    }

    /// Sends all of it, in as many calls as it takes and within the time of one.
    ///
    /// # Errors
    /// As `send`.
    pub fn send_all(&self, data: &[u8], flags: i32, pause: &dyn Pause) -> Result<()> {
        let what = Outgoing {
            step: "sendall",
            parts: &[data],
            control: None,
            to: None,
            flags,
        };
        let wait = self.patience_of(pause);
        let sent = self.send_once(&what, pause, wait.as_ref())?;
        self.rest_of(&what, sent, data.len(), pause, wait.as_ref())
            .map(drop)
            .map_err(|(error, _)| error)
    }

    /// Sends what is left after `sent` bytes; an error comes with how many were taken.
    fn rest_of(
        &self,
        what: &Outgoing<'_>,
        mut sent: usize,
        all: usize,
        pause: &dyn Pause,
        wait: Option<&Wait<'_>>,
    ) -> std::result::Result<usize, (crate::error::Error, usize)> {
        while sent < all {
            let call = Call::unchecked(&self.base, what.step, "send", Action::Write);
            if let Some(wait) = wait {
                call.between(true, wait)
                    .map_err(|error| (super::attempt::out_of_time(error, wait), sent))?;
            }
            let parts = rest(what.parts, sent);
            let left = Outgoing {
                parts: &parts,
                control: None,
                ..*what
            };
            sent += self
                .send_once(&left, pause, wait)
                .map_err(|error| (error, sent))?;
        }
        Ok(sent)
    }

    fn send_once(
        &self,
        what: &Outgoing<'_>,
        pause: &dyn Pause,
        wait: Option<&Wait<'_>>,
    ) -> Result<usize> {
        let (name, action) = match (what.parts, what.control, what.to) {
            ([_], None, None) => ("send", Action::Write),
            ([_], None, Some(_)) => ("sendto", self.giving()),
            (_, _, None) => ("sendmsg", Action::Write),
            (_, _, Some(_)) => ("sendmsg", self.giving()),
        };
        let (mut call, handle) = self.begin(what.step, name, action)?;
        let asked = what.parts.iter().map(|part| part.len()).sum();
        call.asked = Some(asked);
        call.about = what.to.and_then(endpoint_of);
        let flags = what.flags | sys::SEND;
        let work = |handle: &Handle| {
            let most = if self.is_stream() && what.control.is_none() {
                faults::write(asked).ok_or(io::ErrorKind::WouldBlock)?
            } else {
                asked
            };
            self.moving(action, || {
                self.telling(|| match (what.parts, what.control, what.to) {
                    ([data], None, None) => handle.send_with_flags(&data[..most], flags),
                    ([data], None, Some(to)) => handle.send_to_with_flags(&data[..most], to, flags),
                    (parts, control, to) => gathered(handle, parts, most, control, to, flags),
                })
            })
        };
        let sent = self.attempt(&call, &handle, Interest::Writable, pause, wait, work);
        let (size, offset) = sent.map_err(|error| self.failed(&call, error))?;
        call.done_at(Some(size), offset, what.parts);
        Ok(size)
    }

    /// Sends a part of a file without its bytes passing through this process: sendfile(2). How many bytes went; 0 at its end.
    ///
    /// # Errors
    /// What the kernel says, `TimedOut`, `Closed`.
    pub fn send_file(
        &self,
        file: &File,
        offset: u64,
        count: usize,
        pause: &dyn Pause,
    ) -> Result<usize> {
        let (mut call, handle) = self.begin("sendfile", "sendfile", Action::Write)?;
        call.asked = Some(count);
        let work = |handle: &Handle| {
            let mut at = offset;
            sys::send_file(handle, file, &mut at, count)
        };
        // sendfile(2) knows no MSG_DONTWAIT: on a blocking descriptor it waits in the kernel, as for the standard library.
        let sent = if self.timeout() == Timeout::Never {
            in_the_kernel(&call, &handle, pause, |handle| {
                self.moving_by_and_by(Action::Write, || work(handle))
            })
        } else {
            let (wait, interest) = (self.patience_of(pause), Interest::Writable);
            self.attempt(&call, &handle, interest, pause, wait.as_ref(), |handle| {
                self.moving(Action::Write, || self.telling(|| work(handle)))
            })
        };
        let (size, offset) = sent.map_err(|error| self.failed(&call, error))?;
        call.done_at(Some(size), offset, &[]);
        Ok(size)
    }

    /// Giving to a connection, or one datagram to anybody.
    fn giving(&self) -> Action {
        match self.transport {
            Transport::Tcp => Action::Write,
            Transport::Udp => Action::SendTo,
        }
    }
}

fn gathered(
    handle: &Handle,
    parts: &[&[u8]],
    most: usize,
    control: Option<&[u8]>,
    to: Option<&SockAddr>,
    flags: i32,
) -> io::Result<usize> {
    let mut left = most;
    let slices: Vec<IoSlice<'_>> = parts
        .iter()
        .map(|part| {
            let part = &part[..part.len().min(left)];
            left -= part.len();
            IoSlice::new(part)
        })
        .collect();
    let mut message = MsgHdr::new().with_buffers(&slices);
    if let Some(to) = to {
        message = message.with_addr(to);
    }
    if let Some(control) = control {
        message = message.with_control(control);
    }
    handle.sendmsg(&message, flags)
}
