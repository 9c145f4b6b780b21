"""The last ones: ports that a router chooses at random must not be those of another case, and the last answer takes time."""
from bench import Missing
from packets import CLIENT, EXTERNAL, HOME, SECOND, WAN, echo, tcp, udp
from stimulus import case, open_udp


@case("UDP", "two inside hosts with one port, to two hosts",
      "No two inside hosts share an outside port (RFC 4787 REQ-3). The kernel overloads it as long as the destinations differ.")
def _(t):
    open_udp(t)
    t.home.send(udp(HOME, t.a, SECOND, 9000))


@case("UDP", "two inside hosts with one port, to one host")
def _(t):
    open_udp(t)
    t.home.send(udp(HOME, t.a, EXTERNAL, 9000))


@case("TCP", "two inside hosts with one port, to one host")
def _(t):
    t.client.send(tcp(CLIENT, t.a, EXTERNAL, 80, "S"))
    t.home.send(tcp(HOME, t.a, EXTERNAL, 80, "S"))


@case("Echo", "two inside hosts with one identifier")
def _(t):
    t.client.send(echo(CLIENT, EXTERNAL, t.a))
    t.home.send(echo(HOME, EXTERNAL, t.a))


@case("TCP", "a SYN from outside to a port that nobody has, and what is said in seven seconds",
      "An unsolicited SYN is not answered for six seconds, so that a simultaneous open can win, and then by ICMP 3/3 (RFC 5382 REQ-4). The kernel's own stack resets at once.")
def _(t):
    t.external.send(tcp(EXTERNAL, t.a, WAN, 9999, "S"))
    try:
        t.wait(t.external, lambda packet: packet.proto in (1, 6), "an answer", 7)
    except Missing:
        pass  # told by what is missing
