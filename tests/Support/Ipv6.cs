using System.Net;
using Router.Wire;

namespace Support;

/// <summary>IPv6 packets byte by byte: what PacketDotNet does not build, and what no honest host does.</summary>
internal static class Ipv6
{
    private const int Headers = EthernetHeader.Size + 40;

    /// <summary>An ICMPv6 message, its checksum filled in.</summary>
    public static byte[] Icmp(string source, string destination, byte[] message, MacAddress router, int hopLimit = 64, MacAddress? from = null) =>
        NdFrames.Frame(source, destination, message, from ?? Frames.Host, (byte)hopLimit, router);

    /// <summary>A packet of any protocol.</summary>
    public static byte[] Packet(string source, string destination, byte nextHeader, byte[] payload, MacAddress router, int hopLimit = 64) =>
    [
        .. Frames.Physical(router).GetAddressBytes(), .. Frames.Physical(Frames.Host).GetAddressBytes(), 0x86, 0xDD, 0x60, 0, 0, 0,
        (byte)(payload.Length >> 8), (byte)payload.Length, nextHeader, (byte)hopLimit, .. IPAddress.Parse(source).GetAddressBytes(), .. IPAddress.Parse(destination).GetAddressBytes(), .. payload,
    ];

    /// <summary>The frame with extension headers between its header and what followed: each is its type and its content behind the next-header byte.</summary>
    public static byte[] WithExtensions(byte[] ethernetFrame, params (byte Type, byte[] Content)[] extensions)
    {
        byte next = ethernetFrame[EthernetHeader.Size + 6];
        byte[] payload = ethernetFrame[Headers..];
        foreach ((byte type, byte[] rest) in extensions.Reverse())
            (payload, next) = ([next, .. rest, .. payload], type);
        byte[] frame = [.. ethernetFrame[..Headers], .. payload];
        (frame[EthernetHeader.Size + 4], frame[EthernetHeader.Size + 5]) = ((byte)(payload.Length >> 8), (byte)payload.Length);
        frame[EthernetHeader.Size + 6] = next;
        return frame;
    }

    /// <summary>Hop-by-hop or destination options of so many bytes, a multiple of eight: PadN.</summary>
    public static (byte Type, byte[] Content) Options(byte type = 60, int bytes = 8) => (type, [(byte)(bytes / 8 - 1), 1, (byte)(bytes - 4), .. new byte[bytes - 4]]);

    public static (byte Type, byte[] Content) Routing(byte type, byte segmentsLeft) => (43, [2, type, segmentsLeft, .. new byte[20]]);

    /// <summary>An Authentication Header without a meaning, of 24 bytes.</summary>
    public static (byte Type, byte[] Content) Authentication() => (51, [4, 0, 0, .. new byte[20]]);

    public static (byte Type, byte[] Content) FragmentHeader(uint identification, int units, bool more) =>
        (44, [0, (byte)(units >> 5), (byte)(units << 3 | (more ? 1 : 0)), (byte)(identification >> 24), (byte)(identification >> 16), (byte)(identification >> 8), (byte)identification]);

    /// <summary>One fragment, of any bytes of what follows the frame's IPv6 header.</summary>
    public static byte[] Piece(byte[] ethernetFrame, uint identification, int units, byte[] bytes, bool more)
    {
        byte[] frame = [.. ethernetFrame[..Headers], .. bytes];
        return WithExtensions(frame, FragmentHeader(identification, units, more));
    }

    /// <summary>A packet in fragments that begin at the units of 8 bytes behind its first one.</summary>
    public static byte[][] Fragments(byte[] ethernetFrame, uint identification, params int[] cuts)
    {
        int[] starts = [0, .. cuts];
        byte[] part = ethernetFrame[Headers..];
        return [.. starts.Select((unit, i) => Piece(ethernetFrame, identification, unit,
            part[(unit * 8)..(i + 1 < starts.Length ? starts[i + 1] * 8 : part.Length)], more: i + 1 < starts.Length))];
    }
}
