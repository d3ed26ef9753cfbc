//! Events and their recorder: what happened, once, on one clock, in bounded memory.
//!
//! An event is one system call of one step. A step of several calls (`write` to a slow peer) gives several events of the same name.
//!
//! What a relay does with a packet or chunk is one event when it came (`step` "relay", the real call, the socket that received it) and one
//! for each time that it goes on (the socket that sends it), all with the same `verdict` and `rule`. The later ones name the first as their
//! `origin`: so its lateness, its copies and its loss can be drawn. What a relay does to a connection itself, a reset for example, is an
//! event of the call that does it (`close`, `shutdown`, `accept4`) with its verdict and rule.
//!
//! | file | what |
//! | --- | --- |
//! | `event.rs` | one call, with the first of its bytes |
//! | `recorder.rs` | who records, and what is kept |
//! | `recording.rs` | what was recorded, of one process or of several |
//! | `file.rs`, `saved.rs` | a recording as JSON Lines, and back |
//! | `samples.rs` | what the kernel held for the sockets over time |
//! | `place.rs` | the line of the program that takes a step |
//! | `steps.rs` | what was done to one socket, in lines |

mod event;
mod file;
mod place;
mod recorder;
mod recording;
mod samples;
mod saved;
mod steps;

pub(crate) use event::next_id;
pub use event::{Event, PREVIEW, Phase, Preview};
pub use file::{LINE_LIMIT, Unread, VERSION};
pub use place::{line, lines_wanted, taken_at};
pub use recorder::{Limits, Recorder, active, forked, longest_preview, record};
pub use recording::{Process, Recording};
pub use samples::{Sample, Samples};
pub use steps::{Line, Steps};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Transport;
    use crate::state::State;

    /// An event that read one byte.
    pub(super) fn event(id: u64) -> Event {
        Event {
            id,
            process: 1,
            phase: Phase::Completed,
            socket: 1,
            number: 3,
            transport: Transport::Tcp,
            step: "read".into(),
            call: "recv".into(),
            local: None,
            peer: None,
            asked: None,
            size: Some(1),
            offset: Some(0),
            preview: Preview::of(&[b"x"], PREVIEW),
            error: None,
            errno: None,
            before: State::Connected,
            after: State::Connected,
            start_ns: id,
            end_ns: None,
            thread: 1,
            line: None,
            verdict: None,
            rule: None,
            origin: None,
        }
    }
}
