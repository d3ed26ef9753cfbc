//! Things that are due at a time. It has no clock: time is an argument.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Things in the order in which they are due; those of one time in the order in which they were put in.
#[derive(Debug)]
pub struct Schedule<T> {
    heap: BinaryHeap<Entry<T>>,
    next: u64,
}

#[derive(Debug)]
struct Entry<T> {
    due_ns: u64,
    order: u64,
    item: T,
}

impl<T> Entry<T> {
    const fn key(&self) -> (u64, u64) {
        (self.due_ns, self.order)
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    /// The heap gives the greatest first: the one that is due first is the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl<T> Default for Schedule<T> {
    fn default() -> Self {
        Self {
            heap: BinaryHeap::new(),
            next: 0,
        }
    }
}

impl<T> Schedule<T> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts something in that is due at this time.
    pub fn push(&mut self, due_ns: u64, item: T) {
        let order = self.next;
        self.next += 1;
        self.heap.push(Entry {
            due_ns,
            order,
            item,
        });
    }

    /// When the first is due.
    #[must_use]
    pub fn next_due(&self) -> Option<u64> {
        self.heap.peek().map(|entry| entry.due_ns)
    }

    /// The first that is due at this time, with the time at which it was.
    pub fn pop_due(&mut self, now_ns: u64) -> Option<(u64, T)> {
        if self.next_due()? > now_ns {
            return None;
        }
        self.heap.pop().map(|entry| (entry.due_ns, entry.item))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// Forgets those for which this is false.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.heap.retain(|entry| keep(&entry.item));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_in_the_order_of_time_and_within_it_in_that_of_coming() {
        let mut schedule = Schedule::new();
        for (due, item) in [(5, 'c'), (3, 'a'), (5, 'd'), (3, 'b'), (9, 'e')] {
            schedule.push(due, item);
        }
        assert_eq!((schedule.next_due(), schedule.len()), (Some(3), 5));
        assert_eq!(schedule.pop_due(2), None);
        let mut given = Vec::new();
        while let Some((due, item)) = schedule.pop_due(5) {
            given.push((due, item));
        }
        assert_eq!(given, [(3, 'a'), (3, 'b'), (5, 'c'), (5, 'd')]);
        assert_eq!(schedule.next_due(), Some(9));
        schedule.retain(|item| *item != 'e');
        assert!(schedule.is_empty());
    }
}
