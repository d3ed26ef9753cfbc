//! Many datagrams to one peer: all at once, or so many a second; and a message in parts.

use std::time::{Duration, Instant};

use crate::error::{Code, Error, Result};
use crate::packet::split::{HEADER, Splitter};
use crate::socket::{Outgoing, Socket};
use crate::wait::Wait;

/// So many datagrams are made ready for one batch.
pub const BATCH: usize = 1024;
/// Whoever is late by more than this does not catch up: what was late leaves at the rate that was asked for.
const LATEST: Duration = Duration::from_millis(100);
/// No burst is longer than what leaves in this time at the rate that was asked for, and who is late catches up at twice that rate:
/// a receiver whose buffer holds a few of them must not suffer from a moment in which the sender did not run.
const BURST: Duration = Duration::from_micros(500);

/// So many datagrams a second, by the clock: a late one does not make those after it late.
#[derive(Debug)]
pub struct Pace {
    per_second: f64,
    begun: Option<Instant>,
    /// How many have left since `begun`.
    left: u64,
    /// When the next may leave, also when it is late.
    not_before: Option<Instant>,
}

impl Pace {
    /// rate: datagrams a second.
    ///
    /// # Errors
    /// `BadArgument` when it is no number above 0.
    pub fn new(rate: f64) -> Result<Self> {
        if !rate.is_finite() || rate <= 0.0 {
            return Err(Error::new(
                Code::BadArgument,
                "send",
                format!("rate={rate} is no number of datagrams a second"),
                "a number above 0, or None to send as fast as the machine can",
            ));
        }
        Ok(Self {
            per_second: rate,
            begun: None,
            left: 0,
            not_before: None,
        })
    }

    /// Waits until a datagram may leave: how many may, by now.
    ///
    /// # Errors
    /// `TimedOut`, `Closed`, `Interrupted`.
    pub fn due(&mut self, socket: &Socket, wait: &Wait<'_>) -> Result<usize> {
        loop {
            let now = Instant::now();
            let begun = *self.begun.get_or_insert(now);
            let early = self
                .not_before
                .map(|then| then.saturating_duration_since(now));
            if let Some(time) = early.filter(|time| !time.is_zero()) {
                socket.rest("send", time, wait)?;
                continue;
            }
            let mut ahead = self.after(now.saturating_duration_since(begun));
            if ahead >= 1.0 {
                let most = self.per_second * LATEST.as_secs_f64() + 1.0;
                if ahead > most {
                    // The schedule itself is late.
                    let late = Duration::try_from_secs_f64((ahead - most) / self.per_second);
                    self.begun = late.ok().and_then(|late| begun.checked_add(late));
                    ahead = most;
                }
                let burst = (self.per_second * BURST.as_secs_f64()).max(1.0);
                return Ok(whole(ahead.min(burst)));
            }
            let time = Duration::try_from_secs_f64((1.0 - ahead) / self.per_second);
            socket.rest("send", time.unwrap_or(Duration::MAX), wait)?;
        }
    }

    /// So many have left.
    pub fn count(&mut self, sent: usize) {
        self.left += sent as u64;
        let least = u32::try_from(sent).map_or(f64::MAX, f64::from) / self.per_second / 2.0;
        let least = Duration::try_from_secs_f64(least).unwrap_or(Duration::MAX);
        self.not_before = Instant::now().checked_add(least);
    }

    /// How many may leave this long after the beginning, beyond those that have: the first at once.
    fn after(&self, time: Duration) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "exact up to 2^53 datagrams, which take centuries"
        )]
        let left = self.left as f64;
        time.as_secs_f64() * self.per_second + 1.0 - left
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at least 1, and a cast stops at the ends of the type"
)]
fn whole(number: f64) -> usize {
    number as usize
}

/// Sends a message in numbered parts (`packet::split`): how many there were. pace: for its datagrams.
///
/// # Errors
/// Those of `send_batch`; the text tells how many parts had been sent.
pub fn send_message(
    socket: &Socket,
    message: &[u8],
    splitter: Splitter,
    mut pace: Option<&mut Pace>,
    wait: &Wait<'_>,
) -> Result<u32> {
    let mut parts = splitter.parts(message);
    let count = splitter.count();
    let mut sent = 0_usize;
    while sent < count as usize {
        let most = match pace.as_deref_mut() {
            Some(pace) => pace
                .due(socket, wait)
                .map_err(|error| after(error, sent, count))?
                .min(BATCH),
            None => BATCH,
        };
        let batch: Vec<([u8; HEADER], &[u8])> = parts.by_ref().take(most).collect();
        let outgoing: Vec<_> = batch
            .iter()
            .map(|(header, piece)| Outgoing::with_header(header, piece))
            .collect();
        let (taken, error) = socket.send_next_batch(&outgoing, sent, wait);
        sent += taken;
        if let Some(pace) = pace.as_deref_mut() {
            pace.count(taken);
        }
        if let Some(error) = error {
            return Err(after(error, sent, count));
        }
    }
    Ok(count)
}

/// An error after some parts had left says how many.
fn after(error: Error, sent: usize, count: u32) -> Error {
    match sent {
        0 => error,
        _ => error.adding(&format!(" ({sent} of {count} parts had been sent)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Family;
    use crate::ports::Transport;

    #[test]
    fn the_first_is_due_at_once_and_the_others_by_the_clock() {
        let mut pace = Pace::new(1000.0).expect("a rate");
        let after = |pace: &Pace, ms| whole(pace.after(Duration::from_millis(ms)).max(0.0));
        assert_eq!(after(&pace, 0), 1);
        pace.count(1);
        assert_eq!([0, 1, 50].map(|ms| after(&pace, ms)), [0, 1, 50]);
        pace.count(60);
        assert_eq!([50, 61].map(|ms| after(&pace, ms)), [0, 1]);
    }

    #[test]
    fn no_rate_is_too_large_for_the_clock() {
        let socket = Socket::new(Transport::Udp, Family::Ipv4).expect("a socket");
        let mut pace = Pace::new(f64::MAX).expect("a rate");
        pace.begun = Instant::now().checked_sub(Duration::from_secs(5));
        let due = pace.due(&socket, &Wait::at_most(Duration::ZERO));
        assert!(due.expect("some are due") > 1);
    }

    #[test]
    fn a_rate_is_a_number_above_zero() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = Pace::new(rate).expect_err("no rate");
            assert_eq!(error.code(), Code::BadArgument);
        }
    }
}
