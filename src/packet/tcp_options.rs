//! What is given for a TCP header in words: its flags and its options.

use super::summary::FLAGS;
use crate::error::{Code, Error, Result};

const STEP: &str = "packet";

/// An option of a TCP header (RFC 9293, 3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TcpOption {
    /// The largest piece of data that the sender takes, in bytes.
    MaximumSegmentSize(u16),
    /// The Window counts in units of 2 to this power (RFC 7323): 0 to 14.
    WindowScale(u8),
    /// Pieces may be acknowledged one by one (RFC 2018).
    SackPermitted,
    /// Pieces behind a hole that have arrived: first byte, and first byte behind (RFC 2018). One to four.
    Sack(Vec<(u32, u32)>),
    /// The sender's clock, and the last that came from the other side (RFC 7323).
    Timestamps(u32, u32),
    /// One byte that says nothing.
    NoOperation,
    /// Bytes as they are.
    Raw(Vec<u8>),
}

fn bad(cause: String, remedy: &str) -> Error {
    Error::new(Code::BadArgument, STEP, cause, remedy)
}

/// The options one behind the other, filled up to whole 32-bit words.
pub(super) fn bytes(options: &[TcpOption]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for option in options {
        match option {
            TcpOption::MaximumSegmentSize(size) => {
                bytes.extend([2, 4]);
                bytes.extend(size.to_be_bytes());
            }
            TcpOption::WindowScale(shift @ 0..=14) => bytes.extend([3, 3, *shift]),
            TcpOption::WindowScale(shift) => {
                return Err(bad(
                    format!("a window scale of {shift} is more than there is"),
                    "0 to 14 (RFC 7323, 2.3)",
                ));
            }
            TcpOption::SackPermitted => bytes.extend([4, 2]),
            TcpOption::Sack(blocks) => {
                let length = u8::try_from(blocks.len())
                    .ok()
                    .filter(|count| (1..=4).contains(count))
                    .map(|count| count * 8 + 2)
                    .ok_or_else(|| {
                        bad(
                            format!("{} blocks are no SACK", blocks.len()),
                            "one to four (RFC 2018)",
                        )
                    })?;
                bytes.extend([5, length]);
                for (first, behind) in blocks {
                    bytes.extend(first.to_be_bytes());
                    bytes.extend(behind.to_be_bytes());
                }
            }
            TcpOption::Timestamps(value, echo) => {
                bytes.extend([8, 10]);
                bytes.extend(value.to_be_bytes());
                bytes.extend(echo.to_be_bytes());
            }
            TcpOption::NoOperation => bytes.push(1),
            TcpOption::Raw(raw) => bytes.extend(raw),
        }
    }
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    Ok(bytes)
}

/// The flags in a text: "SYN", "SYN ACK", "fin,ack".
///
/// # Errors
/// `BadArgument` for a word that is no flag.
pub fn flags(text: &str) -> Result<u8> {
    let mut bits = 0;
    for word in text.split(|letter: char| !letter.is_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        let at = FLAGS
            .iter()
            .position(|flag| flag.eq_ignore_ascii_case(word))
            .ok_or_else(|| {
                bad(
                    format!("there is no flag {word:?}"),
                    "CWR, ECE, URG, ACK, PSH, RST, SYN and FIN, with spaces between them",
                )
            })?;
        bits |= 0x80 >> at;
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_in_any_form() {
        assert_eq!(flags("SYN").ok(), Some(2));
        assert_eq!(flags("syn, ack").ok(), Some(18));
        assert_eq!(flags("FIN|PSH|ACK").ok(), Some(25));
        assert_eq!(flags("").ok(), Some(0));
        assert!(flags("SIN").is_err());
    }

    #[test]
    fn options_are_filled_up_to_whole_words() {
        let told = [
            TcpOption::MaximumSegmentSize(1460),
            TcpOption::WindowScale(7),
        ];
        assert_eq!(bytes(&told).ok(), Some(vec![2, 4, 5, 180, 3, 3, 7, 0]));
        assert!(bytes(&[TcpOption::WindowScale(15)]).is_err());
        assert!(bytes(&[TcpOption::Sack(Vec::new())]).is_err());
    }
}
