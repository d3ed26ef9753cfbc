//! recv in all its forms.

use std::io;
use std::mem::MaybeUninit;

use socket2::{SockAddr, Socket as Handle};

use super::attempt::in_the_kernel;
use super::{Call, PlainSocket, Timeout, endpoint_of};
use crate::error::Result;
use crate::faults;
use crate::ports::Transport;
use crate::socket::memory::filled;
use crate::state::Action;
use crate::sys::{self, Interest, plain};
use crate::wait::Pause;

/// What recvmsg(2) tells beside the bytes.
#[derive(Clone, Debug)]
pub struct Message {
    /// How many bytes came.
    pub size: usize,
    /// How many bytes of ancillary data.
    pub control: usize,
    /// `MSG_TRUNC`, `MSG_CTRUNC` and others.
    pub flags: i32,
    /// Who sent it.
    pub sender: SockAddr,
}

impl PlainSocket {
    /// What has come: recv(2). 0 is the end of a stream.
    ///
    /// # Errors
    /// What the kernel says, `TimedOut`, `Closed`.
    pub fn receive(
        &self,
        step: &'static str,
        room: &mut [MaybeUninit<u8>],
        flags: i32,
        pause: &dyn Pause,
    ) -> Result<usize> {
        let name = name_of("recv", flags);
        let (mut call, handle) = self.begin(step, name, Action::Read)?;
        call.asked = Some(room.len());
        let (size, offset) = self.take(&call, &handle, flags, pause, |flags, handle| {
            let most = self.most(room.len(), flags)?;
            handle.recv_with_flags(&mut room[..most], flags)
        })?;
        let kept = size.min(room.len());
        self.received(&call, flags, size, offset, &[filled(&room[..kept])]);
        Ok(size)
    }

    /// The same, and who sent it: recvfrom(2).
    ///
    /// # Errors
    /// As `receive`.
    pub fn receive_from(
        &self,
        step: &'static str,
        room: &mut [MaybeUninit<u8>],
        flags: i32,
        pause: &dyn Pause,
    ) -> Result<(usize, SockAddr)> {
        let name = name_of("recvfrom", flags);
        let (mut call, handle) = self.begin(step, name, self.taking())?;
        call.asked = Some(room.len());
        let mut sender = None;
        let (size, offset) = self.take(&call, &handle, flags, pause, |flags, handle| {
            let most = self.most(room.len(), flags)?;
            let (size, from) = handle.recv_from_with_flags(&mut room[..most], flags)?;
            sender = Some(from);
            Ok(size)
        })?;
        let kept = size.min(room.len());
        call.about = sender.as_ref().and_then(endpoint_of);
        self.received(&call, flags, size, offset, &[filled(&room[..kept])]);
        Ok((size, sender.unwrap_or_else(nobody)))
    }

    /// The same into several places, with ancillary data: recvmsg(2).
    ///
    /// # Errors
    /// As `receive`.
    pub fn receive_message(
        &self,
        step: &'static str,
        rooms: &mut [&mut [MaybeUninit<u8>]],
        control: &mut [MaybeUninit<u8>],
        flags: i32,
        pause: &dyn Pause,
    ) -> Result<Message> {
        let name = name_of("recvmsg", flags);
        let (mut call, handle) = self.begin(step, name, self.taking())?;
        let all: usize = rooms.iter().map(|room| room.len()).sum();
        call.asked = Some(all);
        let mut told = None;
        let (size, offset) = self.take(&call, &handle, flags, pause, |flags, handle| {
            self.most(all, flags)?;
            let (size, control, flags, sender) =
                plain::receive_message(handle, rooms, control, flags)?;
            told = Some((control, flags, sender));
            Ok(size)
        })?;
        let (control, flags_told, sender) = told.unwrap_or_else(|| (0, 0, nobody()));
        call.about = endpoint_of(&sender);
        let mut left = size;
        let parts: Vec<&[u8]> = rooms
            .iter()
            .map(|room| {
                let kept = room.len().min(left);
                left -= kept;
                filled(&room[..kept])
            })
            .collect();
        self.received(&call, flags, size, offset, &parts);
        Ok(Message {
            size,
            control,
            flags: flags_told,
            sender,
        })
    }

    /// Taking from a connection, or one datagram from anybody.
    fn taking(&self) -> Action {
        match self.transport {
            Transport::Tcp => Action::Read,
            Transport::Udp => Action::ReceiveFrom,
        }
    }

    /// How much a call may take, when faults are switched on.
    fn most(&self, asked: usize, flags: i32) -> io::Result<usize> {
        if !self.is_stream() || flags & plain::ALL_OF_IT != 0 {
            return Ok(asked);
        }
        faults::read(asked).ok_or_else(|| io::ErrorKind::WouldBlock.into())
    }

    fn take(
        &self,
        call: &Call<'_>,
        handle: &Handle,
        flags: i32,
        pause: &dyn Pause,
        mut work: impl FnMut(i32, &Handle) -> io::Result<usize> + Send,
    ) -> Result<(usize, Option<u64>)> {
        let (looks, action) = (flags & sys::PEEK != 0, call.action);
        let forever = self.timeout() == Timeout::Never;
        let whole = forever && flags & plain::ALL_OF_IT != 0 && flags & plain::DO_NOT_WAIT == 0;
        let mut counted = |flags: i32, handle: &Handle| {
            if whole && !looks {
                return self.moving_by_and_by(action, || work(flags, handle));
            }
            let mut told = || self.telling(|| work(flags, handle));
            if looks {
                told().map(|size| (size, None))
            } else {
                self.moving(action, told)
            }
        };
        let taken = if forever && flags & plain::DO_NOT_WAIT != 0 {
            let work = |handle: &Handle| counted(flags, handle);
            self.attempt(call, handle, Interest::Readable, pause, None, work)
        } else if whole {
            // The kernel alone can wait for all of it and leave it there meanwhile.
            in_the_kernel(call, handle, pause, |handle| counted(flags, handle))
        } else {
            let wait = self.patience_of(pause);
            let work = |handle: &Handle| counted(flags | sys::RECEIVE, handle);
            let interest = Interest::Readable;
            self.attempt(call, handle, interest, pause, wait.as_ref(), work)
        };
        taken.map_err(|error| self.failed(call, error))
    }

    fn received(
        &self,
        call: &Call<'_>,
        flags: i32,
        size: usize,
        offset: Option<u64>,
        data: &[&[u8]],
    ) {
        if flags & sys::PEEK != 0 {
            call.looked(data.first().copied().unwrap_or_default());
            return;
        }
        if size == 0 && call.asked != Some(0) && self.is_stream() && self.is_end() {
            self.advance(Action::PeerFinishes);
        }
        call.done_at(Some(size), offset, data);
    }
}

/// No address: what the kernel leaves for a connection.
fn nobody() -> SockAddr {
    plain::raw_address(&[]).unwrap_or_else(|| std::net::SocketAddr::from(([0; 4], 0)).into())
}

/// A look that leaves the bytes where they are has a name of its own.
fn name_of(name: &'static str, flags: i32) -> &'static str {
    match name {
        _ if flags & sys::PEEK == 0 => name,
        "recv" => "recv MSG_PEEK",
        "recvfrom" => "recvfrom MSG_PEEK",
        _ => "recvmsg MSG_PEEK",
    }
}
