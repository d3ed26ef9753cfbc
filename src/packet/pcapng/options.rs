//! The options behind the fixed part of a block: a code, a length, and as many bytes, padded to four.

use std::borrow::Cow;

use super::blocks::Block;
use crate::packet::file::Record;

const END: u16 = 0;
const COMMENT: u16 = 1;

/// The options of a block, one after the other, as far as they are whole.
pub(super) struct Options<'a> {
    rest: Block<'a>,
}

impl<'a> Options<'a> {
    pub(super) const fn of(rest: Block<'a>) -> Self {
        Self { rest }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, Block<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (code, length) = (self.rest.u16(0)?, usize::from(self.rest.u16(2)?));
        if code == END {
            return None;
        }
        let value = self.rest.part(4, length)?;
        self.rest = self
            .rest
            .from(4 + length.next_multiple_of(4))
            .unwrap_or(Block::new(&[], false));
        Some((code, value))
    }
}

/// The comments of a packet, one in a line.
pub(in crate::packet) fn comment<'a>(
    data: &'a [u8],
    record: &Record,
    big_endian: bool,
) -> Option<Cow<'a, str>> {
    let from = record.range().end;
    let padded = from + (record.captured as usize).next_multiple_of(4) - record.captured as usize;
    let options = data.get(padded..padded.checked_add(record.options as usize)?)?;
    let mut comments = Options::of(Block::new(options, big_endian))
        .filter(|(code, _)| *code == COMMENT)
        .map(|(_, text)| String::from_utf8_lossy(text.bytes()));
    let first = comments.next()?;
    Some(comments.fold(first, |all, next| Cow::Owned(format!("{all}\n{next}"))))
}
