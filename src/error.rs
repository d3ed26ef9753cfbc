//! The catalogue of errors. Each says four things: which step, which address, why, and what to try next.

use std::fmt;

use crate::sys::errno;

/// One entry of the catalogue. Python finds the exception class by [`Code::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// Nobody listens at the address, and its machine said so.
    Refused,
    /// The time that the caller gave is over.
    TimedOut,
    /// No way to the network or the machine.
    Unreachable,
    /// Another socket has the address.
    AddressInUse,
    /// The address belongs to another machine.
    AddressNotLocal,
    /// The system does not permit it to this user.
    NoPermission,
    /// The name has no address, or the lookup failed.
    NameNotFound,
    /// Not a host at all: a URL, an empty or impossible name.
    BadHost,
    /// Something other than bytes was given to be sent.
    BadPayload,
    /// An argument of a type that cannot be meant.
    BadType,
    /// A port that is no number from 0 to 65535.
    BadPort,
    /// Another argument that cannot be meant.
    BadArgument,
    /// Bytes that are no packet, or no capture: the error says where.
    BadPacket,
    /// The peer cut the connection.
    Reset,
    /// We write, and the peer takes nothing any more.
    BrokenPipe,
    /// More bytes than one datagram can carry.
    DatagramTooLarge,
    /// A datagram was longer than the space given to it.
    DatagramCut,
    /// A message is longer than the limit.
    MessageTooLarge,
    /// The peer finished in the middle of what was being read.
    UnexpectedEnd,
    /// A step before its time.
    OutOfOrder,
    /// Writing when the sending half is not open: not yet connected, or finished.
    NotWritable,
    /// The socket is closed.
    Closed,
    /// A client does not take what is sent to it.
    TooSlow,
    /// No descriptor is left.
    TooManyFiles,
    /// The object belongs to the process that this one was forked from.
    Forked,
    /// A signal handler raised; its exception goes on in place of this one.
    Interrupted,
    /// What the system said, and none of the above.
    System,
}

impl Code {
    /// Every code. A test holds an example of each.
    pub const ALL: &[Self] = &[
        Self::Refused,
        Self::TimedOut,
        Self::Unreachable,
        Self::AddressInUse,
        Self::AddressNotLocal,
        Self::NoPermission,
        Self::NameNotFound,
        Self::BadHost,
        Self::BadPayload,
        Self::BadType,
        Self::BadPort,
        Self::BadArgument,
        Self::BadPacket,
        Self::Reset,
        Self::BrokenPipe,
        Self::DatagramTooLarge,
        Self::DatagramCut,
        Self::MessageTooLarge,
        Self::UnexpectedEnd,
        Self::OutOfOrder,
        Self::NotWritable,
        Self::Closed,
        Self::TooSlow,
        Self::TooManyFiles,
        Self::Forked,
        Self::Interrupted,
        Self::System,
    ];

    /// The code in words, as `.code` shows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::TimedOut => "timed out",
            Self::Unreachable => "unreachable",
            Self::AddressInUse => "address in use",
            Self::AddressNotLocal => "address not of this machine",
            Self::NoPermission => "no permission",
            Self::NameNotFound => "name not found",
            Self::BadHost => "not a host",
            Self::BadPayload => "not bytes",
            Self::BadType => "wrong type",
            Self::BadPort => "not a port",
            Self::BadArgument => "bad argument",
            Self::BadPacket => "broken packet",
            Self::Reset => "reset",
            Self::BrokenPipe => "broken pipe",
            Self::DatagramTooLarge => "datagram too large",
            Self::DatagramCut => "datagram cut",
            Self::MessageTooLarge => "message too large",
            Self::UnexpectedEnd => "unexpected end",
            Self::OutOfOrder => "step out of order",
            Self::NotWritable => "not writable",
            Self::Closed => "closed",
            Self::TooSlow => "too slow",
            Self::TooManyFiles => "too many open files",
            Self::Forked => "forked",
            Self::Interrupted => "interrupted",
            Self::System => "system",
        }
    }

    /// The errno that goes with the code where the kernel was not asked; `None` for errors of arguments.
    const fn default_errno(self) -> Option<i32> {
        match self {
            Self::TimedOut => Some(errno::ETIMEDOUT),
            Self::Refused => Some(errno::ECONNREFUSED),
            Self::Reset => Some(errno::ECONNRESET),
            Self::BrokenPipe | Self::NotWritable => Some(errno::EPIPE),
            Self::DatagramTooLarge | Self::DatagramCut | Self::MessageTooLarge => {
                Some(errno::EMSGSIZE)
            }
            Self::OutOfOrder | Self::Forked => Some(errno::EINVAL),
            Self::Closed => Some(errno::EBADF),
            Self::Interrupted => Some(errno::EINTR),
            Self::TooSlow => Some(errno::EWOULDBLOCK),
            Self::UnexpectedEnd => Some(errno::ECONNABORTED),
            _ => None,
        }
    }
}

/// Where in the bytes that were read something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The layer of a packet, or the block of a capture.
    pub layer: String,
    /// Where the part that is wrong begins, in bytes.
    pub offset: u64,
    /// How many bytes it needs from there on; none where not the length is wrong, but a value.
    pub needed: Option<u64>,
    /// How many it has.
    pub had: Option<u64>,
}

/// What happened, in four answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// The entry of the catalogue.
    pub code: Code,
    /// The step that failed, in the words of the API.
    pub step: &'static str,
    /// The address it was about, as text.
    pub endpoint: Option<String>,
    /// Why: what the kernel or the peer said.
    pub cause: String,
    /// What to try next.
    pub remedy: String,
    /// The system's number for it (for `NameNotFound`: getaddrinfo's EAI code).
    pub errno: Option<i32>,
    /// For a step out of order: the step that is missing.
    pub missing: Option<&'static str>,
    /// For a step out of order: where the socket stood.
    pub standing: Option<Standing>,
    /// What had been read when the step failed.
    pub partial: Vec<u8>,
    /// For bytes that could not be read: where they are wrong.
    pub place: Option<Place>,
}

/// Where a socket stood when a step was out of order, in the words of the state table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// "tcp" or "udp".
    pub kind: &'static str,
    /// The state.
    pub state: &'static str,
    /// What was tried.
    pub action: &'static str,
    /// The steps that lead to it; empty when none do.
    pub path: Vec<&'static str>,
}

/// An error of the core. Small enough to travel in every `Result`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Error(Box<Details>);

/// The result of every step.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of `code` in `step`, because of `cause`, mended by `remedy`.
    #[must_use]
    pub fn new(
        code: Code,
        step: &'static str,
        cause: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self(Box::new(Details {
            code,
            step,
            endpoint: None,
            cause: cause.into(),
            remedy: remedy.into(),
            errno: code.default_errno(),
            missing: None,
            standing: None,
            partial: Vec::new(),
            place: None,
        }))
    }

    /// The same error about this address.
    #[must_use]
    pub fn at(mut self, endpoint: Option<impl ToString>) -> Self {
        self.0.endpoint = endpoint.map(|endpoint| endpoint.to_string());
        self
    }

    /// The same error with the number that the system gave.
    #[must_use]
    pub fn with_errno(mut self, errno: i32) -> Self {
        self.0.errno = Some(errno);
        self
    }

    /// The same error, of which the kernel knows nothing: the caller's time was over.
    #[must_use]
    pub fn without_errno(mut self) -> Self {
        self.0.errno = None;
        self
    }

    /// The system's number for it, also where the system was not asked; `None` for errors of arguments.
    #[must_use]
    pub fn number(&self) -> Option<i32> {
        self.0.errno.or(self.0.code.default_errno())
    }

    /// The same error, naming the step that is missing.
    #[must_use]
    pub fn missing(mut self, step: Option<&'static str>) -> Self {
        self.0.missing = step;
        self
    }

    /// The same error, telling where the socket stood.
    #[must_use]
    pub fn standing(mut self, standing: Standing) -> Self {
        self.0.standing = Some(standing);
        self
    }

    /// The same error with what had been read before it.
    #[must_use]
    pub fn with_partial(mut self, partial: Vec<u8>) -> Self {
        self.0.partial = partial;
        self
    }

    /// The same error, saying where the bytes are wrong.
    #[must_use]
    pub fn in_place(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }

    /// The same error, its cause told further.
    #[must_use]
    pub fn adding(mut self, words: &str) -> Self {
        self.0.cause.push_str(words);
        self
    }

    /// The same error, its cause in other words.
    #[must_use]
    pub fn with_cause(mut self, cause: String) -> Self {
        self.0.cause = cause;
        self
    }

    /// The same error, seen from the step that the caller took.
    #[must_use]
    pub fn in_step(mut self, step: &'static str) -> Self {
        self.0.step = step;
        self
    }

    /// The four answers.
    #[must_use]
    pub fn details(&self) -> &Details {
        &self.0
    }

    /// The entry of the catalogue.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details {
            step,
            endpoint,
            cause,
            remedy,
            ..
        } = self.details();
        write!(f, "{step}")?;
        if let Some(endpoint) = endpoint {
            write!(f, " {endpoint}")?;
        }
        write!(f, ": {cause}.")?;
        if remedy.is_empty() {
            Ok(())
        } else {
            write!(f, " Try: {remedy}.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_step_address_cause_and_remedy_in_this_order() {
        let error = Error::new(
            Code::Refused,
            "connect",
            "nobody listens",
            "start the server",
        )
        .at(Some("127.0.0.1:9"));
        assert_eq!(
            error.to_string(),
            "connect 127.0.0.1:9: nobody listens. Try: start the server."
        );
    }

    #[test]
    fn every_code_has_a_name_of_its_own() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }

    #[test]
    fn stays_one_pointer_wide() {
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }
}
