//! IPv4, IPv6 and its extension headers.

use etherparse::err::{ip_auth, ipv4, ipv6};
use etherparse::{IpAuthHeaderSlice, Ipv4HeaderSlice, Ipv6HeaderSlice, Ipv6RawExtHeaderSlice};

use super::{Next, Scan};
use crate::packet::numbers::ip;
use crate::packet::{Kind, ParseError, Protocol};

impl Scan<'_> {
    pub(super) fn ipv4(&mut self) -> Option<Next> {
        self.version6 = false;
        let header = match Ipv4HeaderSlice::from_slice(self.rest()) {
            Ok(header) => header,
            Err(ipv4::HeaderSliceError::Len(error)) => {
                return self.short(Kind::Ipv4, error.required_len);
            }
            Err(ipv4::HeaderSliceError::Content(error)) => {
                let (length, cause) = match error {
                    ipv4::HeaderError::UnexpectedVersion { version_number } => (
                        0,
                        format!("IPv4 was announced, and the version is {version_number}"),
                    ),
                    ipv4::HeaderError::HeaderLengthSmallerThanHeader { ihl } => (
                        20,
                        format!("the IHL is {ihl} (32-bit words), and a header has 5 at least"),
                    ),
                };
                return self.bad_value(Kind::Ipv4, length, 0, cause);
            }
        };
        let (length, total) = (header.slice().len(), usize::from(header.total_len()));
        if total >= length {
            self.ends_after(Kind::Ipv4, total);
        } else {
            let cause = if total == 0 {
                "the Total Length is 0: the packet was captured before the network card cut it up \
                 (segmentation offload), or is broken"
                    .into()
            } else {
                format!("the Total Length is {total}, and the header alone has {length} bytes")
            };
            self.fault(ParseError::value("IPv4", self.at + 2, cause));
        }
        let offset = header.fragments_offset().value();
        self.found.fragment |= header.more_fragments() || offset > 0;
        let protocol = header.protocol().0;
        self.found.protocol = Protocol::Ip(protocol);
        self.push_then(Kind::Ipv4, length, Next::Ip(protocol))
            // Only the first fragment has the header of what it carries.
            .filter(|_| offset == 0)
    }

    pub(super) fn ipv6(&mut self) -> Option<Next> {
        self.version6 = true;
        let header = match Ipv6HeaderSlice::from_slice(self.rest()) {
            Ok(header) => header,
            Err(ipv6::HeaderSliceError::Len(error)) => {
                return self.short(Kind::Ipv6, error.required_len);
            }
            Err(ipv6::HeaderSliceError::Content(error)) => {
                let ipv6::HeaderError::UnexpectedVersion { version_number } = error;
                let cause = format!("IPv6 was announced, and the version is {version_number}");
                return self.bad_value(Kind::Ipv6, 0, 0, cause);
            }
        };
        let next = header.next_header().0;
        let payload = usize::from(header.payload_length());
        match (payload, next) {
            // RFC 2675: a jumbogram tells its length in the Hop-by-Hop header.
            (0, ip::HOP_BY_HOP) => {}
            (0, _) if next != ip::NONE && self.rest().len() > 40 => {
                let cause = "the Payload Length is 0, and more follows: the packet was captured before \
                             the network card cut it up (segmentation offload), or is broken";
                self.fault(ParseError::value("IPv6", self.at + 4, cause.into()));
            }
            _ => self.ends_after(Kind::Ipv6, 40 + payload),
        }
        self.found.protocol = Protocol::Ip(next);
        self.push_then(Kind::Ipv6, 40, Next::Ip(next))
    }

    pub(super) fn extension(&mut self, kind: Kind) -> Option<Next> {
        match Ipv6RawExtHeaderSlice::from_slice(self.rest()) {
            Ok(header) => {
                self.push_then(kind, header.slice().len(), Next::Ip(header.next_header().0))
            }
            Err(error) => self.short(kind, error.required_len),
        }
    }

    pub(super) fn fragment(&mut self) -> Option<Next> {
        let Some(&[next, _, a, b, ..]) = self.rest().first_chunk::<8>() else {
            return self.short(Kind::Fragment, 8);
        };
        let bits = u16::from_be_bytes([a, b]);
        // RFC 6946: offset 0 and no more fragments is a whole packet.
        self.found.fragment |= bits & 0xfff9 != 0;
        self.found.protocol = Protocol::Ip(next);
        self.push_then(Kind::Fragment, 8, Next::Ip(next))
            .filter(|_| bits >> 3 == 0)
    }

    pub(super) fn authentication(&mut self) -> Option<Next> {
        match IpAuthHeaderSlice::from_slice(self.rest()) {
            Ok(header) => self.push_then(
                Kind::Authentication,
                header.slice().len(),
                Next::Ip(header.next_header().0),
            ),
            Err(ip_auth::HeaderSliceError::Len(error)) => {
                self.short(Kind::Authentication, error.required_len)
            }
            Err(ip_auth::HeaderSliceError::Content(_)) => self.bad_value(
                Kind::Authentication,
                12,
                1,
                "the Payload Len of the Authentication Header is 0, and 1 is the least".into(),
            ),
        }
    }
}
