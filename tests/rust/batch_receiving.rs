//! Batches that are received: each datagram by itself, coalesced or not, and what one receive took too much is given next.

use std::sync::Arc;

use netsteps::address::Family;
use netsteps::error::Code;
use netsteps::socket::Batch;

use crate::batches::{SIZES, connected, messages, send_all};
use crate::ends::{bound_udp, families, milliseconds, now, read, soon, std_udp};
use crate::threads::{Running, Watch, run};

fn received(room: &Batch) -> Vec<Vec<u8>> {
    room.iter().map(|one| one.data.to_vec()).collect()
}

#[test]
fn a_batch_gives_single_datagrams_coalesced_or_not() {
    for family in families() {
        for coalesce in [false, true] {
            for sizes in SIZES {
                for most in [1, 3, 7, 64, 1000] {
                    let (receiver, to) = bound_udp(family);
                    if coalesce && !receiver.coalesce(true) {
                        continue;
                    }
                    let socket = connected(to);
                    let messages = messages(sizes);
                    send_all(&socket, &messages);
                    let mut room = Batch::new();
                    let mut all = Vec::new();
                    while all.len() < messages.len() {
                        let count = receiver.receive_batch(&mut room, most, &soon()).unwrap();
                        assert!((1..=most).contains(&count));
                        assert_eq!(count, room.len());
                        assert!(room.iter().all(|one| {
                            Some(one.sender) == socket.local() && one.truncated_from.is_none()
                        }));
                        all.extend(received(&room));
                    }
                    assert_eq!(all, messages, "{coalesce} {most} {sizes:?}");
                    let error = receiver.receive_batch(&mut room, most, &now());
                    assert_eq!(error.unwrap_err().code(), Code::TimedOut);
                    assert!(room.is_empty());
                }
            }
        }
    }
}

/// The surplus of a coalesced datagram is given next, by whatever step receives.
#[test]
fn every_receiving_step_gives_single_datagrams_from_a_coalescing_socket() {
    for family in families() {
        let (receiver, to) = bound_udp(family);
        receiver.coalesce(true);
        let socket = connected(to);
        let messages = messages(&[1000; 40]);
        send_all(&socket, &messages);
        let mut room = Batch::new();
        let mut all = Vec::new();
        while all.len() < messages.len() {
            match all.len() % 6 {
                0 => all.push(receiver.receive_from(2000, &now()).unwrap().data),
                1 => all.push(read(&receiver, 2000).unwrap()),
                2 => {
                    // A cut one says so, and the next one is whole.
                    let datagram = receiver.receive_from(10, &now()).unwrap();
                    assert_eq!(datagram.truncated_from, Some(1000));
                    assert_eq!(datagram.data, messages[all.len()][..10]);
                    all.push(messages[all.len()].clone());
                }
                3 => {
                    let error = read(&receiver, 10).unwrap_err();
                    assert_eq!(error.code(), Code::DatagramCut);
                    assert_eq!(error.details().partial, messages[all.len()][..10]);
                    all.push(messages[all.len()].clone());
                }
                4 => all.push(
                    receiver
                        .receive_ahead(64, &now(), |one| one.data.to_vec())
                        .unwrap(),
                ),
                _ => {
                    receiver.receive_batch(&mut room, 2, &now()).unwrap();
                    all.extend(received(&room));
                }
            }
        }
        assert_eq!(all, messages);
        assert_eq!(receiver.kept_datagrams(), (0, 0));
    }
}

#[test]
fn what_is_taken_ahead_is_kept_and_ends_with_the_socket() {
    let (receiver, to) = bound_udp(Family::Ipv4);
    let messages = messages(&[10, 20, 30]);
    send_all(&connected(to), &messages);
    let first = receiver.receive_ahead(64, &soon(), |one| one.data.to_vec());
    assert_eq!(first.unwrap(), messages[0]);
    assert_eq!(receiver.kept_datagrams(), (2, 50));
    assert_eq!(
        receiver.receive_from(100, &now()).unwrap().data,
        messages[1]
    );
    receiver.close();
    let error = receiver.receive_from(100, &now()).unwrap_err();
    assert_eq!(error.code(), Code::Closed);
    let error = receiver.receive_batch(&mut Batch::new(), 1, &now());
    assert_eq!(error.unwrap_err().code(), Code::Closed);
}

/// One thread waits for the kernel while another takes a surplus: the first is given its part of it.
#[test]
fn nobody_waits_while_there_is_a_surplus() {
    let (receiver, to) = bound_udp(Family::Ipv4);
    receiver.coalesce(true);
    let receiver = Arc::new(receiver);
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let (receiver, watch) = (Arc::clone(&receiver), Watch::default());
            let inside = watch.clone();
            let thread = run(move || receiver.receive_from(2000, &inside.wait()).unwrap().data);
            watch.until_waiting();
            thread
        })
        .collect();
    let messages = messages(&[1000; 4]);
    send_all(&connected(to), &messages);
    let mut all: Vec<_> = waiting.into_iter().map(Running::end).collect();
    all.sort();
    let mut sorted = messages;
    sorted.sort();
    assert_eq!(all, sorted);
}

#[test]
fn close_and_time_end_a_wait_for_a_batch() {
    let (receiver, _) = bound_udp(Family::Ipv4);
    let error = receiver.receive_batch(&mut Batch::new(), 5, &milliseconds(20));
    assert_eq!(error.unwrap_err().code(), Code::TimedOut);
    let receiver = Arc::new(receiver);
    let (inside, watch) = (Arc::clone(&receiver), Watch::default());
    let own = watch.clone();
    let waiting = run(move || {
        inside
            .receive_batch(&mut Batch::new(), 5, &own.wait())
            .unwrap_err()
    });
    watch.until_waiting();
    receiver.close();
    assert_eq!(waiting.end().code(), Code::Closed);
}

#[test]
fn a_refusal_is_told_once_and_no_datagram_is_lost_to_it() {
    let (peer, to) = std_udp(Family::Ipv4);
    let socket = connected(to);
    socket.send(b"x", &soon()).unwrap();
    let (_, from) = peer.recv_from(&mut [0; 10]).unwrap();
    for data in [b"one", b"two"] {
        peer.send_to(data, from).unwrap();
    }
    drop(peer);
    socket.send(b"nobody is there any more", &soon()).unwrap();
    let (mut room, mut all, mut refused) = (Batch::new(), Vec::new(), 0);
    loop {
        match socket.receive_batch(&mut room, 64, &milliseconds(50)) {
            Ok(_) => all.extend(received(&room)),
            Err(error) if error.code() == Code::Refused => refused += 1,
            Err(error) => break assert_eq!(error.code(), Code::TimedOut),
        }
    }
    assert_eq!((refused, all), (1, vec![b"one".to_vec(), b"two".to_vec()]));
}
