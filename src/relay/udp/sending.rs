//! Many datagrams by few calls: sendmmsg(2), with `UDP_SEGMENT` for those of one size and receiver.

use std::borrow::Cow;
use std::io::{self, IoSlice};
use std::ops::Range;

use socket2::{SockAddr, Socket as Handle};

use super::traced::Traced;
use crate::error::{Code, Error};
use crate::faults;
use crate::sys::batch::{self, Pack, SEGMENTS};
use crate::sys::{errno, monotonic_ns};
use crate::trace;

/// The most packs of one call, and about the most bytes.
const PACKS: usize = 64;
const BYTES: usize = 1 << 20;
/// The most bytes of one pack: what a datagram may have in IPv6 with all its headers counted.
const PACK: usize = 65_487;
/// So often a call is tried again for one datagram, when what it told was about earlier ones.
const TRIES: u32 = 3;
/// So often in a row an injected fault may say that the kernel is not ready.
const FAULTS: u32 = 64;

/// A datagram that leaves now.
pub(super) struct Outgoing<'a> {
    /// The place of its client.
    pub(super) place: usize,
    /// Which one of its flow and way it is.
    pub(super) number: u64,
    pub(super) data: Cow<'a, [u8]>,
    /// For its event, where somebody records.
    pub(super) traced: Option<Box<Traced>>,
}

/// The largest segments that the kernel has not refused to cut for a socket.
pub(super) struct Segments(usize);

impl Default for Segments {
    fn default() -> Self {
        Self(usize::from(u16::MAX))
    }
}

/// What is to be told of a send.
pub(super) enum Told {
    /// These left in one call, which began and ended then. Told only where somebody records.
    Sent(Range<usize>, (u64, u64)),
    /// This one could not leave.
    Failed(usize, io::Error),
    /// An answer of the network to an earlier datagram, when this one was to be sent.
    Answer(usize, io::Error),
}

struct Planned {
    parts: Range<usize>,
    datagrams: usize,
    segment: Option<u16>,
}

/// Sends them in their order. `to`: the address for each, or `None` on a connected socket.
pub(super) fn send<'t>(
    handle: &Handle,
    segments: &mut Segments,
    outgoing: &[Outgoing<'_>],
    to: &dyn Fn(&Outgoing<'_>) -> Option<&'t SockAddr>,
) -> Vec<Told> {
    let mut told = Vec::new();
    let tracing = trace::active();
    let (mut next, mut tries, mut blocked) = (0, 0, 0);
    while next < outgoing.len() {
        let (parts, planned) = plan(&outgoing[next..], segments);
        let packs: Vec<Pack<'_>> = planned
            .iter()
            .scan(next, |at, planned| {
                let first = *at;
                *at += planned.datagrams;
                Some(Pack {
                    parts: &parts[planned.parts.clone()],
                    to: to(&outgoing[first]),
                    segment: planned.segment,
                })
            })
            .collect();
        let most = match faults::write(packs.len()) {
            Some(most) => most,
            None if blocked < FAULTS => {
                blocked += 1;
                continue;
            }
            None => packs.len(),
        };
        blocked = 0;
        let start = if tracing { monotonic_ns() } else { 0 };
        let first = planned.first().map_or(1, |first| first.datagrams);
        match batch::send(handle, &packs[..most]) {
            Ok(taken) if taken > 0 => {
                let count: usize = planned[..taken].iter().map(|it| it.datagrams).sum();
                if tracing {
                    told.push(Told::Sent(next..next + count, (start, monotonic_ns())));
                }
                next += count;
                tries = 0;
            }
            Ok(_) => {
                told.extend((next..next + first).map(|at| Told::Failed(at, no_room())));
                next += first;
            }
            Err(error) if error.raw_os_error() == Some(errno::EINTR) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                // As on any link that is full: what comes now is lost, and nobody waits for it.
                told.extend((next..outgoing.len()).map(|at| Told::Failed(at, no_room())));
                return told;
            }
            Err(error) => {
                if let Some(size) = planned.first().and_then(|first| first.segment)
                    && batch::segments_refused(&error)
                {
                    segments.0 = usize::from(size) - 1;
                } else if is_answer(&error) && tries < TRIES {
                    tries += 1;
                    told.push(Told::Answer(next, error));
                } else {
                    let copy = |_| io::Error::from_raw_os_error(error.raw_os_error().unwrap_or(0));
                    told.extend((next..next + first).map(|at| Told::Failed(at, copy(at))));
                    next += first;
                }
            }
        }
    }
    told
}

/// Whether the error is an answer of the network (ICMP) to an earlier datagram, which the kernel tells once (udp(7)).
pub(super) fn is_answer(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(errno::ECONNREFUSED | errno::EHOSTUNREACH | errno::ENETUNREACH)
    )
}

fn no_room() -> io::Error {
    io::ErrorKind::WouldBlock.into()
}

/// The packs of the next call.
fn plan<'a>(outgoing: &'a [Outgoing<'_>], segments: &Segments) -> (Vec<IoSlice<'a>>, Vec<Planned>) {
    let mut parts = Vec::with_capacity(outgoing.len().min(PACKS * 4));
    let mut packs = Vec::with_capacity(4);
    let (mut next, mut bytes) = (0, 0);
    while let Some(first) = outgoing.get(next)
        && packs.len() < PACKS
        && (bytes == 0 || bytes + first.data.len() <= BYTES)
    {
        let size = first.data.len();
        let most = if size == 0 || size > segments.0 {
            1
        } else {
            (PACK / size).clamp(1, SEGMENTS)
        };
        let (begin, mut datagrams) = (parts.len(), 0);
        for one in outgoing[next..].iter().take(most) {
            let own = one.data.len();
            // The kernel cuts at `size`: only the last can be shorter, and none can be empty.
            if datagrams > 0 && (own > size || own == 0 || one.place != first.place) {
                break;
            }
            parts.push(IoSlice::new(&one.data));
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
            segment: u16::try_from(size).ok().filter(|_| datagrams > 1),
        });
    }
    (parts, packs)
}

/// The error of a poll that takes no socket any more.
pub(super) fn unwatched(error: &io::Error) -> Error {
    let cause = format!("the poll took no socket ({error})");
    Error::new(Code::System, "relay", cause, "fewer open files")
}
