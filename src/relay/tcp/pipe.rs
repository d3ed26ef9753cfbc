//! One way of a pair: reads from one end, writes to the other, as its rules say.

use std::borrow::Cow;

use super::held::Held;
use super::side::Side;
use super::traced::Traced;
use super::turn::{Pumped, Turn, Whose};
use crate::relay::stream::{End, Flow, Limit, Next};
use crate::relay::{Passage, Verdict, Way};
use crate::socket::Moved;

/// The most times that one way is read in one round, before the others have their turn.
const READS: usize = 8;

/// The rule of what waited while the path was cut.
const PARTITION: &str = "partition";

#[derive(Debug)]
pub(super) struct Pipe {
    way: Way,
    whose: Whose,
    held: Held,
    /// The first so many of the held bytes are for the kernel now.
    released: usize,
    /// The kernel had no room for them.
    blocked: bool,
    /// Decides, where a rule asks for it.
    flow: Option<Box<Flow>>,
    /// The number of the next passage.
    number: u64,
    /// How its sender ended: nothing is read any more.
    ended: Option<End>,
    /// What was to be told to the receiver was told: it is over for him.
    over: bool,
    stalled: bool,
    /// In the first turn after the path was cut: for how long.
    parted_ns: Option<u64>,
    traced: Traced,
}

impl Pipe {
    pub(super) const fn new(way: Way, whose: Whose, flow: Option<Box<Flow>>) -> Self {
        Self {
            way,
            whose,
            held: Held::NOTHING,
            released: 0,
            blocked: false,
            flow,
            number: 0,
            ended: None,
            over: false,
            stalled: false,
            parted_ns: None,
            traced: Traced::NOTHING,
        }
    }

    /// The receiver has been told of the end.
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// Nothing went on while the path was cut, for so long: what is there now came late by as much at most.
    pub(super) fn was_cut(&mut self, now_ns: u64, time_ns: u64) {
        self.parted_ns = Some(time_ns);
        if let Some(flow) = &mut self.flow {
            flow.was_held_up(now_ns);
        }
    }

    /// A write to the sender of this way has told that it is gone. What it sent before goes on, then the reset. True: now.
    pub(super) fn sender_is_gone(&mut self, now_ns: u64) -> bool {
        if self.ended.is_some() {
            self.end(End::Reset, now_ns);
        }
        self.over
    }

    /// Its receiver is gone.
    pub(super) fn receiver_is_gone(&mut self) {
        self.held.clear();
        self.released = 0;
        self.flow = None;
        self.ended = Some(End::Reset);
        self.over = true;
    }

    fn end(&mut self, end: End, now_ns: u64) {
        self.ended = Some(end);
        if let Some(flow) = &mut self.flow {
            flow.ended(now_ns, end);
        }
    }

    pub(super) fn pump(
        &mut self,
        source: &mut Side,
        sink: &mut Side,
        turn: &mut Turn<'_>,
    ) -> Pumped {
        let pumped = self.pump_now(source, sink, turn);
        self.parted_ns = None;
        pumped
    }

    fn pump_now(&mut self, source: &mut Side, sink: &mut Side, turn: &mut Turn<'_>) -> Pumped {
        let mut pumped = self.deliver(sink, turn);
        for _ in 0..READS {
            if matches!(pumped, Pumped::Broken | Pumped::Reset) {
                self.traced.reset(&source.stream);
                return pumped;
            }
            match self.read(source, sink, turn) {
                Read::Nothing => return self.stuck(source, pumped),
                Read::Later => return Pumped::Again,
                Read::Some => pumped = self.deliver(sink, turn),
                Read::Broken => return Pumped::Broken,
            }
        }
        match pumped {
            Pumped::Broken | Pumped::Reset => {
                self.traced.reset(&source.stream);
                pumped
            }
            _ => Pumped::Again,
        }
    }

    /// A sender that is gone, of which nothing can be read because the receiver reads nothing: its reset overtakes, as it does in TCP.
    /// A path that has stalled tells nobody.
    fn stuck(&self, source: &Side, pumped: Pumped) -> Pumped {
        let unread = source.gone && self.ended.is_none();
        if unread && !self.stalled && self.flow.is_none() {
            Pumped::Reset
        } else {
            pumped
        }
    }

    /// The rule by which nothing goes on any more, where it has come to that.
    pub(super) fn stall(&self) -> Option<String> {
        let flow = self.flow.as_ref().filter(|_| self.stalled)?;
        Some(flow.limits().name())
    }

    /// How many bytes may be read.
    fn room(&self) -> usize {
        if self.ended.is_some() || self.stalled {
            return 0;
        }
        match &self.flow {
            _ if self.over => usize::MAX,
            Some(flow) => flow.room(),
            None if self.held.is_empty() => usize::MAX,
            None => 0,
        }
    }

    fn read(&mut self, source: &mut Side, sink: &mut Side, turn: &mut Turn<'_>) -> Read {
        let most = self.room().min(turn.room.len());
        if !source.readable || most == 0 {
            return Read::Nothing;
        }
        Traced::reading(&source.stream, || self.intended());
        let told = source.stream.read(&mut turn.room[..most]);
        self.traced.has_read(&source.stream);
        match told {
            Ok(Moved::Some { size: 0, .. }) => {
                source.readable = false;
                let end = if source.broken {
                    End::Reset
                } else {
                    End::Finished
                };
                self.end(end, turn.now_ns);
            }
            Ok(Moved::Some { size, more }) => {
                source.readable = more || source.end_is_there || source.broken;
                return self.came(size, sink, turn);
            }
            Ok(Moved::Nothing) => {
                source.readable = false;
                return Read::Nothing;
            }
            Ok(Moved::Later) => return Read::Later,
            Err(_) => {
                source.readable = false;
                source.gone = true;
                self.end(End::Reset, turn.now_ns);
            }
        }
        Read::Some
    }

    /// What will befall the bytes that come now, as far as it is known.
    fn intended(&self) -> (Verdict, Cow<'static, str>) {
        match &self.flow {
            Some(flow) if self.over => (Verdict::Cut, flow.limits().name().into()),
            Some(flow) => flow.intends(),
            None if self.parted_ns.is_some() => (Verdict::Late, Cow::Borrowed(PARTITION)),
            None => (Verdict::Passed, Cow::Borrowed("")),
        }
    }

    /// So many bytes are in the room.
    fn came(&mut self, size: usize, sink: &mut Side, turn: &mut Turn<'_>) -> Read {
        let now_ns = turn.now_ns;
        if self.over {
            let rule = self.flow.as_ref().map(|flow| flow.limits().name());
            let passage = self.passage(now_ns, size);
            let cut = passage.judged(Verdict::Cut, rule.unwrap_or_default());
            turn.log.add(cut);
            return Read::Some;
        }
        if let Some(flow) = &mut self.flow {
            flow.came(now_ns, size);
            self.held.push(&turn.room[..size]);
            return Read::Some;
        }
        let passage = self.passage(now_ns, size);
        turn.log.add(self.after_partition(passage));
        let mut gone = 0;
        while sink.writable && gone < size {
            self.traced.writing(&sink.stream);
            match sink.stream.write(&turn.room[gone..size]) {
                Ok(Moved::Some { size, more }) => {
                    gone += size;
                    sink.writable = more;
                }
                Ok(Moved::Nothing) => sink.writable = false,
                Ok(Moved::Later) => break,
                Err(_) => return Read::Broken,
            }
        }
        turn.log
            .delivered(self.way, u64::from(gone == size), gone as u64);
        self.held.push(&turn.room[gone..size]);
        self.released = size - gone;
        Read::Some
    }

    /// Lets go on what may.
    fn deliver(&mut self, sink: &mut Side, turn: &mut Turn<'_>) -> Pumped {
        loop {
            if self.released > 0 {
                match self.write(sink, turn) {
                    Some(pumped) => return pumped,
                    None => continue,
                }
            }
            if self.over || self.stalled {
                return Pumped::Waits(None);
            }
            let next = match (&self.flow, self.ended) {
                (Some(flow), _) => flow.next(turn.now_ns),
                (None, Some(end)) => Next::End(end),
                (None, None) => Next::Idle,
            };
            match next {
                Next::Send(size) => self.release(size, turn),
                Next::At(time) => return Pumped::Waits(Some(time)),
                Next::Idle => return Pumped::Waits(None),
                Next::End(End::Finished) => {
                    sink.stream.finish();
                    self.over = true;
                }
                Next::End(End::Reset) => return Pumped::Reset,
                Next::Limit(limit) => {
                    let rule = self.reached(limit, turn);
                    match limit {
                        Limit::Stall => self.stalled = true,
                        Limit::Reset => {
                            Traced::ending(&sink.stream, Verdict::Reset, &rule);
                            self.traced.befell(Verdict::Reset, &rule);
                            return Pumped::Reset;
                        }
                        Limit::HalfClose => {
                            Traced::ending(&sink.stream, Verdict::Cut, &rule);
                            sink.stream.finish();
                            self.over = true;
                        }
                    }
                }
            }
        }
    }

    /// Writes what is released; `None`: all of it has gone.
    fn write(&mut self, sink: &mut Side, turn: &Turn<'_>) -> Option<Pumped> {
        if !sink.writable {
            self.blocked = true;
            return Some(Pumped::Waits(None));
        }
        if self.blocked {
            self.blocked = false;
            if let Some(flow) = &mut self.flow {
                flow.was_held_up(turn.now_ns);
            }
        }
        self.traced.writing(&sink.stream);
        match sink.stream.write(self.held.first(self.released)) {
            Ok(Moved::Some { size, more }) => {
                sink.writable = more;
                self.held.take(size);
                self.released -= size;
                turn.log
                    .delivered(self.way, u64::from(self.released == 0), size as u64);
            }
            Ok(Moved::Nothing) => sink.writable = false,
            Ok(Moved::Later) => return Some(Pumped::Again),
            Err(_) => return Some(Pumped::Broken),
        }
        None
    }

    /// So many bytes are for the kernel: it is told in the log before it is seen by the receiver.
    fn release(&mut self, size: usize, turn: &Turn<'_>) {
        let Some(flow) = &mut self.flow else { return };
        let piece = flow.release(turn.now_ns, size);
        self.released = size;
        let mut passage = self.passage(piece.at_ns, size).delayed(piece.delay_ns);
        (passage.verdict, passage.all, passage.rule) = (piece.verdict, piece.all, piece.rule);
        let passage = self.after_partition(passage);
        self.traced.befell(passage.verdict, &passage.rule);
        turn.log.add(passage);
    }

    /// What is there in the first turn after the path was cut has waited for it, where nothing else befell it.
    fn after_partition(&self, passage: Passage) -> Passage {
        match self.parted_ns {
            Some(time_ns) if passage.verdict == Verdict::Passed => {
                passage.judged(Verdict::Late, PARTITION).delayed(time_ns)
            }
            _ => passage,
        }
    }

    /// A limit is reached: what came behind it goes nowhere.
    fn reached(&mut self, limit: Limit, turn: &Turn<'_>) -> Cow<'static, str> {
        let Some(flow) = &mut self.flow else {
            return Cow::Borrowed("");
        };
        let (size, rule) = (flow.discard(), Cow::from(flow.limits().name()));
        self.held.clear();
        let passage = self.passage(turn.now_ns, size);
        turn.log.add(passage.judged(limit.verdict(), rule.clone()));
        rule
    }

    /// The next passage.
    fn passage(&mut self, at_ns: u64, size: usize) -> Passage {
        let Whose { client, flow } = self.whose;
        let number = self.number;
        self.number += 1;
        Passage::new(at_ns, self.way, flow, client, number, size)
    }

    /// Something befell the connection itself.
    pub(super) fn befell(
        &mut self,
        verdict: Verdict,
        rule: impl Into<Cow<'static, str>>,
        turn: &Turn<'_>,
    ) {
        let passage = self.passage(turn.now_ns, 0);
        turn.log.add(passage.judged(verdict, rule));
    }
}

enum Read {
    Some,
    Nothing,
    /// An injected fault.
    Later,
    Broken,
}
