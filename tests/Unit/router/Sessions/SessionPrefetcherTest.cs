using Router.Sessions;
using Support;
using TapDev;

namespace Tests.Sessions;

public sealed class SessionPrefetcherTest
{
    /// <summary>It reads hostile bytes ahead of their parser: whatever they are, and however many, it neither fails nor changes anything.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(64)]
    public void It_looks_ahead_of_any_batch_and_changes_nothing(int frames)
    {
        const int Sessions = 5000;
        var table = new SessionTable(Sessions, new SessionTimeouts(), new KeyedHash(new SeededRandom(25)), hasIpv6: true);
        using var traffic = new MemoryDevice("lan");
        for (uint n = 0; n < Sessions; n++)
            Assert.True(table.TryAdd(Key(n), Key(n).Reversed, SessionState.Udp, 0, out _));
        var random = new SeededRandom(25);
        for (int i = 0; i < frames; i++)
            Assert.True(traffic.Inject(Bytes(random, i)));

        var prefetcher = new SessionPrefetcher(table);
        int seen = 0;
        for (Frame? frame = traffic.Input.TryReadBatch(); frame is not null; frame = frame.NextInBatch)
        {
            if (seen++ == 0)
                prefetcher.Begin(frame);
            prefetcher.Advance();
        }

        Assert.Equal(frames, seen);
        Assert.Equal(Sessions, table.Count);
        for (uint n = 0; n < Sessions; n++)
            Assert.Equal((int)n, table.Find(Key(n), 0, out _));
    }

    private static FlowKey Key(uint n) => new(Router.Wire.IpAddress.FromIpv4(0xC0A8_1900 + n), 40_000, Router.Wire.IpAddress.FromIpv4(0xCB00_7119), 53, 17, zone: 0);

    private static byte[] Bytes(Random random, int i)
    {
        switch (i % 4)
        {
            case 0:
                return Frames.UdpDatagram($"192.168.25.{i}", 40_000, "203.0.113.25", 53, default);
            case 1:
                return Frames.UdpDatagram("2001:db8:25:1::10", 40_000, "2001:db8:25:3::25", 53, default);
            case 2:
                return Frames.UdpDatagram("2001:db8:25:1::10", 40_000, "2001:db8:25:3::25", 53, default)[..random.Next(1, 57)];
            default:
                byte[] bytes = new byte[random.Next(1, 80)];
                random.NextBytes(bytes);
                return bytes;
        }
    }
}
