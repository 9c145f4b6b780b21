"""Addresses that no host has, and those of many."""
from scapy.layers.l2 import Dot1Q, Ether

from packets import CLIENT, EXTERNAL, LAN, WAN, echo, tcp, udp
from stimulus import case, open_udp

for source in ("0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "10.9.9.9", LAN, WAN, "192.168.25.255"):
    @case("Martians", f"from {source}, from inside", "A broadcast address is no host's (RFC 1812 section 5.3.7)." if source == "192.168.25.255" else None)
    def _(t, source=source):
        t.client.send(udp(source, t.a, EXTERNAL, 9000))

OUTSIDE_MARTIANS = {
    "169.254.1.1": "Link-local addresses are not forwarded (RFC 3927 section 2.7, RFC 1812 section 5.3.7).",
    "240.0.0.1": "Reserved (RFC 1812 section 5.3.7).",
    "203.0.113.255": "A broadcast address is no host's (RFC 1812 section 5.3.7).",
}
for source in ("0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", WAN, CLIENT, "203.0.113.255"):
    @case("Martians", f"from {source}, from outside", OUTSIDE_MARTIANS.get(source))
    def _(t, source=source):
        t.external.send(tcp(source, t.a, WAN, 8080, "S"))

for destination in ("0.0.0.0", "127.0.0.1", "169.254.1.1", "240.0.0.1"):
    @case("Martians", f"to {destination}, from inside", "Reserved (RFC 1812 section 5.3.7)." if destination == "240.0.0.1" else None)
    def _(t, destination=destination):
        t.client.send(udp(CLIENT, t.a, destination, 9000))


for destination in ("255.255.255.255", "192.168.25.255", "192.168.25.0", "203.0.113.255", "203.0.113.0", "198.51.100.255"):
    @case("Broadcast", f"to {destination}, from inside")
    def _(t, destination=destination):
        t.client.send(udp(CLIENT, t.a, destination, 9000))


@case("Broadcast", "to a broadcast address of the servers, from outside")
def _(t):
    t.external.send(udp(EXTERNAL, t.a, "198.51.100.255", 9000))


@case("Broadcast", "an echo request to the LAN's broadcast address")
def _(t):
    t.client.send(echo(CLIENT, "192.168.25.255", t.a))


@case("Broadcast", "a host's address in a broadcast frame")
def _(t):
    t.client.send(udp(CLIENT, t.a, EXTERNAL, 9000), to="ff:ff:ff:ff:ff:ff")


@case("Broadcast", "a frame for another station")
def _(t):
    t.external.send(udp(EXTERNAL, 9000, WAN, open_udp(t)), to="02:00:00:00:00:99")


for destination in ("224.0.0.251", "239.1.1.1"):
    @case("Multicast", f"to {destination}, from inside")
    def _(t, destination=destination):
        t.client.send(udp(CLIENT, t.a, destination, 5353), to="01:00:5e:00:00:fb")

    @case("Multicast", f"to {destination} with TTL 1")
    def _(t, destination=destination):
        t.client.send(udp(CLIENT, t.a, destination, 5353, ttl=1), to="01:00:5e:00:00:fb")


@case("Ethernet", "a VLAN tag")
def _(t):
    t.client.send_frame(Ether(src=t.client.mac, dst=t.client.gateway_mac) / Dot1Q(vlan=5) / udp(CLIENT, t.a, EXTERNAL, 9000))
