//! What a turn of a pair has, and how the turn of one of its ways ends.

use std::net::SocketAddr;

use crate::relay::Log;

/// What the turns of a round share.
pub(super) struct Turn<'a> {
    pub(super) now_ns: u64,
    /// Where all connections are read into, one after the other.
    pub(super) room: &'a mut [u8],
    pub(super) log: &'a Log,
}

/// How a turn of one way ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pumped {
    /// There is nothing to do until the poll tells, or until this time.
    Waits(Option<u64>),
    /// It has more to do, and the others come first.
    Again,
    /// Its receiver is gone.
    Broken,
    /// Both ends are to be reset, when the receiver has what it was sent.
    Reset,
}

/// Whose it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whose {
    pub(super) client: SocketAddr,
    pub(super) flow: u32,
}
