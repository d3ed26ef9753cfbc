//! When a pair is looked at without being told: the times of it that are in the schedule.

/// The nearest is the last. Without the later ones, a time that is far away would be scheduled anew after each nearer one, and a
/// schedule that forgets nothing would grow with each chunk until then.
#[derive(Debug, Default)]
pub(super) struct Dues(Vec<u64>);

impl Dues {
    /// Notes this time. Whether it is to be scheduled: it is nearer than all that are.
    pub(super) fn add(&mut self, due_ns: u64) -> bool {
        let nearer = self.0.last().is_none_or(|known| due_ns < *known);
        if nearer {
            self.0.push(due_ns);
        }
        nearer
    }

    /// The nearest has come.
    pub(super) fn came(&mut self) {
        self.0.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_far_time_is_scheduled_once_however_many_nearer_ones_come() {
        let mut dues = Dues::default();
        assert!(dues.add(1_000_000));
        for now in 0..1000 {
            assert!(dues.add(now + 1));
            dues.came();
            assert!(!dues.add(1_000_000));
        }
        assert_eq!(dues.0, [1_000_000]);
        dues.came();
        assert!(dues.add(5) && !dues.add(5) && dues.add(4) && !dues.add(7));
    }
}
