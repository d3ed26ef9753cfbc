//! Any datagrams to a joiner: nothing panics, memory stays within its bound, and an honest message comes through all the same.

use std::time::Duration;

use netsteps::packet::split::{Header, Joiner, Limits, Message, Splitter, Taken};

const LIMITS: Limits = Limits {
    message: 4096,
    memory: 20_000,
    messages: 8,
    patience: Duration::from_secs(5),
};

/// Cuts the bytes into datagrams, and gives them to a joiner.
pub fn check(data: &[u8]) {
    let mut joiner = Joiner::new(LIMITS);
    let mut alone: Option<Message> = None;
    let mut now = Duration::ZERO;
    let mut rest = data;
    while let [sender, size, behind @ ..] = rest {
        let (datagram, behind) = behind.split_at(behind.len().min(usize::from(*size)));
        rest = behind;
        now += Duration::from_millis(u64::from(*sender));
        match joiner.take(sender % 4, datagram, now) {
            Taken::Message(whole) => assert!(whole.data.len() <= LIMITS.message),
            Taken::Foreign(words) | Taken::Refused(words) => assert!(!words.is_empty()),
            Taken::Kept | Taken::Duplicate => {}
        }
        assert!(joiner.memory() <= LIMITS.memory && joiner.open() <= LIMITS.messages);
        if let Ok((header, piece)) = Header::read(datagram) {
            assert_eq!(header.bytes(), datagram[..16]);
            let message = alone.get_or_insert_with(|| Message::of(header));
            message.take(header, piece);
            let missing: u64 = message
                .missing()
                .iter()
                .map(|hole| u64::from(hole.end - hole.start))
                .sum();
            assert_eq!(
                missing + u64::from(message.came()),
                u64::from(message.count())
            );
            assert_eq!(message.is_whole(), missing == 0);
        }
    }
    honest(&mut joiner, data, now);
    joiner.lost(now + Duration::from_mins(1));
    assert_eq!((joiner.open(), joiner.memory()), (0, 0));
}

/// A message of another sender is joined, whatever came before it.
fn honest(joiner: &mut Joiner<u8>, data: &[u8], now: Duration) {
    let message = &data[..data.len().min(LIMITS.message)];
    let size = 17 + data.len() % 500;
    let Ok(splitter) = Splitter::new(message.len(), size, 7) else {
        panic!("size {size} is one that can be meant");
    };
    let mut last = Taken::Kept;
    for (header, piece) in splitter.parts(message) {
        assert!(16 + piece.len() <= size);
        last = joiner.take(9, &[&header[..], piece].concat(), now);
    }
    // Many tiny parts may be more than the memory holds; then it is refused, and nothing is silent.
    match last {
        Taken::Message(whole) => assert_eq!(whole.data, message),
        Taken::Kept | Taken::Refused(_) => assert!(splitter.count() > 100),
        other => panic!("{other:?}"),
    }
}
