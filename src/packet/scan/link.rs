//! Link headers, and ARP.

use etherparse::{ArpPacketSlice, Ethernet2HeaderSlice};

use super::{Next, Scan};
use crate::packet::numbers::{ether, loopback_family};
use crate::packet::{Kind, Protocol};

impl Scan<'_> {
    pub(super) fn ethernet(&mut self) -> Option<Next> {
        match Ethernet2HeaderSlice::from_slice(self.rest()) {
            Ok(header) => {
                self.push_then(Kind::Ethernet, 14, Next::Ether(header.ether_type().into()))
            }
            Err(error) => self.short(Kind::Ethernet, error.required_len),
        }
    }

    pub(super) fn linux_sll(&mut self) -> Option<Next> {
        let Some(header) = self.rest().first_chunk::<16>() else {
            return self.short(Kind::LinuxSll, 16);
        };
        let next = u16::from_be_bytes([header[14], header[15]]);
        self.push_then(Kind::LinuxSll, 16, Next::Ether(next))
            .filter(|_| self.has_ether_type(next))
    }

    pub(super) fn linux_sll2(&mut self) -> Option<Next> {
        let Some(header) = self.rest().first_chunk::<20>() else {
            return self.short(Kind::LinuxSll2, 20);
        };
        let next = u16::from_be_bytes([header[0], header[1]]);
        self.push_then(Kind::LinuxSll2, 20, Next::Ether(next))
            .filter(|_| self.has_ether_type(next))
    }

    /// In Linux's headers small numbers name other things, not lengths.
    fn has_ether_type(&mut self, number: u16) -> bool {
        self.found.protocol = Protocol::Ether(number);
        number > ether::LONGEST
    }

    pub(super) fn loopback(&mut self, network_order: bool) -> Option<Next> {
        let Some(&bytes) = self.rest().first_chunk::<4>() else {
            return self.short(Kind::Loopback, 4);
        };
        let family = loopback_family(bytes, network_order);
        match family {
            // IPv6 has another number on each BSD; 10 is Linux's.
            2 => self.push_then(Kind::Loopback, 4, Next::Ether(ether::IPV4)),
            10 | 24 | 28 | 30 => self.push_then(Kind::Loopback, 4, Next::Ether(ether::IPV6)),
            _ => {
                self.push(Kind::Loopback, 4);
                None
            }
        }
    }

    pub(super) fn arp(&mut self) -> Option<Next> {
        match ArpPacketSlice::from_slice(self.rest()) {
            Ok(packet) => {
                self.push(Kind::Arp, packet.slice().len());
                self.end = self.at;
                None
            }
            Err(error) => self.short(Kind::Arp, error.required_len),
        }
    }
}
