using System.Buffers.Binary;
using Router.Wire;

namespace Router.Packets;

/// <summary>Checksums of TCP, UDP and ICMPv6, which cover a pseudo-header of the addresses.</summary>
internal static class TransportChecksum
{
    /// <summary>Whether the sum is right, as far as it can be told: one that is left to the offload is taken as good.</summary>
    public static bool IsValid(in Packet packet)
    {
        if (packet.NeedsChecksum)
            return true;
        ulong sum = Checksum.PseudoHeader(packet.Source, packet.Destination, packet.Protocol, packet.TransportLength) + Checksum.Sum(packet.Transport);
        return Checksum.Fold(sum) == 0xFFFF;
    }

    /// <summary>Computes the checksum of a whole TCP segment, UDP datagram or ICMPv6 message and writes it (RFC 768: a computed zero is sent as 0xFFFF).</summary>
    public static void Complete(Span<byte> transport, in IpAddress source, in IpAddress destination, byte protocol)
    {
        Span<byte> field = transport[FieldOffset(protocol)..];
        BinaryPrimitives.WriteUInt16BigEndian(field, 0);
        ushort checksum = Checksum.Finish(Checksum.PseudoHeader(source, destination, protocol, transport.Length) + Checksum.Sum(transport));
        BinaryPrimitives.WriteUInt16BigEndian(field, checksum == 0 && protocol == Ipv4Header.Udp ? ushort.MaxValue : checksum);
    }

    public static int FieldOffset(byte protocol) => protocol switch
    {
        Ipv4Header.Tcp => TcpHeader.ChecksumOffset,
        Icmpv6.Protocol => IcmpMessage.ChecksumOffset,
        _ => UdpHeader.ChecksumOffset,
    };
}
