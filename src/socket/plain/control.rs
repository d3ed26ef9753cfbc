//! Ancillary data as rows of bytes, read and written without a pointer. cmsg(3).

/// One control message: level, type, bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// `SOL_SOCKET`, for example.
    pub level: i32,
    /// `SCM_RIGHTS`, for example.
    pub kind: i32,
    /// What it carries.
    pub data: Vec<u8>,
}

/// A header: the length of header and data in a `size_t`, the level, the type.
const WORD: usize = size_of::<usize>();
const HEADER: usize = WORD + 2 * size_of::<i32>();

/// Up to the next place where a header may stand: `CMSG_ALIGN`.
const fn aligned(size: usize) -> Option<usize> {
    match size.checked_add(WORD - 1) {
        Some(size) => Some(size & !(WORD - 1)),
        None => None,
    }
}

/// How much room a message of this size takes: `CMSG_SPACE`. `None`: more than there can be.
#[must_use]
pub const fn room_for(data: usize) -> Option<usize> {
    match aligned(data) {
        Some(size) => size.checked_add(HEADER),
        None => None,
    }
}

/// The messages one after the other, as the kernel reads them; `None`: longer than there can be.
#[must_use]
pub fn packed(messages: &[Control]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for message in messages {
        let begin = bytes.len();
        let length = HEADER.checked_add(message.data.len())?;
        bytes.extend_from_slice(&length.to_ne_bytes());
        bytes.extend_from_slice(&message.level.to_ne_bytes());
        bytes.extend_from_slice(&message.kind.to_ne_bytes());
        bytes.extend_from_slice(&message.data);
        bytes.resize(begin.checked_add(room_for(message.data.len())?)?, 0);
    }
    Some(bytes)
}

/// The messages that the kernel wrote; of one that was cut, as much as there is.
#[must_use]
pub fn controls(bytes: &[u8]) -> Vec<Control> {
    let mut messages = Vec::new();
    let mut rest = bytes;
    while let Some((header, behind)) = rest.split_at_checked(HEADER) {
        let number = |at: usize| {
            let four = header.get(at..at + 4).and_then(|four| four.try_into().ok());
            four.map_or(0, i32::from_ne_bytes)
        };
        let length = header
            .first_chunk()
            .map_or(0, |word| usize::from_ne_bytes(*word));
        let Some(size) = length.checked_sub(HEADER) else {
            break;
        };
        messages.push(Control {
            level: number(WORD),
            kind: number(WORD + 4),
            data: behind[..size.min(behind.len())].to_vec(),
        });
        match aligned(length).and_then(|next| rest.get(next..)) {
            Some(next) => rest = next,
            None => break,
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_found_again() {
        let messages: Vec<Control> = [0, 1, 4, 7, 8, 100]
            .iter()
            .map(|size| Control {
                level: 1,
                kind: *size,
                data: vec![7; usize::try_from(*size).expect("a size")],
            })
            .collect();
        let bytes = packed(&messages).expect("bytes");
        assert_eq!(controls(&bytes), messages);
        for cut in 0..bytes.len() {
            assert!(controls(&bytes[..cut]).len() <= messages.len());
        }
    }

    #[test]
    fn lengths_that_cannot_be_end_the_reading() {
        for length in [0, 1, HEADER - 1, usize::MAX, usize::MAX - 7] {
            let mut bytes = vec![0; 64];
            bytes[..WORD].copy_from_slice(&length.to_ne_bytes());
            assert!(controls(&bytes).len() <= 1);
        }
        assert_eq!(room_for(usize::MAX), None);
    }
}
