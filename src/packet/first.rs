//! With which header a packet begins: a capture says it by a number, a caller by a word.

use crate::error::{Code, Error, Result};

/// The header that comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum First {
    /// Ethernet II.
    Ethernet,
    /// IPv4 or IPv6: the first four bits tell which.
    Ip,
    /// Linux's "cooked" header (captures on "any").
    LinuxSll,
    /// The second version of it.
    LinuxSll2,
    /// BSD's loopback, the family in the byte order of the machine that captured.
    Null,
    /// OpenBSD's loopback, the family in network byte order.
    Loop,
}

impl First {
    /// Each of them.
    pub const ALL: &[Self] = &[
        Self::Ethernet,
        Self::Ip,
        Self::LinuxSll,
        Self::LinuxSll2,
        Self::Null,
        Self::Loop,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ethernet => "ethernet",
            Self::Ip => "ip",
            Self::LinuxSll => "sll",
            Self::LinuxSll2 => "sll2",
            Self::Null => "null",
            Self::Loop => "loop",
        }
    }

    /// The one of this name.
    ///
    /// # Errors
    /// `BadArgument` for another word.
    pub fn from_name(name: &str, step: &'static str) -> Result<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|first| first.name() == name)
            .ok_or_else(|| {
                Error::new(
                    Code::BadArgument,
                    step,
                    format!("no packet begins with {name:?}"),
                    "\"ip\", \"ethernet\", \"sll\", \"sll2\", \"null\" or \"loop\"",
                )
            })
    }

    /// Its number in capture files (LINKTYPE_…, <https://www.tcpdump.org/linktypes.html>).
    #[must_use]
    pub const fn link_type(self) -> u16 {
        match self {
            Self::Null => 0,
            Self::Ethernet => 1,
            Self::Ip => 101,
            Self::Loop => 108,
            Self::LinuxSll => 113,
            Self::LinuxSll2 => 276,
        }
    }

    /// The one of a number in a capture file, or none for a link that is not known here.
    #[must_use]
    pub const fn from_link_type(number: u16) -> Option<Self> {
        match number {
            0 => Some(Self::Null),
            1 => Some(Self::Ethernet),
            // Raw IP; 12 and 14 are what some systems write for it, 228 and 229 name the version.
            12 | 14 | 101 | 228 | 229 => Some(Self::Ip),
            108 => Some(Self::Loop),
            113 => Some(Self::LinuxSll),
            276 => Some(Self::LinuxSll2),
            _ => None,
        }
    }
}
