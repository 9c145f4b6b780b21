using CsCheck;
using PacketDotNet;
using Router.Packets;
using Support;
using TapDev;

namespace Tests.Packets;

public sealed class SegmenterTest
{
    private const string Source = "203.0.113.2", Destination = "203.0.113.25";

    [Fact]
    public void The_segments_together_are_the_super_frame() =>
        Gen.Select(Gen.Int[1, 9000], Gen.Int[200, 1460], Gen.Byte, Gen.Bool).Sample((length, size, first, isTcp) =>
        {
            byte[] payload = [.. Enumerable.Range(first, length).Select(i => (byte)(i * 31))];
            byte[] super = isTcp
                ? Frames.SuperFrame(Source, 40000, Destination, 443, Frames.Host, payload, (ushort)size, Frames.Tcp.Ack | Frames.Tcp.Psh | Frames.Tcp.Fin)
                : Frames.UdpSuperFrame(Source, 40000, Destination, 443, Frames.Host, payload, (ushort)size);
            IReadOnlyList<byte[]> segments = Cut(super);
            Assert.Equal((length + size - 1) / size, segments.Count);
            Assert.Equal(payload, segments.SelectMany(segment => Check(segment, isTcp).Payload));
        }, iter: 300, threads: 1);

    [Fact]
    public void Flags_and_numbers_are_those_that_a_network_card_would_write()
    {
        const int Fin = 1, Psh = 8, Ack = 16, Ece = 64, Cwr = 128;
        byte[] super = Frames.SuperFrame(Source, 40000, Destination, 443, Frames.Host, new byte[2500], 1000, (Frames.Tcp)(Fin | Psh | Ack | Ece | Cwr));
        super[1] |= VirtioHeader.GsoEcn;
        TcpPacket[] segments = [.. Cut(super).Select(frame => Frames.Parse(frame).Extract<TcpPacket>())];
        Assert.Equal([(1001u, Ack | Ece | Cwr), (2001u, Ack | Ece), (3001u, Fin | Psh | Ack | Ece)], segments.Select(segment => (segment.SequenceNumber, (int)segment.Flags)));
    }

    [Theory]
    [InlineData(2, 64)]
    [InlineData(64, 2)]
    public void Without_room_for_all_of_them_nothing_is_queued(int queue, int ownBuffers)
    {
        byte[] super = Frames.SuperFrame(Source, 40000, Destination, 443, Frames.Host, new byte[2500], 1000);
        using var device = new MemoryDevice("wan", new MemoryDeviceOptions { Buffers = 1, QueueLimit = queue, OwnPoolBuffers = ownBuffers });
        Assert.False(Segmenter.TrySend(super, device.Output, tag: 0, mtu: 1500));
        Assert.Equal(0, device.Output.Pending);
    }

    [Fact]
    public void Only_the_last_segment_is_booked_on_the_one_who_sent_the_super_frame()
    {
        var tags = new Tags();
        using var device = new MemoryDevice("wan", new MemoryDeviceOptions { Buffers = 1 }) { Observer = tags };
        Assert.True(Segmenter.TrySend(Frames.SuperFrame(Source, 1, Destination, 2, Frames.Host, new byte[2500], 1000), device.Output, tag: 7, mtu: 1500));
        _ = device.Output.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal([WriteAccounts.Piece, WriteAccounts.Piece, 7], tags.Seen);
    }

    private static IReadOnlyList<byte[]> Cut(byte[] super)
    {
        using var device = new MemoryDevice("wan", new MemoryDeviceOptions { Buffers = 1 });
        Assert.True(Segmenter.TrySend(super, device.Output, tag: 0, mtu: 1500));
        _ = device.Output.FlushAsync(TestContext.Current.CancellationToken);
        var segments = new List<byte[]>();
        while (device.TryTakeSent(out byte[]? segment))
        {
            Assert.Equal(new byte[VirtioHeader.Size], segment[..VirtioHeader.Size]);
            segments.Add(segment[VirtioHeader.Size..]);
        }

        return segments;
    }

    private static AssertPacket Check(byte[] segment, bool isTcp)
    {
        AssertPacket packet = AssertPacket.That(segment).FromTo(Source, Destination);
        return isTcp ? packet.IsTcp(40000, 443) : packet.IsUdp(40000, 443);
    }

    private sealed class Tags : IWriteObserver
    {
        public List<int> Seen { get; } = [];

        public void Written(FrameDevice device, Frame frame) => Seen.Add(frame.Tag);

        public void WriteFailed(FrameDevice device, Frame frame, int errno) => Assert.Fail($"{errno}");
    }
}
