using System.IO.Pipelines;
using Router.Capture;
using Router.Configuration;
using Router.Packets;
using Router.Sessions;
using Router.Telemetry;
using Router.Wire;
using Support;
using TapDev;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>What a capture has of each packet's life, and what it costs the loop.</summary>
public sealed class CaptureTest : IDisposable
{
    private const string Client = "192.168.25.10", Remote = "203.0.113.25", Outside = "203.0.113.2";

    private readonly TestRouter _router = new(TestConfiguration.With(PhaseMode.Block));

    public CaptureTest()
    {
        _router.Host("lan", Client);
        _router.Host("wan", Remote);
    }

    public void Dispose() => _router.Dispose();

    [Fact]
    public void A_translated_packet_has_two_records_with_one_number_each_as_it_was_there()
    {
        Recording recording = Attach(_router);
        byte[] frame = Syn(443);
        _router.Receive("lan", frame);
        (RecordHeader came, byte[] before) = Take(recording);
        (RecordHeader left, byte[] after) = Take(recording);
        Assert.Equal(frame, before);
        Assert.Equal(_router.SentOne("wan"), after);
        Assert.Equal((RecordKind.Arrived, 0, RecordKind.Left, 2), (came.Kind, came.Interface, left.Kind, left.Interface));
        Assert.Equal(came.Packet, left.Packet);
        Assert.Equal((Outcome.Forwarded, SessionState.Opening, true), (left.Outcome, left.State, left.IsTranslated));
        Assert.Equal($"tcp {Client}:40000 > {Remote}:443", $"{left.Flow}");
        Assert.StartsWith($"tcp {Outside}:", $"{left.Rewritten}", StringComparison.Ordinal);
        Assert.Equal(_router.Time.GetUtcNow().UtcTicks, came.Time);
        AssertNone(recording);
    }

    [Fact]
    public void A_blocked_packet_has_its_reason_group_and_phase_and_the_answer_is_the_routers_own()
    {
        Recording recording = Attach(_router);
        byte[] frame = Syn(25);
        _router.Receive("lan", frame);
        (RecordHeader dropped, byte[] bytes) = Take(recording);
        Assert.Equal(frame, bytes);
        Assert.Equal((Outcome.Dropped, DropReason.Op25bBlocked, Op25bOutcome.Blocked, 0, 0, -1), (dropped.Outcome, dropped.Reason, dropped.Op25b, (int)dropped.Group, (int)dropped.Phase, (int)dropped.Egress));
        (RecordHeader answer, byte[] said) = Take(recording);
        Assert.Equal((RecordKind.Said, 0), (answer.Kind, answer.Interface));
        Assert.Equal(_router.SentOne("lan"), said);
        AssertNone(recording);
        Assert.Equal("verdict dropped; reason Op25bBlocked: outbound TCP port 25 is blocked; stage Op25b; flow tcp 192.168.25.10:40000 > 203.0.113.25:25; "
            + "rule Op25b:Phases:0 \"op25b\" (Block, Icmp), Op25b:Groups:0 \"dynamic\" (not exempt); packet 1", Text().Of(dropped));
    }

    [Fact]
    public void A_packet_that_waits_is_recorded_once_when_it_sets_out()
    {
        _router.AddSilentHost("wan", "203.0.113.77");
        Recording recording = Attach(_router, new RecordingOptions { Filter = Filter("tcp") });
        _router.Receive("lan", Frames.TcpSegment(Client, 40000, "203.0.113.77", 443, _router.Interface("lan").Mac));
        (RecordHeader came, _) = Take(recording);
        (RecordHeader left, _) = Take(recording);
        Assert.Equal((RecordKind.Arrived, RecordKind.Left, true, Outcome.Forwarded), (came.Kind, left.Kind, left.HasWaited, left.Outcome));
        AssertNone(recording);
    }

    [Fact]
    public void Drops_only_takes_drops_only_and_of_them_what_the_filter_and_the_interfaces_say()
    {
        Recording drops = Attach(_router, new RecordingOptions { DropsOnly = true });
        Recording wan = Attach(_router, new RecordingOptions { Interfaces = new HashSet<int> { 2 } });
        Recording filtered = Attach(_router, new RecordingOptions { Filter = Filter("port 25") });
        Recording outside = Attach(_router, new RecordingOptions { Filter = Filter($"host {Outside}") });
        _router.Receive("lan", Syn(443));
        _router.Receive("lan", Syn(25));
        Assert.Equal([(RecordKind.Arrived, 0, DropReason.Op25bBlocked)], TakeAll(drops));
        Assert.Equal([(RecordKind.Left, 2, DropReason.None)], TakeAll(wan));
        Assert.Equal([(RecordKind.Arrived, 0, DropReason.Op25bBlocked)], TakeAll(filtered));
        Assert.Equal([(RecordKind.Arrived, 0, DropReason.None), (RecordKind.Left, 2, DropReason.None)], TakeAll(outside));
    }

    [Fact]
    public void A_super_frame_is_captured_whole_though_it_leaves_in_pieces()
    {
        using TestRouter router = Open(Offloads.None);
        Recording recording = Attach(router);
        byte[] super = Frames.SuperFrame(Client, 40000, Remote, 443, router.Interface("lan").Mac, new byte[60_001], 1448);
        router.ReceiveRaw("lan", super);
        (RecordHeader came, byte[] before) = Take(recording);
        (RecordHeader left, byte[] after) = Take(recording);
        Assert.Equal(super[VirtioHeader.Size..], before);
        Assert.Equal((super.Length - VirtioHeader.Size, Outcome.Forwarded, true), (after.Length, left.Outcome, left.NeedsChecksum));
        Assert.Equal(came.Packet, left.Packet);
        Assert.True(router.SentRaw("wan").Count > 40);
        AssertNone(recording);
    }

    [Fact]
    public void A_packet_in_pieces_that_its_egress_has_no_room_for_is_one_drop_with_the_bytes_that_came()
    {
        using TestRouter router = Open(Offloads.None, queue: 8);
        Recording recording = Attach(router), drops = Attach(router, new RecordingOptions { DropsOnly = true });
        byte[] super = Frames.SuperFrame(Client, 40000, Remote, 443, router.Interface("lan").Mac, new byte[60_001], 1448);
        router.ReceiveRaw("lan", super);
        foreach (Recording each in new[] { recording, drops })
        {
            (RecordHeader dropped, byte[] bytes) = Take(each);
            Assert.Equal((RecordKind.Arrived, Outcome.Dropped, DropReason.EgressQueueFull), (dropped.Kind, dropped.Outcome, dropped.Reason));
            Assert.Equal(super[VirtioHeader.Size..], bytes);
            AssertNone(each);
        }
    }

    [Fact]
    public async Task A_checksum_that_is_left_to_the_offload_is_complete_in_the_file()
    {
        using TestRouter router = Open(Offloads.All);
        Recording recording = Attach(router);
        router.ReceiveRaw("lan", Frames.WithoutChecksum(Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac, Ack, [1, 2, 3])));
        IReadOnlyList<byte[]> packets = await FileAsync(router, recording, new CaptureRequest());
        Assert.Equal(2, packets.Count);
        AssertPacket.That(packets[0]).IsIpv4(ttl: 64).FromTo(Client, Remote).IsTcp(40000, 443, Ack);
        AssertPacket.That(packets[1]).IsIpv4(ttl: 63).FromTo(Outside, Remote).IsTcp(40000, 443, Ack);
    }

    [Fact]
    public void Headers_only_has_no_payload()
    {
        Recording recording = Attach(_router, new RecordingOptions { HeadersOnly = true });
        _router.Receive("lan", Frames.UdpDatagram(Client, 40000, Remote, 4000, _router.Interface("lan").Mac, new byte[500]));
        Assert.Equal((14 + 20 + 8, 14 + 20 + 8 + 500), (Take(recording).Bytes.Length, Take(recording).Header.Length));
    }

    [Fact]
    public void A_full_ring_holds_nobody_up_and_what_is_lost_is_counted_and_said_before_the_next_record()
    {
        Recording recording = Attach(_router, new RecordingOptions { RingBytes = RecordingOptions.LeastRingBytes, Interfaces = new HashSet<int> { 0 } });
        byte[] frame = Frames.UdpDatagram(Client, 40000, Remote, 4000, _router.Interface("lan").Mac, new byte[1400]);
        const int Sent = 2000;
        for (int i = 0; i < Sent; i++)
            _router.Receive("lan", frame);
        Assert.Equal(Sent, _router.Sent("wan").Count);
        int held = TakeAll(recording).Count;
        Assert.InRange(held, 500, 700);
        Assert.Equal((Sent, Sent, Sent - held), (recording.Counts[0].Seen, recording.Counts[0].Accepted, recording.Counts[0].Lost));
        _router.Receive("lan", frame);
        Assert.Equal(Sent - held, Take(recording).Header.Lost);
        _router.Receive("lan", frame);
        Assert.Equal(0, Take(recording).Header.Lost);
    }

    [Fact]
    public void Four_captures_run_at_once_and_no_fifth()
    {
        Recording[] recordings = [.. Enumerable.Range(0, FrameRecorder.Most).Select(_ => Attach(_router))];
        Assert.False(_router.Path.Recorder.TryAttach(new Recording(new RecordingOptions { RingBytes = RecordingOptions.LeastRingBytes }, 3)));
        foreach (Recording recording in recordings)
            _router.Path.Recorder.Detach(recording);
        Assert.False(_router.Path.Recorder.IsOn);
    }

    private static TestRouter Open(Offloads offloads, int queue = 256)
    {
        var router = new TestRouter(devices: new MemoryDeviceOptions { Offloads = offloads, QueueLimit = queue });
        router.Host("lan", Client);
        router.Host("wan", Remote);
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 443, router.Interface("lan").Mac));
        router.Sent("wan");
        return router;
    }

    /// <summary>A capture goes on over a reload; what was recorded before it keeps the names of before.</summary>
    [Fact]
    public void After_a_reload_records_have_the_new_names()
    {
        var history = new CaptureNamesHistory(Names(_router));
        Recording recording = Attach(_router);
        _router.Receive("lan", Syn(25));
        RouterConfiguration other = _router.Configuration with
        {
            Op25b = _router.Configuration.Op25b with { Groups = [new GroupConfiguration { Name = "campus", Sources = [System.Net.IPNetwork.Parse("192.168.25.0/24")] }] },
        };
        _router.Reload(other);
        history.Add(_router.Path.Recorder.Configuration, Names(_router));
        _router.Receive("lan", Syn(25));

        string[] rules = [.. AllOf(recording).Where(header => header.Kind == RecordKind.Arrived).Select(header => new CaptureText(history.At(header.Configuration)).Of(header))];
        Assert.Equal(2, rules.Length);
        Assert.Contains("Op25b:Groups:0 \"dynamic\" (not exempt)", rules[0], StringComparison.Ordinal);
        Assert.Contains("Op25b:Groups:0 \"campus\" (not exempt)", rules[1], StringComparison.Ordinal);

        // One that so many have followed is forgotten, and its numbers are looked up in the newest.
        for (int later = 0; later < 10; later++)
            history.Add(2 + later, Names(_router));
        Assert.Same(history.Newest.Names, history.At(0));
    }

    private static List<RecordHeader> AllOf(Recording recording)
    {
        var all = new List<RecordHeader>();
        for (; recording.Ring.TryRead(out RecordHeader header, out _); recording.Ring.Release())
            all.Add(header);
        return all;
    }

    private byte[] Syn(ushort port) => Frames.TcpSegment(Client, 40000, Remote, port, _router.Interface("lan").Mac);

    private static PacketFilter Filter(string expression) => Router.Cli.FilterCompiler.Make(expression, RecordingOptions.WholeFrame).Make().Filter!;

    private CaptureText Text() => new(Names(_router));

    private static CaptureNames Names(TestRouter router) => Router.ApplianceCapture.NamesOf(router.Configuration, router.Path);

    private static Recording Attach(TestRouter router, RecordingOptions? options = null)
    {
        var recording = new Recording(options ?? new RecordingOptions { RingBytes = RecordingOptions.LeastRingBytes }, router.Path.Interfaces.Count);
        Assert.True(router.Path.Recorder.TryAttach(recording));
        return recording;
    }

    private static (RecordHeader Header, byte[] Bytes) Take(Recording recording)
    {
        Assert.True(recording.Ring.TryRead(out RecordHeader header, out Span<byte> frame), "a record");
        byte[] bytes = frame.ToArray();
        recording.Ring.Release();
        return (header, bytes);
    }

    private static List<(RecordKind, int, DropReason)> TakeAll(Recording recording)
    {
        var all = new List<(RecordKind, int, DropReason)>();
        while (recording.Ring.TryRead(out RecordHeader header, out _))
        {
            if (header.Kind != RecordKind.Said)
                all.Add((header.Kind, header.Interface, header.Reason));
            recording.Ring.Release();
        }

        return all;
    }

    private static void AssertNone(Recording recording) => Assert.False(recording.Ring.TryRead(out _, out _), "no more records");

    /// <summary>The frames of the file that the client gets.</summary>
    private static async Task<IReadOnlyList<byte[]>> FileAsync(TestRouter router, Recording recording, CaptureRequest request)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await new CaptureStream(new Running(recording, Names(router)), request, pipe.Writer, TimeProvider.System).RunAsync(Task.CompletedTask, TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();
        using var frames = new FrameSink();
        await new Router.Cli.CaptureReader(pipe.Reader.AsStream(), frames).RunAsync(TestContext.Current.CancellationToken);
        return frames.Frames;
    }

    private sealed class Running(Recording recording, CaptureNames names) : ICapture
    {
        public Recording Recording => recording;

        public CaptureNames Names => names;

        public CaptureNames NamesAt(int configuration) => names;

        public Task Over { get; } = new TaskCompletionSource().Task;

        public Task EndAsync() => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class FrameSink : Router.Cli.ICaptureSink
    {
        public List<byte[]> Frames { get; } = [];

        public void Write(ReadOnlySpan<byte> block)
        {
            if (BitConverter.ToInt32(block) == Router.Cli.CaptureReader.EnhancedPacket)
                Frames.Add(block.Slice(28, BitConverter.ToInt32(block[20..])).ToArray());
        }

        public void Flush()
        {
        }

        public void Dispose()
        {
        }
    }
}
