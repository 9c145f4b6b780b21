using System.Net;
using Router.Configuration;
using Router.Packets;
using Router.Wire;
using Support;
using TapDev;

namespace Simulation;

/// <summary>The router's own IPv6 addresses: nobody else's, or not used (RFC 4862 section 5.4).</summary>
public sealed class DuplicateAddressDetectionTest : IDisposable
{
    private const string Own = "2001:db8:25:1::1", Host = "2001:db8:25:1::a";

    private static readonly MacAddress HostMac = new(0x02_00_00_00_00_0A);

    private readonly TestRouter _router = new(TestConfiguration.Default with
    {
        Interfaces = [TestConfiguration.Default.Interfaces[0] with { RouterAdvertisements = new RouterAdvertisementsConfiguration() }, .. TestConfiguration.Default.Interfaces.Skip(1)],
    }, detection: TestRouter.AddressDetection.Ahead);

    private readonly List<string> _events = [];

    public DuplicateAddressDetectionTest()
    {
        _router.Path.AddressDetection.DuplicateFound = (entry, address, station) => _events.Add($"{entry} {address} not used: {station}");
        _router.Path.AddressDetection.DuplicateSeen = (entry, address, station) => _events.Add($"{entry} {address} claimed by {station}");
    }

    private MacAddress Mac => _router.Interface("lan").Mac;

    private string LinkLocal => $"{Mac.LinkLocal}";

    public void Dispose() => _router.Dispose();

    [Fact]
    public void Each_address_is_asked_for_once_and_announced_when_nobody_objects()
    {
        _router.Wait(TimeSpan.FromSeconds(1));
        byte[][] probes = [.. _router.Sent("lan")];
        Assert.Equal(2, probes.Length);
        Assert.Contains(NdFrames.NeighborSolicitation("::", Own, Mac), probes);
        Assert.Contains(NdFrames.NeighborSolicitation("::", LinkLocal, Mac), probes);
        _router.Wait(TimeSpan.FromSeconds(1.25));
        byte[][] announced = [.. _router.Sent("lan").Where(frame => frame[54] == 136)];
        Assert.Equal(2, announced.Length);
        Assert.Contains(NdFrames.NeighborAdvertisement(Own, Own, Mac, 0xA0, options: NdFrames.MacOption(2, Mac)), announced);
        Assert.Contains(NdFrames.NeighborAdvertisement(LinkLocal, LinkLocal, Mac, 0xA0, options: NdFrames.MacOption(2, Mac)), announced);
    }

    [Fact]
    public void Until_then_nobody_is_answered()
    {
        _router.Receive("lan", NdFrames.NeighborSolicitation(Host, Own, HostMac, options: NdFrames.MacOption(1, HostMac)));
        _router.Receive("lan", Echo(Own));
        Assert.DoesNotContain(_router.Sent("lan"), frame => frame[54] != 135);
        Assert.Equal((1, 1), (_router.Dropped("lan", DropReason.NeighborDiscoveryNotForUs), _router.Dropped("lan", DropReason.TentativeAddress)));
        Settle();
        AssertUsed(Own);
    }

    /// <summary>The first advertisement comes from the link-local address, so it waits for it.</summary>
    [Fact]
    public void The_router_is_advertised_from_then_on()
    {
        _router.Wait(TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(_router.Sent("lan"), frame => frame[54] == 134);
        _router.Wait(TimeSpan.FromSeconds(1.5));
        Assert.Contains(_router.Sent("lan"), frame => frame[54] == 134);
    }

    [Fact]
    public void An_address_that_a_host_has_is_not_used()
    {
        _router.Wait(TimeSpan.FromSeconds(1));
        _router.Receive("lan", NdFrames.NeighborAdvertisement(Own, Own, HostMac, options: NdFrames.MacOption(2, HostMac)));
        Assert.Equal([$"lan {Own} not used: {HostMac}"], _events);
        Assert.Equal(1, _router.Dropped("lan", DropReason.NeighborDiscoveryDuplicateAddress));
        Settle();
        _router.Receive("lan", NdFrames.NeighborSolicitation(Host, Own, HostMac, options: NdFrames.MacOption(1, HostMac)));
        _router.Receive("lan", Echo(Own));
        Assert.Empty(_router.Sent("lan"));
        Assert.Equal("lan received 2, lan dropped NeighborDiscoveryNotForUs 1, lan dropped TentativeAddress 1", _router.Moved());
        AssertUsed(LinkLocal);
    }

    [Fact]
    public void Two_who_begin_with_one_address_at_once_both_leave_it()
    {
        _router.Receive("lan", NdFrames.NeighborSolicitation("::", Own, HostMac));
        Assert.Equal([$"lan {Own} not used: {HostMac}"], _events);
    }

    [Fact]
    public void Our_own_question_that_comes_back_is_no_claim()
    {
        _router.Receive("lan", NdFrames.NeighborSolicitation("::", Own, Mac));
        Assert.Empty(_events);
        Settle();
        AssertUsed(Own);
    }

    [Fact]
    public void It_is_tried_again_when_the_interface_is_up_again()
    {
        _router.Receive("lan", NdFrames.NeighborSolicitation("::", Own, HostMac));
        _router.Device("lan").SetState(DeviceState.Down);
        _router.Wait(TimeSpan.FromSeconds(1));
        _router.Device("lan").SetState(DeviceState.Up);
        Settle();
        AssertUsed(Own);
    }

    [Fact]
    public void Without_a_link_local_address_nothing_is_advertised()
    {
        _router.Receive("lan", NdFrames.NeighborSolicitation("::", LinkLocal, HostMac));
        _router.Wait(TimeSpan.FromMinutes(1));
        Assert.DoesNotContain(_router.Sent("lan"), frame => frame[54] == 134);
        AssertUsed(Own);
    }

    /// <summary>As an IPv4 address is defended (RFC 5227 section 2.4): in a quarrel of two defenders each speaks once in ten seconds.</summary>
    [Fact]
    public void An_address_in_use_is_defended()
    {
        Settle();
        for (int i = 0; i < 5; i++)
            _router.Receive("lan", NdFrames.NeighborAdvertisement(Own, Own, HostMac, options: NdFrames.MacOption(2, HostMac)));
        Assert.Equal(NdFrames.NeighborAdvertisement(Own, Own, Mac, 0xA0, options: NdFrames.MacOption(2, Mac)), _router.SentOne("lan"));
        Assert.Equal([$"lan {Own} claimed by {HostMac}"], _events);
        Assert.Equal("lan received 5, lan dropped NeighborDiscoveryDuplicateAddress 5, lan generated 1, lan sent 1", _router.Moved());
        AssertUsed(Own);
    }

    /// <summary>RFC 4861 section 7.2.4: who asks from nowhere hears it with everybody else.</summary>
    [Fact]
    public void Who_wants_an_address_of_ours_is_told_that_it_is_taken()
    {
        Settle();
        _router.Receive("lan", NdFrames.NeighborSolicitation("::", Own, HostMac));
        Assert.Equal(NdFrames.NeighborAdvertisement(Own, Own, Mac, 0xA0, options: NdFrames.MacOption(2, Mac)), _router.SentOne("lan"));
        Assert.Empty(_events);
    }

    [Fact]
    public void A_link_local_address_of_the_configuration_is_the_one()
    {
        InterfaceConfiguration lan = TestConfiguration.Default.Interfaces[0];
        using var router = new TestRouter(TestConfiguration.Default with
        {
            Interfaces = [lan with { Addresses = [.. lan.Addresses, new InterfaceAddress(IPAddress.Parse("fe80::1"), 64)] }, .. TestConfiguration.Default.Interfaces.Skip(1)],
        });
        Assert.Equal(["192.168.25.1/24", "2001:db8:25:1::1/64", "fe80::1/64"], router.Snapshot().Interfaces[0].Addresses);
        Assert.Equal($"{router.Interface("servers").Mac.LinkLocal}/64", router.Snapshot().Interfaces[1].Addresses[^1]);
    }

    private byte[] Echo(string destination) => NdFrames.Frame(Host, destination, [128, 0, 0, 0, 0, 7, 0, 1], HostMac, 64, Mac);

    /// <summary>Time enough for every address; what was said meanwhile is nobody's business.</summary>
    private void Settle()
    {
        _router.Wait(TimeSpan.FromSeconds(4));
        foreach (Interface entry in _router.Path.Interfaces)
            _router.Sent(entry.Name);
        _router.Moved();
    }

    private void AssertUsed(string address)
    {
        _router.Sent("lan");
        _router.Receive("lan", Echo(address));
        Assert.Equal(129, _router.SentOne("lan")[54]);
    }
}
