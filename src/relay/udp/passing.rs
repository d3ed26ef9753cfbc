//! One datagram: its fate, now or later.

use std::borrow::Cow;

use super::sending::Outgoing;
use super::traced::Traced;
use super::work::Work;
use crate::relay::rules::{Fate, Rule, Rules};
use crate::relay::{Passage, Verdict, Verdicts, Way};

/// The most bytes that wait in a relay, what is kept with each datagram counted in.
const WAITING: usize = 64 << 20;
/// What is kept with each, about.
const EACH: usize = 128;
/// A packet that waits for later ones waits no longer than this.
pub(super) const PATIENCE_NS: u64 = 100_000_000;

/// A datagram that goes on later.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) place: usize,
    pub(super) flow: u32,
    pub(super) way: Way,
    pub(super) number: u64,
    pub(super) bytes: Vec<u8>,
    /// How many later ones go on before it.
    pub(super) behind: Option<u32>,
    pub(super) traced: Option<Box<Traced>>,
}

impl Parcel {
    /// What it takes of the memory for those that wait.
    pub(super) const fn memory(&self) -> usize {
        self.bytes.len() + EACH
    }

    fn goes(self) -> Outgoing<'static> {
        Outgoing {
            place: self.place,
            number: self.number,
            data: Cow::Owned(self.bytes),
            traced: self.traced,
        }
    }
}

/// What is due at a time.
#[derive(Debug)]
pub(super) enum Due {
    /// It goes on.
    Parcel(Parcel),
    /// One that waits for later ones has waited long enough.
    Held {
        place: usize,
        flow: u32,
        way: Way,
        id: u64,
    },
}

/// Datagrams that came in one call, and what is to be done about them.
pub(super) struct Coming<'a> {
    pub(super) way: Way,
    pub(super) now_ns: u64,
    pub(super) parted: bool,
    /// Where somebody records: when the call began and ended.
    pub(super) span: Option<(u64, u64)>,
    pub(super) outgoing: Vec<Outgoing<'a>>,
    pub(super) passages: Vec<Passage>,
    /// How many passed that no log keeps, and their bytes.
    pub(super) passed: (u64, u64),
}

/// The names of a way's rules, made once.
pub(super) struct Names([Cow<'static, str>; Self::ORDER.len()]);

impl Names {
    const ORDER: [Rule; 10] = [
        Rule::None,
        Rule::Partition,
        Rule::Mtu,
        Rule::Loss,
        Rule::Burst,
        Rule::Corrupt,
        Rule::Duplicate,
        Rule::Rate,
        Rule::Delay,
        Rule::Reorder,
    ];

    pub(super) fn of(rules: &Rules) -> Self {
        Self(Self::ORDER.map(|rule| rules.name(rule)))
    }

    fn get(&self, rule: Rule) -> Cow<'static, str> {
        let at = Self::ORDER.iter().position(|one| *one == rule);
        self.0[at.unwrap_or(0)].clone()
    }
}

impl Work {
    /// A datagram came from a client, or for it.
    pub(super) fn take<'a>(&mut self, coming: &mut Coming<'a>, place: usize, data: &'a [u8]) {
        let (way, now_ns, size) = (coming.way, coming.now_ns, data.len());
        let Some(client) = self.clients.get(place) else {
            return;
        };
        client.last_ns = client.last_ns.max(now_ns);
        let side = &mut client.ways[way.index()];
        let number = side.number;
        side.number += 1;
        let mut fate = match &mut side.judge {
            Some(judge) => judge.judge(now_ns, size, coming.parted),
            None if coming.parted => Fate::ends(Verdict::Lost, Rule::Partition),
            None => Fate::passes(now_ns),
        };
        let plain = fate.is_nothing() && side.order.is_empty();
        let later = fate.due_ns.iter().flatten().any(|due| *due > now_ns);
        let mut passage = Passage::new(now_ns, way, client.flow, client.address, number, size);
        let waits = later || fate.behind.is_some();
        if waits && self.waiting + (size + EACH) * 2 > WAITING {
            fate = Fate::ends(Verdict::Lost, Rule::None);
            passage.rule = "the relay's queue is full".into();
        }
        if fate.verdict != Verdict::Passed {
            passage.verdict = fate.verdict;
            passage.all = fate.all;
            if fate.rule != Rule::None {
                passage.rule = self.names[way.index()].get(fate.rule);
            }
            let due = fate.due_ns[0].unwrap_or(now_ns);
            passage.delay_ns = due.saturating_sub(now_ns);
            passage.behind = fate.behind.unwrap_or(0);
        }
        let traced = coming.span.map(|span| {
            let mut traced = Traced {
                origin: 0,
                verdict: passage.verdict,
                rule: passage.rule.clone(),
            };
            match way {
                Way::ToTarget => {
                    self.ends
                        .came(Some(client.address), data, &mut traced, span);
                }
                Way::ToClient => client.ends.came(None, data, &mut traced, span),
            }
            Box::new(traced)
        });
        let flow = passage.flow;
        if let Some(client) = self.clients.get(place) {
            // A client is not forgotten while something of it waits.
            let patience = fate.behind.map_or(0, |_| PATIENCE_NS);
            client.last_ns = fate
                .due_ns
                .into_iter()
                .flatten()
                .fold(client.last_ns, |last, due| last.max(due + patience));
        }
        if self.logs || passage.all != Verdicts::only(Verdict::Passed) {
            coming.passages.push(passage);
        } else {
            coming.passed.0 += 1;
            coming.passed.1 += size as u64;
        }
        if plain {
            coming.outgoing.push(Outgoing {
                place,
                number,
                data: Cow::Borrowed(data),
                traced,
            });
            return;
        }
        for due in fate.due_ns.into_iter().flatten() {
            let parcel = Parcel {
                place,
                flow,
                way,
                number,
                bytes: copied(data, fate.flip),
                behind: fate.behind,
                traced: traced.clone(),
            };
            if due > now_ns {
                self.waiting += parcel.memory();
                self.schedule.push(due, Due::Parcel(parcel));
            } else {
                self.go_on(parcel, now_ns, &mut coming.outgoing);
            }
        }
    }

    /// It is time for one: it goes on, and those that waited for it after it; or it begins to wait for others.
    pub(super) fn go_on(
        &mut self,
        mut parcel: Parcel,
        now_ns: u64,
        outgoing: &mut Vec<Outgoing<'_>>,
    ) {
        let (place, flow, way) = (parcel.place, parcel.flow, parcel.way);
        let Some(client) = self.clients.same(place, flow) else {
            return;
        };
        let order = &mut client.ways[way.index()].order;
        if let Some(behind) = parcel.behind.take() {
            self.waiting += parcel.memory();
            let id = order.hold(behind, parcel);
            let held = Due::Held {
                place,
                flow,
                way,
                id,
            };
            self.schedule.push(now_ns + PATIENCE_NS, held);
        } else {
            outgoing.push(parcel.goes());
            let waiting = &mut self.waiting;
            order.gone(|parcel| {
                *waiting = waiting.saturating_sub(parcel.memory());
                outgoing.push(parcel.goes());
            });
        }
    }

    /// One that waited for later ones goes on without them.
    pub(super) fn waited(
        &mut self,
        place: usize,
        flow: u32,
        way: Way,
        id: u64,
    ) -> Option<Outgoing<'static>> {
        let client = self.clients.same(place, flow)?;
        let parcel = client.ways[way.index()].order.take(id)?;
        self.waiting = self.waiting.saturating_sub(parcel.memory());
        Some(parcel.goes())
    }
}

/// The bytes, one bit of them flipped.
fn copied(data: &[u8], flip: Option<u64>) -> Vec<u8> {
    let mut bytes = data.to_vec();
    if let Some(bit) = flip
        && let Some(byte) = usize::try_from(bit / 8)
            .ok()
            .and_then(|at| bytes.get_mut(at))
    {
        *byte ^= 1 << (bit % 8);
    }
    bytes
}
