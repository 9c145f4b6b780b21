using CsCheck;
using Router.Op25b;
using Router.Sessions;
using Router.Wire;
using Support;
using Tests.Packets;

namespace Tests.Op25b;

public sealed class QuarantineTest
{
    private readonly Quarantine _quarantine = new(new KeyedHash(new SeededRandom(3)));

    [Fact]
    public void A_host_is_held_until_its_moment_and_an_IPv6_prefix_is_one_host()
    {
        Assert.True(_quarantine.Hold(Network.Address("2001:db8:25:1::1"), 1000));
        Assert.False(_quarantine.Hold(Network.Address("2001:db8:25:1::2"), 2000));
        Assert.True(_quarantine.Contains(Network.Address("2001:db8:25:1:ffff::9")));
        Assert.False(_quarantine.Contains(Network.Address("2001:db8:25:2::1")));
        Assert.Equal(0, _quarantine.Release(1999));
        Assert.Equal(1, _quarantine.Release(2000));
        Assert.False(_quarantine.Contains(Network.Address("2001:db8:25:1::1")));
    }

    [Fact]
    public void It_holds_as_many_as_there_are_places_and_forgets_none_of_them()
    {
        int held = Enumerable.Range(0, 2000).Count(i => _quarantine.Hold(IpAddress.FromIpv4(0x0A000000u + (uint)i), 1000));
        Assert.Equal((512, 512), (held, _quarantine.Count));
        Assert.All(Enumerable.Range(0, 512), i => Assert.True(_quarantine.Contains(IpAddress.FromIpv4(0x0A000000u + (uint)i))));
        Assert.Equal(512, _quarantine.Release(1000));
        Assert.Equal(0, _quarantine.Count);
    }

    [Fact]
    public void It_says_what_a_dictionary_would() =>
        Gen.Select(Gen.UInt[0, 60], Gen.Int[0, 50]).Array[0, 200].Sample(steps =>
        {
            var quarantine = new Quarantine(new KeyedHash(new SeededRandom(3)));
            var model = new Dictionary<uint, long>();
            foreach (((uint host, int time), int now) in steps.Select((step, now) => (step, now)))
            {
                if (time % 5 == 0)
                {
                    quarantine.Release(now);
                    foreach (uint over in model.Where(entry => entry.Value <= now).Select(entry => entry.Key).ToList())
                        model.Remove(over);
                }
                else
                {
                    quarantine.Hold(IpAddress.FromIpv4(host), now + time);
                    model[host] = now + time;
                }
            }

            return quarantine.Count == model.Count && Enumerable.Range(0, 61).All(host => quarantine.Contains(IpAddress.FromIpv4((uint)host)) == model.ContainsKey((uint)host));
        });
}
