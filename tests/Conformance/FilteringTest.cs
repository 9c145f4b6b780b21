using Router.Configuration;
using Support;
using static Support.Frames.Tcp;

namespace Conformance;

/// <summary>Who may come in through a mapping without having been spoken to from there (RFC 4787 section 5).</summary>
public sealed class FilteringTest : Scenario
{
    public static TheoryData<string, bool, bool> Kinds() => new()
    {
        { nameof(FilteringMode.EndpointIndependent), true, true },
        { nameof(FilteringMode.AddressDependent), true, false },
        { nameof(FilteringMode.AddressAndPortDependent), false, false },
    };

    /// <summary>Another port of the host that was spoken to, and a host that was not; what passes is answered from the mapping.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    [Requirement("RFC 4787", "REQ-8", Level.Recommended)]
    public void A_datagram_comes_in_as_the_configuration_says(string filtering, bool anotherPort, bool stranger)
    {
        Restart(With(filtering));
        Out(Udp(Client, 40000, Remote, 5000));
        Router.Moved();
        foreach ((string from, bool passes) in new[] { (Remote, anotherPort), (Elsewhere, stranger) })
        {
            Router.Receive("wan", Udp(from, 5001, Outside, 40000));
            if (!passes)
            {
                AssertSilence();
                Assert.Equal("wan received 1, wan dropped FilteredInbound 1", Router.Moved());
                continue;
            }

            AssertPacket.That(Router.SentOne("lan")).IsIpv4(ttl: 63).FromTo(from, Client).IsUdp(5001, 40000);
            AssertPacket.That(Out(Udp(Client, 40000, from, 5001))).FromTo(Outside, from).IsUdp(40000, 5001);
            Assert.Equal("lan received 1, lan forwarded 1, lan sent 1, wan received 1, wan forwarded 1, wan sent 1, sessions 1", Router.Moved());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    [Requirement("RFC 5382", "REQ-3", Level.Recommended)]
    public void A_connection_comes_in_as_the_configuration_says(string filtering, bool anotherPort, bool stranger)
    {
        Restart(With(filtering));
        Out(Tcp(Client, 40000, Remote, 443));
        Router.Moved();
        foreach ((string from, bool passes) in new[] { (Remote, anotherPort), (Elsewhere, stranger) })
        {
            Router.Receive("wan", Tcp(from, 50000, Outside, 40000));
            if (!passes)
            {
                Router.Wait(TimeSpan.FromSeconds(7));
                AssertSilence();
                Assert.Equal("wan received 1, wan dropped FilteredInbound 1", Router.Moved());
                continue;
            }

            AssertPacket.That(Router.SentOne("lan")).IsIpv4(ttl: 63).FromTo(from, Client).IsTcp(50000, 40000, Syn);
            AssertPacket.That(Out(Tcp(Client, 40000, from, 50000, Syn | Ack))).FromTo(Outside, from).IsTcp(40000, 50000, Syn | Ack);
            Assert.Equal("lan received 1, lan forwarded 1, lan sent 1, wan received 1, wan forwarded 1, wan sent 1, sessions 1", Router.Moved());
        }
    }

    /// <summary>Where nothing is configured a game or a call that a third party arranged comes in.</summary>
    [Fact]
    [Requirement("RFC 4787", "REQ-8", Level.Recommended)]
    [Requirement("RFC 5382", "REQ-3", Level.Recommended)]
    [Requirement("RFC 6888", "REQ-7", Level.Recommended)]
    public void By_default_a_mapping_is_open_to_everybody()
    {
        Restart(Default with { Nat = new NatConfiguration { Addresses = Default.Nat!.Addresses } });
        Out(Udp(Client, 40000, Remote, 5000));
        Out(Tcp(Client, 40000, Remote, 443));
        Router.Moved();
        AssertPacket.That(In(Udp(Elsewhere, 7, Outside, 40000))).FromTo(Elsewhere, Client).IsUdp(7, 40000);
        AssertPacket.That(In(Tcp(Elsewhere, 50000, Outside, 40000))).FromTo(Elsewhere, Client).IsTcp(50000, 40000, Syn);
        Assert.Equal("lan sent 2, wan received 2, wan forwarded 2, sessions 2", Router.Moved());
    }

    private static RouterConfiguration With(string filtering) =>
        Default with { Nat = Default.Nat! with { Filtering = Enum.Parse<FilteringMode>(filtering) } };
}
