//! Many datagrams in one call.
//!
//! Linux has sendmmsg(2) and recvmmsg(2), and lets the kernel cut one buffer into datagrams of one size (`UDP_SEGMENT`) and hand
//! over several of one size and sender as one (`UDP_GRO`): udp(7). Elsewhere each datagram is a call of its own.

#[cfg_attr(target_os = "linux", path = "linux_batch.rs")]
#[cfg_attr(not(target_os = "linux"), path = "no_batch.rs")]
mod imp;

pub use imp::{RECEIVE_CALL, SEGMENTS, SEND_CALL, coalesce, receive, segments_refused, send};

use std::io::IoSlice;
use std::net::SocketAddr;

use socket2::SockAddr;

/// Room for whatever one receive gives: the largest datagram, or several of them together.
pub const ROOM: usize = 65_536;

/// What leaves in one piece: a datagram, or several of one size that the kernel cuts apart.
#[derive(Clone, Copy, Debug)]
pub struct Pack<'a> {
    /// Its bytes, gathered from where they lie.
    pub parts: &'a [IoSlice<'a>],
    /// Who it is for; `None` for the peer of a connected socket.
    pub to: Option<&'a SockAddr>,
    /// The size at which the kernel cuts it into datagrams (the last may be shorter); `None` for one datagram.
    pub segment: Option<u16>,
}

/// What arrived in one piece: a datagram, or several of one size from one sender.
#[derive(Debug, Default)]
pub struct Slot {
    /// The bytes; the memory is kept for the next time.
    pub bytes: Vec<u8>,
    /// The true length, also where there was less room.
    pub length: usize,
    /// The size of the datagrams, the last of which may be shorter; `None` for a single one.
    pub piece: Option<usize>,
    /// Who sent it, where the system tells.
    pub sender: Option<SocketAddr>,
}
