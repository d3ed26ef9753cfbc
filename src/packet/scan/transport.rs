//! TCP, UDP, ICMP and ICMPv6.

use etherparse::err::tcp;
use etherparse::{TcpHeaderSlice, UdpHeaderSlice};

use super::{Next, Scan};
use crate::packet::{Kind, ParseError};

impl Scan<'_> {
    pub(super) fn tcp(&mut self) -> Option<Next> {
        match TcpHeaderSlice::from_slice(self.rest()) {
            Ok(header) => {
                self.push(Kind::Tcp, header.slice().len());
                None
            }
            Err(tcp::HeaderSliceError::Len(error)) => self.short(Kind::Tcp, error.required_len),
            Err(tcp::HeaderSliceError::Content(error)) => {
                let tcp::HeaderError::DataOffsetTooSmall { data_offset } = error;
                let cause = format!(
                    "the Data Offset is {data_offset} (32-bit words), and a header has 5 at least"
                );
                self.bad_value(Kind::Tcp, 20, 12, cause)
            }
        }
    }

    pub(super) fn udp(&mut self) -> Option<Next> {
        let header = match UdpHeaderSlice::from_slice(self.rest()) {
            Ok(header) => header,
            Err(error) => return self.short(Kind::Udp, error.required_len),
        };
        match usize::from(header.length()) {
            // The length of the whole datagram; the other fragments have the rest. 0: RFC 2675, longer than 16 bits tell.
            length if self.found.fragment && length > self.end - self.at => {}
            0 if self.version6 => {}
            length @ 0..8 => {
                let cause = format!("the Length is {length}, and the header alone has 8 bytes");
                self.fault(ParseError::value("UDP", self.at + 4, cause));
                self.found.cut = true;
            }
            length => self.ends_after(Kind::Udp, length),
        }
        self.push(Kind::Udp, 8);
        None
    }

    pub(super) fn icmp(&mut self) -> Option<Next> {
        let length = match self.rest().first() {
            Some(13 | 14) => 20,
            _ => 8,
        };
        self.message(Kind::Icmp, length)
    }

    pub(super) fn icmpv6(&mut self) -> Option<Next> {
        let length = match self.rest().first() {
            Some(130..=132 | 135 | 136) => 24,
            Some(134) => 16,
            Some(137) => 40,
            _ => 8,
        };
        // Neighbor discovery is all header: options to its end (RFC 4861, 4).
        if matches!(self.rest().first(), Some(133..=137)) {
            let most = usize::from(u16::MAX).saturating_sub(self.at);
            return self.message(Kind::Icmpv6, length.max(self.rest().len().min(most)));
        }
        self.message(Kind::Icmpv6, length)
    }

    fn message(&mut self, kind: Kind, length: usize) -> Option<Next> {
        if self.rest().len() < length {
            return self.short(kind, length);
        }
        self.push(kind, length);
        None
    }
}
