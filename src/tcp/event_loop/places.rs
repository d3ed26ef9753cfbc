//! The clients of a loop, each at its place.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::side::Client;

/// So many places stay when the last client has gone.
const KEPT: usize = 1024;

/// The clients, each at its place; a place is given again.
#[derive(Default)]
pub(super) struct Clients<C> {
    places: Vec<Option<Client<C>>>,
    free: Vec<usize>,
}

impl<C> Clients<C> {
    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(super) fn insert(&mut self, client: Client<C>) -> usize {
        if let Some(place) = self.free.pop() {
            self.places[place] = Some(client);
            return place;
        }
        self.places.push(Some(client));
        self.places.len() - 1
    }

    pub(super) fn get(&mut self, place: usize) -> Option<&mut Client<C>> {
        self.places.get_mut(place)?.as_mut()
    }

    pub(super) fn remove(&mut self, place: usize) {
        if self.places.get_mut(place).and_then(Option::take).is_some() {
            self.free.push(place);
            if self.len() == 0 && self.places.len() > KEPT {
                self.clear();
            }
        }
    }

    /// One more than the last place that was ever taken.
    pub(super) const fn places(&self) -> usize {
        self.places.len()
    }

    /// Closes all of them, and gives their memory back.
    pub(super) fn clear(&mut self) {
        self.places = Vec::new();
        self.free = Vec::new();
    }
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
