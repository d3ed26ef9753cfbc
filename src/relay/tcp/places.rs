//! The pairs of a relay, each at its place.

use super::pair::Pair;

/// The pairs, each at its place; a place is given again.
#[derive(Default)]
pub(super) struct Pairs {
    places: Vec<Option<Box<Pair>>>,
    free: Vec<usize>,
}

impl Pairs {
    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(super) fn insert(&mut self, pair: Pair) -> usize {
        let pair = Some(Box::new(pair));
        if let Some(place) = self.free.pop() {
            self.places[place] = pair;
            return place;
        }
        self.places.push(pair);
        self.places.len() - 1
    }

    pub(super) fn get(&mut self, place: usize) -> Option<&mut Pair> {
        self.places.get_mut(place)?.as_deref_mut()
    }

    pub(super) fn remove(&mut self, place: usize) {
        if self.places.get_mut(place).and_then(Option::take).is_some() {
            self.free.push(place);
        }
    }

    /// One more than the last place that was ever taken.
    pub(super) const fn places(&self) -> usize {
        self.places.len()
    }

    /// Closes all of them.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
