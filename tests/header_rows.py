"""The headers of the fake packets, row by row, as their RFCs have them."""

# Name, bits, text ("" for the number; "ip", "mac", "hex" for these forms), meaning.
Row = tuple[str, int] | tuple[str, int, str] | tuple[str, int, str, str]
FLAGS: "list[Row]" = [
    (name, 1, "", meaning)
    for name, meaning in [
        ("CWR", "Congestion window reduced"),
        ("ECE", "Congestion was met on the way"),
        ("URG", "The urgent pointer counts"),
        ("ACK", "The acknowledgment number counts"),
        ("PSH", "Hand the data to the program at once"),
        ("RST", "The connection is broken off"),
        ("SYN", "The connection is being opened"),
        ("FIN", "The sender has no more data"),
    ]
]
ETHERNET: "list[Row]" = [
    ("Destination", 48, "mac", "The network card that is to take the frame"),
    ("Source", 48, "mac", "The network card that sent it"),
    ("EtherType", 16, "hex", "What is inside"),
]
IPV4: "list[Row]" = [
    ("Version", 4, "", "Version 4 of the Internet Protocol"),
    ("IHL", 4, "{} = {x4} bytes", "Header length in words of 4 bytes"),
    ("DSCP", 6, "0 default"),
    ("ECN", 2),
    ("Total Length", 16, "{} bytes", "Header and data"),
    ("Identification", 16, "hex", "The same in all pieces of one packet"),
    ("Reserved", 1),
    ("DF", 1, "", "do not fragment"),
    ("MF", 1, "", "more fragments follow"),
    ("Fragment Offset", 13, "{} = {x8} bytes", "Where this piece belongs, in units of 8 bytes"),
    ("Time to Live", 8, "", "How many more stations it may pass"),
    ("Protocol", 8, "{protocol}", "What is inside"),
    ("Header Checksum", 16, "hex", "Guards the header"),
    ("Source Address", 32, "ip", "Who sent it"),
    ("Destination Address", 32, "ip", "Where to"),
]
IPV6: "list[Row]" = [
    ("Version", 4),
    ("Traffic Class", 8),
    ("Flow Label", 20, "hex"),
    ("Payload Length", 16, "{} bytes"),
    ("Next Header", 8, "{protocol}"),
    ("Hop Limit", 8),
    ("Source Address", 128, "ip"),
    ("Destination Address", 128, "ip"),
]
UDP: "list[Row]" = [
    ("Source Port", 16, "", "The program that sent it"),
    ("Destination Port", 16, "", "The program that it is for"),
    ("Length", 16, "{} bytes", "Header and data"),
    ("Checksum", 16, "hex", "over header, data and both IP addresses: right"),
]
TCP: "list[Row]" = [
    ("Source Port", 16),
    ("Destination Port", 16),
    ("Sequence Number", 32, "", "The number of the first byte of this segment"),
    ("Acknowledgment Number", 32, "", "The next byte that the sender waits for"),
    ("Data Offset", 4, "{} = {x4} bytes"),
    ("Reserved", 4),
    *FLAGS,
    ("Window", 16, "", "How many bytes the sender has room for"),
    ("Checksum", 16, "hex", "over the whole: right"),
    ("Urgent Pointer", 16),
]
ICMP: "list[Row]" = [
    ("Type", 8, "{} echo request"),
    ("Code", 8),
    ("Checksum", 16, "hex", "over the whole: right"),
    ("Identifier", 16),
    ("Sequence Number", 16),
]
ARP: "list[Row]" = [
    ("Hardware Type", 16, "{} Ethernet"),
    ("Protocol Type", 16, "hex"),
    ("Hardware Address Length", 8),
    ("Protocol Address Length", 8),
    ("Opcode", 16, "{} request", "1 asks, 2 answers"),
    ("Sender Hardware Address", 48, "mac"),
    ("Sender Protocol Address", 32, "ip"),
    ("Target Hardware Address", 48, "mac"),
    ("Target Protocol Address", 32, "ip"),
]
DNS: "list[Row]" = [
    ("ID", 16, "hex"),
    ("QR", 1, "", "it is an answer"),
    ("OPCODE", 4, "0 query"),
    ("AA", 1, "", "by the name's own server"),
    ("TC", 1, "", "cut off: ask again over TCP"),
    ("RD", 1, "", "ask others for me"),
    ("RA", 1, "", "the server asks others"),
    ("Z", 1, "", "must be zero"),
    ("AD", 1, "", "the server has checked the signatures"),
    ("CD", 1, "", "do not check the signatures"),
    ("RCODE", 4, "{} no error"),
    ("QDCOUNT", 16, "", "questions"),
    ("ANCOUNT", 16, "", "answers"),
    ("NSCOUNT", 16, "", "servers that know more"),
    ("ARCOUNT", 16, "", "additional records"),
]
