using CsCheck;
using Router.Nat;
using Router.Wire;

namespace Tests.Nat;

/// <summary>The ring that records of mappings take to another thread.</summary>
public sealed class MappingJournalTest
{
    private static readonly IpAddress Outside = IpAddress.FromIpv4(0xCB007102);

    [Fact]
    public void A_mapping_is_told_as_it_is_with_the_turns_time()
    {
        var journal = new MappingJournal(JournalDetail.Mappings, capacity: 4);
        journal.BeginTurn(17);
        journal.Mapping(MappingEvent.Created, Of(40000), Outside);
        MappingRecord record = Assert.Single(Take(journal));
        Assert.Equal((17L, 0xC0A8190Au, 40000, 0xCB007102u, 50000, (byte)6), (record.Time, record.Source, (int)record.SourcePort, record.TranslatedSource, (int)record.TranslatedSourcePort, record.Protocol));
        Assert.Equal(MappingEvent.Created, record.Event);
        Assert.Empty(Take(journal));
    }

    [Fact]
    public void A_full_ring_loses_and_counts_and_goes_on_when_it_was_read()
    {
        var journal = new MappingJournal(JournalDetail.Mappings, capacity: 4);
        for (ushort port = 1; port <= 6; port++)
            journal.Mapping(MappingEvent.Created, Of(port), Outside);
        Assert.Equal(2, journal.Lost);
        Assert.Equal([1, 2, 3, 4], Take(journal).Select(record => (int)record.SourcePort));
        journal.Mapping(MappingEvent.Deleted, Of(7), Outside);
        Assert.Equal([7], Take(journal).Select(record => (int)record.SourcePort));
        Assert.Equal(2, journal.Lost);
    }

    /// <summary>Whatever the writer writes and the reader takes, in whatever steps: the reader has a queue's content, and what did not fit is counted.</summary>
    [Fact]
    public void It_is_a_bounded_queue() => Gen.Int[-9, 9].Array[0, 200].Sample(steps =>
    {
        var journal = new MappingJournal(JournalDetail.Mappings, capacity: 8);
        var model = new Queue<ushort>();
        ushort next = 0;
        long lost = 0;
        foreach (int step in steps)
        {
            for (int i = 0; i < step; i++)
            {
                journal.Mapping(MappingEvent.Created, Of(++next), Outside);
                if (model.Count < 8)
                    model.Enqueue(next);
                else
                    lost++;
            }

            var taken = new MappingRecord[Math.Max(-step, 0)];
            int count = journal.Take(taken);
            Assert.Equal(Enumerable.Range(0, Math.Min(taken.Length, model.Count)).Select(_ => model.Dequeue()).ToArray(), taken[..count].Select(record => record.SourcePort));
        }

        Assert.Equal(lost, journal.Lost);
    });

    /// <summary>Two threads, a small ring: nothing comes twice, torn or out of order, and what was not taken was counted.</summary>
    [Fact]
    public void One_thread_writes_while_another_one_reads()
    {
        const int Records = 200_000;
        var journal = new MappingJournal(JournalDetail.Mappings, capacity: 64);
        var writer = new Thread(() =>
        {
            for (int i = 1; i <= Records; i++)
            {
                journal.BeginTurn(i);
                journal.Mapping(MappingEvent.Created, Of((ushort)i) with { InsideAddress = (uint)i }, Outside);
            }
        });
        writer.Start();
        long last = 0, taken = 0;
        var batch = new MappingRecord[16];
        for (bool isOver = false; !isOver;)
        {
            isOver = writer.Join(0);
            for (int count; (count = journal.Take(batch)) > 0; taken += count)
                foreach (MappingRecord record in batch.AsSpan(0, count))
                {
                    Assert.InRange(record.Time, last + 1, Records);
                    Assert.Equal((record.Time, (ushort)record.Time), (record.Source, record.SourcePort));
                    last = record.Time;
                }
        }

        Assert.Equal(Records, taken + journal.Lost);
    }

    private static Mapping Of(ushort port) => new() { InsideAddress = 0xC0A8190A, InsidePort = port, OutsidePort = 50000, Protocol = Ipv4Header.Tcp };

    private static List<MappingRecord> Take(MappingJournal journal)
    {
        var records = new MappingRecord[64];
        return [.. records[..journal.Take(records)]];
    }
}
