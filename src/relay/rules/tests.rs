//! 100,000 packets through each rule, within 4 standard deviations of what was asked; and what must not change a decision.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::relay::{Verdict, Verdicts, Way};

const PACKETS: u32 = 100_000;
const SIZE: usize = 1200;
/// A packet each millisecond.
const EVERY: u64 = 1_000_000;

fn judge(rules: &Rules, seed: u64, flow: u32) -> Judge {
    rules.check().unwrap();
    Judge::new(&Arc::new(rules.clone()), seed, flow, Way::ToTarget, 28)
}

fn fates(rules: &Rules, seed: u64, flow: u32) -> Vec<Fate> {
    let mut judge = judge(rules, seed, flow);
    (0..u64::from(PACKETS))
        .map(|number| judge.judge(number * EVERY, SIZE, false))
        .collect()
}

fn count(fates: &[Fate], verdict: Verdict) -> f64 {
    let count = fates.iter().filter(|fate| fate.all.has(verdict)).count();
    f64::from(u32::try_from(count).unwrap())
}

/// Within 4 standard deviations of a binomial distribution.
fn near(count: f64, probability: f64) {
    let all = f64::from(PACKETS);
    let deviation = (all * probability * (1.0 - probability)).sqrt();
    let away = (count - all * probability).abs();
    assert!(away <= 4.0 * deviation, "{count} for {probability}");
}

fn all_rules() -> Rules {
    Rules {
        loss: 0.1,
        burst: Some(Burst {
            enter: 0.01,
            leave: 0.2,
            loss_good: 0.0,
            loss_bad: 0.9,
        }),
        delay: Duration::from_millis(20),
        jitter: Duration::from_millis(5),
        reorder: 0.05,
        reorder_by: Behind::Packets(3),
        duplicate: 0.02,
        corrupt: 0.03,
        ..Rules::default()
    }
}

#[test]
fn loss_duplicates_corruption_and_reordering_are_as_frequent_as_asked() {
    for (seed, probability) in [(1, 0.001), (2, 0.1), (3, 0.3), (4, 0.9), (5, 0.0), (6, 1.0)] {
        let asked = Rules {
            loss: probability,
            ..Rules::default()
        };
        near(count(&fates(&asked, seed, 0), Verdict::Lost), probability);
        let asked = Rules {
            duplicate: probability,
            ..Rules::default()
        };
        let found = fates(&asked, seed, 0);
        near(count(&found, Verdict::Doubled), probability);
        assert!(found.iter().all(|fate| fate.due_ns[0].is_some()));
        let asked = Rules {
            corrupt: probability,
            ..Rules::default()
        };
        let found = fates(&asked, seed, 0);
        near(count(&found, Verdict::Corrupted), probability);
        let asked = Rules {
            reorder: probability,
            ..Rules::default()
        };
        near(
            count(&fates(&asked, seed, 0), Verdict::Reordered),
            probability,
        );
    }
}

#[test]
fn bits_are_flipped_everywhere_alike() {
    let asked = Rules {
        corrupt: 1.0,
        ..Rules::default()
    };
    let bits = SIZE * 8;
    let mut eighths = [0_u32; 8];
    for fate in fates(&asked, 9, 0) {
        let bit = usize::try_from(fate.flip.unwrap()).unwrap();
        eighths[bit * 8 / bits] += 1;
    }
    for eighth in eighths {
        near(f64::from(eighth), 0.125);
    }
}

#[test]
fn an_empty_datagram_has_no_bit_to_flip() {
    let asked = Rules {
        corrupt: 1.0,
        ..Rules::default()
    };
    let fate = judge(&asked, 9, 0).judge(0, 0, false);
    assert!(fate.is_nothing() && fate.all.has(Verdict::Passed));
}

#[test]
fn bursts_lose_as_much_and_last_as_long_as_asked() {
    let burst = Burst {
        enter: 0.02,
        leave: 0.25,
        loss_good: 0.0,
        loss_bad: 1.0,
    };
    let asked = Rules {
        burst: Some(burst),
        ..Rules::default()
    };
    let lost: Vec<bool> = fates(&asked, 3, 0)
        .iter()
        .map(|fate| fate.verdict == Verdict::Lost)
        .collect();
    let all = f64::from(PACKETS);
    let losses = f64::from(u32::try_from(lost.iter().filter(|it| **it).count()).unwrap());
    let begun = lost.windows(2).filter(|two| !two[0] && two[1]).count();
    let begun = f64::from(u32::try_from(begun).unwrap());
    // The packets of a burst are not independent: the variance grows by (1 + r) / (1 - r), where r = 1 - enter - leave.
    let (share, related) = (burst.average(), 1.0 - burst.enter - burst.leave);
    let deviation = (all * share * (1.0 - share) * (1.0 + related) / (1.0 - related)).sqrt();
    assert!((losses - all * share).abs() < 4.0 * deviation, "{losses}");
    // The length of a burst is geometric: mean 1 / leave, deviation sqrt(1 - leave) / leave.
    let length = losses / begun;
    let deviation = (1.0 - burst.leave).sqrt() / burst.leave / begun.sqrt();
    assert!(
        (length - 1.0 / burst.leave).abs() < 4.0 * deviation,
        "{length}"
    );
}

#[test]
fn a_bad_path_may_also_lose_only_some() {
    let burst = Burst {
        enter: 1.0,
        leave: 0.0,
        loss_good: 0.0,
        loss_bad: 0.4,
    };
    let asked = Rules {
        burst: Some(burst),
        ..Rules::default()
    };
    near(count(&fates(&asked, 3, 0), Verdict::Lost), 0.4);
    assert!((burst.average() - 0.4).abs() < 1e-12);
}

#[test]
fn delay_is_exact_and_jitter_even_around_it() {
    let asked = Rules {
        delay: Duration::from_millis(50),
        ..Rules::default()
    };
    let exact = |(number, fate): (usize, &Fate)| {
        fate.due_ns[0] == Some(number as u64 * EVERY + 50_000_000) && fate.verdict == Verdict::Late
    };
    assert!(fates(&asked, 1, 0).iter().enumerate().all(exact));

    let asked = Rules {
        jitter: Duration::from_millis(10),
        ..asked
    };
    let late: Vec<f64> = fates(&asked, 1, 0)
        .iter()
        .enumerate()
        .map(|(number, fate)| fate.due_ns[0].unwrap() - number as u64 * EVERY)
        .map(|late| f64::from(u32::try_from(late).unwrap()))
        .collect();
    let mean = late.iter().sum::<f64>() / f64::from(PACKETS);
    // An even distribution of width w has the deviation w / sqrt(12).
    let deviation = 20e6 / 12_f64.sqrt() / f64::from(PACKETS).sqrt();
    assert!((mean - 50e6).abs() < 4.0 * deviation, "{mean}");
    assert!(late.iter().all(|late| (40e6..=60e6).contains(late)));
    let early = late.iter().filter(|late| **late < 45e6).count();
    near(f64::from(u32::try_from(early).unwrap()), 0.25);
}

#[test]
fn jitter_without_delay_never_goes_below_zero() {
    let asked = Rules {
        jitter: Duration::from_millis(10),
        ..Rules::default()
    };
    let fates = fates(&asked, 4, 0);
    // Half of the draws are below zero, and pass at once.
    near(count(&fates, Verdict::Passed), 0.5);
}

#[test]
fn a_rate_is_kept_and_what_does_not_fit_is_lost() {
    // 1.2 MB/s come, 0.6 MB/s pass.
    let asked = Rules {
        rate: Some(600_000.0),
        ..Rules::default()
    };
    let fates = fates(&asked, 1, 0);
    near(count(&fates, Verdict::Lost), 0.5);
    let last = fates
        .iter()
        .filter_map(|fate| fate.due_ns[0])
        .max()
        .unwrap();
    let bytes = (f64::from(PACKETS) - count(&fates, Verdict::Lost)) * 1200.0;
    let seconds = Duration::from_nanos(last).as_secs_f64();
    assert!((bytes / seconds / 600_000.0 - 1.0).abs() < 0.001);
    assert!(
        fates
            .iter()
            .all(|fate| matches!(fate.rule, Rule::Rate | Rule::None))
    );
}

#[test]
fn what_is_larger_than_the_path_is_too_big() {
    let asked = Rules {
        mtu: Some(1228),
        ..Rules::default()
    };
    let mut judge = judge(&asked, 1, 0);
    assert!(judge.judge(0, 1200, false).is_nothing());
    let fate = judge.judge(0, 1201, false);
    assert_eq!((fate.verdict, fate.rule), (Verdict::TooBig, Rule::Mtu));
    assert_eq!(fate.due_ns, [None, None]);
}

#[test]
fn the_same_seed_repeats_exactly_and_another_does_not() {
    let asked = all_rules();
    let first = fates(&asked, 7, 0);
    assert_eq!(first, fates(&asked, 7, 0));
    assert_ne!(first, fates(&asked, 8, 0));
    assert_ne!(first, fates(&asked, 7, 1));
}

#[test]
fn another_flow_and_the_time_change_nothing() {
    let asked = all_rules();
    let alone = fates(&asked, 7, 0);
    let (mut one, mut other) = (judge(&asked, 7, 0), judge(&asked, 7, 1));
    for (number, before) in (0_u64..).zip(&alone) {
        for _ in 0..number % 3 {
            other.judge(number, 10, number % 2 == 0);
        }
        let now = number * number % 1_000_003;
        let fate = one.judge(now, SIZE, false);
        assert_eq!((fate.verdict, fate.all), (before.verdict, before.all));
        assert_eq!((fate.flip, fate.behind), (before.flip, before.behind));
        let late = |fate: &Fate, from: u64| fate.due_ns.map(|due| due.map(|due| due - from));
        assert_eq!(late(&fate, now), late(before, number * EVERY));
    }
}

#[test]
fn one_more_rule_changes_no_other_decision() {
    let without = Rules {
        burst: None,
        corrupt: 0.0,
        jitter: Duration::ZERO,
        ..all_rules()
    };
    let with = fates(&all_rules(), 7, 0);
    for (one, other) in with.iter().zip(fates(&without, 7, 0)) {
        if one.verdict == Verdict::Lost && one.rule == Rule::Burst {
            continue;
        }
        for verdict in [Verdict::Lost, Verdict::Doubled, Verdict::Reordered] {
            assert_eq!(one.all.has(verdict), other.all.has(verdict));
        }
    }
}

#[test]
fn a_partition_loses_everything_and_shifts_nothing() {
    let asked = all_rules();
    let whole = fates(&asked, 7, 0);
    let mut judge = judge(&asked, 7, 0);
    for (number, before) in (0_u64..).zip(&whole) {
        let parted = (1000..2000).contains(&number);
        let fate = judge.judge(number * EVERY, SIZE, parted);
        if parted {
            assert_eq!((fate.verdict, fate.rule), (Verdict::Lost, Rule::Partition));
        } else {
            assert_eq!(fate, *before);
        }
    }
}

#[test]
fn without_rules_all_pass_at_once() {
    let asked = Rules::default();
    assert!(asked.is_none());
    let passes = |(number, fate): (usize, &Fate)| {
        fate.is_nothing() && fate.due_ns == [Some(number as u64 * EVERY), None]
    };
    let fates = fates(&asked, 1, 0);
    assert!(fates.iter().enumerate().all(passes));
    assert!(
        fates
            .iter()
            .all(|fate| fate.all == Verdicts::only(Verdict::Passed))
    );
}

#[test]
fn the_worst_gives_the_verdict_and_all_are_told() {
    let asked = Rules {
        delay: Duration::from_millis(1),
        duplicate: 1.0,
        corrupt: 1.0,
        ..Rules::default()
    };
    let fate = judge(&asked, 1, 0).judge(5, SIZE, false);
    assert_eq!(
        (fate.verdict, fate.rule),
        (Verdict::Corrupted, Rule::Corrupt)
    );
    let all: Vec<_> = fate.all.iter().collect();
    assert_eq!(all, [Verdict::Late, Verdict::Doubled, Verdict::Corrupted]);
    assert_eq!(fate.due_ns, [Some(1_000_005), Some(1_000_005)]);
}
