//! The descriptor of a socket, and the list of those that are open: what the sampler reads from.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, TryLockError, Weak};

use socket2::Socket as Handle;

use super::locked;
use crate::ports::Transport;
use crate::sys::forks;

/// A descriptor, until it is taken to be closed. Steps hold it over their calls.
pub(super) struct Held {
    pub(super) serial: u64,
    pub(super) transport: Transport,
    handle: Mutex<Option<Arc<Handle>>>,
}

/// What a look at a socket found.
pub(super) enum Look<T> {
    /// Something to tell.
    Seen(T),
    /// Somebody begins a step or closes at this very moment.
    Busy,
    /// It is closed.
    Closed,
}

type List = Mutex<BTreeMap<u64, Weak<Held>>>;

/// The open sockets, a list for each process of a line of forks: a lock of the parent's may be held by a thread that does not
/// exist in the child.
static LIVE: [List; 16] = [const { Mutex::new(BTreeMap::new()) }; 16];

fn own() -> &'static List {
    &LIVE[usize::try_from(forks() % 16).unwrap_or(0)]
}

/// The sockets that are open now, in the order of their making; in a forked child also those that it has from its parent.
pub(super) fn live() -> Vec<Arc<Held>> {
    let mut found = Vec::new();
    for list in &LIVE {
        let list = if std::ptr::eq(list, own()) {
            list.lock().unwrap_or_else(PoisonError::into_inner)
        } else {
            match list.try_lock() {
                Ok(list) => list,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => continue,
            }
        };
        found.extend(list.values().filter_map(Weak::upgrade));
    }
    found
}

impl Held {
    /// Takes charge of a descriptor, and enters it into the list if the kernel can be asked what it holds for it.
    pub(super) fn new(
        serial: u64,
        transport: Transport,
        handle: Handle,
        listed: bool,
    ) -> Arc<Self> {
        let held = Arc::new(Self {
            serial,
            transport,
            handle: Mutex::new(Some(Arc::new(handle))),
        });
        if listed {
            locked(own()).insert(serial, Arc::downgrade(&held));
        }
        held
    }

    /// The descriptor, for as long as the caller needs it.
    pub(super) fn get(&self) -> Option<Arc<Handle>> {
        locked(&self.handle).clone()
    }

    /// Takes the descriptor out, to be closed.
    pub(super) fn take(&self) -> Option<Arc<Handle>> {
        let handle = locked(&self.handle).take();
        if handle.is_some() {
            locked(own()).remove(&self.serial);
        }
        handle
    }

    /// The same for a forked child, unless a thread of the parent had it locked.
    pub(super) fn take_if_free(&self) -> Option<Arc<Handle>> {
        self.handle.try_lock().ok()?.take()
    }

    /// Looks at the descriptor without a copy of it that could put a close off: for the few microseconds of the look a step
    /// or a close that begins waits for it, and a look never waits for them.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Handle) -> T) -> Look<T> {
        let handle = match self.handle.try_lock() {
            Ok(handle) => handle,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Look::Busy,
        };
        match handle.as_ref() {
            Some(handle) => Look::Seen(look(handle)),
            None => Look::Closed,
        }
    }
}
