using System.Buffers.Text;

namespace Router.Wire;

/// <summary>An address as people write it, in ASCII and without an object: dotted for IPv4, RFC 5952 for IPv6.</summary>
internal static class AddressText
{
    /// <summary>The longest: eight groups of four digits.</summary>
    public const int Longest = 39;

    private const int Groups = 8;

    /// <summary>Writes it, and returns its length.</summary>
    public static int Write(Span<byte> text, in IpAddress address) => address.IsIpv4 ? WriteIpv4(text, address.Ipv4) : WriteIpv6(text, address);

    private static int WriteIpv4(Span<byte> text, uint address)
    {
        int length = 0;
        for (int shift = 24; shift >= 0; shift -= 8)
        {
            Utf8Formatter.TryFormat((byte)(address >> shift), text[length..], out int written);
            length += written;
            if (shift > 0)
                text[length++] = (byte)'.';
        }

        return length;
    }

    private static int WriteIpv6(Span<byte> text, in IpAddress address)
    {
        (int from, int count) = LongestZeros(address);
        int length = 0;
        for (int group = 0; group < Groups; group++)
        {
            if (group == from)
            {
                text[length++] = (byte)':';
                group += count - 1;
                if (group == Groups - 1)
                    text[length++] = (byte)':';
                continue;
            }

            if (group > 0)
                text[length++] = (byte)':';
            GroupOf(address, group).TryFormat(text[length..], out int written, "x", provider: null);
            length += written;
        }

        return length;
    }

    /// <summary>RFC 5952 section 4.2: the first of the longest runs of zeros, where it has two groups at least.</summary>
    private static (int From, int Count) LongestZeros(in IpAddress address)
    {
        (int From, int Count) longest = (-1, 1);
        for (int group = 0, zeros = 0; group < Groups; group++)
        {
            zeros = GroupOf(address, group) == 0 ? zeros + 1 : 0;
            if (zeros > longest.Count)
                longest = (group - zeros + 1, zeros);
        }

        return longest;
    }

    private static ushort GroupOf(in IpAddress address, int group) => (ushort)((group < 4 ? address.High : address.Low) >> 16 * (3 - group % 4));
}
