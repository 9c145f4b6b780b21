namespace Router.Wire;

/// <summary>
/// Names of the DNS (RFC 1035 section 3.1) as length-prefixed labels in lower case, the root's empty one last: the form in which two of them can be compared
/// byte by byte.
/// </summary>
internal static class DnsName
{
    /// <summary>RFC 1035 section 2.3.4: with the lengths and the root's label.</summary>
    public const int MaximumSize = 255;

    private const int LongestLabel = 63;

    // A name that somebody compressed has a pointer or a few. A chain of them is no longer than the message, and a message of nothing else would cost a thousand times its size.
    private const int MostPointers = 16;

    private const byte PointerMark = 0xC0;

    /// <summary>
    /// Reads the name at the offset, which then stands behind it, into <paramref name="name"/> (<see cref="MaximumSize"/> bytes); returns its length, or zero where
    /// it is none. A pointer (section 4.1.4) leads back and only back, before everything that this name has led to: so there is no loop.
    /// </summary>
    public static int Read(ReadOnlySpan<byte> message, ref int offset, Span<byte> name)
    {
        int length = 0, at = offset, lowest = offset;
        int pointers = 0;
        while (at < message.Length)
        {
            int label = message[at];
            if ((label & PointerMark) == PointerMark)
            {
                if (at + 1 >= message.Length)
                    return 0;
                int target = (label & ~PointerMark) << 8 | message[at + 1];
                if (pointers++ == 0)
                    offset = at + 2;
                if (target >= lowest || pointers > MostPointers)
                    return 0;
                at = lowest = target;
                continue;
            }

            // Lengths of 64 to 191 have no meaning; the root's label must find room too.
            if (label > LongestLabel || at + 1 + label > message.Length || length + 1 + label + (label == 0 ? 0 : 1) > MaximumSize)
                return 0;
            name[length] = (byte)label;
            Lower(message.Slice(at + 1, label), name[(length + 1)..]);
            length += 1 + label;
            at += 1 + label;
            if (label != 0)
                continue;
            if (pointers == 0)
                offset = at;
            return length;
        }

        return 0;
    }

    /// <summary>The form of a host name as people write it, which <c>Syntax.HostPattern</c> has judged.</summary>
    public static byte[] Of(string text)
    {
        var name = new List<byte>();
        foreach (string label in text.Split('.'))
        {
            name.Add((byte)label.Length);
            name.AddRange(label.Select(letter => Lower((byte)letter)));
        }

        name.Add(0);
        return [.. name];
    }

    /// <summary>The name as people write it. What is no letter, digit, hyphen or underscore is written as a question mark: it goes to terminals and logs.</summary>
    public static string ToText(ReadOnlySpan<byte> name)
    {
        var text = new System.Text.StringBuilder();
        for (int at = 0; at < name.Length && name[at] != 0; at += 1 + name[at])
        {
            if (at > 0)
                text.Append('.');
            foreach (byte letter in name.Slice(at + 1, name[at]))
                text.Append(char.IsAsciiLetterOrDigit((char)letter) || letter is (byte)'-' or (byte)'_' ? (char)letter : '?');
        }

        return text.ToString();
    }

    /// <summary>Whether the name has one label or more before the suffix, which is a whole name itself.</summary>
    public static bool IsUnder(ReadOnlySpan<byte> name, ReadOnlySpan<byte> suffix)
    {
        int at = 0;
        while (name.Length - at > suffix.Length)
            at += 1 + name[at];
        return at > 0 && name[at..].SequenceEqual(suffix);
    }

    private static void Lower(ReadOnlySpan<byte> label, Span<byte> lower)
    {
        for (int i = 0; i < label.Length; i++)
            lower[i] = Lower(label[i]);
    }

    private static byte Lower(byte letter) => letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter | 0x20) : letter;
}
