using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using CsCheck;
using Router;
using Router.Configuration;
using Router.Packets;
using Router.Sessions;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>One router's sessions go over to the next one (ADR 52): as they were, and only those that the next one's configuration lets go on.</summary>
public sealed class HandoverTest
{
    private const string Client = "192.168.25.10", Home = "192.168.25.20", Remote = "203.0.113.25", Outside = "203.0.113.2", Mta = "198.51.100.25", Client6 = "2001:db8:25:1::10", Remote6 = "2001:db8:25:3::25";

    private static readonly RouterConfiguration Monitoring = TestConfiguration.With(PhaseMode.Monitor), Blocking = TestConfiguration.With(PhaseMode.Block);

    [Fact]
    public void A_translated_connection_goes_on_both_ways_with_its_port_and_a_rst_is_still_held_against_it()
    {
        using TestRouter before = Open(Monitoring);
        ushort port = Establish(before, Client, 40000, 587);
        using TestRouter after = Succeed(before, Monitoring, out HandoverReport report);
        Assert.Equal((1, 0, 0, 0), (report.Taken, report.Refused, report.Over, report.Unsound));
        Assert.Equal("0.0.0-test", report.Writer);

        after.Receive("wan", Frames.TcpSegment(Remote, 587, Outside, port, after.Interface("wan").Mac, Ack, sequence: 5001, acknowledgment: 1001));
        AssertPacket.That(after.SentOne("lan")).FromTo(Remote, Client).IsTcp(587, 40000, Ack);
        after.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 587, after.Interface("lan").Mac, Ack, sequence: 1001, acknowledgment: 5001));
        AssertPacket.That(after.SentOne("wan")).FromTo(Outside, Remote).IsTcp(port, 587, Ack);
        after.Receive("wan", Frames.TcpSegment(Remote, 587, Outside, port, after.Interface("wan").Mac, Rst, sequence: 3_000_000_000));
        Assert.Empty(after.Sent("lan"));
        Assert.Contains("wan/TcpResetOutOfWindow 1", after.Drops());

        // The mapping came along: the same inside endpoint has the same outside port toward others (RFC 4787 REQ-1), and its host pays for one session and one port.
        after.Host("wan", "203.0.113.26");
        after.Receive("lan", Frames.TcpSegment(Client, 40000, "203.0.113.26", 587, after.Interface("lan").Mac, Syn));
        AssertPacket.That(after.SentOne("wan")).FromTo(Outside, "203.0.113.26").IsTcp(port, 587, Syn);
        Assert.Equal(1, after.Path.Subscribers.PortsOf(Address(Client)));
        Assert.Equal(2, after.Path.Subscribers.SessionsOf(Address(Client)));
    }

    [Fact]
    public void What_it_held_is_given_back_when_it_ends()
    {
        using TestRouter before = Open(Monitoring);
        Establish(before, Client, 40000, 587);
        Enter(before, 50000, 25);
        using TestRouter after = Succeed(before, Monitoring, out HandoverReport report);
        Assert.Equal(2, report.Taken);
        after.Wait(TimeSpan.FromMinutes(126));
        Assert.Equal(0, after.Path.Sessions.Count);
        Assert.Equal(0, after.Path.Subscribers.Count);
        Assert.Equal(0, after.Path.Translator.Mappings!.CountOf(6));
    }

    [Fact]
    public void Ages_go_on_counting()
    {
        using TestRouter before = Open(Monitoring);
        Query(before, 40000, 9999);
        before.Wait(TimeSpan.FromMinutes(4));
        Query(before, 40001, 9999);
        using TestRouter after = Succeed(before, Monitoring, out HandoverReport report, TimeSpan.FromSeconds(30));
        Assert.Equal(2, report.Taken);
        after.Wait(TimeSpan.FromSeconds(40));
        Assert.Equal(1, after.Path.Sessions.Find(Key(Client, 40000, Remote, 9999, 17), (uint)after.Now, out _) < 0 ? 1 : 0);
        Assert.True(after.Path.Sessions.Find(Key(Client, 40001, Remote, 9999, 17), (uint)after.Now, out _) >= 0);
        using TestRouter late = Succeed(after, Monitoring, out report, TimeSpan.FromMinutes(6));
        Assert.Equal((0, 1), (report.Taken, report.Over));
    }

    [Fact]
    public void Port_25_is_asked_anew_and_a_block_takes_it_over_no_more()
    {
        using TestRouter before = Open(Monitoring);
        Establish(before, Client, 40000, 25);
        using TestRouter blocking = Succeed(before, Blocking, out HandoverReport report);
        Assert.Equal((0, 1), (report.Taken, report.Refused));
        using TestRouter monitoring = Succeed(before, Monitoring, out report);
        Assert.Equal(1, report.Taken);
        Assert.NotEqual(monitoring.Path.Filter.Generation, monitoring.Path.Sessions[0].PolicyGeneration);
    }

    [Fact]
    public void What_a_forward_or_a_rule_let_in_goes_on_only_where_it_still_would()
    {
        using TestRouter before = Open(Monitoring);
        Enter(before, 50000, 25);
        before.Receive("wan", Frames.TcpSegment(Remote, 50001, Mta, 25, before.Interface("wan").Mac, Syn));
        Assert.Equal(2, before.Path.Sessions.Count);
        using TestRouter same = Succeed(before, Monitoring, out HandoverReport report);
        Assert.Equal((2, 0), (report.Taken, report.Refused));
        using TestRouter without = Succeed(before, Monitoring with { Nat = Monitoring.Nat! with { PortForwards = [] }, Firewall = new FirewallConfiguration() }, out report);
        Assert.Equal((0, 2), (report.Taken, report.Refused));
    }

    [Fact]
    public void Another_outside_address_a_port_that_a_forward_has_now_and_another_role_end_it()
    {
        using TestRouter before = Open(Monitoring);
        ushort port = Establish(before, Client, 40000, 587);
        foreach (RouterConfiguration other in new[]
        {
            Monitoring with { Nat = Monitoring.Nat! with { Addresses = [IPAddress.Parse("203.0.113.3")] } },
            Monitoring with { Nat = Monitoring.Nat! with { PortForwards = [new PortForwardConfiguration { Protocol = TransportProtocol.Tcp, Port = port, To = IPEndPoint.Parse("192.168.25.20:80") }] } },
            Monitoring with { Nat = null },
            Monitoring with { Interfaces = [Monitoring.Interfaces[0] with { Role = InterfaceRole.Servers }, .. Monitoring.Interfaces.Skip(1)] },
        })
        {
            using TestRouter after = Succeed(before, other, out HandoverReport report);
            Assert.Equal((0, 1), (report.Taken, report.Refused));
            Assert.Equal(0, after.Path.Subscribers.Count);
        }
    }

    [Fact]
    public void Of_several_outside_addresses_each_host_keeps_its_own()
    {
        IPAddress[] addresses = [.. Enumerable.Range(2, 6).Select(last => IPAddress.Parse($"203.0.113.{last}"))];
        RouterConfiguration many = Monitoring with { Nat = Monitoring.Nat! with { Addresses = addresses, PortForwards = [] } };
        using TestRouter before = Open(many);
        using TestRouter after = Succeed(before, many, out _);
        for (int host = 1; host < 255; host++)
            Assert.Equal(before.Path.Translator.Mappings!.AddressFor(Address($"192.168.25.{host}")), after.Path.Translator.Mappings!.AddressFor(Address($"192.168.25.{host}")));
    }

    [Fact]
    public void Ipv6_goes_on_and_its_addresses_are_not_tested_anew()
    {
        using TestRouter before = Open(Monitoring);
        before.Host("lan", Client6);
        before.Host("wan", Remote6);
        before.Receive("lan", Frames.TcpSegment(Client6, 40000, Remote6, 587, before.Interface("lan").Mac, Syn));
        before.Receive("wan", Frames.TcpSegment(Remote6, 587, Client6, 40000, before.Interface("wan").Mac, Syn | Ack));
        using TestRouter after = Succeed(before, Monitoring, out HandoverReport report);
        Assert.Equal(1, report.Taken);
        using TestRouter ipv4Only = Succeed(before, Monitoring with
        {
            Interfaces = [.. Monitoring.Interfaces.Select(entry => entry with { Addresses = [entry.Addresses[0]] })],
            Routes = [Monitoring.Routes[0]],
            Firewall = new FirewallConfiguration(),
        }, out report);
        Assert.Equal((0, 1), (report.Taken, report.Refused));
    }

    /// <summary>Whoever wrote them: nothing is thrown, no two share an endpoint, and when all have ended nothing is held any more.</summary>
    [Fact]
    public void Sessions_of_any_kind_and_order_are_taken_or_refused_and_given_back_whole()
    {
        Gen<string> address = Gen.OneOf<string>(Client, Home, Remote, Outside, Mta, "203.0.113.1", "192.168.25.255", "10.0.0.1");
        Gen<ushort> port = Gen.OneOf<ushort>(0, 25, 587, 40000, 40001);
        Gen<FlowKey> key = Gen.Select(address, port, address, port, Gen.OneOf<byte>(1, 6, 17, 50), Key);
        Gen.Select(key, key, Gen.Enum<SessionState>(), Gen.Byte, Gen.Bool, Gen.Bool).Array[1, 40].Sample(entries =>
        {
            byte[] records = new byte[entries.Length * SavedSession.Size];
            foreach ((int index, (FlowKey original, FlowKey other, SessionState state, byte traits, bool hasMapping, bool isMirrored)) in entries.Index())
                new SavedSession
                {
                    Original = original,
                    Reply = isMirrored ? original.Reversed : new FlowKey(original.Destination, original.DestinationPort, other.Source, other.SourcePort, original.Protocol, zone: 0),
                    State = state,
                    Traits = (SessionTraits)traits & ~SessionTraits.Ipv6,
                    HasMapping = hasMapping,
                    Age = traits,
                    Sequences = default,
                }.Write(records.AsSpan(index * SavedSession.Size));

            using TestRouter router = Open(Monitoring);
            var report = new SessionHandover(router.Path, hasIpv6: true).Take(SessionArchive.Open(Archive(router, records), router.Now, out _)!, router.Now);
            Assert.Equal(entries.Length, report.Taken + report.Refused + report.Over + report.Unsound);
            Assert.Equal(report.Taken, router.Path.Sessions.Count);
            for (int number = 0; number < router.Path.Sessions.Used; number++)
                router.Path.Sessions.End(number);
            Assert.Equal(0, router.Path.Subscribers.Count);
            Assert.All(new byte[] { 1, 6, 17 }, protocol => Assert.Equal(0, router.Path.Translator.Mappings!.CountOf(protocol)));
        }, iter: 150);
    }

    /// <summary>An archive with these records, and a sum that is right.</summary>
    private static MemoryStream Archive(TestRouter router, byte[] records)
    {
        const int HeaderSize = 128, CountAt = 88, SumAt = 96;
        var stream = new MemoryStream();
        SessionArchive.Write(stream, router.Path.Sessions, router.Path.Hash, "0.0.0-test", router.Now);
        byte[] header = stream.ToArray()[..HeaderSize];
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(CountAt), records.Length / SavedSession.Size);
        SHA256.HashData([.. records, .. header[..SumAt]]).CopyTo(header, SumAt);
        return new MemoryStream([.. header, .. records]);
    }

    private static TestRouter Open(RouterConfiguration configuration)
    {
        var router = new TestRouter(configuration);
        AddHosts(router);
        return router;
    }

    private static void AddHosts(TestRouter router)
    {
        router.Host("lan", Client);
        router.Host("lan", Home);
        router.Host("servers", Mta);
        router.Host("wan", Remote);
    }

    /// <summary>The next router, on the same machine, so much later.</summary>
    private static TestRouter Succeed(TestRouter before, RouterConfiguration configuration, out HandoverReport report, TimeSpan later = default)
    {
        var stream = new MemoryStream();
        SessionArchive.Write(stream, before.Path.Sessions, before.Path.Hash, "0.0.0-test", before.Now);
        SessionArchive archive = SessionArchive.Open(stream, before.Now, out string problem) ?? throw new InvalidOperationException(problem);
        var after = new TestRouter(configuration, hash: archive.Hash, begin: before.Time.GetUtcNow() + later);
        AddHosts(after);
        report = new SessionHandover(after.Path, RestartRules.HasIpv6(configuration)).Take(archive, after.Now);
        return after;
    }

    private static ushort Establish(TestRouter router, string source, ushort sourcePort, ushort port)
    {
        router.Receive("lan", Frames.TcpSegment(source, sourcePort, Remote, port, router.Interface("lan").Mac, Syn));
        ushort translated = BinaryPrimitives.ReadUInt16BigEndian(router.SentOne("wan").AsSpan(34));
        router.Receive("wan", Frames.TcpSegment(Remote, port, Outside, translated, router.Interface("wan").Mac, Syn | Ack, sequence: 5000, acknowledgment: 1001));
        router.Receive("lan", Frames.TcpSegment(source, sourcePort, Remote, port, router.Interface("lan").Mac, Ack, sequence: 1001, acknowledgment: 5001));
        router.Sent("wan");
        router.Sent("lan");
        return translated;
    }

    private static void Enter(TestRouter router, ushort sourcePort, ushort port) =>
        router.Receive("wan", Frames.TcpSegment(Remote, sourcePort, Outside, port, router.Interface("wan").Mac, Syn));

    private static void Query(TestRouter router, ushort sourcePort, ushort port) =>
        router.Receive("lan", Frames.UdpDatagram(Client, sourcePort, Remote, port, router.Interface("lan").Mac));

    private static FlowKey Key(string source, ushort sourcePort, string destination, ushort destinationPort, byte protocol) =>
        new(Address(source), sourcePort, Address(destination), destinationPort, protocol, zone: 0);

    private static Router.Wire.IpAddress Address(string text) => Router.Wire.IpAddress.From(IPAddress.Parse(text));
}
