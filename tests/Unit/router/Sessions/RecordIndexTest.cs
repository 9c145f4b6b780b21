using CsCheck;
using Router.Sessions;

namespace Tests.Sessions;

public sealed class RecordIndexTest
{
    /// <summary>Against a set, with hashes that collide in home, in tag, in both, and at the end of the slots; and for numbers that are no power of two.</summary>
    [Fact]
    public void It_finds_what_was_put_in_and_not_taken_out() =>
        Gen.Select(Gen.Int[1, 40], Gen.OneOf<uint>(0, 1, 2, 0x8000_0000, 0x8000_0001, 0xFFFF_FFFE, uint.MaxValue).Array[40], Gen.Int[0, 39].Array[1, 200]).Sample((references, hashes, toggles) =>
        {
            var index = new RecordIndex(references, reference => hashes[reference]);
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
    public void It_takes_eight_bytes_a_record_for_any_number_of_records() => Assert.Equal(8 * 1_000_001, new RecordIndex(1_000_001, _ => 0).Bytes);

    private static List<uint> Find(RecordIndex index, uint hash)
    {
        List<uint> found = [];
        RecordIndex.Probe probe = index.Begin(hash);
        while (index.TryNext(ref probe, out uint reference))
            found.Add(reference);
        return found;
    }
}
