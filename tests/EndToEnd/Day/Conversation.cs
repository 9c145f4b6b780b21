using System.Buffers.Binary;
using System.Net;

namespace EndToEnd.Day;

/// <summary>One frame that entered the router: when, by which interface, and its bytes. It has a TCP segment, without options or extension headers before it.</summary>
internal sealed record CapturedFrame(TimeSpan At, string Interface, byte[] Bytes)
{
    const int Network = 14;

    bool IsIpv6 => Bytes[Network] >> 4 == 6;

    int Transport => Network + (IsIpv6 ? 40 : (Bytes[Network] & 15) * 4);

    /// <summary>Where the segment ends: what Ethernet fills a short frame up with is not of it.</summary>
    int End => Network + (IsIpv6 ? 40 + ReadUInt16(Network + 4) : ReadUInt16(Network + 2));

    public IPAddress Source => new(Addresses[..(Addresses.Length / 2)]);

    public IPAddress Destination => new(Addresses[(Addresses.Length / 2)..]);

    public ushort SourcePort => ReadUInt16(Transport);

    public ushort DestinationPort => ReadUInt16(Transport + 2);

    public uint Sequence => BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan(Transport + 4));

    public uint Acknowledgment => BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan(Transport + 8));

    public bool IsFirstSyn => (Bytes[Transport + 13] & 0x12) == 2;

    public bool IsReset => (Bytes[Transport + 13] & 4) != 0;

    ReadOnlySpan<byte> Addresses => IsIpv6 ? Bytes.AsSpan(Network + 8, 32) : Bytes.AsSpan(Network + 12, 8);

    public bool IsTcp => Bytes.Length > Network && (IsIpv6 ? Bytes[Network + 6] : Bytes[Network + 9]) == 6;

    /// <summary>The same frame to another router, from or to another port, with a checksum that fits.</summary>
    public byte[] Rewritten(byte[] router, ushort? sourcePort = null, ushort? destinationPort = null)
    {
        byte[] frame = Bytes[..End];
        router.CopyTo(frame, 0);
        if (sourcePort is { } from)
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Transport), from);
        if (destinationPort is { } to)
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Transport + 2), to);
        Span<byte> segment = frame.AsSpan(Transport);
        segment[16..18].Clear();
        byte[] pseudo = [.. Addresses, 0, 6, (byte)(segment.Length >> 8), (byte)segment.Length];
        BinaryPrimitives.WriteUInt16BigEndian(segment[16..], (ushort)~Support.InternetSum.Of([.. pseudo, .. segment]));
        return frame;
    }

    ushort ReadUInt16(int at) => BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(at));
}

/// <summary>One TCP connection as the router saw it: the frames that came from its inside host and those that came from outside, in the order of their arrival.</summary>
internal sealed record Conversation(TimeSpan Began, IPAddress Inside, IPAddress Outside, ushort Port, bool IsInbound, IReadOnlyList<CapturedFrame> Frames)
{
    /// <summary>Nobody listened.</summary>
    public bool IsRefused => Frames.Count == 2 && Frames[1].IsReset;

    /// <summary>
    /// Finds the conversations in what came in by <c>lan</c> and by <c>wan</c>. The two directions of one are known by the initial sequence number, which no translation
    /// of ours changes.
    /// </summary>
    public static IReadOnlyList<Conversation> Of(IEnumerable<CapturedFrame> frames)
    {
        var flows = frames.Where(frame => frame.IsTcp).OrderBy(frame => frame.At)
            .GroupBy(frame => (frame.Interface, frame.Source, frame.SourcePort, frame.Destination, frame.DestinationPort))
            .Select(flow => flow.ToList()).ToList();
        var replies = flows.Where(flow => !flow[0].IsFirstSyn)
            .ToLookup(flow => (flow[0].Interface == "wan", flow[0].SourcePort, flow[0].Acknowledgment));
        return [.. flows.Where(flow => flow[0].IsFirstSyn).OrderBy(flow => flow[0].At).Select(flow => Of(flow, replies))];
    }

    static Conversation Of(List<CapturedFrame> asked, ILookup<(bool, ushort, uint), List<CapturedFrame>> replies)
    {
        CapturedFrame first = asked[0];
        bool isInbound = first.Interface == "wan";
        List<CapturedFrame> answered = Assert.Single(replies[(!isInbound, first.DestinationPort, first.Sequence + 1)]);
        return new Conversation(first.At, isInbound ? answered[0].Source : first.Source, isInbound ? first.Source : first.Destination, first.DestinationPort, isInbound,
            [.. asked.Concat(answered).OrderBy(frame => frame.At).Select(frame => frame with { At = frame.At - first.At })]);
    }
}
