"""
What a case is, and what many begin with. A case begins with nothing in flight, on ports of its own. `why` is there where our router does otherwise than the kernel's,
and says after which RFC or decision; the test fails where a difference has none, and where it explains none.
"""
from scapy.layers.inet import ICMP, TCP, UDP

from packets import EXTERNAL, WAN, echo, tcp, udp

CASES = []


def case(topic, title, why=None):
    def add(function):
        CASES.append((topic, title, why, function))
        return function
    return add


def is_udp(port):
    return lambda packet: packet.proto == 17 and packet.frag == 0 and UDP in packet and packet[UDP].dport == port


def is_tcp(flags, port):
    return lambda packet: packet.proto == 6 and packet.frag == 0 and TCP in packet and packet[TCP].flags == flags and packet[TCP].dport == port


def open_udp(t, port=None, host=None, to=EXTERNAL, to_port=9000):
    """A session from inside; its outside port."""
    host, port = host or t.client, port or t.a
    t.seen = []
    host.send(udp(host.address, port, to, to_port))
    return t.wait(t.external, is_udp(to_port), "the opening")[UDP].sport


def open_tcp(t, port=None, host=None):
    """A connection from inside to port 80, opened: next from inside 1001, from outside 5001. Its outside port."""
    host, port = host or t.client, port or t.a
    host.send(tcp(host.address, port, EXTERNAL, 80, "S"))
    outside = t.wait(t.external, is_tcp("S", 80), "the SYN")[TCP].sport
    t.external.send(tcp(EXTERNAL, 80, WAN, outside, "SA", seq=5000, ack=1001))
    t.wait(host, is_tcp("SA", port), "the SYN+ACK")
    host.send(tcp(host.address, port, EXTERNAL, 80, "A", seq=1001, ack=5001))
    t.wait(t.external, is_tcp("A", 80), "the ACK")
    return outside


def open_echo(t):
    """An echo request to outside; its outside identifier."""
    t.client.send(echo(t.client.address, EXTERNAL, t.a))
    return t.wait(t.external, lambda packet: packet.proto == 1 and packet.frag == 0, "the request")[ICMP].id
