using Router.Wire;

namespace Router.Nat;

/// <summary>
/// Chooses outside ports. The inside port is kept where it is free; else a free one is sought from a random place on (RFC 6056 section 3.3.1, algorithm 1), in
/// the same range (RFC 4787 REQ-3a: 0 to 1023, or 1024 to 65535) and with the same parity (REQ-4), so nobody can guess it. Where the low range has none left, one
/// of the high range is better than none: every client of NTP sends from port 123.
/// </summary>
internal sealed class PortAllocator(Random random)
{
    public const int Exhausted = -1;

    public const int FirstUserPort = 1024;

    /// <summary>A port that the host may have, or <see cref="Exhausted"/>.</summary>
    public int Allocate(ushort wanted, PortSet ports, in IpAddress host, uint now)
    {
        if (wanted != 0 && ports.IsFree(wanted, host, now))
            return wanted;
        int port = wanted < FirstUserPort ? Seek(0, FirstUserPort, wanted & 1, random.Next(FirstUserPort / 2), ports, host, now) : Exhausted;
        return port != Exhausted ? port : Seek(FirstUserPort, PortSet.Ports, wanted & 1, random.Next((PortSet.Ports - FirstUserPort) / 2), ports, host, now);
    }

    /// <summary>Whether <see cref="Allocate"/> would find one.</summary>
    public static bool HasAny(ushort wanted, PortSet ports, in IpAddress host, uint now) =>
        wanted != 0 && ports.IsFree(wanted, host, now)
        || wanted < FirstUserPort && Seek(0, FirstUserPort, wanted & 1, 0, ports, host, now) != Exhausted
        || Seek(FirstUserPort, PortSet.Ports, wanted & 1, 0, ports, host, now) != Exhausted;

    private static int Seek(int first, int end, int parity, int start, PortSet ports, in IpAddress host, uint now)
    {
        int pairs = (end - first) / 2;
        for (int i = 0; i < pairs; i++)
        {
            int candidate = first + (start + i) % pairs * 2 + parity;
            if (candidate != 0 && ports.IsFree(candidate, host, now))
                return candidate;
        }

        return Exhausted;
    }
}
