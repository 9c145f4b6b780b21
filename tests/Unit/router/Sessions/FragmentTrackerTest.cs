using CsCheck;
using Router.Packets;
using Router.Sessions;
using Support;
using Tests.Packets;

namespace Tests.Sessions;

/// <summary>The map of units against a plain list of ranges; what a datagram in fragments experiences is in tests/Simulation/FragmentsTest.cs.</summary>
public sealed class FragmentTrackerTest
{
    private static readonly Interface Lan = new Network()["lan"];

    private static readonly byte[] Whole = Frames.UdpDatagram("192.168.25.10", 40000, "203.0.113.25", 5000, Lan.Mac, new byte[4000]);

    [Fact]
    public void Ranges_that_touch_no_other_pass_and_the_first_that_does_poisons() =>
        Gen.Select(Gen.Int[0, 300], Gen.Int[1, 120], Gen.Frequency((9, Gen.Const(true)), (1, Gen.Const(false)))).Array[1, 20].Sample(pieces =>
        {
            var tracker = new FragmentTracker(new KeyedHash(new SeededRandom(1)));
            var ranges = new List<(int From, int End)>();
            int last = int.MaxValue;
            bool isPoisoned = false;
            foreach ((int from, int units, bool isMiddle) in pieces)
            {
                bool more = isMiddle || from == 0;
                int end = from + units;
                bool isBad = ranges.Any(range => range.From < end && from < range.End) || (more ? end > last : last != int.MaxValue || ranges.Any(range => range.End > end));
                isPoisoned |= isBad;
                ranges.Add((from, end));
                if (!more)
                    last = end;
                Assert.Equal(isPoisoned ? DropReason.OverlappingFragment : DropReason.None, Check(tracker, 7, from, units, more).Reason);
                if (!isPoisoned && ranges.Sum(range => range.End - range.From) == last)
                    return;
            }
        }, iter: 5000);

    [Fact]
    public void Its_records_are_bounded_and_come_back()
    {
        var tracker = new FragmentTracker(new KeyedHash(new SeededRandom(1)));
        for (int round = 0; round < 3; round++)
        {
            long now = round * FragmentTracker.Lifetime;
            int number;
            while (tracker.TryExpire(now, out number))
                tracker.Remove(number);
            Assert.Equal(0, tracker.Count);
            for (ushort identification = 0; identification < 1000; identification++)
                Check(tracker, identification, 0, 8, more: true, now);
            for (ushort identification = 1000; identification < 2000; identification++)
                Check(tracker, identification, 8, 8, more: true, now);
            Assert.Equal(FragmentTracker.FollowedPerHost + FragmentTracker.WaitingPerHost, tracker.Count);
        }
    }

    [Fact]
    public void The_interface_the_protocol_and_the_identification_tell_datagrams_apart()
    {
        FragmentKey key = new(Network.Address("192.0.2.1"), Network.Address("192.0.2.2"), 7, 17, 1);
        Assert.NotEqual(key, key with { Source = Network.Address("192.0.2.3") });
        Assert.NotEqual(key, new FragmentKey(key.Source, key.Destination, 8, 17, 1));
        Assert.NotEqual(key, new FragmentKey(key.Source, key.Destination, 7, 6, 1));
        Assert.NotEqual(key, new FragmentKey(key.Source, key.Destination, 7, 17, 2));
        Assert.NotEqual(key, new FragmentKey(key.Source, key.Destination, 0x1_0007, 17, 1));
    }

    private static Verdict Check(FragmentTracker tracker, ushort identification, int from, int units, bool more, long now = 0)
    {
        var packet = new Packet(Lan, Frames.Raw(Frames.Piece(Whole, identification, from, Whole[34..(34 + units * 8)], more)), frame: null);
        Assert.False(PacketParser.Parse(ref packet).IsFinal);
        return tracker.Check(ref packet, now);
    }
}
