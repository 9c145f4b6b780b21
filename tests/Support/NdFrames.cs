using System.Buffers.Binary;
using System.Net;
using Router.Wire;

namespace Support;

/// <summary>Neighbor Discovery messages as hosts and other routers send them, byte by byte after RFC 4861 section 4.</summary>
internal static class NdFrames
{
    public const string AllNodes = "ff02::1", AllRouters = "ff02::2";

    /// <summary>A router solicitation; from the unspecified address it has no options.</summary>
    public static byte[] RouterSolicitation(string source, MacAddress from, params byte[][] options) =>
        Frame(source, AllRouters, [133, 0, 0, 0, 0, 0, 0, 0, .. options.SelectMany(option => option)], from);

    public static byte[] RouterAdvertisement(string source, MacAddress from, byte hopLimit = 64, byte flags = 0, ushort lifetime = 1800, params byte[][] options) =>
        Frame(source, AllNodes, [134, 0, 0, 0, hopLimit, flags, (byte)(lifetime >> 8), (byte)lifetime, 0, 0, 0, 0, 0, 0, 0, 0, .. options.SelectMany(option => option)], from);

    /// <summary>To the solicited-node group, or to one address.</summary>
    public static byte[] NeighborSolicitation(string source, string target, MacAddress from, string? to = null, params byte[][] options) =>
        Frame(source, to ?? SolicitedNode(target), [135, 0, 0, 0, 0, 0, 0, 0, .. Bytes(target), .. options.SelectMany(option => option)], from);

    /// <summary>To all nodes, or to one address.</summary>
    public static byte[] NeighborAdvertisement(string source, string target, MacAddress from, byte flags = 0x20, string to = AllNodes, params byte[][] options) =>
        Frame(source, to, [136, 0, 0, 0, flags, 0, 0, 0, .. Bytes(target), .. options.SelectMany(option => option)], from);

    public static byte[] MacOption(byte type, MacAddress mac)
    {
        byte[] option = [type, 1, 0, 0, 0, 0, 0, 0];
        mac.Write(option.AsSpan(2));
        return option;
    }

    public static byte[] PrefixOption(string prefix, byte length, byte flags = 0xC0, uint valid = 2592000, uint preferred = 604800) =>
        [3, 4, length, flags, .. Word(valid), .. Word(preferred), 0, 0, 0, 0, .. Bytes(prefix)];

    public static byte[] MtuOption(uint mtu) => [5, 1, 0, 0, .. Word(mtu)];

    public static string SolicitedNode(string address) => new IPAddress([0xFF, 2, .. new byte[9], 1, 0xFF, .. Bytes(address)[13..]]).ToString();

    /// <summary>An Ethernet frame with an ICMPv6 message, its checksum filled in.</summary>
    public static byte[] Frame(string source, string destination, byte[] message, MacAddress from, byte hopLimit = 255, MacAddress? to = null)
    {
        byte[] target = Bytes(destination);
        ushort checksum = (ushort)~InternetSum.Of([.. Bytes(source), .. target, .. Word((uint)message.Length), 0, 0, 0, 58, .. message[..2], 0, 0, .. message[4..]]);
        byte[] frame = [.. new byte[12], 0x86, 0xDD, 0x60, 0, 0, 0, (byte)(message.Length >> 8), (byte)message.Length, 58, hopLimit, .. Bytes(source), .. target,
            .. message[..2], (byte)(checksum >> 8), (byte)checksum, .. message[4..]];
        (to ?? new MacAddress(0x3333_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(target.AsSpan(12)))).Write(frame);
        from.Write(frame.AsSpan(6));
        return frame;
    }

    public static byte[] Bytes(string address) => IPAddress.Parse(address).GetAddressBytes();

    private static byte[] Word(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
