//! The systems that are not asked what they hold for a socket.

use socket2::Socket;

use super::{Buffers, TcpInfo};

/// Not told here.
#[must_use]
pub fn buffers(_: &Socket, _: bool) -> Option<Buffers> {
    None
}

/// Not told here.
#[must_use]
pub fn tcp_info(_: &Socket) -> Option<TcpInfo> {
    None
}
