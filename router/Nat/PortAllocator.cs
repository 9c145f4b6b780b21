namespace Router.Nat;

/// <summary>
/// Chooses outside ports. The inside port is kept where it is free; else a free one is sought from a random place on (RFC 6056 section 3.3.1, algorithm 1), in
/// the same range (RFC 4787 REQ-3a: 0 to 1023, or 1024 to 65535) and with the same parity (REQ-4), so nobody can guess it.
/// </summary>
internal sealed class PortAllocator(Random random)
{
    public const int Exhausted = -1;

    private const int FirstUserPort = 1024, End = 65536;

    /// <summary>A port whose place in <paramref name="owners"/> (65 536 of them) is zero, or <see cref="Exhausted"/>.</summary>
    public int Allocate(ushort wanted, ReadOnlySpan<int> owners)
    {
        if (wanted != 0 && owners[wanted] == 0)
            return wanted;
        int first = wanted < FirstUserPort ? 0 : FirstUserPort, pairs = ((wanted < FirstUserPort ? FirstUserPort : End) - first) / 2;
        int start = random.Next(pairs);
        for (int i = 0; i < pairs; i++)
        {
            int candidate = first + (start + i) % pairs * 2 + (wanted & 1);
            if (candidate != 0 && owners[candidate] == 0)
                return candidate;
        }

        return Exhausted;
    }
}
