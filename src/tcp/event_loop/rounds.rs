//! The loop: wait, accept, read, write, close.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use super::Work;
use super::door::{ACCEPTS, Door, LISTENER, WAKER};
use super::hub::{Hub, Key, Request};
use super::io::Io;
use super::outbox::Outbox;
use super::places::{Clients, locked};
use super::server::Shared;
use super::side::{Client, LINGER, Side};
use super::turn::Turns;
use crate::socket::{CHUNK, Stream};

/// The most that one wait tells of.
const EVENTS: usize = 256;
/// A client is let go when its time is over, at most this part of the time later: so many times in it all clients are looked through.
const LOOKS: u32 = 16;

/// All that the thread of a loop has. When it is dropped, the loop has ended.
pub struct Rounds<W: Work> {
    shared: Arc<Shared>,
    hub: Arc<Hub>,
    clients: Arc<Mutex<Clients<W::Client>>>,
    poll: Poll,
    work: W,
    idle: Option<Duration>,
    /// Of the only loop: where clients come in.
    door: Option<Door>,
    events: Events,
    /// Where all clients are read into, one after the other.
    room: Box<[u8]>,
    /// Who has something to do in this round.
    turns: Vec<usize>,
    /// What is written at the end of the round.
    outbox: Outbox,
    left: Left,
}

/// What one round leaves to the next.
#[derive(Default)]
struct Left {
    /// Those who have something to do without being told.
    again: Vec<usize>,
    next_sweep: Option<Instant>,
}

impl Left {
    /// Nobody has to go before that time.
    fn sweep_at(&mut self, until: Instant) {
        if self.next_sweep.is_none_or(|next| until < next) {
            self.next_sweep = Some(until);
        }
    }
}

impl<W: Work> Rounds<W> {
    pub(super) fn new(
        shared: Arc<Shared>,
        hub: Arc<Hub>,
        poll: Poll,
        work: W,
        idle: Option<Duration>,
        door: Option<Door>,
    ) -> Self {
        Self {
            shared,
            hub,
            clients: Arc::new(Mutex::new(Clients::default())),
            poll,
            work,
            idle,
            door,
            events: Events::with_capacity(EVENTS),
            room: vec![0; CHUNK].into(),
            turns: Vec::new(),
            outbox: Outbox::default(),
            left: Left::default(),
        }
    }

    /// The work.
    pub fn work(&mut self) -> &mut W {
        &mut self.work
    }

    /// What closes all clients, in a forked child.
    pub(super) fn to_close(&self) -> Box<dyn Fn() + Send + Sync> {
        let all = Arc::clone(&self.clients);
        Box::new(move || {
            // The lock may have been held by a thread that a forked child does not have.
            if let Ok(mut clients) = all.try_lock() {
                clients.clear();
            }
        })
    }

    /// One round: waits until somebody is ready, and gives everybody who is a turn. False: the server has been stopped, and its
    /// clients have gone or their time is over.
    pub fn round(&mut self) -> bool {
        self.hub.begin();
        self.hub.set_polling(true);
        self.take_inbox();
        let timeout = self.timeout();
        let polled = self.poll.poll(&mut self.events, timeout);
        self.hub.set_polling(false);
        match polled {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return true,
            // The descriptor of the poll itself is gone: nothing can be waited for any more.
            Err(_) => return false,
        }
        let now = Instant::now();
        let all = Arc::clone(&self.clients);
        let mut clients = locked(&all);
        let before = clients.len();
        self.find_turns(&mut clients);
        for turn in 0..self.turns.len() {
            if let Some(place) = self.turns.get(turn).copied() {
                self.serve(place, &mut clients, now);
            }
        }
        self.accept(&mut clients, now);
        self.send(&mut clients, now);
        self.sweep(&mut clients, now);
        let count = clients.len();
        self.count(count, before);
        let over = self.shared.is_over(count, now);
        if over {
            clients.clear();
        }
        !over
    }

    fn count(&self, clients: usize, before: usize) {
        self.hub.set_clients(clients);
        if clients < before {
            self.shared.left();
        }
    }

    /// Who was told to be ready, and who has something left from before.
    fn find_turns(&mut self, clients: &mut Clients<W::Client>) {
        self.turns.clear();
        self.turns.append(&mut self.left.again);
        for place in &self.turns {
            if let Some(client) = clients.get(*place) {
                client.side.again = false;
            }
        }
        for event in &self.events {
            match event.token() {
                LISTENER => {
                    if let Some(door) = &mut self.door {
                        door.somebody_is_there();
                    }
                }
                WAKER => {}
                Token(place) => {
                    if let Some(client) = clients.get(place) {
                        client.side.readable |= event.is_readable();
                        client.side.writable |= event.is_writable();
                        client.side.end_is_there |= event.is_read_closed();
                        self.turns.push(place);
                    }
                }
            }
        }
    }

    /// What others have asked for, and whom they have sent.
    fn take_inbox(&mut self) {
        let (requests, arrivals) = self.hub.take();
        if !requests.is_empty() {
            self.each(requests, |io, request| match request {
                Request::Write(bytes) => {
                    io.write(&bytes);
                    io.side.publish();
                    io.side.level().received(bytes.len());
                }
                Request::Finish => io.finish(),
                Request::Close => io.close(),
            });
        }
        if !arrivals.is_empty() {
            let all = Arc::clone(&self.clients);
            let mut clients = locked(&all);
            let (count, now) = (arrivals.len(), Instant::now());
            for stream in arrivals {
                self.open(stream, &mut clients, now);
            }
            self.send(&mut clients, now);
            self.hub.set_clients(clients.len());
            self.hub.arrived(count);
        }
    }

    /// Does something with clients outside of a round, for each that is still there.
    pub fn each<T>(
        &mut self,
        of: impl IntoIterator<Item = (Key, T)>,
        mut does: impl FnMut(&mut Io<'_>, T),
    ) {
        let all = Arc::clone(&self.clients);
        let mut clients = locked(&all);
        let (before, now) = (clients.len(), Instant::now());
        for (key, what) in of {
            let found = clients.get(key.place);
            if let Some(client) = found.filter(|client| client.side.stream.serial() == key.serial) {
                let side = &mut client.side;
                let called = turns(&self.hub, &mut self.room, &mut self.outbox, now).called(
                    key.place,
                    side,
                    |io| does(io, what),
                );
                settle(key.place, called.is_err(), &mut clients, &mut self.left);
            }
            if self.outbox.is_full() {
                self.send(&mut clients, now);
            }
        }
        self.send(&mut clients, now);
        self.count(clients.len(), before);
    }

    /// How long the next wait may take.
    fn timeout(&self) -> Option<Duration> {
        let left = &self.left;
        if !left.again.is_empty() || self.door.as_ref().is_some_and(Door::has_more) {
            return Some(Duration::ZERO);
        }
        if self.shared.stopping() && self.hub.client_count() == 0 {
            // The last one left before the wait.
            return Some(Duration::ZERO);
        }
        let starved_until = self.door.as_ref().and_then(Door::starved_until);
        let until = [starved_until, left.next_sweep, self.shared.deadline()];
        let until = until.into_iter().flatten().min()?;
        Some(until.saturating_duration_since(Instant::now()))
    }

    fn accept(&mut self, clients: &mut Clients<W::Client>, now: Instant) {
        for _ in 0..ACCEPTS {
            let Some(stream) = self.door.as_mut().and_then(|door| door.next(now)) else {
                return;
            };
            self.open(stream, clients, now);
            // The door looks at this number.
            self.hub.set_clients(clients.len());
        }
    }

    /// Takes a client in.
    fn open(&mut self, stream: Stream, clients: &mut Clients<W::Client>, now: Instant) {
        let place = clients.insert(Client {
            side: Side::new(stream, now),
            own: W::Client::default(),
        });
        let Some(Client { side, own }) = clients.get(place) else {
            return;
        };
        let work = &mut self.work;
        let watched = side.stream.watch(self.poll.registry(), Token(place));
        let opened = watched.and_then(|()| {
            turns(&self.hub, &mut self.room, &mut self.outbox, now)
                .called(place, side, |io| work.opened(own, io))
        });
        if let Some(idle) = self.idle {
            self.left.sweep_at(now + idle);
        }
        settle(place, opened.is_err(), clients, &mut self.left);
    }

    /// The turn of one client.
    fn serve(&mut self, place: usize, clients: &mut Clients<W::Client>, now: Instant) {
        let Some(client) = clients.get(place) else {
            return;
        };
        let turn = turns(&self.hub, &mut self.room, &mut self.outbox, now).turn(
            &mut self.work,
            place,
            client,
        );
        settle(place, turn.is_err(), clients, &mut self.left);
        if self.outbox.is_full() {
            self.send(clients, now);
        }
    }

    /// Writes what the outbox has.
    fn send(&mut self, clients: &mut Clients<W::Client>, now: Instant) {
        if self.outbox.is_empty() {
            return;
        }
        let mut letter = 0;
        while let Some((key, range)) = self.outbox.letter(letter) {
            letter += 1;
            let found = clients.get(key.place);
            let Some(client) = found.filter(|client| client.side.stream.serial() == key.serial)
            else {
                continue;
            };
            let written = client.side.write(self.outbox.bytes(range), true, now);
            settle(key.place, written.is_err(), clients, &mut self.left);
        }
        self.outbox.clear();
    }

    /// Lets those go that have been idle for too long. It looks through all of them, so it is done a few times in that time at most:
    /// 10,000 clients take some 0.1 ms.
    fn sweep(&mut self, clients: &mut Clients<W::Client>, now: Instant) {
        if self.left.next_sweep.is_none_or(|next| now < next) {
            return;
        }
        let idle = self.idle;
        let mut next: Option<Instant> = None;
        for place in 0..clients.places() {
            let Some(Client { side, .. }) = clients.get(place) else {
                continue;
            };
            let idle_until = idle.map(|idle| side.last + idle);
            let until = side.closing().into_iter().chain(idle_until).min();
            if until.is_some_and(|until| until <= now) {
                clients.remove(place);
            } else {
                next = until.into_iter().chain(next).min();
            }
        }
        let soonest = now + idle.map_or(LINGER, |idle| idle.min(LINGER)) / LOOKS;
        self.left.next_sweep = next.map(|next| next.max(soonest));
    }
}

fn turns<'a>(
    hub: &'a Arc<Hub>,
    room: &'a mut [u8],
    outbox: &'a mut Outbox,
    now: Instant,
) -> Turns<'a> {
    Turns {
        hub,
        room,
        outbox,
        now,
    }
}

/// After a turn: the client goes, or comes again.
fn settle<C>(place: usize, failed: bool, clients: &mut Clients<C>, left: &mut Left) {
    let Some(client) = clients.get(place) else {
        return;
    };
    let side = &mut client.side;
    side.publish();
    if failed || side.is_over() {
        // Its descriptor leaves the poll as it is closed.
        clients.remove(place);
        return;
    }
    if let Some(until) = side.closing() {
        left.sweep_at(until);
    }
    if side.has_more() && !side.again {
        side.again = true;
        left.again.push(place);
    }
}

impl<W: Work> Drop for Rounds<W> {
    fn drop(&mut self) {
        if self.door.is_some() {
            self.shared.shut();
        }
        locked(&self.clients).clear();
        self.hub.end();
        self.shared.ended();
    }
}
