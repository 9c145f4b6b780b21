using Router.Wire;

namespace Router.Op25b;

/// <summary>What a DNS answer says of the name that was asked for: its addresses, at the end of its chain of aliases.</summary>
internal static class DnsAnswer
{
    /// <summary>More than a mail server has, and few enough to bound what one answer costs.</summary>
    public const int MostAddresses = 16;

    private const int MostAliases = 8, MostRecords = 64;

    /// <summary>
    /// Reads the answers of a response whose header and question are read. Only what the question's name leads to counts: a record of another name, wherever it
    /// points, is nothing that was asked for. Returns how many addresses there are, zero too where a record is broken; the TTL is the shortest on the way.
    /// </summary>
    public static int Read(in DnsReader answers, ReadOnlySpan<byte> question, ushort type, Span<IpAddress> addresses, out uint ttl)
    {
        Span<byte> name = stackalloc byte[DnsName.MaximumSize], next = stackalloc byte[DnsName.MaximumSize];
        question.CopyTo(name);
        int length = question.Length;
        ttl = int.MaxValue;
        for (int aliases = 0; aliases <= MostAliases; aliases++)
        {
            int target = FindAlias(answers, name[..length], next, ref ttl);
            if (target < 0)
                return 0;
            if (target == 0)
                return Collect(answers, name[..length], type, addresses, ref ttl);
            next[..target].CopyTo(name);
            length = target;
        }

        return 0;
    }

    /// <summary>The length of the name that <paramref name="name"/> is an alias of; zero where it is none, negative where the message is broken.</summary>
    private static int FindAlias(DnsReader answers, ReadOnlySpan<byte> name, Span<byte> target, ref uint ttl)
    {
        Span<byte> owner = stackalloc byte[DnsName.MaximumSize];
        for (int left = Math.Min(answers.Answers, MostRecords); left > 0; left--)
        {
            if (!answers.TryReadRecord(owner, out DnsRecord record))
                return -1;
            if (record.Type != DnsReader.TypeCname || record.Class != DnsReader.Internet || !name.SequenceEqual(owner[..record.OwnerLength]))
                continue;
            ttl = Math.Min(ttl, record.Ttl);
            return answers.ReadTarget(record, target) is > 0 and var length ? length : -1;
        }

        return 0;
    }

    private static int Collect(DnsReader answers, ReadOnlySpan<byte> name, ushort type, Span<IpAddress> addresses, ref uint ttl)
    {
        Span<byte> owner = stackalloc byte[DnsName.MaximumSize];
        int count = 0;
        for (int left = Math.Min(answers.Answers, MostRecords); left > 0 && count < Math.Min(addresses.Length, MostAddresses); left--)
        {
            if (!answers.TryReadRecord(owner, out DnsRecord record))
                return 0;
            if (record.Type != type || !name.SequenceEqual(owner[..record.OwnerLength]) || !answers.TryReadAddress(record, out IpAddress address))
                continue;
            ttl = Math.Min(ttl, record.Ttl);
            addresses[count++] = address;
        }

        return count;
    }
}
