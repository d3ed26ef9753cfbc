"""IP headers with options: rare on today's internet, and allowed in every packet."""

__all__ = ["with_ip_options"]

_HEADER = 20  # bytes of an IPv4 header without options


def with_ip_options(packet: bytes, options: bytes) -> bytes:
    """Put options into the header of an IPv4 packet that has none, and set it right again.

    options: a multiple of 4 bytes, at most 40. Source: RFC 791 (3.1).
    """
    header = bytearray(packet[:_HEADER] + options)
    header[0] = 4 << 4 | len(header) // 4
    header[2:4] = (len(packet) + len(options)).to_bytes(2, "big")
    header[10:12] = b"\0\0"
    header[10:12] = _checksum(header).to_bytes(2, "big")
    return bytes(header) + packet[_HEADER:]


def _checksum(header: bytearray) -> int:
    """Add up 16 bits at a time, with what is carried over, and turn every bit round."""
    total = sum(int.from_bytes(header[at : at + 2], "big") for at in range(0, len(header), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
