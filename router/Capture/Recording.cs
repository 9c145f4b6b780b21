using Router.Packets;

namespace Router.Capture;

/// <summary>What one capture asks for.</summary>
internal sealed record RecordingOptions
{
    /// <summary>The largest frame that there is fits twice, and the smallest ring still holds it.</summary>
    public const int WholeFrame = 262_144, LeastSnapLength = 14, LeastRingBytes = 1 << 20, MostRingBytes = 64 << 20, DefaultRingBytes = 16 << 20;

    /// <summary>The numbers of the interfaces whose records are wanted; null: all.</summary>
    public IReadOnlySet<int>? Interfaces { get; init; }

    /// <summary>Null: every packet.</summary>
    public PacketFilter? Filter { get; init; }

    /// <summary>Only packets that were dropped.</summary>
    public bool DropsOnly { get; init; }

    /// <summary>Only headers of Ethernet, IP and the transport.</summary>
    public bool HeadersOnly { get; init; }

    /// <summary>Bytes of a frame that are kept at most.</summary>
    public int SnapLength { get; init; } = WholeFrame;

    public int RingBytes { get; init; } = DefaultRingBytes;
}

/// <summary>One capture's accounts of one interface.</summary>
internal record struct RecordCounts(long Seen, long Accepted, long Lost);

/// <summary>One capture, as the forwarding thread has it: which records it takes, where they go, and how many there was no room for.</summary>
internal sealed class Recording(RecordingOptions options, int interfaces)
{
    private readonly bool[] _isWanted = [.. Enumerable.Range(0, interfaces).Select(index => options.Interfaces?.Contains(index) ?? true)];
    private readonly RecordCounts[] _counts = new RecordCounts[interfaces];
    private readonly long[] _lostSince = new long[interfaces];
    private FilterState _begun;

    /// <summary>What the writer of the file reads.</summary>
    public RecordRing Ring { get; } = new(options.RingBytes);

    public bool DropsOnly { get; } = options.DropsOnly;

    /// <summary>By interface. They are whole once the recording has ended.</summary>
    public IReadOnlyList<RecordCounts> Counts => _counts;

    /// <summary>Whether the packet at hand is to be written.</summary>
    public bool Matched { get; set; }

    public bool Matches(ReadOnlySpan<byte> frame) => options.Filter is not { } filter || filter.Matches(frame);

    /// <summary>The packet at hand will be rewritten: whether it matches as it came.</summary>
    public void Begin(ReadOnlySpan<byte> frame)
    {
        Matched = true;
        if (options.Filter is not { } filter)
            return;
        _begun = filter.Begin(frame);
        Matched = filter.Finish(frame, _begun);
    }

    /// <summary>It was rewritten, and did not match before: whether it does now.</summary>
    public bool MatchesRewritten(ReadOnlySpan<byte> frame) => options.Filter!.Finish(frame, _begun);

    /// <summary>A frame went by.</summary>
    public void See(int interfaceIndex) => _counts[interfaceIndex].Seen++;

    /// <summary>Writes a record of a frame in two pieces, without a virtio header, to be published later; or counts it as lost.</summary>
    public void Write(ref RecordHeader header, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, int headers)
    {
        int at = header.Interface;
        if (!_isWanted[at])
            return;
        _counts[at].Accepted++;
        header.Length = first.Length + second.Length;
        header.Captured = Math.Min(header.Length, options.HeadersOnly ? Math.Min(headers, options.SnapLength) : options.SnapLength);
        header.Lost = _lostSince[at];
        first = first[..Math.Min(first.Length, header.Captured)];
        if (Ring.TryWrite(header, first, second[..(header.Captured - first.Length)]))
        {
            _lostSince[at] = 0;
            return;
        }

        _counts[at].Lost++;
        _lostSince[at]++;
    }
}
