using CsCheck;
using Router.Nat;
using Router.Sessions;
using Support;

namespace Tests.Nat;

public sealed class FixedMapTest
{
    /// <summary>Against a dictionary, so small that keys collide.</summary>
    [Fact]
    public void It_is_a_dictionary() => Gen.Select(Gen.Bool, Gen.ULong[0, 11], Gen.Int).Array[1, 200].Sample(steps =>
    {
        var map = new FixedMap(capacity: 8, new KeyedHash(new SeededRandom(4)));
        var model = new Dictionary<ulong, int>();
        foreach ((bool isAdd, ulong key, int value) in steps)
        {
            if (!isAdd)
            {
                map.Remove(key);
                model.Remove(key);
            }
            else if (model.Count < map.Capacity || model.ContainsKey(key))
            {
                Assert.Equal(model.GetValueOrDefault(key), map.GetOrAdd(key));
                map.GetOrAdd(key) = model[key] = value;
            }
            else
            {
                Assert.Throws<InvalidOperationException>(() => map.GetOrAdd(key));
            }

            Assert.Equal(model.Count, map.Count);
            for (ulong any = 0; any <= 11; any++)
            {
                Assert.Equal(model.TryGetValue(any, out int expected), map.TryFind(any, out int found));
                Assert.Equal(model.ContainsKey(any), map.Contains(any));
                if (model.ContainsKey(any))
                    Assert.Equal(expected, found);
            }
        }
    }, iter: 300);
}
