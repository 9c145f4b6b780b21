using Support;

namespace Conformance;

/// <summary>
/// A TCP connection with the sequence numbers that its two ends would use. Each step sends one segment and gives what left on the other side; by then addresses,
/// ports, flags, numbers and checksums have been looked at.
/// </summary>
internal sealed class Conversation(TestRouter router, Endpoints inside, Endpoints outside)
{
    private Numbers _inside = new() { Next = 1000 }, _outside = new() { Next = 9_000_000 };

    /// <summary>Opened from inside: 192.168.25.10:40000 to 203.0.113.25:443.</summary>
    public static Conversation FromClient(TestRouter router) =>
        new(router, new("192.168.25.10", 40000, "203.0.113.25", 443), new("203.0.113.25", 443, "203.0.113.2", 40000));

    /// <summary>Opened from outside, through the port forward 8080 to 192.168.25.20:80.</summary>
    public static Conversation ThroughPortForward(TestRouter router) =>
        new(router, new("192.168.25.20", 80, "203.0.113.25", 50000), new("203.0.113.25", 50000, "203.0.113.2", 8080));

    /// <summary>The same over IPv6, where nothing is translated.</summary>
    public static Conversation OverIpv6(TestRouter router) =>
        new(router, new("2001:db8:25:1::10", 40000, "2001:db8:25:3::25", 443), new("2001:db8:25:3::25", 443, "2001:db8:25:1::10", 40000));

    /// <summary>The segments in words, as <c>c:S s:SA c:A</c>: who sends (c inside, s outside), and which flags; P carries four bytes, * is sent again.</summary>
    public void Play(string segments)
    {
        foreach (string segment in segments.Split(' '))
            Assert.True(Send(segment), $"{segment} of {segments}: {string.Join(", ", router.Drops())}");
    }

    /// <summary>Sends one segment. True where it left as it must.</summary>
    public bool Send(string segment)
    {
        bool isFromInside = segment[0] == 'c', isAgain = segment[^1] == '*';
        Frames.Tcp flags = segment[2..].TrimEnd('*').Aggregate(Frames.Tcp.None, (all, letter) => all | Flag(letter));
        byte[] payload = (flags & Frames.Tcp.Psh) == 0 ? [] : [1, 2, 3, 4];
        ref Numbers own = ref isFromInside ? ref _inside : ref _outside;
        if (!isAgain)
            own.Begin((uint)payload.Length + ((flags & (Frames.Tcp.Syn | Frames.Tcp.Fin)) == 0 ? 0u : 1u));
        uint acknowledgment = (flags & Frames.Tcp.Ack) == 0 ? 0 : isFromInside ? _outside.Next : _inside.Next;
        (Endpoints sent, Endpoints back) = isFromInside ? (inside, outside) : (outside, inside);
        (string from, string to) = isFromInside ? ("lan", "wan") : ("wan", "lan");
        router.Receive(from, Frames.TcpSegment(sent.Source, sent.SourcePort, sent.Destination, sent.DestinationPort, router.Interface(from).Mac, flags, payload,
            own.Last, acknowledgment));
        if (router.Sent(to) is not [var frame])
            return false;
        AssertPacket.That(frame).HasHops(63).FromTo(back.Destination, back.Source).IsTcp(back.DestinationPort, back.SourcePort, flags, own.Last, acknowledgment);
        return true;
    }

    /// <summary>The next SYNs begin a new connection: their numbers are beyond those of the last one.</summary>
    public void Renumber()
    {
        _inside.Next += 1_000_000;
        _outside.Next += 1_000_000;
    }

    /// <summary>One end's sequence numbers.</summary>
    private struct Numbers
    {
        public uint Last, Next;

        public void Begin(uint length) => (Last, Next) = (Next, Next + length);
    }

    private static Frames.Tcp Flag(char letter) => letter switch
    {
        'S' => Frames.Tcp.Syn,
        'A' => Frames.Tcp.Ack,
        'P' => Frames.Tcp.Psh,
        'F' => Frames.Tcp.Fin,
        'R' => Frames.Tcp.Rst,
        _ => throw new ArgumentOutOfRangeException(nameof(letter), letter, "It is no flag."),
    };
}

/// <summary>A segment's addresses and ports as its sender writes them.</summary>
internal readonly record struct Endpoints(string Source, ushort SourcePort, string Destination, ushort DestinationPort);
