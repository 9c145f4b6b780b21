using CsCheck;
using Router.Configuration;
using Router.Wire;
using Support;

namespace Simulation;

/// <summary>
/// OP25B.md F12 and F14, as a property: whatever fragments a blocked subscriber sends, in whatever order, nothing leaves that any receiver could put together to a
/// TCP segment to port 25, whichever of two overlapping bytes it believes.
/// </summary>
public sealed class FragmentedPort25Test
{
    private const string Client = "192.168.25.10", Remote = "203.0.113.25";

    /// <summary>Permutations of up to so many fragments of one datagram are tried.</summary>
    private const int MostPermuted = 5;

    private static readonly ushort[] Ports = [25, 443, 0x1919, 587];

    private static readonly Gen<(int Kind, int Port, int Units, int Length, bool More, int Identification, int Wait)> Piece = Gen.Select(
        Gen.Frequency((5, Gen.Const(0)), (1, Gen.Int[1, 3])), Gen.Int[0, 3], Gen.Frequency((3, Gen.Const(0)), (4, Gen.Int[0, 5])),
        Gen.Frequency((5, Gen.Int[1, 6].Select(units => units * 8)), (1, Gen.Int[0, 60])), Gen.Frequency((3, Gen.Const(true)), (1, Gen.Const(false))),
        Gen.Int[0, 1], Gen.Frequency((30, Gen.Const(0)), (1, Gen.Const(31))));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nothing_that_can_be_put_together_to_port_25_leaves(bool isTranslated) => Piece.Array[1, 14].Sample(pieces =>
    {
        RouterConfiguration configuration = TestConfiguration.With(PhaseMode.Block, PhaseAction.Drop);
        using var router = new TestRouter(isTranslated ? configuration : configuration with { Nat = null });
        router.Host("lan", Client);
        router.Host("wan", Remote);
        MacAddress lan = router.Interface("lan").Mac;
        foreach (ushort port in new ushort[] { 443, 587 })
            router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, port, lan));
        router.Sent("wan");
        foreach ((int kind, int port, int units, int length, bool more, int identification, int wait) in pieces)
        {
            router.Wait(TimeSpan.FromSeconds(wait));
            router.Receive("lan", Build(lan, kind, Ports[port], units, length, more, (ushort)identification));
        }

        router.Wait(TimeSpan.FromSeconds(31));
        foreach (IGrouping<ushort, byte[]> datagram in router.Sent("wan").GroupBy(Frames.IdentificationOf))
            Assert.DoesNotContain(25, PortsThatAReceiverMaySee([.. datagram]));
    }, iter: 800);

    /// <summary>The test can fail: with the filter off, port 25 does leave in fragments.</summary>
    [Fact]
    public void With_the_filter_off_it_does()
    {
        using var router = new TestRouter(TestConfiguration.With(PhaseMode.Off));
        router.Host("lan", Client);
        router.Host("wan", Remote);
        MacAddress lan = router.Interface("lan").Mac;
        router.Receive("lan", Build(lan, 0, 25, 3, 8, more: false, 1));
        router.Receive("lan", Build(lan, 0, 25, 0, 24, more: true, 1));
        Assert.Contains(25, PortsThatAReceiverMaySee(router.Sent("wan")));
    }

    /// <summary>Kind 0 is a part of a segment; 1 a whole one of ports and zeros at any offset; 2 and 3 other protocols with the same bytes.</summary>
    private static byte[] Build(MacAddress lan, int kind, ushort port, int units, int length, bool more, ushort identification)
    {
        byte[] segment = Frames.TcpSegment(Client, 40000, Remote, port, lan, Frames.Tcp.Syn, new byte[200]);
        int at = kind == 1 ? 0 : units * 8;
        byte[] piece = Frames.Piece(segment, identification, units, segment[(34 + at)..(34 + at + length)], more);
        return kind < 2 ? piece : Frames.WithHeader(piece, header => header[9] = (byte)(kind == 2 ? 17 : 1));
    }

    /// <summary>Every destination port that comes out where a receiver takes the TCP fragments in any order and lets the later byte win, or any part of them.</summary>
    private static HashSet<int> PortsThatAReceiverMaySee(IReadOnlyList<byte[]> frames)
    {
        byte[][] fragments = [.. frames.Where(frame => frame[23] == Ipv4Header.Tcp).Take(MostPermuted)];
        var ports = new HashSet<int>();
        foreach (byte[][] order in Orders(fragments))
        {
            var bytes = new int[600];
            Array.Fill(bytes, -1);
            foreach (byte[] frame in order)
            {
                int offset = ((frame[20] << 8 | frame[21]) & 0x1FFF) * 8;
                for (int i = 34; i < frame.Length; i++)
                    bytes[offset + i - 34] = frame[i];
                if (bytes[2] >= 0 && bytes[3] >= 0)
                    ports.Add(bytes[2] << 8 | bytes[3]);
            }
        }

        return ports;
    }

    private static IEnumerable<byte[][]> Orders(byte[][] fragments) => fragments.Length == 0
        ? [[]]
        : fragments.SelectMany((first, i) => Orders([.. fragments[..i], .. fragments[(i + 1)..]]).Select(rest => (byte[][])[first, .. rest]));
}
