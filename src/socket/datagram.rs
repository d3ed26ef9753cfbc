//! send_to and receive_from: one datagram, to and from anybody.

use std::io;
use std::mem::MaybeUninit;

use socket2::{SockAddr, Socket as Handle};

use super::address_steps::local_of;
use super::memory::{append, filled};
use super::{Base, Socket};
use crate::address::{Endpoint, Family};
use crate::error::Result;
use crate::ports::Transport;
use crate::state::{Action, State};
use crate::sys::{self, Interest, errno};
use crate::wait::Wait;

/// Room for every datagram that UDP can carry.
pub const MAX_DATAGRAM: usize = 65_535;

/// The most bytes of one datagram: what the 16-bit lengths of UDP (RFC 768) and IPv4 (RFC 791) leave.
pub(super) const fn limit(family: Family) -> usize {
    match family {
        Family::Ipv4 => 65_507,
        Family::Ipv6 => 65_527,
    }
}

/// One datagram, as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Its bytes, as many as there was room for.
    pub data: Vec<u8>,
    /// Who sent it.
    pub sender: Endpoint,
    /// Its true length, where it was cut.
    pub truncated_from: Option<usize>,
}

impl Socket {
    /// One datagram to this endpoint: sendto(2). The first one gives the socket a port.
    ///
    /// # Errors
    /// `DatagramTooLarge`, `NoPermission` (broadcast), `Unreachable`, `OutOfOrder`.
    pub fn send_to(&self, data: &[u8], to: Endpoint, wait: &Wait<'_>) -> Result<usize> {
        let (mut call, handle) = self.begin("send_to", "sendto", Action::SendTo)?;
        self.same_family(to, "send_to")?;
        call.about = Some(to);
        call.asked = Some(data.len());
        let address = SockAddr::from(to.socket_addr());
        let sent = call
            .attempt(&handle, Interest::Writable, wait, |handle| {
                let sent = handle.send_to_with_flags(data, &address, sys::SEND);
                sent.map_err(|error| self.without_port(handle, error))
            })
            .map_err(|error| {
                self.bound_after_all(&handle);
                call.failed(error)
            })?;
        call.done(Some(sent), &[data]);
        Ok(sent)
    }

    /// One datagram from anybody: recvfrom(2). One that is longer than `size` says so in `truncated_from`.
    ///
    /// # Errors
    /// `Refused` (an ICMP answer to what was sent before), `TimedOut`, `Closed`, `OutOfOrder`.
    pub fn receive_from(&self, size: usize, wait: &Wait<'_>) -> Result<Datagram> {
        let mut data = Vec::new();
        let mut told = None;
        append(&mut data, size.min(MAX_DATAGRAM), |room| {
            let (length, sender) = self.receive_into(room, wait)?;
            told = Some((length, sender));
            Ok(length.min(room.len()))
        })?;
        let (length, sender) = told.unwrap_or((0, None));
        Ok(Datagram {
            truncated_from: (length > data.len()).then_some(length),
            sender: sender.unwrap_or_else(|| self.nobody()),
            data,
        })
    }

    /// The same into the caller's memory: the true length, and the sender.
    ///
    /// # Errors
    /// Those of `receive_from`.
    pub fn receive_into(
        &self,
        room: &mut [MaybeUninit<u8>],
        wait: &Wait<'_>,
    ) -> Result<(usize, Option<Endpoint>)> {
        if self.receives_in_turn() {
            return self.receive_in_turn("receive_from", Action::ReceiveFrom, room, wait);
        }
        let (mut call, handle) = self.begin("receive_from", "recvfrom", Action::ReceiveFrom)?;
        call.asked = Some(room.len());
        let flags = sys::RECEIVE | sys::TRUE_LENGTH;
        let (length, sender) = call
            .attempt(&handle, Interest::Readable, wait, |handle| {
                handle.recv_from_with_flags(room, flags)
            })
            .map_err(|error| call.failed(error))?;
        let sender = sender.as_socket().map(Endpoint::from);
        call.about = sender;
        let kept = length.min(room.len());
        call.done(Some(kept), &[filled(&room[..kept])]);
        Ok((length, sender))
    }

    /// The next datagram of a socket that receives batches: its true length, and the sender.
    pub(super) fn receive_in_turn(
        &self,
        step: &'static str,
        action: Action,
        room: &mut [MaybeUninit<u8>],
        wait: &Wait<'_>,
    ) -> Result<(usize, Option<Endpoint>)> {
        self.next_of_many(step, action, 1, wait, |datagram| {
            for (to, from) in room.iter_mut().zip(datagram.data) {
                to.write(*from);
            }
            let length = datagram.truncated_from.unwrap_or(datagram.data.len());
            (length, Some(datagram.sender))
        })
    }
}

impl Base {
    /// The kernel gives a datagram socket its port before it looks at the peer: one that has it is bound, though the step failed.
    pub(super) fn bound_after_all(&self, handle: &Handle) {
        let has_port = local_of(handle).is_some_and(|local| local.port() != 0);
        if self.transport == Transport::Udp && self.state() == State::Created && has_port {
            self.advance(Action::Bind);
        }
    }

    /// Where no free port is left the kernel says "try again" (udp(7)), as to a full buffer; but waiting for room would not end.
    pub(super) fn without_port(&self, handle: &Handle, error: io::Error) -> io::Error {
        let full = error.kind() == io::ErrorKind::WouldBlock;
        let no_port = || local_of(handle).is_none_or(|local| local.port() == 0);
        if self.transport == Transport::Udp && full && self.state() == State::Created && no_port() {
            io::Error::from_raw_os_error(errno::EADDRINUSE)
        } else {
            error
        }
    }
}

impl Socket {
    /// Where the system tells no sender, the "any" address stands for it.
    pub(super) fn nobody(&self) -> Endpoint {
        let any: std::net::IpAddr = match self.family() {
            Family::Ipv4 => std::net::Ipv4Addr::UNSPECIFIED.into(),
            Family::Ipv6 => std::net::Ipv6Addr::UNSPECIFIED.into(),
        };
        Endpoint::new(any, 0)
    }
}
