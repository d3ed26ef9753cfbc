//! Parts in any order, twice, missing, contradictory and hostile.

use std::time::Duration;

use super::{HEADER, Header, Joiner, Limits, MOST, Message, Splitter, Taken};

const NOW: Duration = Duration::from_secs(1);

fn message(length: usize) -> Vec<u8> {
    (0..251).cycle().take(length).collect()
}

fn parts(message: &[u8], size: usize, id: u32) -> Vec<Vec<u8>> {
    let splitter = Splitter::new(message.len(), size, id).unwrap();
    splitter
        .parts(message)
        .map(|(header, piece)| [&header[..], piece].concat())
        .collect()
}

fn joiner() -> Joiner<&'static str> {
    Joiner::new(Limits::default())
}

fn whole(taken: Taken) -> Vec<u8> {
    match taken {
        Taken::Message(whole) => whole.data,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_comes_back_whatever_its_length_and_the_size_of_the_parts() {
    for length in [0, 1, 99, 100, 101, 1000, 5000] {
        for size in [17, 116, 1472, MOST] {
            let message = message(length);
            let parts = parts(&message, size, 7);
            assert!(parts.iter().all(|part| part.len() <= size));
            assert_eq!(parts.len(), length.div_ceil(size - HEADER).max(1));
            let mut joiner = joiner();
            let (last, front) = parts.split_last().unwrap();
            for part in front {
                assert_eq!(joiner.take("a", part, NOW), Taken::Kept);
            }
            assert_eq!(whole(joiner.take("a", last, NOW)), message);
            assert_eq!((joiner.open(), joiner.memory()), (0, 0));
        }
    }
}

#[test]
fn any_order_will_do_and_duplicates_are_counted() {
    let message = message(1000);
    let parts = parts(&message, 100, 1);
    let mut joiner = joiner();
    for part in parts.iter().skip(1).rev() {
        assert_eq!(joiner.take("a", part, NOW), Taken::Kept);
        assert_eq!(joiner.take("a", part, NOW), Taken::Duplicate);
    }
    let Taken::Message(whole) = joiner.take("a", &parts[0], NOW) else {
        panic!("not whole");
    };
    assert_eq!(whole.data, message);
    assert_eq!((whole.parts, whole.duplicates), (12, 11));
    // A late copy does not begin the message anew, another message of that number does.
    assert_eq!(joiner.take("a", &parts[3], NOW), Taken::Duplicate);
    assert_eq!(joiner.open(), 0);
    assert_eq!(
        joiner.take("a", &super::tests::parts(&message, 200, 1)[0], NOW),
        Taken::Kept
    );
}

#[test]
fn senders_and_messages_are_kept_apart() {
    let (one, two) = (vec![1; 150], vec![2; 150]);
    let (ones, twos) = (parts(&one, 116, 5), parts(&two, 116, 5));
    let others = parts(&two, 116, 6);
    let mut joiner = joiner();
    assert_eq!(joiner.take("a", &ones[0], NOW), Taken::Kept);
    assert_eq!(joiner.take("b", &twos[0], NOW), Taken::Kept);
    assert_eq!(joiner.take("a", &others[0], NOW), Taken::Kept);
    assert_eq!(whole(joiner.take("b", &twos[1], NOW)), two);
    assert_eq!(whole(joiner.take("a", &ones[1], NOW)), one);
    assert_eq!(whole(joiner.take("a", &others[1], NOW)), two);
}

#[test]
fn foreign_and_contradictory_bytes_are_told_and_change_nothing() {
    let message = message(300);
    let parts = parts(&message, 116, 5);
    let mut joiner = joiner();
    let foreign = |joiner: &mut Joiner<_>, bytes: &[u8], word: &str| {
        let Taken::Foreign(words) = joiner.take("a", bytes, NOW) else {
            panic!("{word}");
        };
        assert!(words.contains(word), "{words}");
    };
    foreign(&mut joiner, b"hello", "5 bytes");
    foreign(&mut joiner, &[0; 40], "does not begin");
    foreign(&mut joiner, b"N\x02..............", "version 2");
    foreign(&mut joiner, &parts[0][..50], "carries 34 bytes");
    let mut beyond = parts[0].clone();
    beyond[11] = 9;
    foreign(&mut joiner, &beyond, "part 10 of 3");
    let mut none = parts[0].clone();
    none[2..4].fill(0);
    foreign(&mut joiner, &none, "0 bytes each");
    assert_eq!(joiner.open(), 0);

    assert_eq!(joiner.take("a", &parts[0], NOW), Taken::Kept);
    let mut other = parts[0].clone();
    other[20] ^= 1;
    assert!(
        matches!(joiner.take("a", &other, NOW), Taken::Refused(words) if words.contains("other bytes"))
    );
    let longer = &super::tests::parts(&super::tests::message(301), 116, 5)[1];
    assert!(
        matches!(joiner.take("a", longer, NOW), Taken::Refused(words) if words.contains("301"))
    );
    assert_eq!(joiner.take("a", &parts[2], NOW), Taken::Kept);
    assert_eq!(whole(joiner.take("a", &parts[1], NOW)), message);
}

#[test]
fn a_claimed_length_takes_no_memory() {
    let mut part = parts(&message(100), 116, 1).remove(0);
    part[12..16].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(
        matches!(joiner().take("a", &part, NOW), Taken::Refused(words) if words.contains("4294967295"))
    );
    let mut joiner = Joiner::new(Limits {
        message: usize::MAX,
        ..Limits::default()
    });
    assert_eq!(joiner.take("a", &part, NOW), Taken::Kept);
    assert!(joiner.memory() < 1000);
    let (header, _) = Header::read(&part).unwrap();
    let mut message = Message::of(header);
    message.take(header, &part[HEADER..]);
    assert_eq!(message.missing(), vec![1..42_949_673; 1]);
    assert_eq!(message.bytes_of(&(1..42_949_673)), 100..u64::from(u32::MAX));
}

#[test]
fn holes_are_named_by_parts_and_bytes() {
    let parts = parts(&message(1000), 116, 1);
    let mut message = None;
    for index in [1, 2, 6, 9] {
        let (header, data) = Header::read(&parts[index]).unwrap();
        message
            .get_or_insert_with(|| Message::of(header))
            .take(header, data);
    }
    let message = message.unwrap();
    assert_eq!(message.missing(), [0..1, 3..6, 7..9]);
    assert_eq!(message.bytes_of(&(3..6)), 300..600);
    assert_eq!(message.came(), 4);
    assert!(message.whole().is_err());
}

#[test]
fn memory_and_messages_are_bounded_and_the_oldest_go() {
    let limits = Limits {
        message: 10_000,
        memory: 30_000,
        messages: 10,
        patience: Duration::from_secs(5),
    };
    let mut joiner = Joiner::new(limits);
    for id in 0..1000 {
        let parts = parts(&message(10_000), 1472, id);
        for part in &parts[1..] {
            assert_eq!(
                joiner.take("a", part, Duration::from_millis(id.into())),
                Taken::Kept
            );
        }
        assert!(joiner.memory() <= 30_000 && joiner.open() <= 10);
    }
    assert_eq!(joiner.missing(), joiner.open() as u64);
    let lost = joiner.lost(Duration::from_secs(1));
    assert_eq!(lost.len(), 1000 - joiner.open());
    assert_eq!((lost[0].id, lost[0].came, lost[0].count), (0, 6, 7));
    let rest = joiner.lost(Duration::from_secs(9));
    assert!(rest.iter().all(|lost| lost.why.contains("in time")));
    assert_eq!(
        (joiner.open(), joiner.memory(), joiner.missing()),
        (0, 0, 0)
    );
}

#[test]
fn many_small_parts_of_many_messages_stay_within_the_bound() {
    let mut joiner = Joiner::new(Limits {
        message: 1000,
        memory: 10_000,
        messages: 1_000_000,
        ..Limits::default()
    });
    for id in 0..10_000 {
        joiner.take("a", &parts(&message(2), 17, id)[1], NOW);
        assert!(joiner.memory() <= 10_000);
    }
}

#[test]
fn a_size_that_cannot_be_meant_is_told_with_the_real_ones() {
    for size in [0, 15, 16, 65_508, usize::MAX] {
        let error = Splitter::new(1, size, 0).unwrap_err().to_string();
        assert!(error.contains("1472") && error.contains("1452"), "{error}");
    }
    assert!(
        Splitter::new(1 << 32, 1472, 0)
            .unwrap_err()
            .to_string()
            .contains("4 GiB")
    );
}
