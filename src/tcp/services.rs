//! The small standard services of the early Internet, over TCP and UDP: echo (RFC 862), discard (RFC 863), chargen (RFC 864),
//! daytime (RFC 867), time (RFC 868). Made for testing a network; each is a few lines.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Code, Error, Result};
use crate::ports;
use crate::socket::Received;
use crate::tcp::event_loop::{Io, Work};

/// Seconds from 1900, where RFC 868 counts from, to 1970, where Unix does.
const FROM_1900: u64 = 2_208_988_800;

/// How many lines chargen writes at once.
const LINES: usize = 95;

/// One of the services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Sends back what it gets.
    Echo,
    /// Takes everything, says nothing.
    Discard,
    /// Says the date and the time as text.
    Daytime,
    /// Sends lines of characters without end.
    Chargen,
    /// Says the time as a number of four bytes.
    Time,
}

impl Service {
    /// Every service.
    pub const ALL: [Self; 5] = [
        Self::Echo,
        Self::Discard,
        Self::Daytime,
        Self::Chargen,
        Self::Time,
    ];

    /// Its name in the list of ports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Discard => "discard",
            Self::Daytime => "daytime",
            Self::Chargen => "chargen",
            Self::Time => "time",
        }
    }

    /// The service of that name.
    ///
    /// # Errors
    /// `BadArgument`, naming those that there are.
    pub fn from_name(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|service| service.name() == name)
            .ok_or_else(|| {
                Error::new(
                    Code::BadArgument,
                    "service",
                    format!("there is no service {name:?}"),
                    Self::ALL.map(Self::name).join(", "),
                )
            })
    }

    /// The answer to one datagram; `None` where there is none.
    ///
    /// A datagram whose sender is itself such a service gets none: two of them would answer each other for ever.
    #[must_use]
    pub fn answer(self, datagram: Received<'_>) -> Option<Cow<'_, [u8]>> {
        let from = datagram.sender.port();
        let service = ports::by_port(from, None)
            .is_some_and(|service| Self::ALL.iter().any(|own| own.name() == service.name));
        if from == 0 || service {
            return None;
        }
        match self {
            Self::Echo => Some(datagram.data.into()),
            Self::Discard => None,
            Self::Daytime => Some(daytime(now()).into_bytes().into()),
            Self::Chargen => Some((0..6).flat_map(pattern).collect()),
            Self::Time => Some(since_1900(now()).to_vec().into()),
        }
    }
}

/// A service as the work of an event loop.
#[derive(Clone, Copy, Debug)]
pub struct Serving(pub Service);

/// Of each client: the line of characters that comes next.
#[derive(Debug, Default)]
pub struct Place {
    line: usize,
}

impl Work for Serving {
    type Client = Place;

    fn opened(&mut self, _: &mut Place, io: &mut Io<'_>) {
        match self.0 {
            Service::Echo | Service::Discard => {}
            Service::Daytime => {
                io.write(daytime(now()).as_bytes());
                io.finish();
            }
            Service::Time => {
                io.write(&since_1900(now()));
                io.finish();
            }
            Service::Chargen => io.call_when_written(),
        }
    }

    fn came(&mut self, _: &mut Place, bytes: &[u8], io: &mut Io<'_>) {
        if self.0 == Service::Echo {
            io.write(bytes);
        }
    }

    fn room(&mut self, place: &mut Place, io: &mut Io<'_>) {
        let mut lines = [0; 74 * LINES];
        for (next, line) in lines.chunks_exact_mut(74).enumerate() {
            line.copy_from_slice(&pattern(place.line + next));
        }
        place.line = (place.line + LINES) % 95;
        io.write(&lines);
        io.call_when_written();
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

/// RFC 868: seconds since 1900 in 32 bits, network byte order (it turns over in 2036).
fn since_1900(now: u64) -> [u8; 4] {
    let [_, _, _, _, low @ ..] = (now + FROM_1900).to_be_bytes();
    low
}

/// RFC 867 leaves the form open; this is the one it shows: "Tuesday, February 22, 1982 17:37:43-UTC".
fn daytime(now: u64) -> String {
    const DAYS: [&str; 7] = [
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
    ];
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let (mut days, second) = (now / 86_400, now % 86_400);
    let weekday = DAYS[usize::try_from(days % 7).unwrap_or(0)];
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = "";
    for (name, length) in MONTHS
        .into_iter()
        .zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    {
        month = name;
        if days < length {
            break;
        }
        days -= length;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!(
        "{weekday}, {month} {}, {year} {hour:02}:{minute:02}:{second:02}-UTC\r\n",
        days + 1
    )
}

/// RFC 864: 72 of the 95 printable characters, each line one further.
fn pattern(line: usize) -> [u8; 74] {
    let mut bytes = [0; 74];
    for (index, byte) in bytes[..72].iter_mut().enumerate() {
        *byte = b' ' + u8::try_from((line + index) % 95).unwrap_or(0);
    }
    bytes[72..].copy_from_slice(b"\r\n");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_the_date_as_the_calendar_does() {
        assert_eq!(daytime(0), "Thursday, January 1, 1970 00:00:00-UTC\r\n");
        assert_eq!(
            daytime(951_827_696),
            "Tuesday, February 29, 2000 12:34:56-UTC\r\n"
        );
        assert_eq!(
            daytime(1_735_689_599),
            "Tuesday, December 31, 2024 23:59:59-UTC\r\n"
        );
        assert_eq!(
            daytime(4_107_542_400),
            "Monday, March 1, 2100 00:00:00-UTC\r\n"
        );
    }

    #[test]
    fn counts_from_1900() {
        // The RFC's own example: 2,629,584,000 is 1983-05-01, 420,595,200 in Unix time.
        assert_eq!(since_1900(420_595_200), 2_629_584_000_u32.to_be_bytes());
    }

    #[test]
    fn turns_the_characters() {
        assert_eq!(pattern(0)[..4], *b" !\"#");
        assert_eq!(pattern(95), pattern(0));
        assert_eq!(&pattern(1)[70..], b"gh\r\n");
    }

    #[test]
    fn does_not_answer_its_own_kind() {
        let asked = |sender: &str| {
            Service::Echo.answer(Received {
                data: b"hi",
                sender: sender.parse().expect("an endpoint"),
                truncated_from: None,
            })
        };
        assert_eq!(asked("127.0.0.1:5000"), Some(b"hi"[..].into()));
        assert_eq!(asked("127.0.0.1:7"), None);
        assert_eq!(asked("127.0.0.1:19"), None);
        assert_eq!(asked("127.0.0.1:0"), None);
    }
}
