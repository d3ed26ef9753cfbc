//! The turn of one client: reads what has come and gives it to the work, writes what can be written.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use super::Work;
use super::hub::Hub;
use super::io::Io;
use super::outbox::Outbox;
use super::side::{Client, Side};
use crate::socket::Moved;

/// The most times that one client is read in one round, before the others have their turn.
const READS: usize = 16;

/// What the turns of a round share.
pub(super) struct Turns<'a> {
    pub(super) hub: &'a Arc<Hub>,
    /// Where all clients are read into, one after the other.
    pub(super) room: &'a mut [u8],
    pub(super) outbox: &'a mut Outbox,
    pub(super) now: Instant,
}

impl Turns<'_> {
    /// Lets the work do something with a client.
    pub(super) fn called(
        &mut self,
        place: usize,
        side: &mut Side,
        work: impl FnOnce(&mut Io<'_>),
    ) -> io::Result<()> {
        called(self.hub, self.outbox, self.now, place, side, work)
    }

    pub(super) fn turn<W: Work>(
        &mut self,
        work: &mut W,
        place: usize,
        client: &mut Client<W::Client>,
    ) -> io::Result<()> {
        let Client { side, own } = client;
        if side.waiting() > 0 && side.flush()? {
            side.last = self.now;
        }
        if side.take_room() {
            side.last = self.now;
            self.called(place, side, |io| work.room(own, io))?;
        }
        let mut came = 0;
        for _ in 0..READS {
            if !side.to_be_read() || work.is_full() || came >= W::ENOUGH {
                break;
            }
            match side.stream.read(self.room)? {
                Moved::Some { size: 0, .. } => {
                    side.readable = false;
                    if side.closing().is_none() {
                        self.called(place, side, |io| work.ended(own, io))?;
                    }
                }
                Moved::Some { size, more } => {
                    side.readable = more || side.end_is_there;
                    side.last = self.now;
                    came += size;
                    if side.closing().is_some() {
                        side.not_heard(size)?;
                    } else {
                        let bytes = &self.room[..size];
                        called(self.hub, self.outbox, self.now, place, side, |io| {
                            work.came(own, bytes, io);
                        })?;
                    }
                }
                Moved::Nothing => side.readable = false,
                Moved::Later => break,
            }
        }
        Ok(())
    }
}

fn called(
    hub: &Arc<Hub>,
    outbox: &mut Outbox,
    now: Instant,
    place: usize,
    side: &mut Side,
    work: impl FnOnce(&mut Io<'_>),
) -> io::Result<()> {
    let mut io = Io {
        hub,
        place,
        side,
        outbox,
        now,
        error: None,
    };
    work(&mut io);
    io.error.map_or(Ok(()), Err)
}
