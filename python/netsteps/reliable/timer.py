"""How long to wait for an acknowledgement: the retransmission timer of RFC 6298."""

__all__ = ["RetransmissionTimer"]


class RetransmissionTimer:
    """Turns measured round-trip times into the retransmission timeout (RTO). All in seconds.

    initial: the RTO before the first sample (RFC 6298 2.1: 1 s). least: it is never shorter. most:
    doubling it ends there; a path that is measured to be slower is still waited for. The RFC wants
    at least 1 s and at least 60 s, for the Internet; Linux takes 0.2 s and 120 s for TCP.
    granularity: the clock's (the RFC's G).

    .rto: the timeout now. .srtt and .rttvar: the smoothed round-trip time and its variation, None
    before the first sample.
    """

    def __init__(
        self,
        *,
        initial: float = 1.0,
        least: float = 0.05,
        most: float = 1.0,
        granularity: float = 0.001,
    ) -> None:
        self.least = least
        self.most = most
        self.granularity = granularity
        self.srtt: float | None = None
        self.rttvar: float | None = None
        self.rto = max(min(initial, most), least)

    def sample(self, rtt: float) -> None:
        """Learn from one round-trip time; a doubled RTO ends with it.

        The caller keeps Karn's rule (RFC 6298 3): no sample of a segment that was sent twice, for
        nobody knows which of the two is acknowledged.
        """
        if self.srtt is None or self.rttvar is None:  # 2.2: the first one
            self.srtt, self.rttvar = rtt, rtt / 2
        else:  # 2.3, in this order: the variation is measured against the old mean
            self.rttvar = 3 / 4 * self.rttvar + 1 / 4 * abs(self.srtt - rtt)
            self.srtt = 7 / 8 * self.srtt + 1 / 8 * rtt
        self.rto = max(self.srtt + max(self.granularity, 4 * self.rttvar), self.least)

    def back_off(self) -> None:
        """Wait twice as long from now on: the timeout has passed (5.5)."""
        self.rto = max(self.rto, min(self.rto * 2, self.most))
