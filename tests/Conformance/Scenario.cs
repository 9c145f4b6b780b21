using System.Net;
using Router.Configuration;
using Router.Packets;
using Router.Wire;
using Support;

namespace Conformance;

/// <summary>
/// Two subscribers, a server, and two hosts outside around the router. Every test of a requirement begins here, and every checksum of what leaves is verified
/// (<see cref="AssertPacket"/>).
/// </summary>
public abstract class Scenario : IDisposable
{
    protected const string Client = "192.168.25.10", Other = "192.168.25.11", Home = "192.168.25.20", Server = "198.51.100.80";
    protected const string Remote = "203.0.113.25", Elsewhere = "203.0.113.26", Outside = "203.0.113.2", LanGateway = "192.168.25.1", ServersGateway = "198.51.100.1";

    /// <summary>The topology of DESIGN.md, and a port forward of 8080 to <see cref="Home"/>, 80.</summary>
    private protected static readonly RouterConfiguration Default = TestConfiguration.Default with
    {
        Nat = TestConfiguration.Default.Nat! with
        {
            PortForwards = [new PortForwardConfiguration { Protocol = TransportProtocol.Tcp, Port = 8080, To = IPEndPoint.Parse("192.168.25.20:80") }],
        },
    };

    private protected Scenario(RouterConfiguration? configuration = null)
    {
        Router = new TestRouter(configuration ?? Default);
        Introduce();
    }

    private protected TestRouter Router { get; private set; }

    private protected MacAddress Lan => Router.Interface("lan").Mac;

    private protected MacAddress Servers => Router.Interface("servers").Mac;

    private protected MacAddress Wan => Router.Interface("wan").Mac;

    public void Dispose()
    {
        Router.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Another router in the same place, with another configuration.</summary>
    private protected void Restart(RouterConfiguration configuration)
    {
        Router.Dispose();
        Router = new TestRouter(configuration);
        Introduce();
    }

    /// <summary>The frame comes in from the LAN, and what left by the WAN is one frame.</summary>
    private protected byte[] Out(byte[] frame)
    {
        Router.Receive("lan", frame);
        return Router.SentOne("wan");
    }

    /// <summary>The frame comes in from the WAN, and what left by the LAN is one frame.</summary>
    private protected byte[] In(byte[] frame)
    {
        Router.Receive("wan", frame);
        return Router.SentOne("lan");
    }

    private protected byte[] Udp(string source, ushort sourcePort, string destination, ushort destinationPort, byte[]? payload = null) =>
        Frames.UdpDatagram(source, sourcePort, destination, destinationPort, ToRouter(source), payload);

    private protected byte[] Tcp(string source, ushort sourcePort, string destination, ushort destinationPort, Frames.Tcp flags = Frames.Tcp.Syn) =>
        Frames.TcpSegment(source, sourcePort, destination, destinationPort, ToRouter(source), flags);

    private protected byte[] Echo(string source, string destination, ushort identifier, bool isReply = false) =>
        Frames.Echo(source, destination, identifier, ToRouter(source), isReply);

    private protected byte[] Error(string source, string destination, byte type, byte code, byte[] about, int quoted = int.MaxValue) =>
        Frames.IcmpError(source, destination, type, code, about, ToRouter(source), quoted);

    /// <summary>A packet of a protocol that has no ports.</summary>
    private protected byte[] Portless(byte protocol, string source, string destination) =>
        Frames.WithHeader(Udp(source, 1, destination, 1), header => header[9] = protocol);

    /// <summary>The source port of a TCP or UDP frame without IPv4 options.</summary>
    private protected static ushort SourcePort(byte[] frame) => (ushort)(frame[34] << 8 | frame[35]);

    /// <summary>The identifier of an echo frame without IPv4 options.</summary>
    private protected static ushort Identifier(byte[] frame) => (ushort)(frame[38] << 8 | frame[39]);

    /// <summary>Time passes for sessions, and the neighbours of this scenario are known still.</summary>
    private protected void Pass(TimeSpan time)
    {
        Router.Time.Advance(time);
        Introduce();
    }

    /// <summary>The default with another MTU on an interface.</summary>
    private protected static RouterConfiguration WithMtu(string name, int mtu) =>
        Default with { Interfaces = [.. Default.Interfaces.Select(entry => entry.Name == name ? entry with { Mtu = mtu } : entry)] };

    private protected void AssertSilence()
    {
        foreach (string name in new[] { "lan", "servers", "wan" })
            Assert.Empty(Router.Sent(name));
    }

    private void Introduce()
    {
        foreach (string host in new[] { Client, Other, Home })
            Router.Host("lan", host);
        Router.Host("servers", Server);
        Router.Host("wan", Remote);
        Router.Host("wan", Elsewhere);
    }

    private protected MacAddress ToRouter(string source) =>
        IsIn(source, "192.168.25.", "2001:db8:25:1:") ? Lan : IsIn(source, "198.51.100.", "2001:db8:25:2:") ? Servers : Wan;

    private static bool IsIn(string address, params string[] prefixes) => Array.Exists(prefixes, prefix => address.StartsWith(prefix, StringComparison.Ordinal));
}
