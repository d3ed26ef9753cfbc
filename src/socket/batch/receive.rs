//! `receive_batch`, and how the other receives of such a socket find what it left.
//!
//! The kernel may hand over several datagrams together (`UDP_GRO`), more than were asked for. The surplus stays with the socket and
//! is given next, whoever asks. So that nobody waits for the kernel while there is some, receives of such a socket take turns.

use std::io;
use std::sync::atomic::Ordering;

use socket2::Socket as Handle;

use super::SLOTS;
use super::room::{Batch, Chunk, Received};
use crate::error::{Code, Error, Result};
use crate::faults;
use crate::ports::Transport;
use crate::socket::call::{Call, Moved, Sum};
use crate::socket::{Socket, explain, locked};
use crate::state::Action;
use crate::sys::batch::{self, ROOM, Slot};
use crate::sys::{Interest, errno};
use crate::wait::Wait;

const STEP: &str = "receive_from";
/// From so many datagrams on, the copy in the kernel takes long enough to let go of the interpreter for it.
const MANY: usize = 256;

impl Socket {
    /// Lets the kernel hand over several datagrams of one size and sender together (`UDP_GRO`, udp(7)), or no more: whether it does.
    /// Each is still given by itself.
    pub fn coalesce(&self, on: bool) -> bool {
        let Some(handle) = self.handle.get() else {
            return false;
        };
        if self.transport != Transport::Udp {
            return false;
        }
        // Before the option: a receive under way in another thread would take several for one.
        self.batches.shared.fetch_or(on, Ordering::AcqRel);
        batch::coalesce(&handle, on).is_ok() && on
    }

    /// Waits for a datagram, and takes those that are there, at most `most` of them: recvmmsg(2). How many there are in the room.
    /// They may be fewer than there would be: one call takes 64 pieces of the kernel's, or datagrams coalesced.
    ///
    /// # Errors
    /// Those of `receive_from`. What came before an error is given first, and the error by the next receive.
    pub fn receive_batch(&self, room: &mut Batch, most: usize, wait: &Wait<'_>) -> Result<usize> {
        room.clear();
        self.batches.shared.store(true, Ordering::Release);
        let (call, _) = self.begin(STEP, batch::RECEIVE_CALL, Action::ReceiveFrom)?;
        let turn = self.reading.take(&self.waiters, wait);
        let _turn = turn.map_err(|ended| call.ended(ended, wait))?;
        let mut have = self.take_kept(room, most);
        let mut more = true;
        while more && have < most && room.chunks.len() < SLOTS {
            let first = have == 0;
            let (call, handle) = self.begin(STEP, batch::RECEIVE_CALL, Action::ReceiveFrom)?;
            let Batch {
                chunks,
                spare,
                per_slot,
            } = room;
            let want = most - have;
            let known = chunks.len();
            let wait = first.then_some(wait);
            more = self.fill(&call, &handle, want, per_slot, spare, chunks, wait)?;
            have += chunks[known..].iter().map(Chunk::left).sum::<usize>();
        }
        if have > most {
            self.keep_from(room, have - most);
        }
        Ok(have.min(most))
    }

    /// The next datagram, in the turn of this thread: one that is kept, or the first of those that the kernel has. At most `ahead`
    /// of them are taken at once, about; the others are kept for the next receives.
    ///
    /// # Errors
    /// Those of `receive_from`.
    pub fn receive_ahead<T>(
        &self,
        ahead: usize,
        wait: &Wait<'_>,
        give: impl FnOnce(Received<'_>) -> T,
    ) -> Result<T> {
        self.batches.shared.store(true, Ordering::Release);
        self.next_of_many(STEP, Action::ReceiveFrom, ahead, wait, give)
    }

    /// Between two receives of one step: the time is the whole step's, and a signal handler may raise.
    ///
    /// # Errors
    /// `TimedOut`, `Interrupted`.
    pub fn between_receives(&self, wait: &Wait<'_>) -> Result<()> {
        Call::unchecked(self, STEP, batch::RECEIVE_CALL, Action::ReceiveFrom).between(true, wait)
    }

    /// How many datagrams are kept, and their bytes.
    #[must_use]
    pub fn kept_datagrams(&self) -> (u64, u64) {
        let kept = locked(&self.batches.kept);
        let all = kept.chunks.iter().flat_map(Chunk::datagrams);
        all.fold((0, 0), |(count, bytes), one| {
            (count + 1, bytes + one.data.len() as u64)
        })
    }

    /// Whether a batch was ever received, or datagrams come coalesced.
    pub(in crate::socket) fn receives_in_turn(&self) -> bool {
        self.batches.shared.load(Ordering::Acquire)
    }

    pub(in crate::socket) fn next_of_many<T>(
        &self,
        step: &'static str,
        action: Action,
        ahead: usize,
        wait: &Wait<'_>,
        give: impl FnOnce(Received<'_>) -> T,
    ) -> Result<T> {
        let (call, _) = self.begin(step, batch::RECEIVE_CALL, action)?;
        let turn = self.reading.take(&self.waiters, wait);
        let _turn = turn.map_err(|ended| call.ended(ended, wait))?;
        loop {
            // Also when something is kept: a closed socket gives nothing.
            let (call, handle) = self.begin(step, batch::RECEIVE_CALL, action)?;
            let next = locked(&self.batches.kept).chunks.pop_front();
            if let Some(mut chunk) = next {
                // Without the lock: `give` may run anything.
                let (given, more) = chunk.give(give);
                let mut kept = locked(&self.batches.kept);
                if more {
                    kept.chunks.push_front(chunk);
                } else {
                    kept.spare.push(chunk.into_slot());
                    kept.spare.truncate(SLOTS);
                }
                return Ok(given);
            }
            let (mut spare, mut per_slot) = {
                let mut kept = locked(&self.batches.kept);
                (std::mem::take(&mut kept.spare), kept.per_slot)
            };
            let mut chunks = Vec::new();
            let filled = self.fill(
                &call,
                &handle,
                ahead,
                &mut per_slot,
                &mut spare,
                &mut chunks,
                Some(wait),
            );
            let mut kept = locked(&self.batches.kept);
            kept.spare.append(&mut spare);
            kept.per_slot = per_slot;
            kept.chunks.extend(chunks);
            filled?;
        }
    }

    /// Moves what is kept into the room, at most `most` datagrams: how many.
    fn take_kept(&self, room: &mut Batch, most: usize) -> usize {
        let mut kept = locked(&self.batches.kept);
        let mut have = 0;
        while have < most && room.chunks.len() < SLOTS {
            let Some(mut chunk) = kept.chunks.pop_front() else {
                break;
            };
            let want = most - have;
            if chunk.left() > want {
                let first = chunk.split(want, room.spare.pop().unwrap_or_default());
                kept.chunks.push_front(chunk);
                chunk = first;
            }
            have += chunk.left();
            room.chunks.push(chunk);
        }
        have
    }

    /// Keeps the last `count` datagrams of the room for the next receive.
    fn keep_from(&self, room: &mut Batch, mut count: usize) {
        let mut kept = locked(&self.batches.kept);
        while count > 0 {
            let Some(mut chunk) = room.chunks.pop() else {
                break;
            };
            let left = chunk.left();
            if left > count {
                let first = chunk.split(left - count, room.spare.pop().unwrap_or_default());
                room.chunks.push(first);
            }
            count = count.saturating_sub(left);
            kept.chunks.push_front(chunk);
        }
    }

    /// One call: takes about `want` datagrams, and tells whether there may be more. Without a `wait`, nothing may be there.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of a room or of what is kept"
    )]
    fn fill(
        &self,
        call: &Call<'_>,
        handle: &Handle,
        want: usize,
        per_slot: &mut usize,
        spare: &mut Vec<Slot>,
        chunks: &mut Vec<Chunk>,
        wait: Option<&Wait<'_>>,
    ) -> Result<bool> {
        if wait.is_some()
            && let Some(number) = locked(&self.batches.kept).error.take()
        {
            let error = io::Error::from_raw_os_error(number);
            return Err(call.failed(explain::system(&error, call)));
        }
        let slots = want
            .div_ceil((*per_slot).max(1))
            .clamp(1, SLOTS - chunks.len().min(SLOTS - 1));
        while spare.len() < slots {
            spare.push(Slot::default());
        }
        let mut receive = |handle: &Handle| {
            let most = faults::read(slots).ok_or(io::ErrorKind::WouldBlock)?;
            batch::receive(handle, &mut spare[..most])
        };
        let filled = match wait {
            Some(wait) => call
                .attempt_releasing(want >= MANY, handle, Interest::Readable, wait, &mut receive)
                .map_err(|error| call.failed(error))?,
            None => match receive(handle) {
                Ok(filled) => filled,
                Err(error) => {
                    self.keep_error(&error);
                    return Ok(false);
                }
            },
        };
        let nobody = self.nobody();
        let known = chunks.len();
        chunks.extend(spare.drain(..filled).map(|slot| Chunk::of(slot, nobody)));
        let new = &chunks[known..];
        let whose = new.first().map(Chunk::sender);
        let sum = Sum {
            count: new.iter().map(Chunk::left).sum(),
            bytes: new.iter().map(Chunk::size).sum(),
            whose: whose.filter(|whose| new.iter().all(|chunk| chunk.sender() == *whose)),
        };
        let came = new.iter().flat_map(Chunk::datagrams).map(|one| Moved {
            about: Some(one.sender),
            asked: ROOM,
            size: one.data.len(),
            data: [one.data, &[]],
        });
        call.done_many(None, &sum, came);
        *per_slot = sum.count / filled.max(1);
        Ok(filled == slots)
    }

    /// Tells an error of the network by the next receive: there is something else to be told first.
    pub fn tell_next(&self, error: &Error) {
        if !matches!(
            error.code(),
            Code::Closed | Code::TimedOut | Code::Interrupted | Code::OutOfOrder
        ) {
            locked(&self.batches.kept).error = error.details().errno;
        }
    }

    /// An error that came after datagrams, which have to be given first.
    fn keep_error(&self, error: &io::Error) {
        let number = error.raw_os_error();
        if error.kind() != io::ErrorKind::WouldBlock && number != Some(errno::EINTR) {
            locked(&self.batches.kept).error = number;
        }
    }
}
