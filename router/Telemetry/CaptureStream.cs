using System.IO.Pipelines;
using Router.Capture;
using Router.Control;
using Router.Packets;
using Router.Wire;

namespace Router.Telemetry;

/// <summary>
/// Reads a capture's ring and writes pcapng, away from the forwarding thread. It looks into the ring every few milliseconds, because waking it would cost that thread a system call, and less often
/// where nothing comes: each look is a moment of a processor that the forwarding thread might have.
/// Where the client is slow the ring fills, and what is lost then is said in the file: before the next packet, and at the end for each interface.
/// </summary>
internal sealed class CaptureStream(ICapture capture, CaptureRequest request, PipeWriter output, TimeProvider time)
{
    private const string Notice = "Frames of other people's conversations: they are private.";

    private const int FlushAfter = 256 * 1024;

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(20), Later = TimeSpan.FromMilliseconds(160);

    private readonly PcapngWriter _writer = new(output);
    private readonly long[] _delivered = new long[capture.Names.Interfaces.Count];
    private readonly DateTimeOffset _start = time.GetUtcNow();
    private CaptureText? _text;
    private int _textOf;
    private long _left = request.Count ?? long.MaxValue;

    /// <summary>Writes until the request's limits are reached, somebody asks for the end, or the router ends it; then the statistics. Throws where the client is gone.</summary>
    public async Task RunAsync(Task asked, CancellationToken gone)
    {
        WriteHead();
        await output.FlushAsync(gone);
        long began = time.GetTimestamp();
        Task ended = Task.WhenAny(asked, capture.Over);
        TimeSpan pause = Soon;
        while (_left > 0 && !ended.IsCompleted && time.GetElapsedTime(began).TotalSeconds < (request.Seconds ?? double.MaxValue))
        {
            if (WriteSome())
            {
                pause = Soon;
                await output.FlushAsync(gone);
            }
            else
            {
                await Task.WhenAny(Task.Delay(pause, time, gone), ended);
                pause = pause * 2 < Later ? pause * 2 : Later;
            }

            gone.ThrowIfCancellationRequested();
        }

        await capture.EndAsync();
        while (WriteSome())
            await output.FlushAsync(gone);
        WriteStatistics();
        await output.FlushAsync(gone);
    }

    private void WriteHead()
    {
        _writer.SectionHeader($"op25b-router {ProgramVersion.Full}", Notice);
        foreach (CaptureInterface entry in capture.Names.Interfaces)
            _writer.Interface(new PcapngInterface(entry.Name, entry.Description, request.SnapLength ?? RecordingOptions.WholeFrame) { Filter = request.Filter?.Text, Mac = entry.Mac });
    }

    /// <summary>Writes what is there, a bounded part of it. False where there was nothing.</summary>
    private bool WriteSome()
    {
        int written = 0;
        while (_left > 0 && written < FlushAfter && capture.Recording.Ring.TryRead(out RecordHeader header, out Span<byte> frame))
        {
            if (header is { NeedsChecksum: true, Reason: not (DropReason.InvalidOffloadHeader or DropReason.OffloadedFragment) } && header.Captured == header.Length)
                CompleteChecksum(header, frame);
            _writer.Packet(new PcapngPacket(header.Interface, new DateTimeOffset(header.Time, TimeSpan.Zero), header.Length)
            {
                Id = header.Packet,
                IsOutbound = header.Kind != RecordKind.Arrived,
                Lost = header.Lost,
                Comment = TextAt(header.Configuration).Of(header),
            }, frame);
            capture.Recording.Ring.Release();
            _delivered[header.Interface]++;
            _left--;
            written += frame.Length + FlushAfter / 1024;
        }

        return written > 0;
    }

    /// <summary>A reload gives other names to what comes after it.</summary>
    private CaptureText TextAt(int configuration)
    {
        if (_text is null || _textOf != configuration)
            (_text, _textOf) = (new CaptureText(capture.NamesAt(configuration)), configuration);
        return _text;
    }

    /// <summary>What the sender left to its network card. A super-frame gets the sum of its whole.</summary>
    private static void CompleteChecksum(in RecordHeader header, Span<byte> frame)
    {
        // Bytes behind the packet's end are padding, and no part of the sum.
        int network = EthernetHeader.Size, end = header.Flow.Source.IsIpv4 ? network + new Ipv4Header(frame[network..]).TotalLength : network + Ipv6Header.Size + new Ipv6Header(frame[network..]).PayloadLength;
        int least = header.Flow.Protocol switch { Ipv4Header.Tcp => TcpHeader.MinimumSize, Ipv4Header.Udp => UdpHeader.Size, _ => int.MaxValue };
        if (header.TransportOffset < network || end > frame.Length || end - header.TransportOffset < least)
            return;
        bool isAsItCame = header.Kind == RecordKind.Arrived;
        IpAddress source = isAsItCame ? header.Flow.Source : header.Rewritten.Source, destination = isAsItCame ? header.Flow.Destination : header.Rewritten.Destination;
        TransportChecksum.Complete(frame[header.TransportOffset..end], source, destination, header.Flow.Protocol);
    }

    private void WriteStatistics()
    {
        DateTimeOffset end = time.GetUtcNow();
        for (int i = 0; i < _delivered.Length; i++)
        {
            RecordCounts counts = capture.Recording.Counts[i];
            _writer.Statistics(i, _start, end, counts.Seen, counts.Accepted, counts.Lost, _delivered[i]);
        }
    }
}
