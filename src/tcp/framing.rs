//! Where a message ends in a stream of bytes.

use std::io::BufRead;

use crate::error::{Code, Error, Result};

/// How messages are told apart. What goes out is framed in the same way as what comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Not at all: what one read gave.
    Raw,
    /// Each ends with a line feed; the carriage return before it, if there is one, belongs to the end.
    Lines,
    /// Each begins with its length in four bytes, network byte order.
    Length,
    /// Each has so many bytes.
    Fixed(usize),
}

/// A message is longer than the limit: nothing that follows can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// What it is, as far as it is known.
    pub size: usize,
}

impl TooLong {
    /// The error of it.
    #[must_use]
    pub fn error(self, limit: usize) -> Error {
        let cause = format!(
            "a client sent a message of {} bytes or more, and the limit is {limit}",
            self.size
        );
        let remedy = "a larger message_limit=, if such messages are meant";
        Error::new(Code::MessageTooLarge, "on_message", cause, remedy)
    }
}

impl Framing {
    /// The framing of that name.
    ///
    /// # Errors
    /// `BadArgument`, naming those that there are.
    pub fn from_name(name: &str) -> Result<Self> {
        match name {
            "raw" => Ok(Self::Raw),
            "lines" => Ok(Self::Lines),
            "length" => Ok(Self::Length),
            _ => Err(Error::new(
                Code::BadArgument,
                "server",
                format!("there is no framing {name:?}"),
                "\"raw\", \"lines\", \"length\", or a number of bytes that each message has",
            )),
        }
    }

    /// What stands before and behind a message of that size that goes out.
    ///
    /// # Errors
    /// `MessageTooLarge` when its length has no room in the four bytes for it.
    pub fn around(self, size: usize) -> Result<([u8; 4], usize, &'static [u8])> {
        match self {
            Self::Raw | Self::Fixed(_) => Ok(([0; 4], 0, b"")),
            Self::Lines => Ok(([0; 4], 0, b"\n")),
            Self::Length => {
                let length = u32::try_from(size).map_err(|_| {
                    let cause =
                        format!("four bytes of length have no room for a message of {size} bytes");
                    Error::new(
                        Code::MessageTooLarge,
                        "on_message",
                        cause,
                        "several messages",
                    )
                })?;
                Ok((length.to_be_bytes(), 4, b""))
            }
        }
    }

    /// The first message of these bytes: where it is, and where the next begins. `from`: how far a line was looked for before.
    fn first(
        self,
        bytes: &[u8],
        from: usize,
        limit: usize,
    ) -> std::result::Result<Option<(std::ops::Range<usize>, usize)>, TooLong> {
        let too_long = |size| Err(TooLong { size });
        match self {
            Self::Raw => Ok((!bytes.is_empty()).then_some((0..bytes.len(), bytes.len()))),
            Self::Lines => match line_feed(&bytes[from..]) {
                Some(place) => {
                    let end = from + place;
                    let bare = end - usize::from(end > 0 && bytes[end - 1] == b'\r');
                    if bare > limit {
                        return too_long(bare);
                    }
                    Ok(Some((0..bare, end + 1)))
                }
                // The carriage return may be the end's.
                None if bytes.len() > limit.saturating_add(1) => too_long(bytes.len()),
                None => Ok(None),
            },
            Self::Length => {
                let Some(length) = bytes.first_chunk::<4>() else {
                    return Ok(None);
                };
                let length = u32::from_be_bytes(*length) as usize;
                if length > limit {
                    return too_long(length);
                }
                let end = length + 4;
                Ok((bytes.len() >= end).then_some((4..end, end)))
            }
            Self::Fixed(size) => Ok((bytes.len() >= size).then_some((0..size, size))),
        }
    }
}

/// Where the first line feed is. The standard library's search by vectors is behind `skip_until`.
fn line_feed(mut bytes: &[u8]) -> Option<usize> {
    let all = bytes;
    let end = bytes.skip_until(b'\n').ok()?.checked_sub(1)?;
    (all.get(end) == Some(&b'\n')).then_some(end)
}

/// What has come of messages that are not given on yet.
#[derive(Debug, Default)]
pub struct Cutter {
    rest: Vec<u8>,
    /// How far a line's end was looked for.
    looked: usize,
}

impl Cutter {
    /// Takes the next bytes, and gives each message that is whole to `each`, at most `most` of them. True: perhaps there are more, to be
    /// had by feeding it nothing.
    ///
    /// # Errors
    /// `TooLong` when a message is longer than `limit`; nothing is to be given after that.
    pub fn feed(
        &mut self,
        framing: Framing,
        limit: usize,
        most: usize,
        bytes: &[u8],
        mut each: impl FnMut(&[u8]),
    ) -> std::result::Result<bool, TooLong> {
        let more;
        if self.rest.is_empty() {
            // Nearly always messages come whole, and are not copied here.
            let left;
            (left, more) = cut(framing, limit, most, bytes, 0, &mut each)?;
            self.rest.extend_from_slice(left);
        } else {
            let mut all = std::mem::take(&mut self.rest);
            all.extend_from_slice(bytes);
            let (left, there_is_more) = cut(framing, limit, most, &all, self.looked, &mut each)?;
            more = there_is_more;
            let gone = all.len() - left.len();
            if gone > 0 {
                all.drain(..gone);
                // Ten thousand clients that once sent much keep no more than what they have begun.
                if all.capacity() > 4 * all.len() {
                    all.shrink_to_fit();
                }
            }
            self.rest = all;
        }
        self.looked = if more { 0 } else { self.rest.len() };
        Ok(more)
    }

    /// How many bytes of an unfinished message there are.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.rest.len()
    }
}

/// What is left, and whether that is because there were too many.
fn cut<'a>(
    framing: Framing,
    limit: usize,
    most: usize,
    mut bytes: &'a [u8],
    mut from: usize,
    each: &mut impl FnMut(&[u8]),
) -> std::result::Result<(&'a [u8], bool), TooLong> {
    for _ in 0..most {
        let Some((message, next)) = framing.first(bytes, from, limit)? else {
            return Ok((bytes, false));
        };
        each(&bytes[message]);
        bytes = &bytes[next..];
        from = 0;
    }
    Ok((bytes, !bytes.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(framing: Framing, limit: usize, pieces: &[&[u8]]) -> (Vec<Vec<u8>>, usize, bool) {
        let (mut cutter, mut messages) = (Cutter::default(), Vec::new());
        for piece in pieces {
            let each = |message: &[u8]| messages.push(message.to_vec());
            if cutter
                .feed(framing, limit, usize::MAX, piece, each)
                .is_err()
            {
                return (messages, cutter.pending(), false);
            }
        }
        (messages, cutter.pending(), true)
    }

    #[test]
    fn however_the_stream_is_cut_the_messages_are_the_same() {
        let stream: &[u8] = b"one\r\ntwo\n\n\r\nlong line\nrest";
        let whole: Vec<Vec<u8>> = [&b"one"[..], b"two", b"", b"", b"long line"]
            .map(<[u8]>::to_vec)
            .into();
        for size in 1..=stream.len() {
            let pieces: Vec<_> = stream.chunks(size).collect();
            let told = fed(Framing::Lines, 9, &pieces);
            assert_eq!(told, (whole.clone(), 4, true), "pieces of {size}");
        }
        let stream = b"\0\0\0\x03one\0\0\0\0\0\0\0\x05three\0\0";
        let whole: Vec<Vec<u8>> = [&b"one"[..], b"", b"three"].map(<[u8]>::to_vec).into();
        for size in 1..=stream.len() {
            let pieces: Vec<_> = stream.chunks(size).collect();
            let told = fed(Framing::Length, 5, &pieces);
            assert_eq!(told, (whole.clone(), 2, true), "pieces of {size}");
        }
        for size in 1..=7 {
            let pieces: Vec<_> = b"abcdefg".chunks(size).collect();
            let (messages, rest, _) = fed(Framing::Fixed(3), 3, &pieces);
            assert_eq!(
                (messages, rest),
                (vec![b"abc".to_vec(), b"def".to_vec()], 1)
            );
        }
        assert_eq!(
            fed(Framing::Raw, 1, &[b"ab", b"c"]).0,
            [b"ab".to_vec(), b"c".to_vec()]
        );
    }

    #[test]
    fn a_message_above_the_limit_is_refused_before_it_is_there() {
        assert!(!fed(Framing::Length, 100, &[b"\xff\xff\xff\xff"]).2);
        assert!(!fed(Framing::Length, 100, &[b"\0\0\0\x65"]).2);
        assert!(fed(Framing::Length, 101, &[b"\0\0\0\x65"]).2);
        assert!(fed(Framing::Lines, 3, &[b"abc", b"\r", b"\n"]).2);
        assert!(!fed(Framing::Lines, 3, &[b"abc", b"de"]).2);
        assert!(!fed(Framing::Lines, 3, &[b"abcd\n"]).2);
    }

    #[test]
    fn a_long_line_in_small_pieces_is_looked_through_once() {
        let mut cutter = Cutter::default();
        for _ in 0..200_000 {
            cutter
                .feed(Framing::Lines, 1 << 20, usize::MAX, b"abcd", |_| {})
                .unwrap();
        }
        assert_eq!(cutter.pending(), 800_000);
    }

    #[test]
    fn so_many_at_once_and_the_rest_afterwards() {
        let stream: &[u8] = b"1\n22\n333\n4444\n55555\nrest";
        for most in 1..=6 {
            let (mut cutter, mut messages) = (Cutter::default(), Vec::new());
            let mut bytes = stream;
            loop {
                let before = messages.len();
                let each = |message: &[u8]| messages.push(message.len());
                let more = cutter.feed(Framing::Lines, 9, most, bytes, each).unwrap();
                assert!(messages.len() - before <= most);
                if !more {
                    break;
                }
                bytes = b"";
            }
            assert_eq!((messages, cutter.pending()), (vec![1, 2, 3, 4, 5], 4));
        }
    }

    #[test]
    fn what_was_given_on_leaves_no_memory() {
        let mut cutter = Cutter::default();
        let middle = vec![b'x'; 60_000];
        for piece in [&b"begin"[..], &middle, b"\nab"] {
            cutter
                .feed(Framing::Lines, 1 << 20, 9, piece, |_| {})
                .unwrap();
        }
        assert!(cutter.rest.capacity() < 100, "{}", cutter.rest.capacity());
    }
}
