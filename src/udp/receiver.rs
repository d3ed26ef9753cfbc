//! A bound socket that counts what arrives.

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

/// A bound UDP socket.
#[derive(Debug)]
pub struct Receiver {
    socket: Socket,
    endpoint: Endpoint,
    received: AtomicU64,
    bytes: AtomicU64,
    cut: AtomicU64,
}

impl Receiver {
    /// Binds.
    ///
    /// # Errors
    /// Those of `bind`.
    pub fn new(endpoint: Endpoint) -> Result<Self> {
        let socket = Socket::new(Transport::Udp, endpoint.family())?;
        socket.bind(endpoint)?;
        Ok(Self {
            endpoint: socket.local().unwrap_or(endpoint),
            socket,
            received: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            cut: AtomicU64::new(0),
        })
    }

    /// Where it receives.
    #[must_use]
    pub const fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// The socket underneath.
    #[must_use]
    pub const fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The next datagram.
    ///
    /// # Errors
    /// Those of `receive_from`.
    pub fn receive(&self, size: usize, wait: &Wait<'_>) -> Result<Datagram> {
        let datagram = self.socket.receive_from(size, wait)?;
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
