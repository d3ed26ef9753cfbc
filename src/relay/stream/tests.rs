use std::time::Duration;

use super::{End, Flow, GAP_NS, Limit, Next, Piece, Rules};
use crate::relay::{Verdict, Way};

const MS: u64 = 1_000_000;

fn flow(rules: &Rules) -> Flow {
    Flow::new(rules, 7, 0, Way::ToTarget)
}

/// Lets all go on that may, from this time on: when, and how many.
fn run(flow: &mut Flow, mut now: u64) -> (Vec<(u64, Piece)>, Next) {
    let mut went = Vec::new();
    loop {
        match flow.next(now) {
            Next::Send(size) => {
                let piece = flow.release(now, size);
                went.push((now, piece));
            }
            Next::At(later) => {
                assert!(later > now);
                now = later;
            }
            other => return (went, other),
        }
    }
}

fn sizes(went: &[(u64, Piece)]) -> Vec<usize> {
    went.iter().map(|(_, piece)| piece.size).collect()
}

#[test]
fn bytes_go_on_in_order_after_their_delay() {
    let mut flow = flow(&Rules {
        delay: Duration::from_millis(50),
        ..Rules::default()
    });
    flow.came(10 * MS, 100);
    flow.came(20 * MS, 7);
    assert_eq!(flow.next(59 * MS), Next::At(60 * MS));
    flow.ended(25 * MS, End::Finished);
    let (went, last) = run(&mut flow, 10 * MS);
    assert_eq!(went[0].0, 60 * MS);
    assert_eq!((went[1].0, went[1].1.size), (70 * MS, 7));
    assert_eq!(last, Next::End(End::Finished));
    let piece = &went[0].1;
    assert_eq!((piece.at_ns, piece.delay_ns), (10 * MS, 50 * MS));
    assert_eq!((piece.verdict, &*piece.rule), (Verdict::Late, "delay=0.05"));
    // The end is as late as the bytes are.
    assert_eq!(flow.next(74 * MS), Next::At(75 * MS));
}

#[test]
fn jitter_repeats_with_the_seed_and_keeps_the_order() {
    let rules = Rules {
        delay: Duration::from_millis(5),
        jitter: Duration::from_millis(20),
        ..Rules::default()
    };
    let times = |seed: u64| {
        let mut flow = Flow::new(&rules, seed, 3, Way::ToClient);
        for number in 0..1000 {
            flow.came(number * MS, 1);
        }
        let (went, _) = run(&mut flow, 0);
        went.iter().map(|(at, _)| *at).collect::<Vec<_>>()
    };
    let one = times(7);
    assert_eq!(one, times(7));
    assert_ne!(one, times(8));
    assert!(one.is_sorted());
    for (number, at) in (0..).zip(&one) {
        assert!(*at >= number * MS && *at <= (number + 45) * MS);
    }
}

#[test]
fn a_rate_is_kept_also_when_the_loop_wakes_late() {
    let mut flow = flow(&Rules {
        rate: Some(1e6),
        ..Rules::default()
    });
    flow.came(0, 200_000);
    let (mut now, mut went) = (0, 0);
    while went < 200_000 {
        match flow.next(now) {
            Next::Send(size) => {
                assert!(size <= 10_000);
                flow.release(now, size);
                went += size;
            }
            // Woken 3 ms late each time: the next come sooner.
            Next::At(later) => now = later + 3 * MS,
            other => panic!("{other:?}"),
        }
    }
    assert!((200 * MS..=203 * MS).contains(&now), "{now}");
    // What comes after a rest is not faster.
    flow.came(900 * MS, 1000);
    assert_eq!(flow.next(900 * MS), Next::At(901 * MS));
}

#[test]
fn a_rate_makes_up_for_little_of_the_time_in_which_the_receiver_did_not_read() {
    let mut flow = flow(&Rules {
        rate: Some(1e6),
        ..Rules::default()
    });
    flow.came(0, 100_000);
    assert_eq!(flow.next(500 * MS), Next::Send(10_000));
    flow.was_held_up(500 * MS);
    let (went, _) = run(&mut flow, 500 * MS);
    assert_eq!(went.last().unwrap().0, 550 * MS);
}

#[test]
fn chunks_are_cut_at_the_same_bytes_however_they_came() {
    let rules = Rules {
        chunk: Some(10),
        ..Rules::default()
    };
    let mut whole = flow(&rules);
    whole.came(0, 10_000);
    let (went, _) = run(&mut whole, 0);
    let cuts = |sizes: &[usize]| {
        let mut at = 0;
        sizes
            .iter()
            .map(|size| {
                at += size;
                at
            })
            .collect::<Vec<_>>()
    };
    let pieces = sizes(&went);
    assert!(pieces.iter().all(|size| (1..=10).contains(size)));
    assert!(went.windows(2).all(|two| two[1].0 - two[0].0 >= GAP_NS));
    let mean = 10_000.0 / f64::from(u32::try_from(pieces.len()).unwrap());
    assert!((mean - 5.5).abs() < 0.3, "{mean}");
    assert_eq!(went[5].1.verdict, Verdict::Split);
    assert_eq!(went[5].1.rule, "chunk=10");

    let mut bits = flow(&rules);
    let mut now = 0;
    let mut others = Vec::new();
    for _ in 0..3333 {
        bits.came(now, 3);
        let (went, _) = run(&mut bits, now);
        now = went.last().unwrap().0 + GAP_NS;
        others.extend(sizes(&went));
    }
    let (one, other) = (cuts(&pieces), cuts(&others));
    assert!(
        one.iter()
            .filter(|at| **at <= 9_999)
            .all(|at| other.contains(at))
    );
}

#[test]
fn what_is_glued_goes_on_as_one() {
    let mut flow = flow(&Rules {
        glue: Some(Duration::from_millis(10)),
        ..Rules::default()
    });
    for at in [0, 3, 9, 30] {
        flow.came(at * MS, 5);
    }
    let (went, _) = run(&mut flow, 0);
    assert_eq!(sizes(&went), [15, 5]);
    assert_eq!((went[0].0, went[1].0), (10 * MS, 40 * MS));
    assert_eq!(went[0].1.verdict, Verdict::Glued);
    assert_eq!(went[1].1.verdict, Verdict::Late);
    assert_eq!(went[1].1.rule, "glue=0.01");
}

#[test]
fn a_limit_is_reached_at_its_very_byte() {
    let of = |rules: Rules| {
        let mut flow = flow(&rules);
        flow.came(0, 60);
        flow.came(0, 60);
        let (went, last) = run(&mut flow, 0);
        assert_eq!(sizes(&went).iter().sum::<usize>(), 100);
        assert_eq!((flow.room(), flow.discard(), flow.kept()), (0, 20, 0));
        last
    };
    let hundred = Some(100);
    let reset = Rules {
        reset_after: hundred,
        stall_after: hundred,
        ..Rules::default()
    };
    assert_eq!(of(reset), Next::Limit(Limit::Reset));
    let stall = Rules {
        stall_after: hundred,
        ..Rules::default()
    };
    assert_eq!(of(stall), Next::Limit(Limit::Stall));
    let mut at_once = flow(&Rules {
        reset_after: Some(0),
        ..Rules::default()
    });
    assert_eq!(run(&mut at_once, 0).1, Next::Limit(Limit::Reset));
}

#[test]
fn the_end_waits_for_a_slow_close() {
    let mut flow = flow(&Rules {
        slow_close: Some(Duration::from_millis(500)),
        ..Rules::default()
    });
    flow.came(0, 5);
    flow.ended(1, End::Finished);
    let (went, _) = run(&mut flow, 0);
    assert_eq!(went[0].1.verdict, Verdict::Passed);
    assert_eq!(went[0].1.rule, "");
    assert_eq!(flow.next(400 * MS), Next::At(500 * MS + 1));
    assert_eq!(flow.next(500 * MS + 1), Next::End(End::Finished));
}

#[test]
fn memory_is_bounded() {
    let mut flow = flow(&Rules {
        chunk: Some(1 << 20),
        ..Rules::default()
    });
    let room = flow.room();
    flow.came(0, room);
    assert_eq!(flow.room(), 0);
    assert_eq!(flow.release(0, 1).size, 1);
    assert_eq!((flow.room(), flow.kept()), (1, room - 1));
}

#[test]
fn memory_is_bounded_when_each_byte_comes_by_itself() {
    let mut flow = flow(&Rules {
        delay: Duration::from_mins(1),
        ..Rules::default()
    });
    let room = flow.room();
    let mut came = 0;
    while flow.room() > 0 {
        flow.came(came, 1);
        came += 1;
    }
    assert_eq!(flow.kept() as u64, came);
    assert!(flow.kept() < room / 20);
}

#[test]
fn one_more_rule_draws_nothing_from_another() {
    let rules = Rules {
        chunk: Some(100),
        ..Rules::default()
    };
    let more = Rules {
        jitter: Duration::from_millis(1),
        rate: Some(1e9),
        ..rules.clone()
    };
    let cuts = |rules: &Rules| {
        let mut flow = flow(rules);
        flow.came(0, 5000);
        sizes(&run(&mut flow, 0).0)
    };
    assert_eq!(cuts(&rules), cuts(&more));
}
