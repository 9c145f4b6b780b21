using CsCheck;
using Router.Nat;
using Router.Sessions;
using Router.Wire;
using Support;

namespace Tests.Nat;

public sealed class MappingTableTest
{
    private static readonly IpAddress[] Outside = [IpAddress.FromIpv4(0xCB007102), IpAddress.FromIpv4(0xCB007103)];

    private enum Act
    {
        Open,
        Close,
        Discard,
    }

    /// <summary>Against a dictionary: one mapping for an inside endpoint while a session hangs under it, and never one outside port for two (RFC 4787 REQ-1, REQ-3).</summary>
    [Fact]
    public void Two_inside_endpoints_never_share_an_outside_port() =>
        Gen.Select(Gen.Enum<Act>(), Gen.Int[0, 7], Gen.OneOf<ushort>(40000, 40001, 53, 1), Gen.OneOf<byte>(6, 17, 1)).Array[1, 200].Sample(steps =>
        {
            const int Capacity = 20;
            MappingTable table = Make(Capacity, addresses: 2);
            var model = new Dictionary<(int Host, ushort Port, byte Protocol), (int Number, int Sessions)>();
            foreach ((Act act, int host, ushort port, byte protocol) in steps)
            {
                bool isOpen = model.TryGetValue((host, port, protocol), out (int Number, int Sessions) entry);
                switch (act)
                {
                    case Act.Open:
                        int number = FindOrAdd(table, protocol, Host(host), port);
                        Assert.Equal(!isOpen && model.Count == Capacity, number == MappingTable.None);
                        if (number == MappingTable.None)
                            break;
                        Assert.True(!isOpen || number == entry.Number);
                        table.Hold(number);
                        model[(host, port, protocol)] = (number, entry.Sessions + 1);
                        break;
                    case Act.Close when isOpen:
                        Assert.Equal(entry.Sessions == 1, table.Release(entry.Number, moment: 0));
                        if (entry.Sessions == 1)
                            model.Remove((host, port, protocol));
                        else
                            model[(host, port, protocol)] = entry with { Sessions = entry.Sessions - 1 };
                        break;
                    case Act.Discard:
                        if (FindOrAdd(table, protocol, Host(host), port) is >= 0 and var found)
                        {
                            table.Hold(found);
                            Assert.Equal(!isOpen, table.Discard(found));
                        }

                        break;
                    default:
                        break;
                }

                Assert.Equal(model.Count, table.CountOf(6) + table.CountOf(17) + table.CountOf(1));
                var outside = model.Select(live => (live.Key.Protocol, table[live.Value.Number].OutsideAddress, table[live.Value.Number].OutsidePort)).ToList();
                Assert.Equal(outside.Count, outside.Distinct().Count());
                Assert.All(model, live => Assert.Equal(live.Value.Number,
                    table.FindOwner(live.Key.Protocol, table.AddressOf(table[live.Value.Number]), table[live.Value.Number].OutsidePort)));
            }
        }, iter: 300);

    /// <summary>RFC 4787 REQ-2, RFC 6888 REQ-2: one outside address for a host, whatever the protocol.</summary>
    [Fact]
    public void A_host_keeps_one_outside_address()
    {
        MappingTable table = Make(capacity: 256, addresses: 2);
        var used = new HashSet<IpAddress>();
        for (int host = 0; host < 20; host++)
        {
            var addresses = new HashSet<IpAddress>();
            foreach (byte protocol in new byte[] { 6, 17, 1 })
                foreach (ushort port in new ushort[] { 5000, 5001 })
                    addresses.Add(table.AddressOf(table[FindOrAdd(table, protocol, Host(host), port)]));
            used.Add(Assert.Single(addresses));
        }

        Assert.Equal(2, used.Count);
    }

    [Fact]
    public void A_port_that_a_forward_listens_on_is_never_given_away()
    {
        MappingTable table = Make(capacity: 64);
        table.Reserve(6, Outside[0], 25);
        Assert.NotEqual(25, table[FindOrAdd(table, 6, Host(1), 25)].OutsidePort);
        Assert.Equal(25, table[FindOrAdd(table, 17, Host(1), 25)].OutsidePort);
        table.Reserve(6, IpAddress.FromIpv4(1), 80);
        Assert.Equal(80, table[FindOrAdd(table, 6, Host(1), 80)].OutsidePort);
    }

    [Fact]
    public void A_full_table_takes_no_port()
    {
        MappingTable table = Make(capacity: 1);
        table.Hold(FindOrAdd(table, 6, Host(1), 40000));
        Assert.Equal(MappingTable.None, FindOrAdd(table, 6, Host(2), 40002));
        table.Release(0, moment: 0);
        Assert.Equal(40002, table[FindOrAdd(table, 6, Host(2), 40002)].OutsidePort);
        Assert.Equal(1, table.CountOf(6));
    }

    [Fact]
    public void An_outside_endpoint_that_no_mapping_has_leads_nowhere()
    {
        MappingTable table = Make(capacity: 4);
        table.Reserve(6, Outside[0], 25);
        Assert.Equal(MappingTable.None, table.FindOwner(6, Outside[0], 25));
        Assert.Equal(MappingTable.None, table.FindOwner(6, Outside[0], 26));
        Assert.Equal(MappingTable.None, table.FindOwner(6, Outside[1], 25));
        Assert.Equal(MappingTable.None, table.FindOwner(47, Outside[0], 0));
    }

    /// <summary>RFC 6888 REQ-8: 120 seconds from the end of the last session on, but for the same host, for TCP, and where nothing was sent.</summary>
    [Theory]
    [InlineData(17, 119_999, false)]
    [InlineData(17, 120_000, true)]
    [InlineData(1, 119_999, false)]
    [InlineData(6, 0, true)]
    public void A_port_rests_before_another_host_has_it(byte protocol, uint after, bool isFree)
    {
        // The clock's 32 bits turn over meanwhile.
        const uint Ended = uint.MaxValue - 1000;
        var table = new MappingTable(16, Outside[..1], new KeyedHash(new SeededRandom(1)), new SeededRandom(2), TimeSpan.FromSeconds(120));
        int number = table.Add(protocol, Host(1), 40000, Ended - 5000);
        table[number].IsUsed = true;
        table.Hold(number);
        table.Hold(number);
        Assert.False(table.Release(number, Ended));
        Assert.True(table.Release(number, Ended - 1));
        Assert.Equal(isFree, table[table.Add(protocol, Host(2), 40000, Ended + after)].OutsidePort == 40000);
        if (!isFree)
            Assert.Equal(40000, table[table.Add(protocol, Host(1), 40000, Ended + 1)].OutsidePort);
    }

    [Fact]
    public void A_port_that_nothing_was_sent_from_need_not_rest()
    {
        var table = new MappingTable(16, Outside[..1], new KeyedHash(new SeededRandom(1)), new SeededRandom(2), TimeSpan.FromSeconds(120));
        int number = table.Add(17, Host(1), 40000, now: 1);
        table.Hold(number);
        Assert.True(table.Discard(number));
        Assert.Equal(40000, table[table.Add(17, Host(2), 40000, now: 1)].OutsidePort);
    }

    [Fact]
    public void A_mappings_port_that_is_reserved_meanwhile_is_not_given_away_after_it()
    {
        MappingTable table = Make(16);
        int number = table.Add(6, Host(1), 40000, now: 0);
        table.Hold(number);
        table.Reserve(6, Outside[0], 40000);
        Assert.Equal(number, table.FindOwner(6, Outside[0], 40000));
        Assert.True(table.Release(number, moment: 0));
        Assert.NotEqual(40000, table[table.Add(6, Host(2), 40000, now: 0)].OutsidePort);
        table.FreeReserved();
        Assert.Equal(40000, table[table.Add(6, Host(3), 40000, now: 0)].OutsidePort);
    }

    /// <summary>Whatever addresses come and go: a mapping keeps its own to its end, and a new one gets one of those that are in use.</summary>
    [Fact]
    public void A_mapping_keeps_its_outside_address_where_others_are_used_now() =>
        Gen.Select(Gen.Int[1, 15].Array[1, 30], Gen.Int[0, 99]).Sample((sets, seed) =>
        {
            IpAddress[] all = [.. Enumerable.Range(0, 4).Select(number => IpAddress.FromIpv4(0xCB007102 + (uint)number))];
            MappingTable table = Make(64, addresses: 1);
            var model = new Dictionary<int, (IpAddress Address, ushort Port)>();
            foreach ((int turn, int bits) in sets.Index())
            {
                IpAddress[] used = [.. all.Where((_, number) => (bits >> number & 1) != 0)];
                table.Readdress(used);
                int number = table.Add(6, Host(100 + turn), (ushort)(1024 + seed), now: 0);
                table.Hold(number);
                Assert.Contains(table.AddressOf(table[number]), used);
                model.Add(number, (table.AddressOf(table[number]), table[number].OutsidePort));
                foreach ((int other, (IpAddress address, ushort port)) in model)
                    Assert.Equal((address, other), (table.AddressOf(table[other]), table.FindOwner(6, address, port)));
                Assert.All(all, address => Assert.Equal(used.Contains(address), table.IsOutside(address)));
                if (turn % 3 == 2)
                {
                    int ended = model.Keys.First();
                    Assert.True(table.Release(ended, moment: 0));
                    model.Remove(ended);
                }
            }
        });

    private static int FindOrAdd(MappingTable table, byte protocol, IpAddress address, ushort port) =>
        table.Find(protocol, address, port) is >= 0 and var found ? found : table.Add(protocol, address, port, now: 0);

    private static MappingTable Make(int capacity, int addresses = 1) =>
        new(capacity, Outside[..addresses], new KeyedHash(new SeededRandom(1)), new SeededRandom(2));

    private static IpAddress Host(int number) => IpAddress.FromIpv4(0xC0A81900 + (uint)number);
}
