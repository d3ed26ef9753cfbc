//! The loop: wait, accept, give each pair its turn.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use super::Settings;
use super::pair::{After, Pair, pipes, refused};
use super::places::Pairs;
use super::relay::{LISTENER, Shared, WAKER, locked};
use super::side::Side;
use super::traced::Traced;
use super::turn::{Turn, Whose};
use crate::error::Code;
use crate::relay::{Schedule, Verdict, Way};
use crate::socket::Stream;
use crate::sys::monotonic_ns;

/// The rule of a relay that takes connections and says nothing.
const SILENT: &str = "silent=True";
/// The most that one wait tells of.
const EVENTS: usize = 256;
/// The most that are accepted in one round, before the others have their turn.
const ACCEPTS: usize = 64;
/// How many bytes are read at once.
const ROOM: usize = 128 * 1024;
/// How long the listener is left alone when the system has no descriptor for one more client.
const STARVED: Duration = Duration::from_millis(100);
/// So many times are kept without a look whether their pairs are gone.
const SCHEDULED: usize = 1024;
/// The poll waits in whole milliseconds; the rest of a time is slept.
const MILLISECOND_NS: u64 = 1_000_000;

/// All that the thread of a relay has. When it is dropped, the loop has ended.
pub(super) struct Rounds {
    shared: Arc<Shared>,
    settings: Settings,
    pairs: Arc<Mutex<Pairs>>,
    poll: Poll,
    events: Events,
    room: Box<[u8]>,
    begun: Instant,
    /// Who has something to do at a time: the place, and the serial of who was there.
    schedule: Schedule<(usize, u64)>,
    /// Who has something to do without being told.
    again: Vec<usize>,
    /// At so many in the schedule it is looked whose pairs are gone.
    most_scheduled: usize,
    /// Somebody may wait to be accepted.
    accepting: bool,
    starved_until: Option<u64>,
    came: u32,
    serial: u64,
    /// Since when the path is cut.
    cut_since: Option<u64>,
}

impl Rounds {
    pub(super) fn new(shared: Arc<Shared>, settings: Settings, poll: Poll) -> Self {
        Self {
            pairs: Arc::clone(&shared.pairs),
            shared,
            settings,
            poll,
            events: Events::with_capacity(EVENTS),
            room: vec![0; ROOM].into(),
            begun: Instant::now(),
            schedule: Schedule::new(),
            again: Vec::new(),
            most_scheduled: SCHEDULED,
            accepting: false,
            starved_until: None,
            came: 0,
            serial: 0,
            cut_since: None,
        }
    }

    fn now_ns(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Until the relay stops.
    pub(super) fn run(mut self) {
        while !self.shared.life.stopping() {
            if !self.wait() {
                return;
            }
            let all = Arc::clone(&self.pairs);
            let mut pairs = locked(&all);
            self.round(&mut pairs);
            self.shared.set_clients(pairs.len());
        }
    }

    /// Waits until somebody is ready or due; false when nothing can be waited for any more.
    fn wait(&mut self) -> bool {
        let time = self.time_to_wait();
        let slept = match time {
            Some(time) if time > 0 && time < MILLISECOND_NS => {
                std::thread::sleep(Duration::from_nanos(time));
                Some(Duration::ZERO)
            }
            Some(time) => Some(Duration::from_millis(time / MILLISECOND_NS)),
            None => None,
        };
        match self.poll.poll(&mut self.events, slept) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => true,
            Err(_) => false,
        }
    }

    /// How long nobody has anything to do, in nanoseconds.
    fn time_to_wait(&self) -> Option<u64> {
        if self.shared.switch.is_on() != self.cut_since.is_some() {
            return Some(0);
        }
        if self.cut_since.is_some() {
            return None;
        }
        if self.accepts() || !self.again.is_empty() {
            return Some(0);
        }
        let due = self.schedule.next_due().into_iter();
        let due = due.chain(self.starved_until).min()?;
        Some(due.saturating_sub(self.now_ns()))
    }

    /// Somebody may be taken in at once.
    fn accepts(&self) -> bool {
        let room = self.shared.clients() < self.settings.max_clients;
        self.accepting && self.starved_until.is_none() && room
    }

    fn round(&mut self, pairs: &mut Pairs) {
        let now_ns = self.now_ns();
        let mut turns = Vec::new();
        for event in &self.events {
            match event.token() {
                LISTENER => self.accepting = true,
                WAKER => {}
                Token(token) => {
                    let place = token / 2;
                    if let Some(side) = pairs.get(place).and_then(|pair| pair.side(token % 2)) {
                        side.told(event);
                        turns.push(place);
                    }
                }
            }
        }
        if self.shared.switch.is_on() {
            self.cut_since.get_or_insert(now_ns);
            return;
        }
        if let Some(since) = self.cut_since.take() {
            for place in 0..pairs.places() {
                if let Some(pair) = pairs.get(place) {
                    pair.was_cut(now_ns, now_ns.saturating_sub(since));
                    turns.push(place);
                }
            }
        }
        for place in std::mem::take(&mut self.again) {
            if let Some(pair) = pairs.get(place) {
                pair.again = false;
                turns.push(place);
            }
        }
        while let Some((_, (place, serial))) = self.schedule.pop_due(now_ns) {
            if let Some(pair) = pairs.get(place).filter(|pair| pair.serial == serial) {
                pair.dues.came();
                turns.push(place);
            }
        }
        self.forget_the_gone(pairs);
        for place in turns {
            self.serve(place, pairs, now_ns);
        }
        self.accept(pairs, now_ns);
    }

    /// The times of pairs that are gone go when they are more than those of the others.
    fn forget_the_gone(&mut self, pairs: &mut Pairs) {
        if self.schedule.len() > self.most_scheduled {
            self.schedule.retain(|(place, serial)| {
                pairs.get(*place).is_some_and(|pair| pair.serial == *serial)
            });
            self.most_scheduled = (self.schedule.len() * 2).max(SCHEDULED);
        }
    }

    /// The turn of one pair.
    fn serve(&mut self, place: usize, pairs: &mut Pairs, now_ns: u64) {
        let Some(pair) = pairs.get(place) else { return };
        let mut turn = Turn {
            now_ns,
            room: &mut self.room,
            log: &self.shared.log,
        };
        match pair.turn(&mut turn) {
            After::Stays(None) => {}
            After::Stays(Some(due)) => {
                if pair.dues.add(due) {
                    self.schedule.push(due, (place, pair.serial));
                }
            }
            After::Again => {
                if !pair.again {
                    pair.again = true;
                    self.again.push(place);
                }
            }
            After::Close => pairs.remove(place),
            After::Reset => {
                pair.cut();
                pairs.remove(place);
            }
        }
    }

    fn accept(&mut self, pairs: &mut Pairs, now_ns: u64) {
        if self.starved_until.is_some_and(|until| until <= now_ns) {
            self.starved_until = None;
            self.accepting = true;
        }
        for _ in 0..ACCEPTS {
            if !self.accepts() || pairs.len() >= self.settings.max_clients {
                return;
            }
            match self.shared.listener.accept_now() {
                Ok(Some(stream)) => self.open(stream, pairs, now_ns),
                Ok(None) => self.accepting = false,
                Err(error) if error.code() == Code::Closed => self.accepting = false,
                Err(_) => {
                    self.starved_until = Some(now_ns.saturating_add(nanoseconds(STARVED)));
                }
            }
        }
    }

    /// Takes a client in, and begins to connect it to the target.
    fn open(&mut self, stream: Stream, pairs: &mut Pairs, now_ns: u64) {
        let nobody = SocketAddr::from(([0, 0, 0, 0], 0));
        let whose = Whose {
            client: stream.peer().unwrap_or(nobody),
            flow: self.came,
        };
        self.came = self.came.wrapping_add(1);
        self.serial += 1;
        self.shared.log.client_came();
        let mut ways = pipes(whose, self.settings.seed, &self.settings.rules);
        let turn = Turn {
            now_ns,
            room: &mut self.room,
            log: &self.shared.log,
        };
        let begun_ns = monotonic_ns();
        let far = if self.settings.either(|rules| rules.silent) {
            ways[Way::ToTarget.index()].befell(Verdict::Silent, SILENT, &turn);
            None
        } else {
            match Stream::connect_now(self.settings.target.socket_addr()) {
                Ok(far) => Some((Side::new(far), begun_ns)),
                Err(error) => {
                    refused(&mut ways[Way::ToTarget.index()], &error, &turn);
                    stream.cut();
                    return;
                }
            }
        };
        let near = Side::new(stream);
        if far.is_none() {
            Traced::ending(&near.stream, Verdict::Silent, SILENT);
        }
        let mut pair = Pair::new(self.serial, near, far, ways);
        pair.reset_later(&self.settings.rules, now_ns);
        let place = pairs.insert(pair);
        let Some(pair) = pairs.get(place) else { return };
        for which in 0..2 {
            if let Some(side) = pair.side(which)
                && let Err(_) = side
                    .stream
                    .watch(self.poll.registry(), Token(place * 2 + which))
            {
                pair.cut();
                pairs.remove(place);
                return;
            }
        }
        self.serve(place, pairs, now_ns);
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Drop for Rounds {
    fn drop(&mut self) {
        self.shared.shut();
        locked(&self.pairs).clear();
        self.shared.set_clients(0);
        self.shared.life.over();
    }
}
