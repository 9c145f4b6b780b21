"""The Internet checksum (RFC 1071), apart from scapy's own."""
import socket
import struct


def ones_sum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) // 2 * 2])) + (data[-1] << 8 if len(data) % 2 else 0)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def pseudo_sum(packet, body):
    return ones_sum(socket.inet_aton(packet.src) + socket.inet_aton(packet.dst) + struct.pack("!BBH", 0, packet.proto, len(body)) + body)
