"""The packets of the cases: valid unless a case says otherwise."""
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.packet import Raw

from sums import ones_sum, pseudo_sum

CLIENT, HOME, MTA = "192.168.25.10", "192.168.25.20", "198.51.100.25"
EXTERNAL, SECOND, THIRD = "203.0.113.25", "203.0.113.26", "203.0.113.1"
LAN, SERVERS, WAN = "192.168.25.1", "198.51.100.1", "203.0.113.2"


class Case:
    """What is this case's own, so that no case meets what another left behind."""
    identification = 0



def ip(source, destination, **fields):
    return IP(**{"src": source, "dst": destination, "flags": "DF", "id": Case.identification, **fields})


def udp(source, source_port, destination, destination_port, data=b"data", checksum=None, length=None, **fields):
    return ip(source, destination, **fields) / UDP(sport=source_port, dport=destination_port, chksum=checksum, len=length) / Raw(data)


def tcp(source, source_port, destination, destination_port, flags, seq=1000, ack=0, data=b"", options=(), checksum=None, **fields):
    return ip(source, destination, **fields) / TCP(sport=source_port, dport=destination_port, flags=flags, seq=seq, ack=ack, window=8000, options=list(options), chksum=checksum) / Raw(data)


def echo(source, destination, identifier, kind="echo-request", checksum=None, data=b"ping", **fields):
    return ip(source, destination, **fields) / ICMP(type=kind, id=identifier, seq=1, chksum=checksum) / Raw(data)


def error(source, destination, kind, code, about, quoted=None, mtu=0, checksum=None, more=b"", unused=0):
    """An ICMP error about a packet, of which the first `quoted` bytes are in it."""
    body = ICMP(type=kind, code=code, chksum=checksum)
    if kind == 3:
        body.nexthopmtu, body.length = mtu, unused
    return ip(source, destination) / body / Raw(bytes(about)[:quoted] + more)


def cut(packet, *places):
    """The fragments of a packet, cut at these places of its payload (multiples of 8)."""
    whole = IP(bytes(packet))
    payload = bytes(whole.payload)
    ends = [*places, len(payload)]
    return [fragment(whole, start, payload[start:end], end < len(payload)) for start, end in zip([0, *places], ends)]


def fragment(like, offset, payload, more):
    return IP(src=like.src, dst=like.dst, id=like.id, proto=like.proto, ttl=like.ttl, frag=offset // 8, flags="MF" if more else 0) / Raw(payload)


def with_sum(message):
    """Fills the Internet checksum in bytes 2 and 3 in."""
    total = ones_sum(message)
    return message[:2] + (total ^ 0xFFFF).to_bytes(2, "big") + message[4:]


def with_options(packet, options):
    """The packet with these bytes as its IP options, a multiple of four."""
    data = bytes(packet)
    header = bytearray(data[:20] + options)
    header[0] = 0x40 | len(header) // 4
    header[2:4] = (len(data) + len(options)).to_bytes(2, "big")
    header[10:12] = b"\0\0"
    header[10:12] = (ones_sum(bytes(header)) ^ 0xFFFF).to_bytes(2, "big")
    return bytes(header) + data[20:]


def sctp(source_port, destination_port, chunk):
    """An SCTP packet with its CRC32c (RFC 9260 appendix A)."""
    data = source_port.to_bytes(2, "big") + destination_port.to_bytes(2, "big") + b"\0" * 8 + chunk
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return data[:8] + (crc ^ 0xFFFFFFFF).to_bytes(4, "little") + data[12:]


def udp_lite(source_port, destination_port, data):
    """RFC 3828: its length field says how much the checksum covers, 8 being the header alone; that of CLIENT to EXTERNAL."""
    header = source_port.to_bytes(2, "big") + destination_port.to_bytes(2, "big") + b"\0\x08\0\0"
    pseudo = IP(src=CLIENT, dst=EXTERNAL, proto=136)
    covered = ones_sum((pseudo_sum(pseudo, header) + len(data)).to_bytes(4, "big"))
    return header[:6] + (covered ^ 0xFFFF).to_bytes(2, "big") + data
