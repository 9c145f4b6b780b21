using CsCheck;
using Router.Packets;
using Support;
using TapDev;

namespace Tests.Packets;

public sealed class FragmenterTest
{
    [Fact]
    public void The_fragments_together_are_the_datagram_and_each_fits() =>
        Gen.Select(Gen.Int[1, 9000], Gen.Int[68, 1500], Gen.Int[0, 10], Gen.UShort).Sample((length, mtu, words, identification) =>
        {
            byte[] payload = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 31))];
            byte[] options = [.. Enumerable.Range(0, words).SelectMany(i => i % 2 == 0 ? new byte[] { 148, 4, 0, 0 } : [1, 1, 1, 1])];
            byte[] plain = Frames.Fragmentable(Frames.UdpDatagram("192.0.2.1", 1, "192.0.2.2", 2, Frames.Host, payload), identification);
            IReadOnlyList<byte[]> fragments = Cut(Frames.Raw(Frames.WithOptions(plain, options)), mtu, room: 2048);
            Assert.Equal(Fragmenter.Count(plain.Length - 14 + options.Length, 20 + options.Length, mtu), fragments.Count);
            Assert.All(fragments, frame => Assert.InRange(frame.Length - 14, 20, mtu));
            Assert.All(fragments, frame => Assert.Equal(identification, Frames.IdentificationOf(frame)));
            Assert.Equal(payload, AssertPacket.That(fragments.Count == 1 ? fragments[0] : Frames.Reassemble(fragments)!).IsUdp(1, 2).Payload);
        }, iter: 300, threads: 1);

    [Fact]
    public void Without_room_for_all_of_them_nothing_is_queued() =>
        Assert.Empty(Cut(Frames.Raw(Frames.Fragmentable(Frames.UdpDatagram("192.0.2.1", 1, "192.0.2.2", 2, Frames.Host, new byte[3000]), 1)), 1500, room: 2));

    private static List<byte[]> Cut(byte[] frame, int mtu, int room)
    {
        using var device = new MemoryDevice("wan", new MemoryDeviceOptions { Buffers = 1, OwnPoolBuffers = 2048, QueueLimit = room, BufferSize = 9500 });
        Fragmenter.TrySend(frame, device.Output, tag: 0, mtu);
        _ = device.Output.FlushAsync(TestContext.Current.CancellationToken);
        var sent = new List<byte[]>();
        while (device.TryTakeSent(out byte[]? fragment))
            sent.Add(fragment[VirtioHeader.Size..]);
        return sent;
    }
}
