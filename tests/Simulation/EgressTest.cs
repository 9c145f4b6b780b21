using Router.Wire;
using Support;
using TapDev;

namespace Simulation;

/// <summary>What becomes of frames whose way out is slow, down or gone: booked on the interface that they came in by.</summary>
public sealed class EgressTest : IDisposable
{
    private const string Client = "192.168.25.10", Remote = "203.0.113.25", Server = "198.51.100.80";

    private readonly TestRouter _router = new(devices: new MemoryDeviceOptions { QueueLimit = 8 });

    public EgressTest()
    {
        _router.Host("lan", Client);
        _router.Host("servers", Server);
        _router.Host("wan", Remote);
        _router.Receive("lan", Datagram(Remote));
        _router.Receive("lan", Datagram(Server));
        Forget();
    }

    public void Dispose() => _router.Dispose();

    [Fact]
    public void A_slow_egress_drops_what_its_queue_does_not_take_and_stops_nobody_else()
    {
        _router.Device("wan").FlushHold = true;
        for (int i = 0; i < 10; i++)
            _router.Receive("lan", Datagram(Remote));
        _router.Receive("lan", Datagram(Server));
        Assert.Single(_router.Sent("servers"));
        Assert.Equal("lan received 11, lan forwarded 1, lan held 8, lan dropped EgressQueueFull 2, servers sent 1", _router.Moved());

        _router.Device("wan").FlushHold = false;
        _router.Turn();
        _router.Receive("lan", Datagram(Server));
        Assert.Equal(8, _router.Sent("wan").Count);
        Assert.Equal("lan received 1, lan forwarded 9, lan held -8, servers sent 1, wan sent 8", _router.Moved());
    }

    [Theory]
    [InlineData("Down")]
    [InlineData("Lost")]
    public void An_interface_that_is_not_up_drops_with_its_own_reason(string state)
    {
        _router.Device("wan").SetState(Enum.Parse<DeviceState>(state));
        _router.Receive("lan", Datagram(Remote));
        _router.Receive("lan", Datagram(Server));
        Assert.Equal($"lan received 2, lan forwarded 1, lan dropped Interface{state} 1, servers sent 1", _router.Moved());
    }

    [Theory]
    [InlineData("Down")]
    [InlineData("Lost")]
    public void Frames_that_were_queued_when_it_went_are_dropped_with_the_same_reason(string state)
    {
        _router.Device("wan").FlushHold = true;
        for (int i = 0; i < 3; i++)
            _router.Receive("lan", Datagram(Remote));
        Assert.Equal("lan received 3, lan held 3", _router.Moved());
        _router.Device("wan").SetState(Enum.Parse<DeviceState>(state));
        _router.Device("wan").FlushHold = false;
        _router.Turn();
        Assert.Equal($"lan held -3, lan dropped Interface{state} 3", _router.Moved());
    }

    [Fact]
    public void An_interface_that_comes_up_again_forwards_again()
    {
        _router.Device("wan").SetState(DeviceState.Down);
        _router.Receive("lan", Datagram(Remote));
        _router.Device("wan").SetState(DeviceState.Up);
        _router.Receive("lan", Datagram(Remote));
        Assert.Single(_router.Sent("wan"));
        Assert.Equal("lan received 2, lan forwarded 1, lan dropped InterfaceDown 1, wan sent 1", _router.Moved());
    }

    private byte[] Datagram(string destination) => Frames.UdpDatagram(Client, 40000, destination, 4000, _router.Interface("lan").Mac);

    private void Forget()
    {
        _router.Sent("wan");
        _router.Sent("servers");
        _router.Moved();
    }
}
