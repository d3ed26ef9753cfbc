//! Many datagrams by few calls, both ways.
//!
//! | file | what |
//! | --- | --- |
//! | `send.rs` | `send_batch`: segmentation where the kernel has it, sendmmsg for the rest |
//! | `receive.rs` | `receive_batch` by recvmmsg, and every other way of receiving on a socket that has used it |
//! | `room.rs` | what came, in memory that is used again |

mod receive;
mod room;
mod send;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use crate::address::Endpoint;
use crate::sys::batch::Slot;

pub use room::{Batch, Received};

/// The most calls' worth of datagrams that a receive takes from the kernel at once.
const SLOTS: usize = 64;

/// A datagram to be sent, read where its bytes lie.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    parts: [&'a [u8]; 2],
    to: Option<Endpoint>,
}

impl<'a> Outgoing<'a> {
    /// One for the peer of a connected socket.
    #[must_use]
    pub const fn new(data: &'a [u8]) -> Self {
        Self {
            parts: [data, &[]],
            to: None,
        }
    }

    /// The same with a header before its bytes, which may lie elsewhere.
    #[must_use]
    pub const fn with_header(header: &'a [u8], data: &'a [u8]) -> Self {
        Self {
            parts: [header, data],
            to: None,
        }
    }

    /// The same for this endpoint.
    #[must_use]
    pub const fn to(mut self, endpoint: Endpoint) -> Self {
        self.to = Some(endpoint);
        self
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.parts[0].len() + self.parts[1].len()
    }
}

/// What a socket remembers of its batches.
#[derive(Debug)]
pub(super) struct Batches {
    /// The largest segments that the kernel has not refused to cut for this socket; 0: none.
    largest_segment: AtomicUsize,
    /// Receives take turns from the first batch on: what one took beyond its own may be another's.
    shared: AtomicBool,
    kept: Mutex<Kept>,
}

impl Default for Batches {
    fn default() -> Self {
        Self {
            largest_segment: AtomicUsize::new(usize::from(u16::MAX)),
            shared: AtomicBool::new(false),
            kept: Mutex::default(),
        }
    }
}

/// What came with another datagram, and is still to be given.
#[derive(Debug, Default)]
struct Kept {
    chunks: VecDeque<room::Chunk>,
    /// Memory to be filled again.
    spare: Vec<Slot>,
    /// How many datagrams a slot held the last time.
    per_slot: usize,
    /// The number of an error that the kernel told when datagrams had to be given first.
    error: Option<i32>,
}
