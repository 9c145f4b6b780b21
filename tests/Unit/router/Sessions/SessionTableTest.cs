using CsCheck;
using Router.Packets;
using Router.Sessions;
using Router.Wire;
using Support;

namespace Tests.Sessions;

public sealed class SessionTableTest
{
    private static readonly uint UdpTimeout = (uint)new SessionTimeouts().Udp.TotalMilliseconds;

    private enum Act
    {
        Add,
        FindOriginal,
        FindReply,
        Touch,
        End,
        Wait,
        Sweep,
    }

    /// <summary>Against a dictionary that does the obvious: the same sessions live, at every moment.</summary>
    [Fact]
    public void It_is_a_dictionary_that_forgets() =>
        Gen.Select(Gen.Enum<Act>(), Gen.Int[0, 23]).Array[1, 300].Sample(steps =>
        {
            const int Capacity = 16;
            SessionTable table = Make(Capacity);
            var model = new Dictionary<int, (int Number, uint LastSeen)>();
            int opened = 0, ended = 0;
            table.Ended = _ => ended++;
            uint now = 1_000_000;
            foreach ((Act act, int n) in steps)
            {
                bool lives = model.TryGetValue(n, out (int Number, uint LastSeen) record) && now - record.LastSeen < UdpTimeout;
                switch (act)
                {
                    case Act.Add when !lives:
                        // As the forwarder does: what is over is found to be over, and gives its tuples back.
                        table.Find(Original(n), now, out _);
                        if (!table.TryAdd(Original(n), Reply(n), SessionState.Udp, now, out int number))
                            break;
                        model[n] = (number, now);
                        opened++;
                        break;
                    case Act.FindOriginal or Act.FindReply:
                        Direction expected = act == Act.FindOriginal ? Direction.Original : Direction.Reply;
                        int found = table.Find(act == Act.FindOriginal ? Original(n) : Reply(n), now, out Direction direction);
                        Assert.Equal(lives ? (record.Number, expected) : (Packet.NoSession, default), (found, direction));
                        break;
                    case Act.Touch when lives:
                        table.Touch(record.Number, SessionState.Udp, now);
                        model[n] = record with { LastSeen = now };
                        break;
                    case Act.End when lives:
                        table.End(record.Number);
                        model.Remove(n);
                        break;
                    case Act.Wait:
                        now += (uint)n * 20_000;
                        break;
                    case Act.Sweep:
                        Assert.InRange(table.Sweep(now, n), 0, n);
                        break;
                    default:
                        break;
                }

                Assert.InRange(table.Count, model.Values.Count(entry => now - entry.LastSeen < UdpTimeout), Capacity);
                Assert.Equal((opened - ended, table.Count), (table.Count, table.CountOf(SessionState.Udp)));
            }

            foreach ((int n, (int number, uint lastSeen)) in model)
                Assert.Equal(now - lastSeen < UdpTimeout ? number : Packet.NoSession, table.Find(Reply(n), now, out _));
        }, iter: 2000);

    [Fact]
    public void Every_place_is_used_and_no_live_one_is_evicted()
    {
        SessionTable table = Make(8);
        for (int n = 0; n < 8; n++)
            Assert.True(table.TryAdd(Original(n), Reply(n), SessionState.Udp, 0, out _));
        Assert.False(table.TryAdd(Original(8), Reply(8), SessionState.Udp, 0, out _));
        for (int n = 0; n < 8; n++)
            Assert.True(table.Find(Original(n), UdpTimeout - 1, out _) >= 0);
        Assert.Equal(8, table.Count);
    }

    [Fact]
    public void What_is_over_is_used_again_once_it_is_swept()
    {
        SessionTable table = Make(8);
        for (int n = 0; n < 8; n++)
            table.TryAdd(Original(n), Reply(n), SessionState.Udp, 0, out _);
        for (long now = 0; now <= UdpTimeout + 61_000; now += 1000)
            table.Sweep(now, 256);
        Assert.Equal(0, table.Count);
        for (int n = 100; n < 108; n++)
            Assert.True(table.TryAdd(Original(n), Reply(n), SessionState.Udp, UdpTimeout + 61_000, out _));
    }

    [Fact]
    public void A_sweep_looks_at_no_more_than_its_budget_and_the_rest_comes_later()
    {
        SessionTable table = Make(1000);
        table.Sweep(0, 1);
        for (int n = 0; n < 1000; n++)
            table.TryAdd(Original(n), Reply(n), SessionState.Udp, 0, out _);
        int sweeps = 0;
        while (table.Count > 0 && sweeps < 100)
        {
            Assert.InRange(table.Sweep(UdpTimeout + 100_000, 100), 0, 100);
            sweeps++;
            Assert.InRange(1000 - table.Count, 0, sweeps * 100);
        }

        Assert.Equal(10, sweeps);
    }

    /// <summary>The milliseconds are cut to 32 bits: every 49.7 days they begin anew.</summary>
    [Fact]
    public void A_session_outlives_the_moment_when_the_milliseconds_begin_anew()
    {
        SessionTable table = Make(8);
        const uint Late = uint.MaxValue - 999;
        table.Sweep(Late, 1);
        table.TryAdd(Original(1), Reply(1), SessionState.Udp, Late, out int number);
        Assert.Equal(number, table.Find(Reply(1), 5000, out _));
        Assert.Equal(Packet.NoSession, table.Find(Reply(1), UdpTimeout, out _));
    }

    [Fact]
    public void An_IPv6_session_is_found_by_both_its_tuples()
    {
        SessionTable table = Make(8);
        var key = new FlowKey(IpAddress.From(System.Net.IPAddress.Parse("2001:db8:25:1::10")), 40000,
            IpAddress.From(System.Net.IPAddress.Parse("2001:db8:25:3::25")), 443, Ipv4Header.Tcp, zone: 3);
        Assert.True(table.TryAdd(key, key.Reversed, SessionState.Opening, 0, out int number));
        Assert.Equal((number, Direction.Original), (table.Find(key, 0, out Direction direction), direction));
        Assert.Equal((number, Direction.Reply), (table.Find(key.Reversed, 0, out direction), direction));
        Assert.Equal(key.Reversed, table[number].Rewritten(Direction.Reply));
    }

    [Fact]
    public void A_record_takes_one_cache_line() => Assert.Equal(64, System.Runtime.CompilerServices.Unsafe.SizeOf<Session>());

    private static SessionTable Make(int capacity) => new(capacity, new SessionTimeouts(), new KeyedHash(new SeededRandom(1)), hasIpv6: true);

    private static FlowKey Original(int n) =>
        new(IpAddress.FromIpv4(0xC0A81900 + (uint)n), (ushort)(40000 + n), IpAddress.FromIpv4(0xCB007119), 53, Ipv4Header.Udp, zone: 0);

    private static FlowKey Reply(int n) => new(IpAddress.FromIpv4(0xCB007119), 53, IpAddress.FromIpv4(0xCB007102), (ushort)(40000 + n), Ipv4Header.Udp, zone: 0);
}
