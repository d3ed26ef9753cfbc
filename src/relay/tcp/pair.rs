//! A client and its connection to the target.

use std::borrow::Cow;
use std::time::Duration;

use super::dues::Dues;
use super::pipe::Pipe;
use super::side::Side;
use super::traced::Traced;
use super::turn::{Pumped, Turn, Whose};
use crate::relay::stream::Rules;
use crate::relay::{Verdict, Way};
use crate::socket::Stream;
use crate::sys::errno;

/// Before a reset by a rule the receiver's kernel gets what was sent, if it takes it within this time.
const LAST_BYTES_NS: u64 = 2_000_000_000;
/// Between two looks at what it has acknowledged.
const LOOK_NS: u64 = 1_000_000;

/// What becomes of a pair after its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// It stays, and is looked at when the poll tells, or at this time.
    Stays(Option<u64>),
    /// It has more to do, and the others come first.
    Again,
    /// Both ends are closed.
    Close,
    /// Both ends are reset.
    Reset,
}

#[derive(Debug)]
pub(super) struct Pair {
    /// No other pair of the relay ever has it.
    pub(super) serial: u64,
    near: Side,
    /// None: the target is not to be asked.
    far: Option<Side>,
    /// When the connect began (the monotonic clock), until it has ended.
    connecting: Option<u64>,
    /// To the target, to the client.
    pipes: [Pipe; 2],
    /// When both ends are reset, and the way and the name of the rule.
    reset: Option<(u64, Way, Duration)>,
    /// A rule resets: until then the last bytes may arrive.
    last_bytes_until: Option<u64>,
    /// When it is looked at without being told.
    pub(super) dues: Dues,
    /// It is in the list of those that come again.
    pub(super) again: bool,
}

impl Pair {
    /// A client that came, with its connection to the target, which was begun at `begun_ns`.
    pub(super) fn new(serial: u64, near: Side, far: Option<(Side, u64)>, pipes: [Pipe; 2]) -> Self {
        let (far, connecting) = far.unzip();
        Self {
            serial,
            near,
            far,
            connecting,
            pipes,
            reset: None,
            last_bytes_until: None,
            dues: Dues::default(),
            again: false,
        }
    }

    /// Has both ends reset so long after now, where a rule asks for it.
    pub(super) fn reset_later(&mut self, rules: &[Rules; 2], now_ns: u64) {
        let times = Way::ALL.into_iter().zip(rules).filter_map(|(way, rules)| {
            let time = rules.reset_after_time?;
            let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            Some((now_ns.saturating_add(nanoseconds), way, time))
        });
        self.reset = times.min_by_key(|(at, ..)| *at);
    }

    /// One of its ends; 0 is the client's.
    pub(super) fn side(&mut self, which: usize) -> Option<&mut Side> {
        if which == 0 {
            Some(&mut self.near)
        } else {
            self.far.as_mut()
        }
    }

    /// Nothing went on while the path was cut, for so long.
    pub(super) fn was_cut(&mut self, now_ns: u64, time_ns: u64) {
        for pipe in &mut self.pipes {
            pipe.was_cut(now_ns, time_ns);
        }
    }

    /// Its close resets both connections.
    pub(super) fn cut(&self) {
        self.streams().for_each(Stream::cut);
    }

    fn streams(&self) -> impl Iterator<Item = &Stream> {
        [Some(&self.near), self.far.as_ref()]
            .into_iter()
            .flatten()
            .map(|side| &side.stream)
    }

    pub(super) fn turn(&mut self, turn: &mut Turn<'_>) -> After {
        if let Some((at, way, time)) = self.reset
            && at <= turn.now_ns
        {
            let rule = Cow::from(format!("reset_after_seconds={}", time.as_secs_f64()));
            for stream in self.streams() {
                Traced::ending(stream, Verdict::Reset, &rule);
            }
            self.pipes[way.index()].befell(Verdict::Reset, rule, turn);
            return After::Reset;
        }
        let after = if self.last_bytes_until.is_some() {
            self.last_bytes(turn.now_ns)
        } else {
            match self.connecting {
                Some(begun) => self.connect(begun, turn),
                None => self.relay(turn),
            }
        };
        match (after, self.reset) {
            (After::Stays(due), Some((at, ..))) => {
                After::Stays(Some(due.map_or(at, |due| due.min(at))))
            }
            _ => after,
        }
    }

    fn connect(&mut self, begun_ns: u64, turn: &mut Turn<'_>) -> After {
        if self.near.gone {
            return After::Reset;
        }
        let Some(far) = &mut self.far else {
            return After::Close;
        };
        if !(far.writable || far.gone) {
            return After::Stays(None);
        }
        match far.stream.connected(begun_ns) {
            Ok(false) => {
                far.writable = false;
                After::Stays(None)
            }
            Ok(true) => {
                self.connecting = None;
                self.relay(turn)
            }
            Err(error) => {
                refused(&mut self.pipes[0], &error, turn);
                After::Reset
            }
        }
    }

    fn relay(&mut self, turn: &mut Turn<'_>) -> After {
        let Some(far) = &mut self.far else {
            // Nobody reads what a client of a silent relay says; when it leaves, it is let go.
            let left = self.near.gone || self.near.end_is_there;
            return if left {
                After::Close
            } else {
                After::Stays(None)
            };
        };
        let (mut again, mut due) = (false, None::<u64>);
        for way in Way::ALL {
            let [to_target, to_client] = &mut self.pipes;
            let (pipe, back, source, sink) = match way {
                Way::ToTarget => (to_target, to_client, &mut self.near, &mut *far),
                Way::ToClient => (to_client, to_target, &mut *far, &mut self.near),
            };
            match pipe.pump(source, sink, turn) {
                Pumped::Waits(time) => due = due.into_iter().chain(time).min(),
                Pumped::Again => again = true,
                Pumped::Broken => {
                    sink.broken = true;
                    sink.readable = true;
                    pipe.receiver_is_gone();
                    if back.sender_is_gone(turn.now_ns) {
                        return After::Reset;
                    }
                    again = true;
                }
                Pumped::Reset => {
                    self.last_bytes_until = Some(turn.now_ns.saturating_add(LAST_BYTES_NS));
                    return self.last_bytes(turn.now_ns);
                }
            }
        }
        if self.pipes.iter().all(Pipe::is_over) {
            let broken = self.near.broken || far.broken;
            return if broken { After::Reset } else { After::Close };
        }
        if again {
            After::Again
        } else {
            After::Stays(due)
        }
    }

    /// A close that resets throws away what the kernel has not sent: so the receivers get it first, if they take it.
    fn last_bytes(&self, now_ns: u64) -> After {
        let sides = [Some(&self.near), self.far.as_ref()];
        let under_way = sides.into_iter().flatten().any(|side| {
            let bytes = side.stream.unacknowledged();
            !side.gone && !side.broken && bytes.is_some_and(|bytes| bytes > 0)
        });
        if under_way && self.last_bytes_until.is_some_and(|until| now_ns < until) {
            After::Stays(Some(now_ns.saturating_add(LOOK_NS)))
        } else {
            After::Reset
        }
    }
}

/// The target cannot be reached, and why.
pub(super) fn refused(pipe: &mut Pipe, error: &std::io::Error, turn: &Turn<'_>) {
    let verdict = if error.raw_os_error() == Some(errno::ECONNREFUSED) {
        Verdict::Refused
    } else {
        Verdict::Failed
    };
    pipe.befell(verdict, format!("connect: {error}"), turn);
}

/// The two ways of a client.
pub(super) fn pipes(whose: Whose, seed: u64, rules: &[Rules; 2]) -> [Pipe; 2] {
    Way::ALL.map(|way| {
        let rules = &rules[way.index()];
        let decides = rules.decides();
        let flow = crate::relay::stream::Flow::new;
        let flow = decides.then(|| Box::new(flow(rules, seed, whose.flow, way)));
        Pipe::new(way, whose, flow)
    })
}

impl Drop for Pair {
    /// A way that has stalled is told with the close of its sender's end: before there is no call that could tell it.
    fn drop(&mut self) {
        if self.reset.is_some() {
            return;
        }
        for (pipe, side) in self.pipes.iter().zip([Some(&self.near), self.far.as_ref()]) {
            if let (Some(rule), Some(side)) = (pipe.stall(), side) {
                Traced::ending(&side.stream, Verdict::Stalled, &rule);
            }
        }
    }
}
