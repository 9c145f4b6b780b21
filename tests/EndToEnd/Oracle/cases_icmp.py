"""Echo, other queries, errors."""
from scapy.layers.inet import IPOption_EOL, IPOption_NOP
from scapy.packet import Raw

from packets import CLIENT, EXTERNAL, HOME, LAN, SECOND, SERVERS, THIRD, WAN, cut, echo, error, ip, tcp, udp, with_sum
from stimulus import case, is_udp, open_echo, open_tcp, open_udp


@case("Echo", "out, and the reply")
def _(t):
    outside = open_echo(t)
    t.external.send(echo(EXTERNAL, WAN, outside, "echo-reply"))


@case("Echo", "a reply from another host")
def _(t):
    outside = open_echo(t)
    t.external.send(echo(SECOND, WAN, outside, "echo-reply"))

@case("Echo", "a reply that nobody asked for, from outside")
def _(t):
    t.external.send(echo(EXTERNAL, WAN, 99, "echo-reply"))


@case("Echo", "a reply that nobody asked for, from inside")
def _(t):
    t.client.send(echo(CLIENT, EXTERNAL, t.a, "echo-reply"))


@case("Echo", "a request from outside to an identifier in use")
def _(t):
    outside = open_echo(t)
    t.external.send(echo(EXTERNAL, WAN, outside))


@case("Echo", "a wrong checksum",
      "As with UDP: adjusted, and left to the receiver. RFC 5508 REQ-3 is about errors.")
def _(t):
    t.client.send(echo(CLIENT, EXTERNAL, t.a, checksum=0x1234))


@case("Echo", "the router from inside, by each of its addresses")
def _(t):
    for address in (LAN, WAN, SERVERS):
        t.client.send(echo(CLIENT, address, t.a))


@case("Echo", "the router from outside, by each of its addresses")
def _(t):
    for address in (WAN, SERVERS, LAN):
        t.external.send(echo(EXTERNAL, address, t.a))


@case("Echo", "the router, with a wrong checksum")
def _(t):
    t.client.send(echo(CLIENT, LAN, t.a, checksum=0x1234))


@case("Echo", "the router, in fragments",
      "The router puts nothing together; what it answers fits a link (decision 13).")
def _(t):
    for part in cut(echo(CLIENT, LAN, t.a, data=b"x" * 92), 48):
        t.client.send(part)


@case("Echo", "the router, with TTL 1")
def _(t):
    t.client.send(echo(CLIENT, LAN, t.a, ttl=1))


for kind, name in ((13, "time stamp request"), (17, "address mask request"), (15, "information request"), (10, "router solicitation"), (5, "redirect"), (4, "source quench"), (42, "unassigned type")):
    @case("ICMP queries", f"{name} from inside")
    def _(t, kind=kind):
        t.client.send(ip(CLIENT, EXTERNAL) / Raw(with_sum(bytes([kind, 0, 0, 0]) + t.a.to_bytes(2, "big") + b"\0\1" + b"\0" * 12)))


@case("ICMP queries", "time stamp request to the router",
      "RFC 1812 section 4.3.3.8: MAY. Only echo is answered.")
def _(t):
    t.client.send(ip(CLIENT, LAN, proto=1) / Raw(with_sum(bytes([13, 0, 0, 0, 0, 1, 0, 1] + [0] * 12))))


def udp_seen_outside(t):
    outside = open_udp(t)
    return outside, udp(WAN, outside, EXTERNAL, 9000, ttl=60)


for kind, code, name in ((3, 3, "port unreachable"), (3, 1, "host unreachable"), (3, 13, "administratively prohibited"), (11, 0, "time exceeded"), (11, 1, "reassembly time exceeded"), (12, 0, "parameter problem"), (4, 0, "source quench"), (5, 1, "redirect")):
    @case("ICMP errors", f"{name} from outside about a session", "Source quench is obsolete, and dropped (RFC 6633)." if kind == 4 else None)
    def _(t, kind=kind, code=code):
        outside, about = udp_seen_outside(t)
        t.external.send(error(EXTERNAL, WAN, kind, code, about))


@case("ICMP errors", "fragmentation needed from outside about a connection")
def _(t):
    outside = open_tcp(t)
    t.external.send(error(EXTERNAL, WAN, 3, 4, tcp(WAN, outside, EXTERNAL, 80, "A", 1001, 5001, b"x" * 100), mtu=1280))


@case("ICMP errors", "from another router on the way")
def _(t):
    outside, about = udp_seen_outside(t)
    t.external.send(error(THIRD, WAN, 11, 0, about))


@case("ICMP errors", "with a quote of 28 bytes")
def _(t):
    outside, about = udp_seen_outside(t)
    t.external.send(error(EXTERNAL, WAN, 3, 3, about, quoted=28))


@case("ICMP errors", "with a quote of 24 bytes")
def _(t):
    outside, about = udp_seen_outside(t)
    t.external.send(error(EXTERNAL, WAN, 3, 3, about, quoted=24))


@case("ICMP errors", "with IP options in the quote")
def _(t):
    outside, _ = udp_seen_outside(t)
    t.external.send(error(EXTERNAL, WAN, 3, 3, udp(WAN, outside, EXTERNAL, 9000, options=[IPOption_NOP(), IPOption_NOP(), IPOption_NOP(), IPOption_EOL()])))


@case("ICMP errors", "with extensions after the quote (RFC 4884)")
def _(t):
    outside, about = udp_seen_outside(t)
    t.external.send(error(EXTERNAL, WAN, 3, 3, about, more=b"\0" * (128 - len(bytes(about))) + with_sum(b"\x20\0\0\0\0\x08\x01\x01\0\x01\x01\x40"), unused=32))


@case("ICMP errors", "about no session")
def _(t):
    t.external.send(error(EXTERNAL, WAN, 3, 3, udp(WAN, 9998, EXTERNAL, 9000)))


@case("ICMP errors", "about another destination of a port in use")
def _(t):
    outside = open_udp(t)
    t.external.send(error(SECOND, WAN, 3, 3, udp(WAN, outside, SECOND, 9000)))


@case("ICMP errors", "with a wrong ICMP checksum")
def _(t):
    outside, about = udp_seen_outside(t)
    t.external.send(error(EXTERNAL, WAN, 3, 3, about, checksum=0x1234))


@case("ICMP errors", "with a wrong checksum in the quoted IP header",
      "Dropped (RFC 5508 REQ-3).")
def _(t):
    outside, about = udp_seen_outside(t)
    about.chksum = 0x1234
    t.external.send(error(EXTERNAL, WAN, 3, 3, about))


@case("ICMP errors", "about an ICMP error")
def _(t):
    outside, about = udp_seen_outside(t)
    t.external.send(error(EXTERNAL, WAN, 3, 3, error(WAN, EXTERNAL, 3, 3, udp(EXTERNAL, 9000, WAN, outside))))


@case("ICMP errors", "about an echo request")
def _(t):
    outside = open_echo(t)
    t.external.send(error(EXTERNAL, WAN, 3, 1, echo(WAN, EXTERNAL, outside)))


@case("ICMP errors", "from inside, about a reply")
def _(t):
    t.external.send(udp(EXTERNAL, 9000, WAN, open_udp(t)))
    reply = t.wait(t.client, is_udp(t.a), "the reply")
    t.client.send(error(CLIENT, EXTERNAL, 3, 3, reply))


@case("ICMP errors", "from inside, by another host than the one it is about")
def _(t):
    t.external.send(udp(EXTERNAL, 9000, WAN, open_udp(t)))
    reply = t.wait(t.client, is_udp(t.a), "the reply")
    t.home.send(error(HOME, EXTERNAL, 3, 1, reply))


@case("ICMP errors", "from inside, about no session")
def _(t):
    t.client.send(error(CLIENT, EXTERNAL, 3, 3, udp(EXTERNAL, 9000, CLIENT, t.a)))


@case("ICMP errors", "hairpin: about a datagram between two inside hosts",
      "Errors are hairpinned as the datagrams are (RFC 5508 REQ-7). The kernel does not let the datagram through.")
def _(t):
    outside = open_udp(t, host=t.home, port=t.b)
    t.client.send(udp(CLIENT, t.a, WAN, outside))
    if arrival := t.arrived(t.home, is_udp(t.b)):
        t.home.send(error(HOME, arrival.src, 3, 3, arrival))


@case("ICMP errors", "and the session lives on")
def _(t):
    outside, about = udp_seen_outside(t)
    t.external.send(error(EXTERNAL, WAN, 3, 3, about))
    t.fence()
    t.external.send(udp(EXTERNAL, 9000, WAN, outside))
