"""TTL, MTU, header fields and options."""
from scapy.layers.inet import ICMP, IPOption_LSRR, IPOption_NOP, IPOption_RR, IPOption_Router_Alert, IPOption_SSRR, IPOption_Timestamp
from scapy.packet import Raw

from packets import CLIENT, EXTERNAL, MTA, SECOND, WAN, echo, fragment, ip, tcp, udp, with_options
from stimulus import case, open_tcp, open_udp

for ttl in (0, 1, 2):
    @case("TTL", f"{ttl}, UDP from inside")
    def _(t, ttl=ttl):
        t.client.send(udp(CLIENT, t.a, EXTERNAL, 33434, ttl=ttl))


@case("TTL", "1, TCP from inside")
def _(t):
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "S", ttl=1))


@case("TTL", "1, echo from inside")
def _(t):
    t.client.send(echo(CLIENT, EXTERNAL, t.a, ttl=1))


@case("TTL", "1, from outside to a session")
def _(t):
    t.external.send(udp(EXTERNAL, 9000, WAN, open_udp(t), ttl=1))


@case("TTL", "1, from outside to a port forward")
def _(t):
    t.external.send(tcp(EXTERNAL, t.a, WAN, 8080, "S", ttl=1))


@case("TTL", "1, an ICMP error from inside")
def _(t):
    t.client.send(ip(CLIENT, EXTERNAL, ttl=1) / ICMP(type=3, code=3) / Raw(bytes(udp(EXTERNAL, 9000, CLIENT, t.a))))


@case("TTL", "1, a later fragment")
def _(t):
    t.client.send(fragment(udp(CLIENT, t.a, EXTERNAL, 9000, ttl=1), 64, b"x" * 32, False))


@case("TTL", "1, to port 25",
      "The port-25 filter comes before everything that is spent on a packet (OP25B.md F1), so a TCP traceroute to port 25 learns at the first hop that it is filtered.")
def _(t):
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 25, "S", ttl=1))


@case("MTU", "too large for the next link, DF set")
def _(t):
    t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000, data=b"x" * 1400))


@case("MTU", "too large for the next link, DF clear")
def _(t):
    t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000, data=b"x" * 1400, flags=0))


@case("MTU", "as large as the next link")
def _(t):
    t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000, data=b"x" * 1372))


@case("MTU", "a TCP segment too large for the next link")
def _(t):
    open_tcp(t)
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "A", 1001, 5001, b"x" * 1400))


@case("Fields", "the identification, DF set")
def _(t):
    t.show = {"id", "flags"}
    t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000))


@case("Fields", "the identification, DF clear",
      "Hosts behind one address must not collide (RFC 7857 section 10, RFC 6864 section 5.3, decision 14).")
def _(t):
    t.show = {"id", "flags"}
    t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000, flags=0))


@case("Fields", "the identification, to the provider's servers")
def _(t):
    t.show = {"id", "flags"}
    t.client.send(udp(CLIENT, t.a, MTA, 9000, flags=0))


@case("Fields", "the reserved flag")
def _(t):
    t.show = {"flags"}
    t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000, flags="evil+DF"))


@case("Fields", "ECN: capable, and congestion experienced; DSCP")
def _(t):
    for tos in (1, 2, 3, 0xB8, 0xFF):
        t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000, tos=tos))


@case("Fields", "ECN: a SYN with ECE and CWR")
def _(t):
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "SEC"))


@case("Fields", "type of service of the router's own ICMP error")
def _(t):
    t.show = {"tos"}
    t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000, ttl=1))
    t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000, ttl=1, tos=0x20))


NOT_OBEYED = ("Options are carried and not obeyed: the router writes neither its address nor its time into packets. RFC 1812 section 5.3.13.5 lets an operator choose that for "
              "addresses, since they disclose the network; that there is no choice, for times neither (section 5.3.13.6), is a decision of this project.")
for name, options in (("record route", [IPOption_RR(routers=["0.0.0.0"] * 3, pointer=4)]), ("time stamp", [IPOption_Timestamp(flg=0, pointer=5)]),
                      ("loose source route", [IPOption_LSRR(routers=[SECOND], pointer=4)]), ("strict source route", [IPOption_SSRR(routers=[SECOND], pointer=4)]),
                      ("a used-up loose source route", [IPOption_LSRR(routers=[SECOND], pointer=8)]), ("router alert", [IPOption_Router_Alert()]), ("no operation", [IPOption_NOP()] * 4)):
    @case("IP options", name, NOT_OBEYED if name in ("record route", "time stamp") else None)
    def _(t, options=options):
        t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000, options=options))


@case("IP options", "an unknown one")
def _(t):
    t.client.send(with_options(udp(CLIENT, t.a, EXTERNAL, 9000), b"\x5e\x04\x01\x02"))


@case("IP options", "one that is longer than the header",
      "Options are checked with the header, whose errors are dropped in silence (RFC 1812 section 5.2.2). Section 4.3.3.5 asks for a Parameter Problem too, which is not sent.")
def _(t):
    t.client.send(with_options(udp(CLIENT, t.a, EXTERNAL, 9000), b"\x07\x0b\x04\x00"))


@case("IP options", "one without length",
      "The same: RFC 1812 section 5.2.2.")
def _(t):
    t.client.send(with_options(udp(CLIENT, t.a, EXTERNAL, 9000), b"\x07\x00\x00\x00"))


for name, fields in (("a wrong checksum", {"chksum": 0x1234}), ("version 5", {"version": 5}), ("a header of four words", {"ihl": 4}), ("a header longer than the packet", {"ihl": 15}),
                     ("a total length beyond the frame", {"len": 600}), ("a total length under the header", {"len": 12})):
    @case("IP header", name)
    def _(t, fields=fields):
        t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000, **fields))


@case("IP header", "padding after the packet")
def _(t):
    t.client.send(bytes(udp(CLIENT, t.a, EXTERNAL, 9000)) + b"\xff" * 30)


@case("IP header", "a frame that ends in the header")
def _(t):
    t.client.send(bytes(udp(CLIENT, t.a, EXTERNAL, 9000))[:12])
