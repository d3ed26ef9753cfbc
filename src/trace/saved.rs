//! An event as a line of a saved recording: the names of its parts, and how each is written.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::event::{Event, Phase, Preview};
use crate::ports::Transport;
use crate::state::State;

/// The longest names of steps and calls, and the longest texts of lines and errors, in bytes.
const NAME: usize = 100;
const TEXT: usize = 16 * 1024;

/// The line of an event.
#[derive(Serialize, Deserialize)]
pub(super) struct Saved {
    event: u64,
    #[serde(default)]
    process: u32,
    phase: String,
    socket: u64,
    number: i64,
    kind: String,
    step: String,
    call: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    local: Option<SocketAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    peer: Option<SocketAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    preview: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    errno: Option<i32>,
    before: String,
    after: String,
    start_ns: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end_ns: Option<u64>,
    #[serde(default)]
    thread: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verdict: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<u64>,
}

impl Saved {
    pub(super) fn of(event: &Event) -> Self {
        Self {
            event: event.id,
            process: event.process,
            phase: event.phase.name().to_owned(),
            socket: event.socket,
            number: event.number,
            kind: event.transport.name().to_owned(),
            step: event.step.clone().into_owned(),
            call: event.call.clone().into_owned(),
            local: event.local,
            peer: event.peer,
            asked: event.asked,
            size: event.size,
            offset: event.offset,
            preview: hex(event.preview.bytes()),
            error: event.error.clone(),
            errno: event.errno,
            before: event.before.name().to_owned(),
            after: event.after.name().to_owned(),
            start_ns: event.start_ns,
            end_ns: event.end_ns,
            thread: event.thread,
            line: event.line.as_deref().map(ToOwned::to_owned),
            verdict: event.verdict.as_deref().map(ToOwned::to_owned),
            rule: event.rule.as_deref().map(ToOwned::to_owned),
            origin: event.origin,
        }
    }

    pub(super) fn event(self) -> Result<Event, String> {
        let phase = Phase::ALL.into_iter().find(|p| p.name() == self.phase);
        let transport = Transport::ALL.into_iter().find(|t| t.name() == self.kind);
        let preview = bytes(&self.preview).ok_or("the preview is not hexadecimal")?;
        self.credible()?;
        Ok(Event {
            id: self.event,
            process: self.process,
            phase: phase.ok_or_else(|| unknown("phase", &self.phase))?,
            socket: self.socket,
            number: self.number,
            transport: transport.ok_or_else(|| unknown("kind", &self.kind))?,
            step: self.step.into(),
            call: self.call.into(),
            local: self.local,
            peer: self.peer,
            asked: self.asked,
            size: self.size,
            offset: self.offset,
            preview: Preview::of(&[&preview], preview.len()),
            error: self.error,
            errno: self.errno,
            before: state(&self.before)?,
            after: state(&self.after)?,
            start_ns: self.start_ns,
            end_ns: self.end_ns,
            thread: self.thread,
            line: self.line.map(Into::into),
            verdict: self.verdict.map(Into::into),
            rule: self.rule.map(Into::into),
            origin: self.origin,
        })
    }

    /// Refuses what no call can have done: whoever shows it later trusts these.
    fn credible(&self) -> Result<(), String> {
        let texts = [
            ("step", Some(&self.step), NAME),
            ("call", Some(&self.call), NAME),
            ("line", self.line.as_ref(), TEXT),
            ("error", self.error.as_ref(), TEXT),
            ("verdict", self.verdict.as_ref(), NAME),
            ("rule", self.rule.as_ref(), NAME),
        ];
        for (what, text, most) in texts {
            let length = text.map_or(0, String::len);
            if length > most {
                return Err(format!(
                    "the {what} has {length} bytes, and the most is {most}"
                ));
            }
        }
        let size = self.size.unwrap_or(0) as u64;
        if size > u64::from(u32::MAX) {
            return Err(format!("no call moves {size} bytes"));
        }
        match self.offset.unwrap_or(0).checked_add(size) {
            Some(end) if i64::try_from(end).is_ok() => Ok(()),
            _ => Err("no stream is so long as the offset says".to_owned()),
        }
    }
}

fn state(name: &str) -> Result<State, String> {
    let state = State::ALL.into_iter().find(|state| state.name() == name);
    state.ok_or_else(|| unknown("state", name))
}

fn unknown(what: &str, name: &str) -> String {
    let name: String = name.chars().take(30).collect();
    format!("{name:?} is no {what}")
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half & 15)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
        .collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = hex.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    digits
        .chunks_exact(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok())
        .collect()
}
