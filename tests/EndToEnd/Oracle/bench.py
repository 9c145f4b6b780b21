"""Hosts around one router, each a raw look at its own device; what passes there is told in words in which two routers can be compared."""
import ctypes
import os
import select
import socket
import struct
import subprocess
import time

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether

from packets import Case, WAN
from sums import ones_sum, pseudo_sum

CLONE_NEWNET = 0x40000000
SOL_PACKET, PACKET_AUXDATA, ETH_P_ALL, PACKET_OUTGOING = 263, 8, 3, 4
CHECKSUM_NOT_READY = 1 << 3
LIMIT = 3

# No host's own stack may answer: the frames are ours alone. ARP passes.
QUIET = "table ip quiet {\n chain everything {\n type filter hook prerouting priority raw - 1\n drop\n }\n}\n"


class Missing(Exception):
    """What a stimulus needed did not come; the case tells of it and ends."""


class Host:
    def __init__(self, prefix, name, device, address, gateway):
        self.name, self.address = name, address
        space = f"{prefix}-{name}"
        neighbor = subprocess.run(["ip", "-n", space, "neigh", "show", gateway, "dev", device], check=True, capture_output=True, text=True).stdout.split()
        self.gateway_mac = neighbor[neighbor.index("lladdr") + 1]
        subprocess.run(["ip", "netns", "exec", space, "nft", "-f", "-"], input=QUIET, check=True, text=True)
        self.socket = in_namespace(space, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)))
        self.socket.bind((device, ETH_P_ALL))
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.setblocking(False)
        self.mac = ":".join(f"{part:02x}" for part in self.socket.getsockname()[4])

    def send(self, packet, to=None):
        """One packet to the router, or bytes that only look like one; `to` is another Ethernet address than the router's."""
        self.socket.send(bytes(Ether(src=self.mac, dst=to or self.gateway_mac, type=0x0800)) + bytes(packet))

    def send_frame(self, frame):
        self.socket.send(bytes(frame))


def in_namespace(name, action):
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as own, open(f"/run/netns/{name}") as there:
        if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {name}")
        try:
            return action()
        finally:
            libc.setns(own.fileno(), CLONE_NEWNET)


class Bench:
    """The hosts, and what each has seen since the case began."""

    def __init__(self, prefix):
        # One processor: what is sent first is handled first, by the kernel's router too.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        self.client = Host(prefix, "client", "eth0", "192.168.25.10", "192.168.25.1")
        self.home = Host(prefix, "home", "eth0", "192.168.25.20", "192.168.25.1")
        self.mta = Host(prefix, "mta", "op25b-srv", "198.51.100.25", "198.51.100.1")
        self.external = Host(prefix, "external", "op25b-wan", "203.0.113.25", "203.0.113.2")
        self.hosts = [self.client, self.home, self.mta, self.external]
        self.seen = []
        self._fences = 0
        self._port = 20000

    def begin(self):
        self.seen = []
        self.show = set()
        self._port += 4
        Case.identification = self._port
        # Inside ports of this case alone; in words they are a, b, c.
        self.a, self.b, self.c = self._port, self._port + 1, self._port + 2

    def pump(self, seconds):
        for ready in select.select([host.socket for host in self.hosts], [], [], seconds)[0]:
            host = next(host for host in self.hosts if host.socket is ready)
            frame, ancillary, _, source = ready.recvmsg(1 << 17, 256)
            if source[2] == PACKET_OUTGOING or frame[12:14] != b"\x08\x00" or frame[:6] == frame[6:12]:
                continue
            if frame[0] & 1 == 0 and frame[:6] != bytes.fromhex(host.mac.replace(":", "")):
                continue
            status = next((struct.unpack_from("I", data)[0] for level, kind, data in ancillary if level == SOL_PACKET and kind == PACKET_AUXDATA), 0)
            self.seen.append((host, frame[14:], status & CHECKSUM_NOT_READY == 0))

    def wait(self, host, condition, what="the packet", limit=LIMIT):
        """The first packet there, past or future, that the condition accepts."""
        end = time.monotonic() + limit
        checked = 0
        while True:
            for seen_by, data, _ in self.seen[checked:]:
                if seen_by is host and condition(IP(data)):
                    return IP(data)
            checked = len(self.seen)
            left = end - time.monotonic()
            if left <= 0:
                raise Missing(f"{what} did not reach {host.name}")
            self.pump(left)

    def fence(self):
        """When it has passed, whatever was sent before has passed too, and the answers to it: it goes everywhere twice, there and back."""
        self._fences += 1
        for turn in range(2):
            mark = b"fence %d %d" % (self._fences, turn)
            for host, port in ((self.client, 7001), (self.mta, 7003)):
                is_mark = lambda packet: mark in bytes(packet)
                host.send(IP(src=host.address, dst=self.external.address, flags="DF") / UDP(sport=port, dport=7002) / mark)
                there = self.wait(self.external, is_mark, "the fence", 5)
                self.external.send(IP(src=self.external.address, dst=there.src, flags="DF") / UDP(sport=7002, dport=there[UDP].sport) / mark)
                self.wait(host, is_mark, "the answer to the fence", 5)
                self.seen = [entry for entry in self.seen if mark not in entry[1]]

    def arrived(self, host, condition):
        """Whether such a packet is there, now that everything has passed."""
        self.fence()
        return next((IP(data) for by, data, _ in self.seen if by is host and condition(IP(data))), None)

    def told(self):
        return [f"{host.name}: {self.tell(data, ready)}" for host, data, ready in sorted(self.seen, key=lambda entry: self.hosts.index(entry[0]))]

    def port(self, number, is_outside=False):
        """Numbers that a router may have chosen at random are all "other"."""
        named = number in (500, 8080, 9999, 33434) or number < 10000 and not is_outside
        return {self.a: "a", self.b: "b", self.c: "c"}.get(number, str(number) if named else "other")

    def tell(self, data, is_ready=True, is_quote=False):
        """A packet in a line: addresses, ports, flags, and what is wrong with it."""
        length, offset = struct.unpack_from("!H", data, 2)[0], (struct.unpack_from("!H", data, 6)[0] & 0x1FFF) * 8
        header = (data[0] & 15) * 4
        packet = IP(data if is_quote else data[:length])
        body = data[header:] if is_quote else data[header:length]
        words = [self.tell_transport(packet, body, offset, is_ready, is_quote), f"ttl {packet.ttl}"]
        if packet.tos and not (packet.proto == 1 and body[:1] in (b"\x03", b"\x0b", b"\x0c") and "tos" not in self.show):
            words.append(f"tos {packet.tos:#04x}")
        if packet.flags.MF or offset:
            words.append(f"fragment {offset}+{length - header}{' MF' if packet.flags.MF else ''}")
        if "flags" in self.show:
            words.append(f"flags {packet.flags or '-'}")
        if "id" in self.show:
            words.append("id kept" if packet.id == Case.identification else "id new")
        if header > 20:
            words.append(f"options {tell_options(data[20:header])}")
        if ones_sum(data[:header]) != 0xFFFF:
            words.append("BAD IP CHECKSUM")
        return ", ".join(words)

    def tell_transport(self, packet, body, offset, is_ready, is_quote):
        flow = f"{packet.src} > {packet.dst}"
        if offset:
            return f"{flow} protocol {packet.proto}"
        if packet.proto in (6, 17) and len(body) >= 8:
            source, destination = struct.unpack_from("!HH", body)
            flow = f"{packet.src}:{self.port(source, packet.src == WAN)} > {packet.dst}:{self.port(destination, packet.dst == WAN)}"
        whole = is_ready and not is_quote and not packet.flags.MF
        if packet.proto == 17 and len(body) >= 8:
            checksum = struct.unpack_from("!H", body, 6)[0]
            note = " without checksum" if checksum == 0 and not is_quote else " BAD CHECKSUM" if whole and checksum and pseudo_sum(packet, body) != 0xFFFF else ""
            return f"UDP {flow}, {len(body) - 8} bytes{note}"
        if packet.proto == 6 and len(body) >= 20:
            note = " BAD CHECKSUM" if whole and pseudo_sum(packet, body) != 0xFFFF else ""
            # A reset of the router's own has numbers of its own; all others must be as they were.
            numbers = "" if is_quote else f" seq {struct.unpack_from('!I', body, 4)[0]} ack {struct.unpack_from('!I', body, 8)[0]}"
            options = body[20:(body[12] >> 4) * 4].hex()
            return f"TCP {flow} {TCP(body).flags or '-'}{numbers}{' options ' + options if options else ''}, {max(len(body) - (body[12] >> 4) * 4, 0)} bytes{note}"
        if packet.proto == 1 and len(body) >= 8:
            return self.tell_icmp(flow, body, whole, is_quote)
        return f"{'TCP' if packet.proto == 6 else 'UDP' if packet.proto == 17 else f'protocol {packet.proto}'} {flow}, {len(body)} bytes"

    def tell_icmp(self, flow, body, whole, is_quote):
        note = " BAD CHECKSUM" if whole and ones_sum(body) != 0xFFFF else ""
        kind = f"ICMP {body[0]}/{body[1]}"
        if body[0] not in (3, 4, 5, 11, 12):
            return f"{kind} {flow} id {self.port(struct.unpack_from('!H', body, 4)[0], WAN in flow)}, {len(body) - 8} bytes{note}"
        mtu = f" MTU {struct.unpack_from('!H', body, 6)[0]}" if body[:2] == b"\x03\x04" else ""
        quote = f" about [{self.tell(body[8:], is_quote=True)}]" if not is_quote and len(body) >= 28 else ""
        return f"{kind}{mtu} {flow}{quote}, {len(body) - 8} bytes quoted{note}"


def tell_options(options):
    """A time stamp that was filled in is another each time."""
    return options.hex() if options[0] != 0x44 else options[:4].hex() + (" and the time" if any(options[4:]) else " and no time")
