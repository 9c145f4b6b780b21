namespace Support;

/// <summary>The Internet checksum as RFC 1071 section 1 says it, word by word: slow, and nobody else's code.</summary>
internal static class InternetSum
{
    public static ushort Of(ReadOnlySpan<byte> bytes)
    {
        int sum = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
            if (sum > 0xFFFF)
                sum -= 0xFFFF;
        }

        return (ushort)sum;
    }

    /// <summary>Whether bytes with their checksum in them sum up as they must.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> bytes) => Of(bytes) == 0xFFFF;

    /// <summary>The same for a TCP segment or UDP datagram over IPv4, its pseudo-header included.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> transport, ReadOnlySpan<byte> addresses, byte protocol) =>
        IsWhole([.. addresses, 0, protocol, (byte)(transport.Length >> 8), (byte)transport.Length, .. transport]);
}
