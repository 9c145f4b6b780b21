using System.Runtime.CompilerServices;
using Router.Nat;
using Support;

namespace Simulation;

/// <summary>Budgets: the operations that the benchmarks time allocate nothing, through the whole loop.</summary>
[Collection(nameof(Budgets))]
public sealed class OperationBudgetTest
{
    private const int Batches = 300, Rounds = 5;

    [Fact]
    public void An_established_packet_of_any_of_many_sessions_allocates_nothing() => Assert.Equal(0, Measure(Established));

    [Fact]
    public void A_new_session_through_the_nat_allocates_nothing() => Assert.Equal(0, Measure(() => NewSessions(journal: null)));

    /// <summary>Nobody reads: the ring fills, and what has no room is lost.</summary>
    [Theory]
    [InlineData(nameof(JournalDetail.Mappings))]
    [InlineData(nameof(JournalDetail.Sessions))]
    public void A_new_session_that_is_logged_allocates_nothing(string detail)
    {
        var journal = new MappingJournal(Enum.Parse<JournalDetail>(detail), Batches * Traffic.Batch);
        Assert.Equal(0, Measure(() => NewSessions(journal)));
        Assert.InRange(journal.Lost, 1, long.MaxValue);
        var records = new MappingRecord[1];
        Assert.Equal(1, journal.Take(records));
    }

    [Fact]
    public void A_blocked_segment_and_its_answer_allocate_nothing() => Assert.Equal(0, Measure(Blocked));

    private static long Established()
    {
        using var traffic = new Traffic(65_536);
        var datagram = new Datagram(traffic.RouterMac);
        Flow[] flows = Flows(datagram);
        Send(traffic, datagram, flows);
        Assert.Equal(flows.Length, traffic.Sessions);
        return LeastOf(() => { }, () => Send(traffic, datagram, flows));
    }

    private static long NewSessions(MappingJournal? journal)
    {
        using var traffic = new Traffic(65_536) { Journal = journal };
        var datagram = new Datagram(traffic.RouterMac);
        Flow[] flows = Flows(datagram);
        Send(traffic, datagram, flows);
        Assert.Equal(flows.Length, traffic.Sessions);
        return LeastOf(
            () =>
            {
                traffic.EndSessions();
                traffic.Introduce();
            },
            () => Send(traffic, datagram, flows));
    }

    private static long Blocked()
    {
        using var traffic = new Traffic(4096);
        byte[][] syns = [.. Enumerable.Range(0, Traffic.Batch).Select(host => Frames.TcpSegment(Traffic.HostAddress(host), 40_000, "203.0.113.25", 25, traffic.RouterMac))];
        SendBlocked(traffic, syns);
        Assert.InRange(traffic.Sent(0), Batches * Traffic.Batch, long.MaxValue);
        return LeastOf(() => { }, () => SendBlocked(traffic, syns));
    }

    /// <summary>What an operation allocates it allocates in each round; what the runtime does behind it, compiling it anew for example, it does in some.</summary>
    private static long LeastOf(Action prepare, Action round)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Rounds && least != 0; i++)
        {
            prepare();
            long before = GC.GetAllocatedBytesForCurrentThread();
            round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private static Flow[] Flows(Datagram datagram) =>
        [.. Enumerable.Range(0, Batches * Traffic.Batch).Select(i => datagram.Make(i % Traffic.Hosts, 10_000 + i / Traffic.Hosts, 1))];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Send(Traffic traffic, Datagram datagram, Flow[] flows)
    {
        for (int i = 0; i < flows.Length; i++)
        {
            datagram.Set(flows[i]);
            traffic.Inject(datagram.Bytes);
            if (i % Traffic.Batch == Traffic.Batch - 1)
                traffic.Turn();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SendBlocked(Traffic traffic, byte[][] syns)
    {
        for (int batch = 0; batch < Batches; batch++)
        {
            foreach (byte[] syn in syns)
                traffic.Inject(syn);
            traffic.Turn();
            traffic.Advance(1000);
        }
    }

    /// <summary>On a thread of its own, as the loop is.</summary>
    private static long Measure(Func<long> measure)
    {
        long allocated = long.MaxValue;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                allocated = measure();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? allocated : throw new InvalidOperationException("The measurement failed.", failure);
    }
}
