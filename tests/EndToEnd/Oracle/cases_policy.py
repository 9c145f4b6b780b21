"""What the policy says: port forwards, servers, port 25."""
from scapy.layers.inet import TCP

from packets import CLIENT, EXTERNAL, HOME, MTA, WAN, cut, tcp, udp
from stimulus import case, is_tcp

HAIRPIN = "Hairpinning from every inside interface (RFC 5382 REQ-8, RFC 4787 REQ-9). The kernel's rules translate only what comes from outside."
AS_IT_ARRIVED = "The quote is the packet as it arrived (RFC 792: the original datagram), before the TTL is counted down; the kernel rejects after that."


@case("Port forwards", "from outside, and the answer")
def _(t):
    t.external.send(tcp(EXTERNAL, t.a, WAN, 8080, "S"))
    t.wait(t.home, is_tcp("S", 80), "the SYN")
    t.home.send(tcp(HOME, 80, EXTERNAL, t.a, "SA", 3000, 1001))


@case("Port forwards", "an ACK without a connection",
      "Only a SYN opens a connection, to a port forward too (RFC 6146 section 3.5.2).")
def _(t):
    t.external.send(tcp(EXTERNAL, t.a, WAN, 8080, "A", 1000, 3000))


@case("Port forwards", "from inside, and the answer", HAIRPIN)
def _(t):
    t.client.send(tcp(CLIENT, t.a, WAN, 8080, "S"))
    if arrival := t.arrived(t.home, is_tcp("S", 80)):
        t.home.send(tcp(HOME, 80, arrival.src, arrival[TCP].sport, "SA", 3000, 1001))


@case("Port forwards", "the host itself by its outside port", HAIRPIN)
def _(t):
    t.home.send(tcp(HOME, t.a, WAN, 8080, "S"))


@case("Port forwards", "from the provider's servers", HAIRPIN)
def _(t):
    t.mta.send(tcp(MTA, t.a, WAN, 8080, "S"))


@case("Servers", "a subscriber writes to a server, and the answer")
def _(t):
    t.client.send(tcp(CLIENT, t.a, MTA, 587, "S"))
    t.wait(t.mta, is_tcp("S", 587), "the SYN")
    t.mta.send(tcp(MTA, 587, CLIENT, t.a, "SA", 3000, 1001))


@case("Servers", "a server writes to a subscriber",
      "What is filtered for an inside sender is told: 3/13 (RFC 5508 REQ-8, RFC 1812 section 5.2.7.1). The kernel's rules drop it silently.")
def _(t):
    t.mta.send(udp(MTA, t.a, CLIENT, 9000))


@case("Servers", "a server writes outside, and the answer")
def _(t):
    t.mta.send(udp(MTA, t.a, EXTERNAL, 9000))
    t.external.send(udp(EXTERNAL, 9000, MTA, t.a))


@case("Servers", "the outside to a port of a server that is open, and to one that is not")
def _(t):
    t.external.send(tcp(EXTERNAL, t.a, MTA, 25, "S"))
    t.external.send(tcp(EXTERNAL, t.a, MTA, 22, "S"))


@case("Port 25", "a subscriber to the outside", AS_IT_ARRIVED)
def _(t):
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 25, "S"))


@case("Port 25", "a subscriber to the provider's server")
def _(t):
    t.client.send(tcp(CLIENT, t.a, MTA, 25, "S"))


@case("Port 25", "an ACK of a subscriber to the outside", AS_IT_ARRIVED)
def _(t):
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 25, "A", 1000, 5000))


@case("Port 25", "SYN+ACK from port 25 without a connection")
def _(t):
    t.external.send(tcp(EXTERNAL, 25, WAN, 9999, "SA", 5000, 1001))


@case("Port 25", "from outside to a subscriber's server, and the answer")
def _(t):
    t.external.send(tcp(EXTERNAL, t.a, WAN, 25, "S"))
    t.wait(t.home, is_tcp("S", 25), "the SYN")
    t.home.send(tcp(HOME, 25, EXTERNAL, t.a, "SA", 3000, 1001))
    t.wait(t.external, is_tcp("SA", t.a), "the SYN+ACK")


@case("Port 25", "a SYN in two fragments",
      "Fragments are judged by the first one and never put together (decision 13), so the answer quotes that one. The kernel's tracker reassembles.")
def _(t):
    for part in cut(tcp(CLIENT, t.a, EXTERNAL, 25, "S", data=b"x" * 40), 24):
        t.client.send(part)
