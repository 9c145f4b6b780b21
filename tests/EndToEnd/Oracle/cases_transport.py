"""UDP and TCP."""
from scapy.layers.inet import TCP, UDP

from packets import CLIENT, EXTERNAL, HOME, LAN, SECOND, WAN, tcp, udp
from stimulus import case, is_tcp, is_udp, open_tcp, open_udp

EIF = "Filtering is endpoint-independent by default (RFC 4787 REQ-8, RFC 5382 REQ-3, decision 10); the kernel's is address and port-dependent."


@case("UDP", "a datagram, and its reply")
def _(t):
    outside = open_udp(t)
    t.external.send(udp(EXTERNAL, 9000, WAN, outside))


@case("UDP", "without a checksum, both ways")
def _(t):
    t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000, checksum=0))
    outside = t.wait(t.external, is_udp(9000))[UDP].sport
    t.external.send(udp(EXTERNAL, 9000, WAN, outside, checksum=0))


@case("UDP", "a wrong checksum",
      "Transport checksums are the ends' (RFC 1812 section 5.2.2 asks for the header's only): it is adjusted, stays wrong, and the receiver drops it. The kernel's tracker calls it invalid.")
def _(t):
    t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000, checksum=0x1234))


@case("UDP", "an empty datagram, and its reply")
def _(t):
    t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000, data=b""))
    outside = t.wait(t.external, is_udp(9000))[UDP].sport
    t.external.send(udp(EXTERNAL, 9000, WAN, outside, data=b""))


@case("UDP", "a length beyond the packet")
def _(t):
    t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000, length=100))


@case("UDP", "a length under eight")
def _(t):
    t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000, length=4))


@case("UDP", "another host writes to the port", EIF)
def _(t):
    t.external.send(udp(SECOND, 9000, WAN, open_udp(t)))


@case("UDP", "another port of the peer writes to the port", EIF)
def _(t):
    t.external.send(udp(EXTERNAL, 9001, WAN, open_udp(t)))


@case("UDP", "one inside port to two hosts")
def _(t):
    open_udp(t)
    t.client.send(udp(CLIENT, t.a, SECOND, 9000))

def _(t):
    open_udp(t)
    t.home.send(udp(HOME, t.a, SECOND, 9000))


@case("UDP", "from a port under 1024")
def _(t):
    t.client.send(udp(CLIENT, 500, EXTERNAL, 500))


@case("UDP", "to a port that nobody has")
def _(t):
    t.external.send(udp(EXTERNAL, 9000, WAN, 9999))


@case("UDP", "to a port of the router's own inside address")
def _(t):
    t.client.send(udp(CLIENT, t.a, LAN, 9999))


@case("UDP", "to an inside address from outside")
def _(t):
    t.external.send(udp(EXTERNAL, 9000, CLIENT, 9000))


@case("UDP", "hairpin: to another inside host by its outside port",
      "Hairpinning, with the outside address and port as the source (RFC 4787 REQ-9).")
def _(t):
    outside = open_udp(t, host=t.home, port=t.b)
    t.client.send(udp(CLIENT, t.a, WAN, outside))


@case("TCP", "a connection: opened, data, closed by both ends")
def _(t):
    outside = open_tcp(t)
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "PA", 1001, 5001, b"question"))
    t.external.send(tcp(EXTERNAL, 80, WAN, outside, "PA", 5001, 1009, b"answer"))
    t.fence()
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "FA", 1009, 5007))
    t.fence()
    t.external.send(tcp(EXTERNAL, 80, WAN, outside, "FA", 5007, 1010))
    t.fence()
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "A", 1010, 5008))


@case("TCP", "a new connection with the ports of one that was closed")
def _(t):
    outside = open_tcp(t)
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "FA", 1001, 5001))
    t.fence()
    t.external.send(tcp(EXTERNAL, 80, WAN, outside, "FA", 5001, 1002))
    t.fence()
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "A", 1002, 5002))
    t.fence()
    t.seen = []
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "S", 90000))


@case("TCP", "a new connection with the ports of one that was reset")
def _(t):
    open_tcp(t)
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "RA", 1001, 5001))
    t.fence()
    t.seen = []
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "S", 90000))


@case("TCP", "both ends open at once")
def _(t):
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "S"))
    outside = t.wait(t.external, is_tcp("S", 80), "the SYN")[TCP].sport
    t.external.send(tcp(EXTERNAL, 80, WAN, outside, "S", 5000))
    t.fence()
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "SA", 1000, 5001))
    t.external.send(tcp(EXTERNAL, 80, WAN, outside, "SA", 5000, 1001))
    t.fence()
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "A", 1001, 5001))


@case("TCP", "a SYN with data")
def _(t):
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "S", data=b"early"))


@case("TCP", "a SYN that is sent again")
def _(t):
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "S"))
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "S"))


@case("TCP", "a SYN that announces more than the links carry",
      "MSS clamping is on by default (decision 15); with nftables it would be a rule.")
def _(t):
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "S", options=[("MSS", 1460), ("WScale", 7)]))


@case("TCP", "a SYN that announces less than the links carry")
def _(t):
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "S", options=[("MSS", 536)]))


@case("TCP", "a SYN with SACK, time stamps and an unknown option")
def _(t):
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "S", options=[("SAckOK", b""), ("Timestamp", (1, 0)), (253, b"\1\2\3\4")]))


@case("TCP", "a wrong checksum",
      "As with UDP: adjusted, and left to the receiver.")
def _(t):
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "S", checksum=0x1234))


@case("TCP", "a header shorter than twenty bytes")
def _(t):
    packet = tcp(CLIENT, t.a, EXTERNAL, 80, "S")
    packet[TCP].dataofs = 4
    t.client.send(packet)


@case("TCP", "a header longer than the packet")
def _(t):
    packet = tcp(CLIENT, t.a, EXTERNAL, 80, "S")
    packet[TCP].dataofs = 15
    t.client.send(packet)


for name, flags in (("no flag", ""), ("SYN and FIN", "SF"), ("SYN and RST", "SR"), ("FIN, PSH and URG", "FPU"), ("every flag", "FSRPAU")):
    @case("TCP", f"a segment with {name}, from inside, without a connection")
    def _(t, flags=flags):
        t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, flags))


ONLY_SYN = "Only a SYN opens a connection (RFC 6146 section 3.5.2). The kernel picks connections up in the middle (nf_conntrack_tcp_loose)."
for name, flags in (("ACK", "A"), ("RST", "R"), ("SYN+ACK", "SA"), ("FIN+ACK", "FA")):
    @case("TCP", f"{name} from inside without a connection", ONLY_SYN if name == "ACK" else None)
    def _(t, flags=flags):
        t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, flags, 1000, 5000))

    @case("TCP", f"{name} from outside to a port that nobody has")
    def _(t, flags=flags):
        t.external.send(tcp(EXTERNAL, 80, WAN, 9999, flags, 5000, 1000))


@case("TCP", "RST from outside, at the number that is next")
def _(t):
    outside = open_tcp(t)
    t.external.send(tcp(EXTERNAL, 80, WAN, outside, "R", 5001))


@case("TCP", "RST from outside, in the window, and data after it")
def _(t):
    outside = open_tcp(t)
    t.external.send(tcp(EXTERNAL, 80, WAN, outside, "R", 5101))
    t.fence()
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "PA", 1001, 5001, b"more"))


@case("TCP", "RST from outside, far from the window")
def _(t):
    outside = open_tcp(t)
    t.external.send(tcp(EXTERNAL, 80, WAN, outside, "R", 5001 + (3 << 30)))


@case("TCP", "data from outside, far from the window",
      "Windows are the ends' business; only a RST is verified (RFC 7857 section 2.2, decision 16). The kernel tracks the window, calls the segment invalid, and its own stack resets the connection at the peer.")
def _(t):
    outside = open_tcp(t)
    t.external.send(tcp(EXTERNAL, 80, WAN, outside, "PA", 5001 + (1 << 30), 1001, b"blind"))


@case("TCP", "another host sends a SYN to the port", EIF)
def _(t):
    outside = open_tcp(t)
    t.external.send(tcp(SECOND, 80, WAN, outside, "S", 7000))


@case("TCP", "another host sends an ACK to the port",
      "A segment that opens nothing and belongs to no connection is dropped (RFC 6146 section 3.5.2). At the kernel it reaches the router's own stack, which resets.")
def _(t):
    outside = open_tcp(t)
    t.external.send(tcp(SECOND, 80, WAN, outside, "A", 7000, 1001))


@case("TCP", "one inside port to two hosts")
def _(t):
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "S"))
    t.client.send(tcp(CLIENT, t.a, SECOND, 80, "S"))
