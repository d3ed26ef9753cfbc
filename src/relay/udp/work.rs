//! The loop: what came, what is due, and who was silent for long.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use super::clients::{Clients, NoPlace, Plan};
use super::passing::{Coming, Due, Names};
use super::relay::{LISTENER, Settings, Shared};
use super::sending::{self, Outgoing, Segments};
use super::traced::Ends;
use crate::address::Endpoint;
use crate::faults;
use crate::relay::{Passage, Schedule, Verdict, Way};
use crate::socket::Watched;
use crate::sys::batch::{self, Slot};
use crate::sys::{errno, monotonic_ns};
use crate::trace;

/// How many pieces are taken from the kernel by one call.
const SLOTS: usize = 64;
/// The longest time between two looks for those who were silent.
const LOOK_NS: u64 = 1_000_000_000;

/// All that the thread has.
pub(super) struct Work {
    pub(super) shared: Arc<Shared>,
    poll: Poll,
    pub(super) listener: Watched,
    pub(super) segments: Segments,
    pub(super) ends: Ends,
    pub(super) clients: Clients,
    plan: Plan,
    pub(super) names: [Names; 2],
    /// Whether passages of those that pass are wanted.
    pub(super) logs: bool,
    pub(super) schedule: Schedule<Due>,
    /// What waits in it, in bytes.
    pub(super) waiting: usize,
    slots: Vec<Slot>,
    /// Those from which more may be taken.
    ready: Vec<Token>,
    start: Instant,
    idle_ns: u64,
    looked_ns: u64,
}

impl Work {
    pub(super) fn new(
        shared: Arc<Shared>,
        settings: &Settings,
        poll: Poll,
        listener: Watched,
    ) -> Self {
        let rules = settings.rules.clone();
        Self {
            ends: Ends::of(&shared.listener),
            poll,
            listener,
            segments: Segments::default(),
            clients: Clients::default(),
            names: [Names::of(&rules[0]), Names::of(&rules[1])],
            plan: Plan {
                target: settings.target,
                rules: rules.map(|rules| (!rules.is_none()).then(|| Arc::new(rules))),
                seed: settings.seed,
                most: settings.max_clients,
            },
            logs: shared.log.limit() > 0,
            shared,
            schedule: Schedule::new(),
            waiting: 0,
            slots: (0..SLOTS).map(|_| Slot::default()).collect(),
            ready: Vec::new(),
            start: Instant::now(),
            idle_ns: u64::try_from(settings.idle.as_nanos()).unwrap_or(u64::MAX),
            looked_ns: 0,
        }
    }

    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Until the relay is stopped.
    pub(super) fn run(&mut self) {
        let mut events = Events::with_capacity(256);
        while !self.shared.life.stopping() {
            self.send_due();
            let time = self.time_to_wait();
            if let Err(error) = self.poll.poll(&mut events, time)
                && error.raw_os_error() != Some(errno::EINTR)
            {
                // It fails for nothing else that is known; if it stays, the processor shall not burn.
                std::thread::sleep(Duration::from_millis(1));
            }
            for event in &events {
                let token = event.token();
                if !self.ready.contains(&token) {
                    self.ready.push(token);
                }
            }
            let round = std::mem::take(&mut self.ready);
            for token in round {
                if self.receive(token) {
                    self.ready.push(token);
                }
            }
            self.forget_silent();
        }
    }

    /// Until something is due; `None`: until something comes.
    fn time_to_wait(&self) -> Option<Duration> {
        if !self.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        let now = self.now();
        let due = self.schedule.next_due();
        let look = (self.clients.len() > 0).then_some(self.looked_ns + self.between_looks());
        let next = due.into_iter().chain(look).min()?;
        Some(Duration::from_nanos(next.saturating_sub(now)))
    }

    fn between_looks(&self) -> u64 {
        (self.idle_ns / 2).clamp(1_000_000, LOOK_NS)
    }

    fn forget_silent(&mut self) {
        let now = self.now();
        if self.clients.len() == 0 || now < self.looked_ns + self.between_looks() {
            return;
        }
        self.looked_ns = now;
        let since = now.saturating_sub(self.idle_ns);
        self.clients.forget_silent(since, self.poll.registry());
        self.count_clients();
    }

    fn count_clients(&self) {
        let count = self.clients.len();
        self.shared.clients.store(count, Ordering::Relaxed);
    }

    /// Takes what is there by one call: whether there may be more.
    fn receive(&mut self, token: Token) -> bool {
        let place = Clients::place(token);
        let (way, handle) = if token == LISTENER {
            (Way::ToTarget, self.listener.held())
        } else {
            match self.clients.get(place) {
                Some(client) => (Way::ToClient, client.upstream.held()),
                // The waker, or one that was forgotten.
                None => return false,
            }
        };
        let Some(most) = faults::read(SLOTS) else {
            return true;
        };
        let mut slots = std::mem::take(&mut self.slots);
        let start = monotonic_ns();
        let received = batch::receive(&handle, &mut slots[..most]);
        let more = match received {
            Ok(filled) => {
                let span = trace::active().then(|| (start, monotonic_ns()));
                self.came(way, place, &slots[..filled], span);
                // Fewer than there was room for: the kernel has no more, and will tell of the next.
                filled == most
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => false,
            Err(error) if error.raw_os_error() == Some(errno::EINTR) => true,
            Err(error) => {
                if way == Way::ToClient {
                    self.answered(place, &error);
                }
                sending::is_answer(&error)
            }
        };
        self.slots = slots;
        more
    }

    /// These came. `place`: that of the client whom they are for; those for the target say who sent them.
    fn came(&mut self, way: Way, place: usize, slots: &[Slot], span: Option<(u64, u64)>) {
        let now_ns = self.now();
        let mut coming = Coming {
            way,
            now_ns,
            parted: self.shared.partition.is_on(),
            span,
            outgoing: Vec::with_capacity(slots.len()),
            passages: Vec::new(),
            passed: (0, 0),
        };
        for slot in slots {
            let place = match way {
                Way::ToClient => Some(place),
                Way::ToTarget => self.place_of_sender(slot, now_ns, &mut coming.passages),
            };
            let Some(place) = place else { continue };
            match slot.piece {
                Some(piece) if piece < slot.bytes.len() => {
                    for data in slot.bytes.chunks(piece) {
                        self.take(&mut coming, place, data);
                    }
                }
                _ => self.take(&mut coming, place, &slot.bytes),
            }
        }
        let Coming {
            outgoing,
            passages,
            passed,
            ..
        } = coming;
        // Before they leave: whoever gets one finds it in the log.
        if !passages.is_empty() {
            self.shared.log.add_all(passages);
        }
        if passed.0 > 0 {
            self.shared.log.passed(way, passed.0, passed.1);
        }
        self.send(way, &outgoing, now_ns);
    }

    /// The place of the client who sent this; a new one gets a place, if there is one.
    fn place_of_sender(
        &mut self,
        slot: &Slot,
        now_ns: u64,
        passages: &mut Vec<Passage>,
    ) -> Option<usize> {
        let sender = slot.sender?;
        if let Some(place) = self.clients.place_of(&sender) {
            return Some(place);
        }
        // One with our own address is forged, and an answer to it would go round for ever; to port 0 nothing can be sent.
        if sender.port() == 0 || self.shared.listener.local() == Some(Endpoint::from(sender)) {
            return None;
        }
        let flow = self.clients.next_flow();
        let registry = self.poll.registry();
        let why = match self.clients.add(sender, &self.plan, registry, now_ns) {
            Ok(place) => {
                self.shared.log.client_came();
                self.count_clients();
                return Some(place);
            }
            Err(NoPlace::Full) => (Verdict::Refused, format!("max_clients={}", self.plan.most)),
            Err(NoPlace::Failed(error)) => (Verdict::Failed, error.details().cause.clone()),
        };
        let passage = Passage::new(now_ns, Way::ToTarget, flow, sender, 0, slot.bytes.len());
        passages.push(passage.judged(why.0, why.1));
        None
    }

    /// Sends what is due by now.
    fn send_due(&mut self) {
        let now_ns = self.now();
        if self.schedule.next_due().is_none_or(|due| due > now_ns) {
            return;
        }
        let mut outgoing: [Vec<Outgoing<'static>>; 2] = [Vec::new(), Vec::new()];
        while let Some((_, due)) = self.schedule.pop_due(now_ns) {
            match due {
                Due::Parcel(parcel) => {
                    self.waiting = self.waiting.saturating_sub(parcel.memory());
                    let way = parcel.way.index();
                    self.go_on(parcel, now_ns, &mut outgoing[way]);
                }
                Due::Held {
                    place,
                    flow,
                    way,
                    id,
                } => outgoing[way.index()].extend(self.waited(place, flow, way, id)),
            }
        }
        for way in Way::ALL {
            self.send(way, &outgoing[way.index()], now_ns);
        }
    }
}
