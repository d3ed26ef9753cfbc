//! The systems without calls for many datagrams: each is a call of its own. Written to the shape of `linux_batch.rs`.

use std::io;

use socket2::Socket;

use super::{Pack, ROOM, Slot};

/// The name of the call that sends.
pub const SEND_CALL: &str = "sendmsg";
/// The name of the call that receives.
pub const RECEIVE_CALL: &str = "recvfrom";
/// No pack is cut here.
pub const SEGMENTS: usize = 1;

/// Sends the first of the packs: sendmsg(2).
///
/// # Errors
/// What the system says.
pub fn send(socket: &Socket, packs: &[Pack<'_>]) -> io::Result<usize> {
    let Some(pack) = packs.first() else {
        return Ok(0);
    };
    let flags = super::super::SEND;
    match pack.to {
        Some(to) => socket.send_to_vectored_with_flags(pack.parts, to, flags)?,
        None => socket.send_vectored_with_flags(pack.parts, flags)?,
    };
    Ok(1)
}

/// Receives one datagram, into the first slot: recvfrom(2).
///
/// # Errors
/// What the system says.
pub fn receive(socket: &Socket, slots: &mut [Slot]) -> io::Result<usize> {
    let Some(slot) = slots.first_mut() else {
        return Ok(0);
    };
    let mut room = std::mem::take(&mut slot.bytes);
    room.resize(ROOM, 0);
    let received = std::net::UdpSocket::from(socket.try_clone()?).recv_from(&mut room);
    let (length, sender) = received?;
    room.truncate(length);
    *slot = Slot {
        bytes: room,
        length,
        piece: None,
        sender: Some(sender),
    };
    Ok(1)
}

/// This system hands over each datagram by itself.
///
/// # Errors
/// Always, when it is asked for.
pub fn coalesce(_: &Socket, on: bool) -> io::Result<()> {
    if on {
        Err(io::ErrorKind::Unsupported.into())
    } else {
        Ok(())
    }
}

/// There are no packs to refuse.
#[must_use]
pub fn segments_refused(_: &io::Error) -> bool {
    false
}
