using System.Buffers.Binary;

namespace Support;

/// <summary>Capture files by hand, which owe nothing to the router's own writer.</summary>
internal static class HandMadeCaptures
{
    public static byte[] Pcap(params byte[][] frames) => Pcap(linkType: 1, isBigEndian: false, frames);

    public static byte[] Pcap(int linkType, bool isBigEndian, params byte[][] frames)
    {
        byte[] header = [.. Number(0xA1B2C3D4, isBigEndian), .. isBigEndian ? [0, 2, 0, 4] : new byte[] { 2, 0, 4, 0 }, .. new byte[8], .. Number(65535, isBigEndian), .. Number((uint)linkType, isBigEndian)];
        return [.. header, .. frames.SelectMany(frame => (byte[])[.. new byte[8], .. Number((uint)frame.Length, isBigEndian), .. Number((uint)frame.Length, isBigEndian), .. frame])];
    }

    /// <summary>One section, with an interface of each name, and the frames on the one of their number.</summary>
    public static byte[] Pcapng(bool isBigEndian, string[] interfaces, params (int Interface, byte[] Frame)[] frames) =>
    [
        .. Block(0x0A0D0D0A, [.. Number(0x1A2B3C4D, isBigEndian), .. isBigEndian ? [0, 1, 0, 0] : new byte[] { 1, 0, 0, 0 }, .. Enumerable.Repeat((byte)0xFF, 8)], isBigEndian),
        .. interfaces.SelectMany(name => Block(1, [.. isBigEndian ? [0, 1, 0, 0] : new byte[] { 1, 0, 0, 0 }, .. new byte[4], .. Option(2, System.Text.Encoding.UTF8.GetBytes(name), isBigEndian), .. new byte[4]], isBigEndian)),
        .. Block(5, new byte[12], isBigEndian),
        .. frames.SelectMany(entry => Block(6, [.. Number((uint)entry.Interface, isBigEndian), .. new byte[8], .. Number((uint)entry.Frame.Length, isBigEndian), .. Number((uint)entry.Frame.Length, isBigEndian), .. Padded(entry.Frame)], isBigEndian)),
    ];

    public static byte[] Block(uint type, byte[] body, bool isBigEndian) => [.. Number(type, isBigEndian), .. Number((uint)body.Length + 12, isBigEndian), .. body, .. Number((uint)body.Length + 12, isBigEndian)];

    private static byte[] Option(int code, byte[] value, bool isBigEndian) =>
        [.. isBigEndian ? [0, (byte)code, 0, (byte)value.Length] : new byte[] { (byte)code, 0, (byte)value.Length, 0 }, .. Padded(value)];

    private static byte[] Padded(byte[] bytes) => [.. bytes, .. new byte[(4 - bytes.Length % 4) % 4]];

    private static byte[] Number(uint number, bool isBigEndian)
    {
        byte[] bytes = new byte[4];
        if (isBigEndian) BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        else BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        return bytes;
    }
}
