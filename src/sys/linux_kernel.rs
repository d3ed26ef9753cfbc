//! Linux: the numbers of tcp(7), udp(7) and sock_diag(7), through getsockopt and ioctl.

use libc::{FIONREAD, IPPROTO_TCP, SO_MEMINFO, SOL_SOCKET, TCP_INFO, TIOCOUTQ};
use socket2::Socket;

use super::{Buffers, TcpInfo};
use crate::sys::raw_options as raw;

/// `SIOCOUTQNSD` of linux/sockios.h.
const UNSENT: libc::Ioctl = 0x894B;
/// The places of `SO_MEMINFO`: linux/sock_diag.h.
const RECEIVE_MEMORY: usize = 0;
const RECEIVE_LIMIT: usize = 1;
const SEND_UNTIL_SENT: usize = 2;
const SEND_LIMIT: usize = 3;
const SEND_QUEUED: usize = 5;
const DROPS: usize = 8;

/// The bytes that the kernel holds for a socket; `None` where it does not tell. stream: TCP, not UDP.
#[must_use]
pub fn buffers(socket: &Socket, stream: bool) -> Option<Buffers> {
    let mut room = [0; 64];
    let told = raw::option(socket, SOL_SOCKET, SO_MEMINFO, &mut room).unwrap_or(0);
    let memory = |place: usize| {
        let bytes = room.get(place * 4..place * 4 + 4)?;
        (place * 4 + 4 <= told).then(|| u64::from(number(bytes)))
    };
    // Before Linux 4.12, only the two limits are told.
    let limit = |place, asked: &dyn Fn() -> std::io::Result<usize>| match memory(place) {
        Some(limit) => Some(limit),
        None => asked().ok().map(|limit| limit as u64),
    };
    let next = raw::count(socket, FIONREAD).ok();
    Some(Buffers {
        unread: next.filter(|_| stream),
        next_datagram: next.filter(|_| !stream),
        unacknowledged: raw::count(socket, TIOCOUTQ).ok().filter(|_| stream),
        unsent: raw::count(socket, UNSENT).ok().filter(|_| stream),
        receive_capacity: limit(RECEIVE_LIMIT, &|| socket.recv_buffer_size())?,
        send_capacity: limit(SEND_LIMIT, &|| socket.send_buffer_size())?,
        receive_memory: memory(RECEIVE_MEMORY),
        send_memory: memory(if stream { SEND_QUEUED } else { SEND_UNTIL_SENT }),
        drops: memory(DROPS),
    })
}

/// What the kernel knows of a TCP connection; `None` where it does not tell. tcp(7), `TCP_INFO`.
#[must_use]
pub fn tcp_info(socket: &Socket) -> Option<TcpInfo> {
    let mut room = [0; 512];
    let told = raw::option(socket, IPPROTO_TCP, TCP_INFO, &mut room).ok()?;
    TcpInfo::parse(room.get(..told)?)
}

fn number(bytes: &[u8]) -> u32 {
    bytes.try_into().map_or(0, u32::from_ne_bytes)
}
