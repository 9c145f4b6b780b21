using Router.Configuration;
using Support;

namespace Conformance;

/// <summary>The same around the router in IPv6: two subscribers, a server, and two hosts outside.</summary>
public abstract class Ipv6Scenario : Scenario
{
    protected new const string Client = "2001:db8:25:1::10", Other = "2001:db8:25:1::11", Server = "2001:db8:25:2::80", Remote = "2001:db8:25:3::25",
        Elsewhere = "2001:db8:25:3::26", LanGateway = "2001:db8:25:1::1";

    protected const string OwnServer = "2001:db8:25:2::25", WanGateway = "2001:db8:25:3::2", Hop = "2001:db8:ffff::7";

    private protected Ipv6Scenario(RouterConfiguration? configuration = null)
        : base(configuration) => IntroduceIpv6();

    /// <summary>Time passes for sessions, and the neighbours of this scenario are known still.</summary>
    private protected new void Pass(TimeSpan time)
    {
        base.Pass(time);
        IntroduceIpv6();
    }

    private protected byte[] Packet(string source, string destination, byte nextHeader, byte[] payload) => Ipv6.Packet(source, destination, nextHeader, payload, ToRouter(source));

    private void IntroduceIpv6()
    {
        Router.Host("lan", Client);
        Router.Host("lan", Other);
        Router.Host("servers", Server);
        Router.Host("servers", OwnServer);
        Router.Host("wan", Remote);
        Router.Host("wan", Elsewhere);
    }
}
