//! What the packets of a capture begin with, by the number that capture files have for it.
//!
//! The numbers are those of <https://www.tcpdump.org/linktypes.html>.

use std::borrow::Cow;

use super::First;

/// A link type: any number, known here or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Link(pub u16);

impl Link {
    /// Ethernet II.
    pub const ETHERNET: Self = Self(1);
    /// An IP packet, with nothing before it.
    pub const RAW: Self = Self(101);
    /// No link type: the file names an interface that it does not describe.
    pub const UNKNOWN: Self = Self(u16::MAX);

    /// The header that packets begin with, where it is one that we read.
    #[must_use]
    pub const fn first(self) -> Option<First> {
        First::from_link_type(self.0)
    }

    /// Its name in words.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        match self.first() {
            Some(first) => first.name().into(),
            None if self == Self::UNKNOWN => "unknown".into(),
            None => format!("link type {}", self.0).into(),
        }
    }
}

impl From<First> for Link {
    fn from(first: First) -> Self {
        Self(first.link_type())
    }
}
