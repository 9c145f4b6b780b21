"""Fragments."""
from scapy.layers.inet import ICMP, IP

from packets import CLIENT, EXTERNAL, WAN, cut, echo, fragment, tcp, udp
from stimulus import case, open_udp


def whole(t, size=184, source=CLIENT, port=None, destination=EXTERNAL, destination_port=9000):
    return udp(source, port or t.a, destination, destination_port, data=bytes(range(size % 256)) * (size // (size % 256)))


@case("Fragments", "three, in order",
      "A new identification, the same in all (RFC 7857 section 10, decision 14).")
def _(t):
    t.show = {"id"}
    for part in cut(whole(t), 64, 128):
        t.client.send(part)


@case("Fragments", "three, the last one first",
      "The first one sets those free that wait, in the order in which they came (RFC 4787 REQ-14, decision 13). The kernel reassembles and cuts anew.")
def _(t):
    for part in reversed(cut(whole(t), 64, 128)):
        t.client.send(part)


@case("Fragments", "three, from outside to a session")
def _(t):
    packet = whole(t, source=EXTERNAL, port=9000, destination=WAN, destination_port=open_udp(t))
    t.fence()
    t.seen = []
    for part in cut(packet, 64, 128):
        t.external.send(part)


@case("Fragments", "only the first one",
      "The first one is judged and leaves at once; later ones follow it (decision 13). The kernel waits for all of them.")
def _(t):
    t.client.send(cut(whole(t), 64, 128)[0])


@case("Fragments", "only a later one")
def _(t):
    t.client.send(cut(whole(t), 64, 128)[1])


@case("Fragments", "one that comes twice",
      "Any overlap poisons the datagram, duplicates included (RFC 5722, RFC 3128, decision 13). The kernel tells a duplicate from an overlap.")
def _(t):
    first, second, third = cut(whole(t), 64, 128)
    for part in (first, second, second, third):
        t.client.send(part)


@case("Fragments", "two that overlap",
      "Nothing leaves after the overlap (RFC 5722, decision 13); the first one had left when it came, and alone is no datagram.")
def _(t):
    packet = whole(t)
    payload = bytes(IP(bytes(packet)).payload)
    for part in (fragment(packet, 0, payload[:64], True), fragment(packet, 56, payload[56:128], True), fragment(packet, 128, payload[128:], False)):
        t.client.send(part)


@case("Fragments", "a first one that ends in the TCP header, and the rest",
      "A tiny first fragment hides the flags and is dropped (RFC 1858, RFC 3128). The kernel judges the reassembled segment.")
def _(t):
    for part in cut(tcp(CLIENT, t.a, EXTERNAL, 80, "S", data=b"x" * 40), 8):
        t.client.send(part)


@case("Fragments", "at offset 8, behind a SYN to port 80 (RFC 3128)")
def _(t):
    packet = tcp(CLIENT, t.a, EXTERNAL, 80, "A", 1000, 5000, data=b"x" * 40)
    first, second = cut(packet, 24)
    t.client.send(first)
    t.client.send(fragment(packet, 8, bytes(packet)[28:60], True))
    t.client.send(second)


@case("Fragments", "beyond 65535 bytes")
def _(t):
    t.client.send(fragment(whole(t), 65528, b"x" * 64, False))


@case("Fragments", "with a length that is no multiple of eight, and more to come")
def _(t):
    t.client.send(fragment(whole(t), 0, bytes(IP(bytes(whole(t))).payload)[:60], True))


@case("Fragments", "with DF set",
      "DF is kept as it came (RFC 1812 section 5.3.1 changes no other field). The kernel cuts the reassembled datagram anew.")
def _(t):
    t.show = {"flags"}
    for part in cut(whole(t), 64):
        part.flags = int(part.flags) | 2
        t.client.send(part)


@case("Fragments", "an echo request in two, and its reply in two")
def _(t):
    for part in cut(echo(CLIENT, EXTERNAL, t.a, data=b"x" * 92), 48):
        t.client.send(part)
    outside = t.wait(t.external, lambda packet: packet.proto == 1 and packet.frag == 0, "the request")[ICMP].id
    t.fence()
    for part in cut(echo(EXTERNAL, WAN, outside, "echo-reply", data=b"x" * 92), 48):
        t.external.send(part)


@case("Fragments", "two of a datagram that is too large for the next link in one of them",
      "Each fragment is cut for itself (RFC 791 section 3.2), and none is put together first.")
def _(t):
    packet = udp(CLIENT, t.a, EXTERNAL, 9000, data=b"x" * 1600)
    for part in cut(packet, 1440):
        t.client.send(part)
