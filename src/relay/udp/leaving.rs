//! What leaves, and what is to be told of it.

use std::io;

use super::clients::Client;
use super::sending::{self, Outgoing, Told};
use super::work::Work;
use crate::relay::{Passage, Verdict, Way};
use crate::sys::errno;

impl Work {
    /// Sends these one way.
    pub(super) fn send(&mut self, way: Way, outgoing: &[Outgoing<'_>], now_ns: u64) {
        if outgoing.is_empty() {
            return;
        }
        let bytes: usize = outgoing.iter().map(|one| one.data.len()).sum();
        let log = &self.shared.log;
        log.delivered(way, outgoing.len() as u64, bytes as u64);
        match way {
            Way::ToTarget => {
                for run in outgoing.chunk_by(|one, next| one.place == next.place) {
                    let place = run.first().map_or(0, |first| first.place);
                    let Some(client) = self.clients.get(place) else {
                        continue;
                    };
                    client.last_ns = client.last_ns.max(now_ns);
                    let upstream = client.upstream.held();
                    let told = sending::send(&upstream, &mut client.segments, run, &|_| None);
                    self.told(way, run, told);
                }
            }
            Way::ToClient => {
                let clients = &self.clients;
                let to = |one: &Outgoing<'_>| clients.at(one.place).map(|client| &client.to);
                let told = sending::send(&self.listener, &mut self.segments, outgoing, &to);
                self.told(way, outgoing, told);
            }
        }
    }

    /// What is to be told of a send: events, and what could not leave.
    fn told(&mut self, way: Way, outgoing: &[Outgoing<'_>], told: Vec<Told>) {
        for told in told {
            match told {
                Told::Sent(range, span) => {
                    for one in &outgoing[range] {
                        let Some((client, traced)) =
                            self.clients.get(one.place).zip(one.traced.as_ref())
                        else {
                            continue;
                        };
                        match way {
                            Way::ToTarget => client.ends.went(None, &one.data, traced, span),
                            Way::ToClient => {
                                let to = Some(client.address);
                                self.ends.went(to, &one.data, traced, span);
                            }
                        }
                    }
                }
                Told::Answer(at, error) => {
                    if let Some(one) = outgoing.get(at) {
                        self.answered(one.place, &error);
                    }
                }
                Told::Failed(at, error) => {
                    let Some(one) = outgoing.get(at) else {
                        continue;
                    };
                    let (now_ns, size) = (self.now(), one.data.len());
                    if let Some(client) = self.clients.get(one.place) {
                        let why = if error.kind() == io::ErrorKind::WouldBlock {
                            "the kernel has no room".to_owned()
                        } else {
                            error.to_string()
                        };
                        let passage = passage(client, way, now_ns, one.number, size);
                        let passage = passage.judged(Verdict::Failed, why);
                        self.shared.log.undelivered(passage);
                    }
                }
            }
        }
    }

    /// The network said that something that was sent to the target did not arrive (ICMP).
    pub(super) fn answered(&mut self, place: usize, error: &io::Error) {
        let now_ns = self.now();
        let Some(client) = self.clients.get(place) else {
            return;
        };
        let last = client.ways[Way::ToTarget.index()].number.saturating_sub(1);
        let (verdict, why) = if error.raw_os_error() == Some(errno::ECONNREFUSED) {
            (Verdict::Refused, "nobody receives at the target".to_owned())
        } else {
            (Verdict::Failed, error.to_string())
        };
        let passage = passage(client, Way::ToTarget, now_ns, last, 0);
        self.shared.log.note(passage.judged(verdict, why));
    }
}

const fn passage(client: &Client, way: Way, now_ns: u64, number: u64, size: usize) -> Passage {
    Passage::new(now_ns, way, client.flow, client.address, number, size)
}
