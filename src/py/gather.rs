//! What the event loop gathers for a Python function that answers messages: the messages of one round, and whose they are.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use crate::address::Endpoint;
use crate::error::Error;
use crate::socket::CHUNK;
use crate::tcp::event_loop::{Io, Key, Remote, Work};
use crate::tcp::framing::{Cutter, Framing};

/// So many bytes of messages are enough for one batch; the rest stays in the kernel for the next.
const ENOUGH: usize = 1024 * 1024;
/// So many messages of one client are answered before it has to take the answers: what a client that sends many and reads nothing
/// costs is the answers to these.
const MOST: usize = 128;

/// Gathers the messages of one round.
pub(super) struct Gather {
    cut: Cut,
    /// Whether the function is given the client as well.
    with_client: bool,
    /// The messages, one behind the other.
    pub(super) bytes: Vec<u8>,
    pub(super) items: Vec<Item>,
    /// What those did who broke the framing.
    pub(super) broken: Vec<(Option<Endpoint>, Error)>,
}

/// How messages are told apart, and the limits of a client.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    pub(super) framing: Framing,
    /// The longest message.
    pub(super) limit: usize,
    /// From so many bytes on that wait for a client it is sent no more.
    pub(super) unwritten: usize,
}

/// What a client did, in the order of its doing.
pub(super) enum Item {
    /// A message that ends there.
    Message(Whose, usize),
    /// It has finished sending.
    Finished(Key),
    /// It broke the framing: when what it sent before is answered, it is closed.
    Broken(Key, Option<Arc<Lease>>),
}

/// Whose a message is.
pub(super) struct Whose {
    pub(super) key: Key,
    pub(super) peer: Option<Endpoint>,
    pub(super) lease: Option<Arc<Lease>>,
}

/// What the loop keeps for each client.
#[derive(Default)]
pub(super) struct OfClient {
    cutter: Cutter,
    lease: Weak<Lease>,
}

/// Held by all who may still answer a client. When it has finished sending, and the last of them lets go, we finish too.
pub(super) struct Lease {
    pub(super) remote: Remote,
    pub(super) peer: Option<Endpoint>,
    ended: AtomicBool,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.ended.load(Ordering::Acquire) {
            self.remote.finish();
        }
    }
}

impl Gather {
    /// Whether somebody has to be answered, or told of.
    pub(super) fn has_some(&self) -> bool {
        !(self.items.is_empty() && self.broken.is_empty())
    }

    /// The batch is done with.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(2 * ENOUGH);
    }

    pub(super) fn new(cut: Cut, with_client: bool) -> Self {
        Self {
            cut,
            with_client,
            bytes: Vec::new(),
            items: Vec::new(),
            broken: Vec::new(),
        }
    }
}

impl Work for Gather {
    type Client = OfClient;

    // They are answered after the round, and nobody is asked for much more before that.
    const ENOUGH: usize = CHUNK;

    fn is_full(&self) -> bool {
        self.bytes.len() >= ENOUGH
    }

    fn came(&mut self, client: &mut OfClient, bytes: &[u8], io: &mut Io<'_>) {
        let (key, peer) = (io.key(), io.peer());
        let lease = self.with_client.then(|| {
            client.lease.upgrade().unwrap_or_else(|| {
                let lease = Arc::new(Lease {
                    remote: io.remote(),
                    peer,
                    ended: AtomicBool::new(false),
                });
                client.lease = Arc::downgrade(&lease);
                lease
            })
        });
        let (all, items) = (&mut self.bytes, &mut self.items);
        let Cut { framing, limit, .. } = self.cut;
        let fed = client.cutter.feed(framing, limit, MOST, bytes, |message| {
            all.extend_from_slice(message);
            let lease = lease.clone();
            items.push(Item::Message(Whose { key, peer, lease }, all.len()));
        });
        match fed {
            Ok(false) => {}
            Ok(true) => io.hold_until_written(),
            Err(too_long) => {
                self.broken.push((peer, too_long.error(limit)));
                self.items.push(Item::Broken(key, lease));
                io.hold_until_written();
            }
        }
    }

    /// It has taken the answers, and there may be more messages.
    fn room(&mut self, client: &mut OfClient, io: &mut Io<'_>) {
        self.came(client, b"", io);
    }

    /// What it sent before its end may still have to be answered.
    fn ended(&mut self, client: &mut OfClient, io: &mut Io<'_>) {
        match client.lease.upgrade() {
            Some(lease) => lease.ended.store(true, Ordering::Release),
            // Behind what the last of its handles sent, which may still be on its way here.
            None if self.with_client => io.remote().finish(),
            None => self.items.push(Item::Finished(io.key())),
        }
    }
}
