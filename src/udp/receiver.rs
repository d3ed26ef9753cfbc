//! A bound socket, and a count of what arrives.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::address::Endpoint;
use crate::error::Result;
use crate::ports::Transport;
use crate::socket::{Datagram, Socket};
use crate::wait::Wait;

/// What a receiver has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Datagrams that arrived.
    pub received: u64,
    /// Their bytes, as many as were kept.
    pub bytes: u64,
    /// How many of them were cut because the size given was too small.
    pub cut: u64,
}

/// Counts what a socket receives.
#[derive(Debug, Default)]
pub struct Receiver {
    received: AtomicU64,
    bytes: AtomicU64,
    cut: AtomicU64,
}

/// A UDP socket bound there.
///
/// # Errors
/// Those of `bind`.
pub fn bound(endpoint: Endpoint) -> Result<Socket> {
    let socket = Socket::new(Transport::Udp, endpoint.family())?;
    socket.bind(endpoint)?;
    Ok(socket)
}

impl Receiver {
    /// The next datagram.
    ///
    /// # Errors
    /// Those of `receive_from`.
    pub fn receive(&self, socket: &Socket, size: usize, wait: &Wait<'_>) -> Result<Datagram> {
        let datagram = socket.receive_from(size, wait)?;
        self.received.fetch_add(1, Ordering::Relaxed);
        self.bytes
            .fetch_add(datagram.data.len() as u64, Ordering::Relaxed);
        self.cut.fetch_add(
            u64::from(datagram.truncated_from.is_some()),
            Ordering::Relaxed,
        );
        Ok(datagram)
    }

    /// What it has seen so far.
    #[must_use]
    pub fn report(&self) -> Report {
        Report {
            received: self.received.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            cut: self.cut.load(Ordering::Relaxed),
        }
    }
}
