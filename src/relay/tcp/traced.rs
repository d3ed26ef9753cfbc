//! What the events of a way tell beside the call: its verdict, its rule, and the event with which the bytes came.

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::relay::Verdict;
use crate::socket::{Note, Stream};
use crate::trace;

/// Empty, and without memory of its own, as long as nobody records.
#[derive(Debug)]
pub(super) struct Traced(Option<Box<Bytes>>);

impl Traced {
    pub(super) const NOTHING: Self = Self(None);
}

#[derive(Debug, Default)]
struct Bytes {
    /// What is under way: where it ends in the stream, and the event of its coming.
    came: VecDeque<(u64, u64)>,
    /// What befell the bytes that go next.
    verdict: Option<(Verdict, Cow<'static, str>)>,
}

impl Traced {
    /// The next call reads, and this will befall what comes.
    pub(super) fn reading(
        source: &Stream,
        intended: impl FnOnce() -> (Verdict, Cow<'static, str>),
    ) {
        if trace::active() {
            let (verdict, rule) = intended();
            source.note(Some(note(verdict, rule, None)));
        }
    }

    /// It has read something, or nothing.
    pub(super) fn has_read(&mut self, source: &Stream) {
        if trace::active() {
            source.note(None);
            let bytes = self.0.get_or_insert_default();
            bytes
                .came
                .push_back((source.received(), source.last_event()));
        } else {
            self.0 = None;
        }
    }

    /// This befell the bytes that go next.
    pub(super) fn befell(&mut self, verdict: Verdict, rule: &str) {
        if trace::active() {
            self.0.get_or_insert_default().verdict = Some((verdict, rule.to_owned().into()));
        }
    }

    /// The next call writes.
    pub(super) fn writing(&mut self, sink: &Stream) {
        let Some(bytes) = &mut self.0 else { return };
        let gone = sink.sent();
        while bytes.came.front().is_some_and(|(end, _)| *end <= gone) {
            bytes.came.pop_front();
        }
        let origin = bytes.came.front().map(|(_, event)| *event);
        let passed = || (Verdict::Passed, Cow::Borrowed(""));
        let (verdict, rule) = bytes.verdict.clone().unwrap_or_else(passed);
        sink.note(Some(note(verdict, rule, origin)));
    }

    /// The next call on the sender's side closes it too, where a rule has reset this way.
    pub(super) fn reset(&self, source: &Stream) {
        let verdict = self.0.as_ref().and_then(|bytes| bytes.verdict.as_ref());
        if let Some((Verdict::Reset, rule)) = verdict {
            Self::ending(source, Verdict::Reset, rule);
        }
    }

    /// The next call, which is not about bytes, is this rule's.
    pub(super) fn ending(stream: &Stream, verdict: Verdict, rule: &str) {
        if trace::active() {
            stream.note(Some(note(verdict, rule.to_owned().into(), None)));
        }
    }
}

fn note(verdict: Verdict, rule: Cow<'static, str>, origin: Option<u64>) -> Note {
    Note {
        verdict: verdict.name(),
        rule,
        origin,
    }
}
