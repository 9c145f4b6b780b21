using Router;
using Router.Configuration;
using Router.Nat;
using Router.Sessions;
using Router.Wire;
using Support;
using TapDev;

namespace Simulation;

/// <summary>Budgets: what a session of capacity costs, by what the tables really allocate.</summary>
[Collection(nameof(Budgets))]
public sealed class MemoryBudgetTest
{
    private const int Few = 16_384, Many = 131_072;

    /// <summary>Record, both index entries, wheel and mapping; with IPv6 what its TCP needs too.</summary>
    [Theory]
    [InlineData(false, 112)]
    [InlineData(true, 128)]
    public void A_session_of_capacity_takes_no_more_than_its_budget(bool hasIpv6, int budget)
    {
        var hash = new KeyedHash(new SeededRandom(25));
        IpAddress[] outside = [IpAddress.FromIpv4(0xCB007102)];
        long Allocate(int capacity) => Allocated(() => (
            new SessionTable(capacity, new SessionTimeouts(), hash, hasIpv6),
            new MappingTable(capacity, outside, hash, new SeededRandom(25))));
        Assert.InRange(PerSession(Allocate), 1, budget);
    }

    /// <summary>All that grows with the capacity: 56 bytes more are for as many subscribers as sessions, and are touched only where there are so many.</summary>
    [Fact]
    public void Nothing_else_grows_with_the_capacity_but_the_table_of_subscribers()
    {
        long Allocate(int capacity)
        {
            RouterConfiguration configuration = TestConfiguration.Default with { Sessions = new() { Capacity = capacity } };
            MemoryDevice[] devices = [.. configuration.Interfaces.Select(entry => new MemoryDevice(entry.Name))];
            long bytes = Allocated(() => new DataPath(configuration, devices, new SeededRandom(25)));
            foreach (MemoryDevice device in devices)
                device.Dispose();
            return bytes;
        }

        Assert.InRange(PerSession(Allocate), 1, 128 + 56);
    }

    [Fact]
    public void What_the_log_says_of_the_tables_is_what_they_take()
    {
        var hash = new KeyedHash(new SeededRandom(25));
        SessionTable? table = null;
        long allocated = Allocated(() => table = new SessionTable(Many, new SessionTimeouts(), hash, hasIpv6: true));
        Assert.InRange(allocated - table!.Bytes, 0, 10_000);
    }

    private static double PerSession(Func<int, long> allocate)
    {
        // The first one pays for what the runtime makes once.
        allocate(Few);
        return Math.Round((allocate(Many) - allocate(Few)) / (double)(Many - Few));
    }

    private static long Allocated<T>(Func<T> make)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        T made = make();
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        GC.KeepAlive(made);
        return bytes;
    }
}
