using Router.Packets;
using Router.Routing;
using Tests.Packets;

namespace Tests.Routing;

/// <summary>RFC 2827; a campus has a core router behind the LAN, with a network of its own (OP25B.md F6).</summary>
public sealed class AntiSpoofingTest
{
    private static readonly Network Network = new(("10.25.0.0/16", "192.168.25.254"), ("0.0.0.0/0", "203.0.113.1"));

    private readonly AntiSpoofing _antiSpoofing = new(Network.Routes);

    [Theory]
    [InlineData("lan", "192.168.25.10", "None")]
    [InlineData("lan", "10.25.3.4", "None")]
    [InlineData("lan", "192.168.25.1", "SpoofedInsideSource")]
    [InlineData("lan", "192.168.25.255", "SpoofedInsideSource")]
    [InlineData("lan", "192.168.25.0", "SpoofedInsideSource")]
    [InlineData("lan", "198.51.100.25", "SpoofedInsideSource")]
    [InlineData("lan", "203.0.113.25", "SpoofedInsideSource")]
    [InlineData("lan", "8.8.8.8", "SpoofedInsideSource")]
    [InlineData("servers", "198.51.100.25", "None")]
    [InlineData("servers", "192.168.25.10", "SpoofedInsideSource")]
    [InlineData("wan", "8.8.8.8", "None")]
    [InlineData("wan", "203.0.113.25", "None")]
    [InlineData("wan", "203.0.113.2", "SpoofedOutsideSource")]
    [InlineData("wan", "203.0.113.255", "SpoofedOutsideSource")]
    [InlineData("wan", "192.168.25.10", "SpoofedOutsideSource")]
    [InlineData("wan", "10.25.3.4", "SpoofedOutsideSource")]
    [InlineData("wan", "198.51.100.25", "SpoofedOutsideSource")]
    public void A_source_lives_behind_the_interface_that_it_comes_in_by(string ingress, string source, string reason)
    {
        var packet = new Packet(Network[ingress], [], frame: null) { Source = Network.Address(source) };
        Assert.Equal(reason, _antiSpoofing.Check(packet).Reason.ToString());
    }
}
