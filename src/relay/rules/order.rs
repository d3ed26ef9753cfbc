//! Packets that wait until later ones have gone on before them.

use std::collections::VecDeque;

/// Those of one way of one flow that are put behind others.
#[derive(Debug)]
pub struct Order<T> {
    held: VecDeque<Held<T>>,
    next: u64,
}

#[derive(Debug)]
struct Held<T> {
    id: u64,
    /// How many have to go on before it.
    left: u32,
    item: T,
}

impl<T> Default for Order<T> {
    fn default() -> Self {
        Self {
            held: VecDeque::new(),
            next: 0,
        }
    }
}

impl<T> Order<T> {
    /// Keeps one until `behind` others have gone on. The number that takes it out before.
    pub fn hold(&mut self, behind: u32, item: T) -> u64 {
        let id = self.next;
        self.next += 1;
        self.held.push_back(Held {
            id,
            left: behind.max(1),
            item,
        });
        id
    }

    /// Another has gone on: gives those that have now waited for enough of them, in their order.
    pub fn gone(&mut self, mut release: impl FnMut(T)) {
        for held in &mut self.held {
            held.left = held.left.saturating_sub(1);
        }
        let mut at = 0;
        while let Some(held) = self.held.get(at) {
            if held.left > 0 {
                at += 1;
            } else if let Some(held) = self.held.remove(at) {
                release(held.item);
            }
        }
    }

    /// Takes one out because no other came in time; `None` when it has gone on.
    pub fn take(&mut self, id: u64) -> Option<T> {
        let at = self.held.iter().position(|held| held.id == id)?;
        self.held.remove(at).map(|held| held.item)
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_behind_as_many_as_were_asked_for() {
        let mut order = Order::default();
        let mut out = Vec::new();
        order.hold(2, 'a');
        order.hold(1, 'b');
        out.push('c');
        order.gone(|item| out.push(item));
        out.push('d');
        order.gone(|item| out.push(item));
        assert_eq!(out, ['c', 'b', 'd', 'a']);
        assert!(order.is_empty());
    }

    #[test]
    fn one_that_nobody_follows_is_taken_out() {
        let mut order = Order::default();
        let (first, second) = (order.hold(1, 1), order.hold(3, 2));
        order.gone(|item| assert_eq!(item, 1));
        assert_eq!((order.take(first), order.take(second)), (None, Some(2)));
        assert!(order.is_empty());
    }
}
