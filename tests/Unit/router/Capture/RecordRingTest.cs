using CsCheck;
using Router.Capture;
using Router.Packets;

namespace Unit.Capture;

/// <summary>The ring beside a queue.</summary>
public sealed class RecordRingTest
{
    private const int Size = 4096, Longest = 500;

    /// <summary>What the writer and the reader do, in any order: write a frame of a length, publish, take back, keep the first, read.</summary>
    [Fact]
    public void What_was_published_comes_out_in_order_and_whole_and_nothing_else() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, Longest]).Array[0, 200].Sample(steps =>
        {
            var ring = new RecordRing(Size);
            var published = new Queue<(long Packet, int Length, Outcome Outcome)>();
            var pending = new List<(long Packet, int Length, Outcome Outcome)>();
            long number = 0, held = 0;
            foreach ((int step, int length) in steps)
            {
                switch (step)
                {
                    case 0 or 1:
                        byte[] bytes = Bytes(++number, length);
                        if (ring.TryWrite(new RecordHeader { Packet = number, Captured = length, Outcome = Outcome.Forwarded }, bytes.AsSpan(0, length / 3), bytes.AsSpan(length / 3)))
                            pending.Add((number, length, Outcome.Forwarded));
                        else
                            Assert.True(held + pending.Sum(record => Room(record.Length)) + 2 * Room(length) + Room(Longest) > Size, "a record is lost though there is room");
                        break;
                    case 2:
                        ring.Publish();
                        Move(pending, published, ref held);
                        break;
                    case 3:
                        ring.TakeBack();
                        pending.Clear();
                        break;
                    case 4:
                        ring.KeepFirst(DropReason.EgressQueueFull);
                        if (pending.Count > 0)
                            pending = [pending[0] with { Outcome = Outcome.Dropped }];
                        Move(pending, published, ref held);
                        break;
                    default:
                        Assert.Equal(published.Count > 0, ring.TryRead(out RecordHeader header, out Span<byte> frame));
                        if (!published.TryDequeue(out var expected))
                            break;
                        Assert.Equal((expected.Packet, expected.Length, expected.Outcome), (header.Packet, frame.Length, header.Outcome));
                        Assert.Equal(Bytes(expected.Packet, expected.Length), frame.ToArray());
                        ring.Release();
                        held -= Room(expected.Length);
                        break;
                }
            }
        }, iter: 2000);

    [Fact]
    public void A_writer_and_a_reader_on_two_threads_lose_nothing_that_was_taken()
    {
        const int Records = 200_000;
        var ring = new RecordRing(1 << 16);
        long taken = 0, written = 0;
        var writer = new Thread(() =>
        {
            Span<byte> bytes = stackalloc byte[200];
            for (int i = 1; i <= Records; i++)
            {
                if (!ring.TryWrite(new RecordHeader { Packet = i, Captured = i % 200 }, bytes[..(i % 200)], []))
                    continue;
                ring.Publish();
                taken++;
                written += i;
            }

            while (!ring.TryWrite(new RecordHeader { Packet = -1 }, [], []))
                Thread.Yield();
            ring.Publish();
        });
        writer.Start();
        long seen = 0, read = 0, last = 0;
        while (true)
        {
            if (!ring.TryRead(out RecordHeader header, out _))
                continue;
            ring.Release();
            if (header.Packet < 0)
                break;
            Assert.True(header.Packet > last, "order");
            last = header.Packet;
            seen++;
            read += header.Packet;
        }

        writer.Join();
        Assert.Equal((taken, written), (seen, read));
    }

    private static void Move(List<(long, int Length, Outcome)> pending, Queue<(long, int, Outcome)> published, ref long held)
    {
        foreach (var record in pending)
        {
            published.Enqueue(record);
            held += Room(record.Length);
        }

        pending.Clear();
    }

    private static int Room(int length) => 8 + System.Runtime.CompilerServices.Unsafe.SizeOf<RecordHeader>() + length + 7 & -8;

    private static byte[] Bytes(long number, int length) => [.. Enumerable.Range(0, length).Select(at => (byte)(at * 31 + number))];
}
