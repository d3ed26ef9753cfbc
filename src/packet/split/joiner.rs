//! Many messages at once, from datagrams in any order, in bounded memory.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::Duration;

use super::{Fits, Header, Message};

/// What a joiner may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of one message; one that claims more is refused at its first part.
    pub message: usize,
    /// The most memory for all messages that are not whole yet, about; the oldest go first.
    pub memory: usize,
    /// The most messages that are not whole yet; the oldest go first.
    pub messages: usize,
    /// How long after its last part a message is given up.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: 8 << 20,
            memory: 64 << 20,
            messages: 256,
            // What Linux gives the fragments of an IP packet (net.ipv4.ipfrag_time).
            patience: Duration::from_secs(30),
        }
    }
}

/// How many whole messages are remembered, so that a late copy of a part does not begin one anew.
const REMEMBERED: usize = 1024;
/// How many lost messages wait to be told.
const TOLD: usize = 1024;

/// A message that came whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Its number.
    pub id: u32,
    /// Its bytes.
    pub data: Vec<u8>,
    /// How many parts it had.
    pub parts: u32,
    /// How many of them came a second time.
    pub duplicates: u64,
}

/// What became of a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was the last part that its message needed.
    Message(Whole),
    /// It is kept.
    Kept,
    /// It had come before.
    Duplicate,
    /// It is no part, in words.
    Foreign(String),
    /// It is a part that cannot be taken, in words.
    Refused(String),
}

/// A message that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost<S> {
    /// Who sent it.
    pub sender: S,
    /// Its number.
    pub id: u32,
    /// How many bytes it should have had.
    pub length: u32,
    /// How many of its parts came.
    pub came: u32,
    /// How many parts it should have had.
    pub count: u32,
    /// Why it was given up.
    pub why: &'static str,
}

/// What a joiner has seen so far, in parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Parts that never came, of messages that were given up.
    pub lost: u64,
    /// Parts that had come before.
    pub duplicated: u64,
    /// Parts that came after a later one of their message.
    pub reordered: u64,
    /// Datagrams that were no parts, or could not be taken.
    pub refused: u64,
}

#[derive(Debug)]
struct Open {
    message: Message,
    last: Duration,
}

/// Joins messages from datagrams. `S` names a sender: two senders may use the same message number.
///
/// Time is an argument, on any clock that does not go back.
#[derive(Debug)]
pub struct Joiner<S> {
    limits: Limits,
    open: HashMap<(S, u32), Open>,
    memory: usize,
    /// Whole messages, by sender and number, with their length and chunk: another message may get the same number.
    done: HashMap<(S, u32), (u32, u16)>,
    order: VecDeque<(S, u32, Duration)>,
    lost: VecDeque<Lost<S>>,
    counts: Counts,
}

impl<S: Clone + Eq + Hash> Joiner<S> {
    /// A joiner with these limits. There is always room for one message that the limit permits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits: Limits {
                memory: limits.memory.max(limits.message.saturating_mul(3)),
                messages: limits.messages.max(1),
                ..limits
            },
            open: HashMap::new(),
            memory: 0,
            done: HashMap::new(),
            order: VecDeque::new(),
            lost: VecDeque::new(),
            counts: Counts::default(),
        }
    }

    /// Takes a datagram.
    pub fn take(&mut self, sender: S, datagram: &[u8], now: Duration) -> Taken {
        let taken = self.taken(sender, datagram, now);
        match taken {
            Taken::Duplicate => self.counts.duplicated += 1,
            Taken::Foreign(_) | Taken::Refused(_) => self.counts.refused += 1,
            Taken::Message(_) | Taken::Kept => {}
        }
        taken
    }

    fn taken(&mut self, sender: S, datagram: &[u8], now: Duration) -> Taken {
        let (part, data) = match Header::read(datagram) {
            Ok(read) => read,
            Err(words) => return Taken::Foreign(words),
        };
        if part.length() as usize > self.limits.message {
            let (length, limit) = (part.length(), self.limits.message);
            return Taken::Refused(format!(
                "its message has {length} bytes, and the limit is {limit}"
            ));
        }
        let key = (sender, part.id());
        if !self.open.contains_key(&key) {
            if self.done.get(&key) == Some(&(part.length(), part.chunk())) {
                return Taken::Duplicate;
            }
            if self.open.len() >= self.limits.messages {
                self.give_up_oldest("too many messages at once");
            }
        }
        let memory = &mut self.memory;
        let open = self.open.entry(key.clone()).or_insert_with(|| {
            let message = Message::of(part);
            *memory += message.memory();
            Open { message, last: now }
        });
        let before = open.message.memory();
        let reordered = open.message.reordered();
        match open.message.take(part, data) {
            Fits::Duplicate => return Taken::Duplicate,
            Fits::Contradicts(words) => return Taken::Refused(words),
            Fits::New => open.last = now,
        }
        self.counts.reordered += open.message.reordered() - reordered;
        self.memory += open.message.memory();
        self.memory = self.memory.saturating_sub(before);
        if open.message.is_whole() {
            return self.finish(&key, now);
        }
        while self.memory > self.limits.memory && self.give_up_oldest("too much memory") {}
        if self.open.contains_key(&key) {
            Taken::Kept
        } else {
            Taken::Refused("its message was given up: too much memory".to_owned())
        }
    }

    /// The messages that were given up since the last call, those that are too old by `now` among them.
    pub fn lost(&mut self, now: Duration) -> Vec<Lost<S>> {
        let patience = self.limits.patience;
        let old: Vec<_> = self
            .open
            .iter()
            .filter(|(_, open)| now.saturating_sub(open.last) > patience)
            .map(|(key, _)| key.clone())
            .collect();
        for key in old {
            self.give_up(&key, "its other parts did not come in time");
        }
        self.forget_done(now);
        self.lost.drain(..).collect()
    }

    /// What it has seen so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Takes messages of at most so many bytes from now on.
    pub fn limit_message(&mut self, most: usize) {
        self.limits.message = most;
        self.limits.memory = self.limits.memory.max(most.saturating_mul(3));
    }

    /// The messages that have begun and are not whole yet, with their senders: that of the newest part first.
    #[must_use]
    pub fn begun(&self) -> Vec<(&S, &Message)> {
        let mut open: Vec<_> = self.open.iter().collect();
        open.sort_by_key(|(_, open)| std::cmp::Reverse(open.last));
        open.into_iter()
            .map(|((sender, _), open)| (sender, &open.message))
            .collect()
    }

    /// How many parts these messages miss.
    #[must_use]
    pub fn missing(&self) -> u64 {
        let missing = |open: &Open| open.message.count().saturating_sub(open.message.came());
        self.open
            .values()
            .map(|open| u64::from(missing(open)))
            .sum()
    }

    /// How many messages have begun and are not whole yet.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// How much memory they hold, about.
    #[must_use]
    pub const fn memory(&self) -> usize {
        self.memory
    }

    fn finish(&mut self, key: &(S, u32), now: Duration) -> Taken {
        let Some(open) = self.remove(key) else {
            return Taken::Kept;
        };
        let (parts, duplicates) = (open.count(), open.duplicates());
        let shape = (open.length(), open.chunk());
        self.forget_done(now);
        if self.order.len() >= REMEMBERED {
            self.forget_first();
        }
        self.done.insert(key.clone(), shape);
        self.order.push_back((key.0.clone(), key.1, now));
        match open.whole() {
            Ok(data) => Taken::Message(Whole {
                id: key.1,
                data,
                parts,
                duplicates,
            }),
            Err(_) => Taken::Kept,
        }
    }

    fn remove(&mut self, key: &(S, u32)) -> Option<Message> {
        let open = self.open.remove(key)?;
        self.memory = self.memory.saturating_sub(open.message.memory());
        Some(open.message)
    }

    /// Gives up the message whose last part is the oldest; false when there is none.
    fn give_up_oldest(&mut self, why: &'static str) -> bool {
        let oldest = self.open.iter().min_by_key(|(_, open)| open.last);
        match oldest.map(|(key, _)| key.clone()) {
            Some(key) => {
                self.give_up(&key, why);
                true
            }
            None => false,
        }
    }

    fn give_up(&mut self, key: &(S, u32), why: &'static str) {
        let Some(message) = self.remove(key) else {
            return;
        };
        self.counts.lost += u64::from(message.count().saturating_sub(message.came()));
        if self.lost.len() == TOLD {
            self.lost.pop_front();
        }
        self.lost.push_back(Lost {
            sender: key.0.clone(),
            id: key.1,
            length: message.length(),
            came: message.came(),
            count: message.count(),
            why,
        });
    }

    fn forget_done(&mut self, now: Duration) {
        let patience = self.limits.patience;
        while let Some((_, _, when)) = self.order.front() {
            if now.saturating_sub(*when) <= patience {
                return;
            }
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((sender, id, _)) = self.order.pop_front() {
            self.done.remove(&(sender, id));
        }
    }
}
