using System.Buffers.Binary;
using Router.Packets;
using Router.Wire;
using TapDev;

namespace Router.Capture;

/// <summary>How much of a frame is headers: those of Ethernet, IP and the transport. Behind them begins what people say to each other.</summary>
internal static class FrameHeaders
{
    private const int MessageHead = 8, TcpOffsetByte = 12;

    /// <summary>Bytes from the start of the Ethernet frame.</summary>
    public static int LengthOf(in Packet packet)
    {
        ReadOnlySpan<byte> frame = packet.Bytes[VirtioHeader.Size..];
        return packet is { TransportHeaderLength: > 0, TransportOffset: > 0 }
            ? Math.Min(frame.Length, packet.TransportOffset - VirtioHeader.Size + packet.TransportHeaderLength)
            : LengthOf(frame);
    }

    /// <summary>The same from the bytes alone, which may be anything.</summary>
    public static int LengthOf(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < EthernetHeader.Size)
            return frame.Length;
        ReadOnlySpan<byte> network = frame[EthernetHeader.Size..];
        int length = BinaryPrimitives.ReadUInt16BigEndian(frame[(EthernetHeader.Size - 2)..]) switch
        {
            EthernetHeader.Arp => ArpMessage.Size,
            EthernetHeader.Ipv4 => Ipv4(network),
            EthernetHeader.Ipv6 => Ipv6(network),
            _ => 0,
        };
        return Math.Min(frame.Length, EthernetHeader.Size + length);
    }

    private static int Ipv4(ReadOnlySpan<byte> network)
    {
        const int ProtocolOffset = 9, FragmentOffset = 6, FragmentUnits = 0x1FFF;
        if (network.Length < Ipv4Header.MinimumSize)
            return network.Length;
        int length = Math.Min(network.Length, Math.Max(Ipv4Header.MinimumSize, (network[0] & 0xF) * 4));
        bool isLater = (BinaryPrimitives.ReadUInt16BigEndian(network[FragmentOffset..]) & FragmentUnits) != 0;
        return length + (isLater ? 0 : Transport(network[ProtocolOffset], Ipv4Header.Icmp, network[length..]));
    }

    private static int Ipv6(ReadOnlySpan<byte> network)
    {
        const int NextHeaderOffset = 6;
        return network.Length < Ipv6Header.Size ? network.Length : Ipv6Header.Size + Transport(network[NextHeaderOffset], Icmpv6.Protocol, network[Ipv6Header.Size..]);
    }

    private static int Transport(byte protocol, byte icmp, ReadOnlySpan<byte> transport) => protocol switch
    {
        Ipv4Header.Tcp when transport.Length > TcpOffsetByte => Math.Max(TcpHeader.MinimumSize, (transport[TcpOffsetByte] >> 4) * 4),
        Ipv4Header.Udp => MessageHead,
        _ when protocol == icmp => MessageHead,
        _ => 0,
    };
}
