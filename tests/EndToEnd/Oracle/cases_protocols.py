"""Protocols without ports, or with ports that are not translated."""
from scapy.packet import Raw

from packets import CLIENT, EXTERNAL, HOME, SECOND, THIRD, WAN, ip, sctp, udp_lite
from stimulus import case

COVERS_ADDRESSES = "Its checksum covers the addresses (RFC 3022 section 4.1), and so it is refused and told, not broken."

for protocol, name in ((47, "GRE"), (50, "ESP"), (51, "AH"), (4, "IPv4 in IPv4"), (41, "IPv6 in IPv4"), (253, "a protocol for experiments")):
    body = b"\0\0\x08\0" + b"\0" * 28 if protocol == 47 else b"\0\0\x01\0\0\0\0\1" + b"e" * 24

    @case("Other protocols", f"{name}, and its reply")
    def _(t, protocol=protocol, body=body):
        t.client.send(ip(CLIENT, EXTERNAL, proto=protocol) / Raw(body))
        t.fence()
        t.external.send(ip(EXTERNAL, WAN, proto=protocol) / Raw(body))


@case("Other protocols", "ESP of a second inside host to the same destination",
      "Replies could not be told apart, so it is refused and told (RFC 2663 section 2.9, RFC 3022 section 4.1). The kernel drops it silently when the addresses collide.")
def _(t):
    t.client.send(ip(CLIENT, SECOND, proto=50) / Raw(b"\0\0\x01\0\0\0\0\1" + b"e" * 24))
    t.home.send(ip(HOME, SECOND, proto=50) / Raw(b"\0\0\x02\0\0\0\0\1" + b"e" * 24))


@case("Other protocols", "GRE from outside that nobody asked for")
def _(t):
    t.external.send(ip(THIRD, WAN, proto=47) / Raw(b"\0\0\x08\0" + b"\0" * 28))


@case("Other protocols", "SCTP: INIT")
def _(t):
    chunk = bytes([1, 0, 0, 20]) + b"\0\0\0\1" + b"\0\0\xff\xff\0\1\0\1" + b"\0\0\0\1"
    t.client.send(ip(CLIENT, EXTERNAL, proto=132) / Raw(sctp(t.a, 9000, chunk)))


@case("Other protocols", "UDP-Lite", COVERS_ADDRESSES)
def _(t):
    t.client.send(ip(CLIENT, EXTERNAL, proto=136) / Raw(udp_lite(t.a, 9000, b"data")))


@case("Other protocols", "DCCP", COVERS_ADDRESSES)
def _(t):
    t.client.send(ip(CLIENT, EXTERNAL, proto=33) / Raw(t.a.to_bytes(2, "big") + b"\x23\x28\x05\0\0\0\x01\0\0\0\0\0\0\1\0\0\0\0"))
