//! A bound socket, a count of what arrives, and messages joined from their parts.

use std::fmt::Write;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::address::Endpoint;
use crate::error::{Code, Error, Result};
use crate::packet::split::{self, Joiner, Limits, Taken};
use crate::ports::Transport;
use crate::socket::{Batch, Datagram, OptionName, Received, Socket, Value};
use crate::wait::Wait;

/// So many datagrams are taken from the kernel at once, about, where one is wanted after the other.
const AHEAD: usize = 64;
/// So many parts are taken before signals and the time are looked at.
const PARTS_BETWEEN_LOOKS: usize = 64;

/// What a receiver has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Datagrams that arrived, those among them that were not given to the program yet.
    pub received: u64,
    /// Their bytes, as many as were kept.
    pub bytes: u64,
    /// How many of them were cut because the size given was too small.
    pub cut: u64,
    /// How many the kernel threw away because the receive buffer was full; `None` where it does not tell.
    pub dropped: Option<u64>,
    /// Parts of messages that never came, once the message was given up.
    pub lost: u64,
    /// Parts that have not come so far, of messages that are not whole and not given up.
    pub missing: u64,
    /// Parts that came again.
    pub duplicated: u64,
    /// Parts that came after a later one of their message.
    pub reordered: u64,
}

/// A message that was joined from its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its bytes.
    pub data: Vec<u8>,
    /// Who sent it.
    pub sender: Endpoint,
    /// Its number.
    pub id: u32,
    /// How many parts it had.
    pub parts: u32,
    /// How many of them came again, up to the last that was missing.
    pub duplicates: u64,
}

/// Counts what a socket receives, and joins messages.
#[derive(Debug, Default)]
pub struct Receiver {
    received: AtomicU64,
    bytes: AtomicU64,
    cut: AtomicU64,
    /// The count of the kernel, as far as it was asked; one more than that, and 0 before.
    dropped: AtomicU64,
    coalescing: AtomicBool,
    joining: Mutex<Option<Joining>>,
}

#[derive(Debug)]
struct Joining {
    joiner: Joiner<Endpoint>,
    begun: Instant,
}

impl Joining {
    fn now(&self) -> Duration {
        self.begun.elapsed()
    }
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

/// The same with a large receive buffer: as much of 4 MiB as the system permits (net.core.rmem_max), for those who receive much.
///
/// # Errors
/// Those of `bind`.
pub fn bound_for_much(endpoint: Endpoint) -> Result<Socket> {
    let socket = bound(endpoint)?;
    // Where it is refused, the buffer is as large as others'.
    let _ = socket.set_option(OptionName::ReceiveBuffer, Value::Number(4 << 20));
    Ok(socket)
}

impl Receiver {
    /// The next datagram.
    ///
    /// # Errors
    /// Those of `receive_from`.
    pub fn receive(&self, socket: &Socket, size: usize, wait: &Wait<'_>) -> Result<Datagram> {
        let datagram = socket.receive_from(size, wait)?;
        self.count(1, datagram.data.len(), datagram.truncated_from.is_some());
        Ok(datagram)
    }

    /// Waits for a datagram, and takes those that are there, at most `most`: how many. There may be more.
    ///
    /// # Errors
    /// Those of `receive_from`.
    pub fn receive_batch(
        &self,
        socket: &Socket,
        room: &mut Batch,
        most: usize,
        wait: &Wait<'_>,
    ) -> Result<usize> {
        self.coalesce(socket);
        let count = socket.receive_batch(room, most, wait)?;
        let bytes = room.iter().map(|one| one.data.len()).sum();
        self.count(count, bytes, false);
        Ok(count)
    }

    /// The next datagram, where all of them are wanted one after the other: several are taken from the kernel at once.
    ///
    /// # Errors
    /// Those of `receive_from`.
    pub fn next<T>(
        &self,
        socket: &Socket,
        wait: &Wait<'_>,
        give: impl FnOnce(Received<'_>) -> T,
    ) -> Result<T> {
        self.coalesce(socket);
        socket.receive_ahead(AHEAD, wait, |one| {
            self.count(1, one.data.len(), one.truncated_from.is_some());
            give(one)
        })
    }

    /// The next message of those that are sent in parts, of at most `limit` bytes. What is no part is left out.
    ///
    /// # Errors
    /// `TimedOut`, telling what is missing; what came stays for the next call. Those of `receive_from`.
    pub fn message(&self, socket: &Socket, limit: usize, wait: &Wait<'_>) -> Result<Message> {
        let left_out = {
            let mut joining = self.joining();
            let joining = joining.get_or_insert_with(|| Joining {
                joiner: Joiner::new(Limits::default()),
                begun: Instant::now(),
            });
            joining.joiner.limit_message(limit);
            joining.joiner.counts().refused
        };
        let telling = |error| self.telling(error, wait, left_out);
        let mut parts = 0_usize;
        loop {
            let taken = self.next(socket, wait, |one| self.join(one));
            let taken = taken.map_err(telling)?;
            if let Some(message) = taken {
                return Ok(message);
            }
            parts += 1;
            if parts.is_multiple_of(PARTS_BETWEEN_LOOKS) {
                socket.between_receives(wait).map_err(telling)?;
            }
        }
    }

    fn join(&self, one: Received<'_>) -> Option<Message> {
        let mut joining = self.joining();
        let joining = joining.as_mut()?;
        let now = joining.now();
        match joining.joiner.take(one.sender, one.data, now) {
            Taken::Message(whole) => Some(Message {
                data: whole.data,
                sender: one.sender,
                id: whole.id,
                parts: whole.parts,
                duplicates: whole.duplicates,
            }),
            _ => None,
        }
    }

    /// A time that is over is told with what is missing, and how much was left out since there had been so much of it.
    fn telling(&self, error: Error, wait: &Wait<'_>, left_out: u64) -> Error {
        const MESSAGES: usize = 3;
        let joining = self.joining();
        let Some(joining) = joining.as_ref().filter(|_| error.code() == Code::TimedOut) else {
            return error.in_step("receive_message");
        };
        let begun = joining.joiner.begun();
        let left_out = joining.joiner.counts().refused - left_out;
        let mut words = String::new();
        if left_out > 0 {
            let plural = if left_out == 1 { "" } else { "s" };
            let _ = write!(
                words,
                "; {left_out} datagram{plural} came that were no parts, or of a message above the limit"
            );
        }
        for (sender, message) in begun.iter().take(MESSAGES) {
            let (id, count, holes) = (message.id(), message.count(), holes(&message.missing()));
            let _ = write!(
                words,
                "; of message {id} from {sender}, parts {holes} of {count} are missing (counted from 0)"
            );
        }
        if begun.len() > MESSAGES {
            let _ = write!(
                words,
                "; and {} more messages are not whole",
                begun.len() - MESSAGES
            );
        }
        let partial = begun.first().map(|(_, message)| message.front().to_vec());
        let error = error.in_step("receive_message");
        if words.is_empty() {
            return error;
        }
        let time = wait.deadline.seconds();
        error
            .with_cause(format!("no message was whole within {time} s{words}"))
            .with_partial(partial.unwrap_or_default())
    }

    /// What it has seen so far.
    #[must_use]
    pub fn report(&self, socket: &Socket) -> Report {
        self.look(socket);
        let (kept, kept_bytes) = socket.kept_datagrams();
        let counts = self.joining().as_mut().map(|joining| {
            // The messages that are too old by now count as lost.
            let now = joining.now();
            joining.joiner.lost(now);
            (joining.joiner.counts(), joining.joiner.missing())
        });
        let (counts, missing) = counts.unwrap_or_default();
        let split::Counts {
            lost,
            duplicated,
            reordered,
            ..
        } = counts;
        Report {
            received: self.received.load(Ordering::Relaxed) + kept,
            bytes: self.bytes.load(Ordering::Relaxed) + kept_bytes,
            cut: self.cut.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed).checked_sub(1),
            lost,
            missing,
            duplicated,
            reordered,
        }
    }

    /// Asks the kernel how many it threw away: to be done before the socket is closed, too.
    pub fn look(&self, socket: &Socket) {
        let buffers = socket.buffers().ok().flatten();
        if let Some(drops) = buffers.and_then(|buffers| buffers.drops) {
            self.dropped.store(drops + 1, Ordering::Relaxed);
        }
    }

    fn coalesce(&self, socket: &Socket) {
        if !self.coalescing.swap(true, Ordering::Relaxed) {
            socket.coalesce(true);
        }
    }

    fn count(&self, datagrams: usize, bytes: usize, cut: bool) {
        self.received.fetch_add(datagrams as u64, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.cut.fetch_add(u64::from(cut), Ordering::Relaxed);
    }

    fn joining(&self) -> MutexGuard<'_, Option<Joining>> {
        self.joining.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// "3, 5-9 and 12": the first of them.
fn holes(missing: &[Range<u32>]) -> String {
    const HOLES: usize = 8;
    let mut words: Vec<_> = missing
        .iter()
        .take(HOLES)
        .map(|hole| match hole.end - hole.start {
            1 => hole.start.to_string(),
            _ => format!("{}-{}", hole.start, hole.end - 1),
        })
        .collect();
    if missing.len() > HOLES {
        words.push(format!("{} more ranges", missing.len() - HOLES));
    }
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_told_in_words_and_not_all_of_many() {
        let ranges = |list: &[(u32, u32)]| list.iter().map(|(a, b)| *a..*b).collect::<Vec<_>>();
        assert_eq!(holes(&ranges(&[(3, 4)])), "3");
        assert_eq!(
            holes(&ranges(&[(3, 4), (5, 10), (12, 13)])),
            "3, 5-9 and 12"
        );
        let many: Vec<_> = (0..20).map(|at| at * 3..at * 3 + 1).collect();
        assert!(holes(&many).ends_with("21 and 12 more ranges"));
    }
}
