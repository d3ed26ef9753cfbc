//! What one system call of one step was.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::ports::Transport;
use crate::state::State;

/// How much of the bytes an event keeps, unless a recorder asks for more.
pub const PREVIEW: usize = 32;

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The kernel makes it wait; it has not ended.
    Started,
    /// It did what it should.
    Completed,
    /// It ended with an error.
    Failed,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 3] = [Self::Started, Self::Completed, Self::Failed];

    /// "started", "completed" or "failed".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// The first bytes of what was sent or received. A few lie in the event itself, more in memory of their own that copies share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preview {
    /// At most [`PREVIEW`] bytes: how many, and they.
    Few(u8, [u8; PREVIEW]),
    /// More than that.
    Many(Arc<[u8]>),
}

impl Default for Preview {
    fn default() -> Self {
        Self::Few(0, [0; PREVIEW])
    }
}

impl Preview {
    /// The first `most` bytes of these parts, one after the other.
    #[must_use]
    pub fn of(parts: &[&[u8]], most: usize) -> Self {
        let all: usize = parts.iter().map(|part| part.len()).sum();
        let length = all.min(most);
        if length <= PREVIEW {
            let mut bytes = [0; PREVIEW];
            let mut filled = 0;
            for part in parts {
                let take = part.len().min(length - filled);
                bytes[filled..filled + take].copy_from_slice(&part[..take]);
                filled += take;
            }
            return Self::Few(u8::try_from(length).unwrap_or(0), bytes);
        }
        let mut bytes = Vec::with_capacity(length);
        for part in parts {
            bytes.extend_from_slice(&part[..part.len().min(length - bytes.len())]);
        }
        Self::Many(bytes.into())
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Few(length, bytes) => &bytes[..usize::from(*length)],
            Self::Many(bytes) => bytes,
        }
    }

    /// The same, of at most this many bytes.
    #[must_use]
    pub fn at_most(&self, most: usize) -> Self {
        if self.bytes().len() <= most {
            return self.clone();
        }
        Self::of(&[self.bytes()], most)
    }
}

/// One system call of one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// A number that no other event of its process has.
    pub id: u64,
    /// The process that called.
    pub process: u32,
    /// Started, completed or failed.
    pub phase: Phase,
    /// The socket: a number that no other socket of its process ever has.
    pub socket: u64,
    /// Its descriptor, which the kernel gives again after a close.
    pub number: i64,
    /// TCP or UDP.
    pub transport: Transport,
    /// The step, in the words of the API.
    pub step: Cow<'static, str>,
    /// The system call.
    pub call: Cow<'static, str>,
    /// Our address, where it is known.
    pub local: Option<SocketAddr>,
    /// The peer's address, where there is one.
    pub peer: Option<SocketAddr>,
    /// How many bytes were asked for or offered.
    pub asked: Option<usize>,
    /// How many went or came.
    pub size: Option<usize>,
    /// Where the first of them stands in the stream of its direction (TCP): how many this socket had sent, or read, before.
    pub offset: Option<u64>,
    /// The first of them.
    pub preview: Preview,
    /// The error, in words.
    pub error: Option<String>,
    /// Its number.
    pub errno: Option<i32>,
    /// The state before the call.
    pub before: State,
    /// The state after it.
    pub after: State,
    /// When it began, in nanoseconds of the system's monotonic clock.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: Option<u64>,
    /// The thread that called.
    pub thread: u64,
    /// The line of the program that took the step ("server.py:12"), where a recorder asks for it.
    pub line: Option<Arc<str>>,
    /// What a relay did with these bytes: "passed", "lost", "late" and so on. `None` for what no relay did. It stands on the call that
    /// received them, and again on every call that sent them on.
    pub verdict: Option<Cow<'static, str>>,
    /// The rule of the relay that gave the verdict ("loss=0.2").
    pub rule: Option<Cow<'static, str>>,
    /// For a call of a relay that sends bytes on: the event of its process that received them, by its `id`. A packet that goes out twice
    /// has two such events, one that is lost has none.
    pub origin: Option<u64>,
}

impl Event {
    /// How much memory it takes, in bytes.
    #[must_use]
    pub fn memory(&self) -> usize {
        let preview = match &self.preview {
            Preview::Few(..) => 0,
            Preview::Many(bytes) => bytes.len(),
        };
        let line = self.line.as_ref().map_or(0, |line| line.len());
        let owned = |text: &Option<Cow<'static, str>>| match text {
            Some(Cow::Owned(text)) => text.len(),
            _ => 0,
        };
        let relayed = owned(&self.verdict) + owned(&self.rule);
        size_of::<Self>() + preview + line + relayed + self.error.as_ref().map_or(0, String::len)
    }
}

/// The next number for an event.
pub(crate) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_is_the_beginning_of_all_parts_together() {
        let parts: [&[u8]; 3] = [b"ab", b"", b"cdef"];
        for most in 0..8 {
            let preview = Preview::of(&parts, most);
            assert_eq!(preview.bytes(), &b"abcdef"[..most.min(6)]);
        }
        let long = vec![7; 100];
        let preview = Preview::of(&[b"x", &long], 60);
        assert_eq!(preview.bytes().len(), 60);
        assert_eq!(preview.at_most(40).bytes(), &preview.bytes()[..40]);
        assert_eq!(preview.at_most(3).bytes(), b"x\x07\x07");
        assert!(matches!(preview.at_most(32), Preview::Few(32, _)));
    }
}
