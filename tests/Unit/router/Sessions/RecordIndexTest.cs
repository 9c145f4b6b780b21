using CsCheck;
using Router.Sessions;

namespace Tests.Sessions;

public sealed class RecordIndexTest
{
    /// <summary>Against a set, with hashes that collide in home, in tag, in both, and at the end of the slots; and for numbers that are no power of two. From few slots it grows meanwhile.</summary>
    [Fact]
    public void It_finds_what_was_put_in_and_not_taken_out() =>
        Gen.Select(Gen.Int[1, 40], Gen.OneOf(Gen.OneOf<uint>(0, 1, 2, 0x8000_0000, 0x8000_0001, 0xFFFF_FFFE, uint.MaxValue), Gen.UInt).Array[40], Gen.Int[0, 39].Array[1, 200], Gen.Int[1, 90])
            .Sample((references, hashes, toggles, fewest) =>
        {
            var index = new RecordIndex(references, reference => hashes[reference], fewest);
            var model = new HashSet<uint>();
            foreach (uint reference in toggles.Select(toggle => (uint)(toggle % references)))
            {
                if (model.Add(reference))
                    index.Insert(hashes[reference], reference);
                else if (model.Remove(reference))
                    index.Remove(hashes[reference], reference);
                for (uint other = 0; other < references; other++)
                    Assert.Equal(model.Contains(other), Find(index, hashes[other]).Contains(other));
            }
        }, iter: 1000);

    [Fact]
    public void It_takes_eight_bytes_a_record_for_any_number_of_records() => Assert.InRange(new RecordIndex(1_000_001, _ => 0).Bytes, 8 * 1_000_001, 8 * 1_002_000);

    /// <summary>Few records are to lie close together, whatever it could hold; and no insertion moves more than a few.</summary>
    [Fact]
    public void It_grows_with_what_is_in_it_a_bit_at_a_time()
    {
        const int Records = 100_000;
        var random = new Random(25);
        uint[] hashes = [.. Enumerable.Range(0, Records).Select(_ => (uint)random.NextInt64(1L << 32))];
        int moved = 0, most = 0;
        var index = new RecordIndex(Records, reference => Count(hashes[reference], ref moved));
        for (uint reference = 0; reference < Records; reference++)
        {
            moved = 0;
            index.Insert(hashes[reference], reference);
            most = Math.Max(most, moved);
            Assert.InRange(index.SlotsInUse, 2 * (reference + 1), Math.Max(1024, 6 * (reference + 1)));
        }

        Assert.InRange(most, 4, 40);
        Assert.All(Enumerable.Range(0, Records), reference => Assert.Contains((uint)reference, Find(index, hashes[reference])));

        static uint Count(uint hash, ref int moved)
        {
            moved++;
            return hash;
        }
    }

    private static List<uint> Find(RecordIndex index, uint hash)
    {
        List<uint> found = [];
        RecordIndex.Probe probe = index.Begin(hash);
        while (index.TryNext(ref probe, out uint reference))
            found.Add(reference);
        return found;
    }
}
