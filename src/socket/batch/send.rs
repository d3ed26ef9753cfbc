//! `send_batch`: many datagrams by few calls.
//!
//! Datagrams of one size to one peer leave as one pack, which the kernel cuts apart (`UDP_SEGMENT`): it then walks the way down to
//! the device once for all of them. Packs leave in their order, several by one sendmmsg(2). Nothing is copied in this process.

use std::io::{self, IoSlice};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::Duration;

use socket2::{SockAddr, Socket as Handle};

use super::Outgoing;
use crate::address::Family;
use crate::error::{Code, Error, Result};
use crate::faults;
use crate::ports::Transport;
use crate::resolve::other_family;
use crate::socket::call::{Call, Moved, Sum};
use crate::socket::{Socket, explain};
use crate::state::{Action, State};
use crate::sys::batch::{self, Pack, SEGMENTS};
use crate::sys::{self, Interest, errno, kernel};
use crate::trace;
use crate::wait::{self, Deadline, Ended, Wait};

/// Packs leave by one call up to about so many bytes: what one full pack has.
const BYTES: usize = 65_536;
/// The most packs of one call.
const PACKS: usize = 64;
/// So many datagrams are sent before signals and the time are looked at.
const ROUND: usize = 1024;
/// From so many datagrams or bytes on, the interpreter is let go of for it.
const MANY: usize = 16;
const MUCH: usize = 32 * 1024;
/// What passes an Ethernet, and what passes every path of IPv6: where larger segments are refused, these may not be.
const SMALLER: [usize; 3] = [1472, 1232, 0];

/// What a round of calls came to.
#[derive(Default)]
struct Round {
    sent: usize,
    bytes: usize,
    /// How many datagrams and bytes each call took, and when: only while somebody records.
    calls: Vec<(usize, usize, (u64, u64))>,
    ended: Option<io::Error>,
}

/// A pack, and the datagrams in it.
struct Planned {
    parts: Range<usize>,
    datagrams: usize,
    bytes: usize,
    segment: Option<u16>,
    to: Option<SockAddr>,
}

impl Socket {
    /// Sends the datagrams in their order: sendmmsg(2), with `UDP_SEGMENT` for those of one size. How many the kernel took, and the
    /// error of the next one where it did not take all. Nothing is sent twice.
    ///
    /// An answer that an earlier datagram is undeliverable (`Refused`) ends it between two datagrams, as it ends `send`.
    pub fn send_batch(&self, messages: &[Outgoing<'_>], wait: &Wait<'_>) -> (usize, Option<Error>) {
        let mut sent = 0;
        while let Some(first) = messages.get(sent) {
            let rest = &messages[sent..];
            let same = |message: &&Outgoing<'_>| message.to.is_some() == first.to.is_some();
            let alike = rest.iter().take_while(same).count();
            if let Err(error) = self.send_alike(&rest[..alike], &mut sent, wait) {
                return (sent, Some(error));
            }
        }
        (sent, None)
    }

    /// The next batch of one step: the time is that of all of them, and a signal handler may raise between two.
    pub fn send_next_batch(
        &self,
        messages: &[Outgoing<'_>],
        before: usize,
        wait: &Wait<'_>,
    ) -> (usize, Option<Error>) {
        if before > 0 {
            let call = Call::unchecked(self, "send", batch::SEND_CALL, Action::Write);
            if let Err(error) = call.between(true, wait) {
                return (0, Some(error));
            }
        }
        self.send_batch(messages, wait)
    }

    /// Does nothing for this long, as long as the socket is open.
    ///
    /// # Errors
    /// `TimedOut` when the time of the whole step is over before, `Closed`, `Interrupted`.
    pub fn rest(&self, step: &'static str, time: Duration, wait: &Wait<'_>) -> Result<()> {
        let call = Call::unchecked(self, step, "ppoll", Action::Write);
        let left = wait.deadline.left();
        let own = Wait {
            deadline: Deadline::after(left.map_or(time, |left| left.min(time))),
            pause: wait.pause,
        };
        match wait::rest(&self.waiters, &own) {
            Ended::TimedOut if left.is_none_or(|left| left > time) => Ok(()),
            Ended::TimedOut => Err(Error::new(
                Code::TimedOut,
                step,
                "at this rate, not all of it could leave in the time given",
                "a longer timeout, or a higher rate",
            )
            .at(call.endpoint())),
            ended => Err(call.ended(ended, wait)),
        }
    }

    /// Those that all have an endpoint of their own, or all none.
    fn send_alike(
        &self,
        messages: &[Outgoing<'_>],
        all: &mut usize,
        wait: &Wait<'_>,
    ) -> Result<()> {
        let named = messages.first().is_some_and(|first| first.to.is_some());
        let (step, action) = if named {
            ("send_to", Action::SendTo)
        } else {
            ("send", Action::Write)
        };
        if self.transport != Transport::Udp {
            return Err(Error::new(
                Code::OutOfOrder,
                step,
                "TCP has no datagrams, only a stream of bytes",
                "write",
            ));
        }
        let own = |message: &&Outgoing<'_>| message.to.is_none_or(|to| to.family() == self.family);
        let fitting = messages.iter().take_while(own).count();
        let mut sent = 0;
        let mut wary = Wary::default();
        let (mut call, mut handle) = self.begin(step, batch::SEND_CALL, action)?;
        while sent < fitting {
            let rest = &messages[sent..fitting];
            let rest = &rest[..rest.len().min(ROUND)];
            let much = rest.len() >= MANY || rest.iter().map(Outgoing::size).sum::<usize>() >= MUCH;
            let mut round = Round::default();
            let mut work = || round = self.send_round(&handle, rest, &mut wary);
            if much {
                wait.pause.release(&mut work);
            } else {
                work();
            }
            Self::told_of(&call, &round, rest);
            sent += round.sent;
            *all += round.sent;
            let next = messages.get(sent);
            call.about = next.and_then(|next| next.to);
            call.asked = next.map(Outgoing::size);
            match round.ended {
                None if sent == fitting => break,
                None => {
                    call.between(true, wait)
                        .map_err(|error| call.failed(error))?;
                    (call, handle) = self.begin(step, batch::SEND_CALL, action)?;
                }
                Some(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if round.sent > 0 {
                        (call, handle) = self.begin(step, batch::SEND_CALL, action)?;
                    }
                    call.wait(&handle, Interest::Writable, wait)
                        .map_err(|error| call.failed(error))?;
                }
                Some(error) if error.raw_os_error() == Some(errno::EINTR) => {
                    call.between(true, wait)
                        .map_err(|error| call.failed(error))?;
                }
                Some(error) => {
                    self.bound_after_all(&handle);
                    return Err(call.failed(explain::system(&error, &call)));
                }
            }
        }
        match messages.get(fitting).and_then(|next| next.to) {
            Some(to) => Err(other_family(&to.ip_text(), to, step)),
            None => Ok(()),
        }
    }

    /// Records what a round has sent of these.
    fn told_of(call: &Call<'_>, round: &Round, messages: &[Outgoing<'_>]) {
        let tell = |from: usize, count: usize, bytes, span| {
            let sent = &messages[from..from + count];
            let first = sent.first().and_then(|first| first.to);
            let sum = Sum {
                count,
                bytes,
                whose: first.filter(|_| sent.iter().all(|message| message.to == first)),
            };
            call.done_many(span, &sum, sent.iter().map(moved));
        };
        let (mut first, mut all) = (0, 0);
        for &(count, bytes, (start, end)) in &round.calls {
            // The first is the one that may have waited.
            let start = if first == 0 { call.start_ns } else { start };
            tell(first, count, bytes, Some((start, end)));
            first += count;
            all += bytes;
        }
        if first < round.sent {
            tell(first, round.sent - first, round.bytes - all, None);
        }
    }

    /// Calls, until all are sent or the kernel says no.
    fn send_round(&self, handle: &Handle, messages: &[Outgoing<'_>], wary: &mut Wary) -> Round {
        let mut round = Round::default();
        let tracing = trace::active();
        while round.sent < messages.len() {
            let (parts, planned) = self.plan(&messages[round.sent..], wary.alone);
            let packs: Vec<Pack<'_>> = planned
                .iter()
                .map(|planned| Pack {
                    parts: &parts[planned.parts.clone()],
                    to: planned.to.as_ref(),
                    segment: planned.segment,
                })
                .collect();
            let Some(most) = faults::write(packs.len()) else {
                round.ended = Some(io::ErrorKind::WouldBlock.into());
                break;
            };
            let start = if tracing { sys::monotonic_ns() } else { 0 };
            match batch::send(handle, &packs[..most]) {
                Ok(taken) => {
                    let count = planned[..taken].iter().map(|it| it.datagrams).sum();
                    let bytes = planned[..taken].iter().map(|it| it.bytes).sum();
                    round.sent += count;
                    round.bytes += bytes;
                    if tracing {
                        round
                            .calls
                            .push((count, bytes, (start, sys::monotonic_ns())));
                    }
                    let told = wary.after(taken, most, || self.told_at_all(handle));
                    if told.is_some() {
                        round.ended = told;
                        break;
                    }
                }
                Err(error) => {
                    let segment = planned.first().and_then(|first| first.segment);
                    *wary = Wary::default();
                    if let Some(segment) = segment
                        && batch::segments_refused(&error)
                    {
                        self.no_such_segments(usize::from(segment));
                        continue;
                    }
                    round.ended = Some(self.without_port(handle, error));
                    break;
                }
            }
        }
        round
    }

    /// The packs of the next call, in order.
    fn plan<'a>(&self, messages: &[Outgoing<'a>], alone: bool) -> (Vec<IoSlice<'a>>, Vec<Planned>) {
        let limit = match self.family {
            Family::Ipv4 => 65_507,
            Family::Ipv6 => 65_487,
        };
        let largest = self.batches.largest_segment.load(Ordering::Relaxed);
        let mut parts = Vec::with_capacity(messages.len().min(PACKS) * 2);
        let mut packs = Vec::with_capacity(1);
        let (mut next, mut bytes) = (0, 0);
        while let Some(first) = messages.get(next)
            && packs.len() < PACKS
            && (bytes == 0 || bytes + first.size() <= BYTES)
        {
            let size = first.size();
            let most = if size == 0 || size > largest {
                1
            } else {
                (limit / size).clamp(1, SEGMENTS)
            };
            let (begin, before) = (parts.len(), bytes);
            let mut datagrams = 0;
            for message in messages[next..].iter().take(most) {
                let own = message.size();
                // The kernel cuts at `size`: only the last can be shorter, and none can be empty.
                if datagrams > 0 && (own > size || own == 0 || message.to != first.to) {
                    break;
                }
                let filled = message.parts.iter().filter(|part| !part.is_empty());
                parts.extend(filled.map(|part| IoSlice::new(part)));
                datagrams += 1;
                bytes += own;
                if own < size {
                    break;
                }
            }
            next += datagrams;
            packs.push(Planned {
                parts: begin..parts.len(),
                datagrams,
                bytes: bytes - before,
                segment: u16::try_from(size).ok().filter(|_| datagrams > 1),
                to: first.to.map(|to| SockAddr::from(to.socket_addr())),
            });
            if alone {
                break;
            }
        }
        (parts, packs)
    }

    /// Segments of this size are refused: from now on smaller ones are tried on this socket, or none.
    fn no_such_segments(&self, size: usize) {
        let smaller = SMALLER.into_iter().find(|smaller| *smaller < size);
        let largest = &self.batches.largest_segment;
        largest.fetch_min(smaller.unwrap_or(0), Ordering::Relaxed);
    }

    /// The error that ended a call between two packs, where it cannot have been a full buffer: the kernel keeps no other than the
    /// answer to an earlier datagram, which a connected socket is told.
    fn told_at_all(&self, handle: &Handle) -> Option<io::Error> {
        let buffers = kernel::buffers(handle, false)?;
        let full = buffers.send_memory? * 2 >= buffers.send_capacity;
        (!full && self.state() == State::Connected)
            .then(|| io::Error::from_raw_os_error(errno::ECONNREFUSED))
    }
}

/// Care after a call that ended between two packs: what stopped it, the kernel does not say (sendmmsg(2), "Bugs"), and an answer of
/// the network is then not told again. So the next pack goes alone; it fails with the error that stands, or there was such an answer.
#[derive(Default)]
struct Wary {
    alone: bool,
    suspected: Option<io::Error>,
}

impl Wary {
    /// A call took so many of the packs that it was given. The error that an earlier one had not told.
    fn after(
        &mut self,
        taken: usize,
        given: usize,
        suspect: impl FnOnce() -> Option<io::Error>,
    ) -> Option<io::Error> {
        let before = std::mem::take(self);
        if taken < given {
            self.alone = true;
            self.suspected = suspect();
        }
        before.suspected
    }
}

fn moved<'a>(message: &Outgoing<'a>) -> Moved<'a> {
    let size = message.size();
    Moved {
        about: message.to,
        asked: size,
        size,
        data: message.parts,
    }
}
