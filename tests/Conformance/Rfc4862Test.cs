using Router.Packets;
using Router.Wire;
using Support;

namespace Conformance;

/// <summary>RFC 4862 section 5: how the router comes to its own addresses.</summary>
public sealed class Rfc4862Test : IDisposable
{
    private const string Own = "2001:db8:25:1::1", Host = "2001:db8:25:1::a";

    private static readonly MacAddress HostMac = new(0x02_00_00_00_00_0A);

    private readonly TestRouter _router = new(detection: TestRouter.AddressDetection.Ahead);

    private MacAddress Mac => _router.Interface("lan").Mac;

    public void Dispose() => _router.Dispose();

    [Fact]
    [Requirement("RFC 4862", "section 5.3", Level.Should)]
    [Requirement("RFC 4862", "section 5.4", Level.Must)]
    [Requirement("RFC 4862", "section 5.4.2", Level.Must)]
    public void Every_address_is_looked_for_the_link_local_one_too()
    {
        _router.Wait(TimeSpan.FromSeconds(1));
        byte[][] probes = [.. _router.Sent("lan")];
        Assert.Equal(2, probes.Length);
        Assert.Contains(NdFrames.NeighborSolicitation("::", Own, Mac), probes);
        Assert.Contains(NdFrames.NeighborSolicitation("::", $"{Mac.LinkLocal}", Mac), probes);
    }

    [Fact]
    [Requirement("RFC 4862", "section 5.4.2 delay", Level.Should)]
    public void Not_all_speak_at_once()
    {
        var moments = new HashSet<long>();
        for (int i = 0; i < 5; i++)
        {
            _router.Wait(TimeSpan.FromMilliseconds(250));
            foreach (Interface entry in _router.Path.Interfaces)
                if (_router.Sent(entry.Name).Any(frame => frame[54] == 135))
                    moments.Add(_router.Now);
        }

        Assert.True(moments.Count > 1, "Every address was asked for in the same moment.");
    }

    [Fact]
    [Requirement("RFC 4862", "section 5.4.3", Level.Must)]
    public void Who_asks_from_nowhere_for_a_tentative_address_wants_it_too()
    {
        _router.Receive("lan", NdFrames.NeighborSolicitation(Host, Own, HostMac, options: NdFrames.MacOption(1, HostMac)));
        Assert.Equal(1, _router.Dropped("lan", DropReason.NeighborDiscoveryNotForUs));
        _router.Receive("lan", NdFrames.NeighborSolicitation("::", Own, HostMac));
        AssertNotUsed();
    }

    [Fact]
    [Requirement("RFC 4862", "section 5.4.4", Level.Must)]
    [Requirement("RFC 4862", "section 5.4.5", Level.MustNot)]
    public void An_address_that_another_has_is_not_used()
    {
        var told = new List<string>();
        _router.Path.AddressDetection.DuplicateFound = (entry, address, station) => told.Add($"{entry} {address} {station}");
        _router.Receive("lan", NdFrames.NeighborAdvertisement(Own, Own, HostMac, options: NdFrames.MacOption(2, HostMac)));
        Assert.Equal([$"lan {Own} {HostMac}"], told);
        AssertNotUsed();
    }

    private void AssertNotUsed()
    {
        _router.Wait(TimeSpan.FromSeconds(4));
        _router.Sent("lan");
        _router.Receive("lan", NdFrames.Frame(Host, Own, [128, 0, 0, 0, 0, 7, 0, 1], HostMac, 64, Mac));
        Assert.Empty(_router.Sent("lan"));
        Assert.Equal(1, _router.Dropped("lan", DropReason.TentativeAddress));
    }
}
