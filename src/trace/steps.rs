//! What was done to one socket, in lines.

use std::collections::VecDeque;

use crate::state::{Action, State};

/// One line of what was done to a socket: a run of equal steps that end in the same state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The step, in the words of the API.
    pub step: &'static str,
    /// The system call.
    pub call: &'static str,
    /// What it was in the state table; `None` for what made the socket.
    pub action: Option<Action>,
    /// How often, one after the other.
    pub count: u64,
    /// How many bytes in all.
    pub bytes: u64,
    /// The address or the error that goes with it.
    pub note: Option<String>,
    /// It ended with an error.
    pub failed: bool,
    /// When the first began.
    pub start_ns: u64,
    /// When the last ended.
    pub end_ns: u64,
    /// The state after it.
    pub after: State,
}

/// What was done to one socket so far, in bounded memory: the first lines, the last lines, and the number between.
#[derive(Debug, Default)]
pub struct Steps {
    first: Vec<Line>,
    last: VecDeque<Line>,
    left_out: u64,
}

impl Steps {
    const FIRST: usize = 64;
    const LAST: usize = 64;

    /// Adds what was done, to the last line where it is the same step again.
    pub fn add(&mut self, line: Line) {
        let newest = self.last.back_mut().or(self.first.last_mut());
        if let Some(newest) = newest.filter(|newest| {
            newest.step == line.step
                && newest.call == line.call
                && newest.failed == line.failed
                && newest.note == line.note
                && newest.after == line.after
        }) {
            newest.count += line.count;
            newest.bytes += line.bytes;
            newest.end_ns = line.end_ns;
            return;
        }
        if self.first.len() < Self::FIRST {
            self.first.push(line);
            return;
        }
        if self.last.len() == Self::LAST {
            self.last.pop_front();
            self.left_out += 1;
        }
        self.last.push_back(line);
    }

    /// The lines, and how many were left out after the first 64.
    #[must_use]
    pub fn lines(&self) -> (Vec<Line>, u64) {
        (
            self.first.iter().chain(&self.last).cloned().collect(),
            self.left_out,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_steps_are_one_line_and_the_middle_is_left_out() {
        let line = |step, bytes| Line {
            step,
            call: "recv",
            action: Some(Action::Read),
            count: 1,
            bytes,
            note: None,
            failed: false,
            start_ns: 0,
            end_ns: 0,
            after: State::Connected,
        };
        let mut steps = Steps::default();
        steps.add(line("read", 3));
        steps.add(line("read", 4));
        assert_eq!(
            steps.lines().0,
            [Line {
                count: 2,
                bytes: 7,
                ..line("read", 0)
            }]
        );
        // The one that saw the peer's end is a line of its own.
        steps.add(Line {
            after: State::PeerFinished,
            ..line("read", 0)
        });
        assert_eq!(steps.lines().0.len(), 2);
        for _ in 0..1000 {
            steps.add(line("write", 1));
            steps.add(line("read", 1));
        }
        let (lines, left_out) = steps.lines();
        assert_eq!((lines.len(), left_out), (128, 2002 - 128));
    }
}
