using Router.Configuration;
using Support;

namespace Conformance;

/// <summary>The filtering that lets in only whom the inside host has sent to.</summary>
public sealed class AddressDependentTest() : Scenario(Default with { Nat = Default.Nat! with { Filtering = FilteringMode.AddressDependent } })
{
    [Fact]
    [Requirement("RFC 7857", "section 7", Level.ShouldNot)]
    public void An_inbound_packet_that_the_policy_drops_does_not_keep_the_mapping()
    {
        Out(Udp(Client, 40000, Remote, 3478));
        for (int i = 0; i < 2; i++)
        {
            Pass(TimeSpan.FromSeconds(149));
            Router.Receive("wan", Udp(Elsewhere, 53, Outside, 40000));
            Assert.Empty(Router.Sent("lan"));
        }

        Router.Moved();
        Router.Wait(TimeSpan.FromSeconds(4));
        Assert.Equal("sessions -1, mappings -1", Router.Moved());
    }
}
