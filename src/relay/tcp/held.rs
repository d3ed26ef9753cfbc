//! Bytes that were read and have not gone on yet.

/// Bytes in their order: they come in at the end and go at the front.
#[derive(Debug, Default)]
pub(super) struct Held {
    bytes: Vec<u8>,
    gone: usize,
}

impl Held {
    pub(super) const NOTHING: Self = Self {
        bytes: Vec::new(),
        gone: 0,
    };

    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.gone
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        // What has gone is given back when it is as much as what stays: each byte is moved once at most.
        if self.gone >= self.len() {
            self.bytes.drain(..self.gone);
            self.gone = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The first so many.
    pub(super) fn first(&self, size: usize) -> &[u8] {
        let end = self.bytes.len().min(self.gone.saturating_add(size));
        &self.bytes[self.gone..end]
    }

    /// So many have gone.
    pub(super) fn take(&mut self, size: usize) {
        self.gone += size.min(self.len());
        if self.is_empty() {
            self.clear();
        }
    }

    /// A connection that once was slow does not keep its memory.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_in_the_order_in_which_they_came() {
        let mut held = Held::default();
        let (mut came, mut gone) = (0_u8, 0_u8);
        for round in 0..200_usize {
            let more: Vec<u8> = (0..round % 7)
                .map(|_| {
                    came = came.wrapping_add(1);
                    came
                })
                .collect();
            held.push(&more);
            let size = (round % 5).min(held.len());
            for byte in held.first(size) {
                gone = gone.wrapping_add(1);
                assert_eq!(*byte, gone);
            }
            held.take(size);
            assert!(held.bytes.len() <= 2 * held.len() + 7);
        }
        held.take(usize::MAX);
        assert!(held.is_empty() && held.first(5).is_empty() && held.bytes.capacity() == 0);
    }
}
