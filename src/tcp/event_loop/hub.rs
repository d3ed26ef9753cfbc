//! The way into a loop from other threads: what is asked for, and who comes in.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use mio::Waker;

use super::places::locked;
use crate::socket::Stream;
use crate::sys::thread_id;

/// A client, for those who come back to it later: it names no other client, also when its place is given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub(super) place: usize,
    pub(super) serial: u64,
}

impl Key {
    /// The number of its socket.
    #[must_use]
    pub const fn serial(self) -> u64 {
        self.serial
    }
}

/// What can be asked for from any thread.
pub(super) enum Request {
    Write(Vec<u8>),
    Finish,
    Close,
}

/// What of a loop other threads know.
pub(super) struct Hub {
    waker: Waker,
    inbox: Mutex<Inbox>,
    polling: AtomicBool,
    /// The thread that goes through the rounds, once it does.
    thread: AtomicU64,
    /// How many clients it has, and how many are on their way to it.
    clients: AtomicUsize,
    coming: AtomicUsize,
}

#[derive(Default)]
struct Inbox {
    requests: Vec<(Key, Request)>,
    arrivals: Vec<Stream>,
    /// The loop has ended: nobody looks here any more.
    over: bool,
}

impl Hub {
    pub(super) fn new(waker: Waker) -> Self {
        Self {
            waker,
            inbox: Mutex::default(),
            polling: AtomicBool::new(false),
            thread: AtomicU64::new(0),
            clients: AtomicUsize::new(0),
            coming: AtomicUsize::new(0),
        }
    }

    pub(super) fn wake(&self) {
        let _ = self.waker.wake();
    }

    fn wake_if_waiting(&self) {
        if self.polling.load(Ordering::SeqCst) {
            self.wake();
        }
    }

    /// The loop is about to wait: from now on it has to be woken, and what came before is in its inbox. Or it waits no more.
    pub(super) fn set_polling(&self, polling: bool) {
        self.polling.store(polling, Ordering::SeqCst);
    }

    /// The rounds begin, in this thread.
    pub(super) fn begin(&self) {
        if self.thread.load(Ordering::Relaxed) == 0 {
            self.thread.store(thread_id(), Ordering::Relaxed);
        }
    }

    /// Whether this is the thread of the loop.
    pub(super) fn is_here(&self) -> bool {
        self.thread.load(Ordering::Relaxed) == thread_id()
    }

    pub(super) fn client_count(&self) -> usize {
        self.clients.load(Ordering::Relaxed) + self.coming.load(Ordering::Relaxed)
    }

    pub(super) fn set_clients(&self, count: usize) {
        self.clients.store(count, Ordering::Relaxed);
    }

    /// Asks for something to be done with a client.
    fn post(&self, key: Key, request: Request) {
        let mut inbox = locked(&self.inbox);
        if inbox.over {
            return;
        }
        inbox.requests.push((key, request));
        drop(inbox);
        self.wake_if_waiting();
    }

    /// A client for this loop.
    pub(super) fn arrive(&self, stream: Stream) {
        let mut inbox = locked(&self.inbox);
        if inbox.over {
            return;
        }
        self.coming.fetch_add(1, Ordering::Relaxed);
        inbox.arrivals.push(stream);
        drop(inbox);
        self.wake_if_waiting();
    }

    pub(super) fn take(&self) -> (Vec<(Key, Request)>, Vec<Stream>) {
        let mut inbox = locked(&self.inbox);
        (
            std::mem::take(&mut inbox.requests),
            std::mem::take(&mut inbox.arrivals),
        )
    }

    /// So many who were on their way are counted among the clients now.
    pub(super) fn arrived(&self, count: usize) {
        self.coming.fetch_sub(count, Ordering::Relaxed);
    }

    /// Nobody comes in any more; who was on the way is closed.
    pub(super) fn end(&self) {
        let mut inbox = locked(&self.inbox);
        inbox.over = true;
        let left = (
            std::mem::take(&mut inbox.requests),
            std::mem::take(&mut inbox.arrivals),
        );
        drop(inbox);
        drop(left);
        self.set_clients(0);
        self.coming.store(0, Ordering::Relaxed);
    }
}

/// How much waits for a client to take it, as far as those in other threads have to know.
#[derive(Debug, Default)]
pub(super) struct Level {
    /// On its way to the loop.
    posted: AtomicUsize,
    /// In the loop.
    waiting: AtomicUsize,
}

impl Level {
    fn bytes(&self) -> usize {
        self.posted.load(Ordering::Acquire) + self.waiting.load(Ordering::Acquire)
    }

    pub(super) fn set_waiting(&self, bytes: usize) {
        self.waiting.store(bytes, Ordering::Release);
    }

    /// So many are in the loop now, and counted there.
    pub(super) fn received(&self, bytes: usize) {
        self.posted.fetch_sub(bytes, Ordering::AcqRel);
    }
}

/// So many bytes wait for a client, and no more are taken for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full(pub usize);

/// A way to a client from any thread. What is asked for happens in the loop; of a client that has gone, nothing is asked.
#[derive(Clone)]
pub struct Remote {
    pub(super) hub: Arc<Hub>,
    pub(super) key: Key,
    /// Gone with the client.
    pub(super) level: Weak<Level>,
}

impl Remote {
    /// Who it is.
    #[must_use]
    pub const fn key(&self) -> Key {
        self.key
    }

    /// How many bytes that were written to it the kernel has not taken yet; 0 when it has gone.
    #[must_use]
    pub fn unwritten(&self) -> usize {
        self.level.upgrade().map_or(0, |level| level.bytes())
    }

    /// Writes these bytes. A client that has gone takes them and they are lost.
    ///
    /// # Errors
    /// `Full` when at least `limit` bytes wait for it already: the memory that a slow client costs is at most that and one message of
    /// each thread.
    pub fn write(&self, bytes: Vec<u8>, limit: usize) -> Result<(), Full> {
        let Some(level) = self.level.upgrade() else {
            return Ok(());
        };
        let waiting = level.bytes();
        if waiting >= limit {
            return Err(Full(waiting));
        }
        level.posted.fetch_add(bytes.len(), Ordering::AcqRel);
        self.hub.post(self.key, Request::Write(bytes));
        Ok(())
    }

    /// Closes our half when all is written.
    pub fn finish(&self) {
        self.hub.post(self.key, Request::Finish);
    }

    /// Closes the connection when all is written.
    pub fn close(&self) {
        self.hub.post(self.key, Request::Close);
    }
}

impl PartialEq for Remote {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && Arc::ptr_eq(&self.hub, &other.hub)
    }
}

impl Eq for Remote {}
