using System.Net;
using Router.Configuration;
using Router.Packets;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>What a wildcard learns from DNS answers that cross the router, and from whom it learns nothing. It is the same over both families, for addresses of both (F7).</summary>
public abstract class LearntNamesTest
{
    private const string Name = "mail.seikyou.example";

    private const string BlockedSyn = "lan received 1, lan dropped Op25bBlocked 1, lan generated 1, lan sent 1, op25b dynamic blocked 1";

    private readonly Family _family;

    private protected LearntNamesTest(Family family) => _family = family;

    private string AllowedSyn => $"lan received 1, lan forwarded 1, wan sent 1, op25b dynamic allowed_own 1, sessions 1{(_family.IsIpv6 ? "" : ", mappings 1")}";

    private string Client => _family.Client;

    private string Resolver => _family.IsIpv6 ? "2001:db8:25:2::53" : "198.51.100.53";

    private string Foreign => Neighbour(53);

    private string Server => _family.Remote;

    private string Second => _family.OtherRemote;

    private string Outside => _family.Seen(Client);

    /// <summary>Of a record with an address of the family.</summary>
    private ushort Type => _family.IsIpv6 ? DnsMessages.Aaaa : DnsMessages.A;

    private ushort OtherType => _family.IsIpv6 ? DnsMessages.A : DnsMessages.Aaaa;

    private string Neighbour(int number) => _family.IsIpv6 ? $"2001:db8:25:3::{number}" : $"203.0.113.{number}";

    private string Afar(int number) => _family.IsIpv6 ? $"2001:db8:ffff::{number:x}" : $"198.18.{number >> 8}.{number & 255}";

    [Fact]
    public void An_answer_that_a_host_asked_for_opens_port_25_of_what_it_names()
    {
        using TestRouter router = Open();
        AssertBlocked(router, Server, 30000);
        Ask(router);
        router.Moved();
        Answer(router, Says(DnsMessages.Address(Name, Server)));
        Assert.Equal("lan sent 1, servers received 1, servers forwarded 1, dns learnt 1, names 1", router.Moved());
        Assert.Equal(Says(DnsMessages.Address(Name, Server)), Frames.Parse(router.SentOne("lan")).Bytes[(_family.IsIpv6 ? 62 : 42)..]);
        AssertAllowed(router, Server, 30001);
        AssertBlocked(router, Second, 30002);
        var learnt = Assert.Single(router.Snapshot().OwnNames.Addresses);
        Assert.Equal(("*.seikyou.example", Name, Server, "learnt", 300L), (learnt.Host, learnt.Name, learnt.Address, learnt.Origin, learnt.SecondsLeft));
    }

    /// <summary>An answer teaches what it says of the name that was asked for, by its aliases; every other record in it is a stranger's word.</summary>
    [Fact]
    public void A_chain_of_aliases_is_followed_and_nothing_beside_it()
    {
        using TestRouter router = Open();
        Ask(router);
        Answer(router, Says(
        [
            DnsMessages.Address("www.seikyou.example", Neighbour(30)),
            DnsMessages.Address("farm7.hosting.example", Server, ttl: 900),
            DnsMessages.Alias("mx.hosting.example", "farm7.hosting.example", ttl: 120),
            DnsMessages.Address("hosting.example", Neighbour(31)),
            DnsMessages.Alias(Name, "MX.hosting.example"),
        ]));
        Assert.Equal([(Server, 120L)], Learnt(router));
    }

    [Theory]
    [InlineData("mail.example.net")]
    [InlineData("seikyou.example")]
    [InlineData("notseikyou.example")]
    [InlineData("mail.seikyou.example.example.net")]
    public void A_question_for_another_name_teaches_nothing_even_where_an_alias_leads_under_the_wildcard(string name)
    {
        using TestRouter router = Open();
        Ask(router, name);
        router.Moved();
        Answer(router, DnsMessages.Answer(name, type: Type, records: [DnsMessages.Alias(name, Name), DnsMessages.Address(Name, Server), DnsMessages.Address(name, Server)]));
        Assert.Equal("lan sent 1, servers received 1, servers forwarded 1", router.Moved());
        AssertBlocked(router, Server, 30000);
    }

    /// <summary>Whoever runs a name server could otherwise allow every address.</summary>
    [Fact]
    public void An_answer_of_another_resolver_teaches_nothing()
    {
        using TestRouter router = Open();
        Ask(router, resolver: Foreign);
        Answer(router, Says(DnsMessages.Address(Name, Server)), from: Foreign, ingress: "wan", to: Outside);
        Assert.Single(router.Sent("lan"));
        Assert.Empty(Learnt(router));
        AssertBlocked(router, Server, 30000);
    }

    public static TheoryData<string> WrongAnswers() => ["id", "name", "type", "query", "twice", "late", "two questions", "no question", "opcode"];

    /// <summary>Each answer passes, for the client is to judge it himself, and teaches nothing.</summary>
    [Theory]
    [MemberData(nameof(WrongAnswers))]
    public void An_answer_that_fits_no_query_teaches_nothing(string wrong)
    {
        using TestRouter router = Open();
        DnsMessages.Record[] records = [DnsMessages.Address(Name, Server), DnsMessages.Address("mail2.seikyou.example", Server)];
        Ask(router);
        if (wrong == "twice")
        {
            Answer(router, Says(DnsMessages.Address(Name, Second)));
            router.Sent("lan");
        }

        if (wrong == "late")
            router.Wait(TimeSpan.FromSeconds(11));
        router.Moved();
        Answer(router, wrong switch
        {
            "id" => DnsMessages.Answer(Name, id: 0x2526, type: Type, records: records),
            "name" => DnsMessages.Answer("mail2.seikyou.example", type: Type, records: records),
            "type" => DnsMessages.Answer(Name, type: OtherType, records: [DnsMessages.Address(Name, _family.IsIpv6 ? "203.0.113.25" : "2001:db8:25:3::25")]),
            "query" => DnsMessages.Message(0x2525, 0x0180, [(Name, Type)], records),
            "two questions" => DnsMessages.Message(0x2525, 0x8180, [(Name, Type), (Name, Type)], records),
            "no question" => DnsMessages.Message(0x2525, 0x8180, [], records),
            "opcode" => DnsMessages.Answer(Name, type: Type, flags: 0x2180, records: records),
            _ => Says(records),
        });
        string outcome = wrong is "query" or "two questions" or "no question" or "opcode" ? "broken" : "unasked";
        Assert.Equal($"lan sent 1, servers received 1, servers forwarded 1, dns {outcome} 1", router.Moved());
        AssertBlocked(router, Server, 30000);
    }

    /// <summary>Off the path: without the query's session nothing arrives, and an inside source from outside is spoofed.</summary>
    [Fact]
    public void A_forged_answer_does_not_even_arrive()
    {
        using TestRouter router = Open();
        Ask(router);
        router.Moved();
        byte[] message = Says(DnsMessages.Address(Name, Server));
        router.Receive("wan", Frames.UdpDatagram(Resolver, 53, Outside, 40000, router.Interface("wan").Mac, message));
        router.Receive("wan", Frames.UdpDatagram(Resolver, 53, Client, 40000, router.Interface("wan").Mac, message));
        router.Receive("lan", Frames.UdpDatagram(Resolver, 53, _family.Home, 40000, router.Interface("lan").Mac, message));
        router.Receive("servers", Frames.UdpDatagram(Resolver, 53, Client, 40001, router.Interface("servers").Mac, message));
        router.Receive("servers", Frames.UdpDatagram(_family.Server, 53, Client, 40000, router.Interface("servers").Mac, message));
        Assert.Equal("lan received 1, lan dropped SpoofedInsideSource 1, servers received 2, servers dropped ServersToLan 2, servers generated 2, servers sent 2, "
            + "wan received 2, wan dropped SpoofedOutsideSource 2", router.Moved());
        AssertBlocked(router, Server, 30000);
    }

    [Fact]
    public void An_answer_through_the_translation_counts_for_the_host_that_asked()
    {
        RouterConfiguration names = TestConfiguration.WithNames("*.seikyou.example");
        using TestRouter router = Open(names with
        {
            Op25b = names.Op25b with { OwnMailServers = names.Op25b.OwnMailServers with { TrustedResolvers = [IPAddress.Parse(Foreign)] } },
        });
        Ask(router, resolver: Foreign);
        Answer(router, Says(DnsMessages.Address(Name, Server)), from: Foreign, ingress: "wan", to: Outside);
        Assert.Equal([(Server, 300L)], Learnt(router));
        AssertAllowed(router, Server, 30000);
    }

    /// <summary>A client needs a while from the answer to the connection, whatever the TTL; and no answer is for ever.</summary>
    [Theory]
    [InlineData(0u, 60L)]
    [InlineData(59u, 60L)]
    [InlineData(61u, 61L)]
    [InlineData(86400u, 86400L)]
    [InlineData(0x7FFFFFFFu, 86400L)]
    [InlineData(uint.MaxValue, 60L)]
    public void A_TTL_has_a_floor_and_a_ceiling(uint ttl, long seconds)
    {
        using TestRouter router = Open();
        Ask(router);
        Answer(router, Says(DnsMessages.Address(Name, Server, ttl)));
        Assert.Equal([(Server, seconds)], Learnt(router));
    }

    [Fact]
    public void What_is_over_lets_nothing_new_begin_and_spares_what_is_open_even_at_the_cut_over()
    {
        DateTimeOffset cutOver = TestRouter.Start + TimeSpan.FromSeconds(90);
        RouterConfiguration names = TestConfiguration.WithNames("*.seikyou.example");
        using TestRouter router = Open(names with
        {
            Op25b = names.Op25b with { Phases = [TestConfiguration.Phase(PhaseMode.Block), TestConfiguration.Phase(PhaseMode.Block, PhaseAction.Icmp, cutOver, "second")] },
        });
        Ask(router);
        Answer(router, Says(DnsMessages.Address(Name, Server, ttl: 0)));
        router.Wait(TimeSpan.FromSeconds(59));
        AssertAllowed(router, Server, 30000);
        router.Wait(TimeSpan.FromSeconds(2));
        Assert.Empty(Learnt(router));
        AssertBlocked(router, Server, 30001);
        router.Wait(TimeSpan.FromSeconds(40));
        router.Receive("lan", Frames.TcpSegment(Client, 30000, Server, 25, router.Interface("lan").Mac, Ack));
        AssertPacket.That(router.SentOne("wan")).IsTcp(destinationPort: 25);
        router.Receive("wan", Frames.TcpSegment(Server, 25, Outside, 30000, router.Interface("wan").Mac, Ack));
        AssertPacket.That(router.SentOne("lan")).IsTcp(25, 30000);
        router.Receive("lan", Frames.TcpSegment(Client, 30002, Server, 25, router.Interface("lan").Mac));
        AssertPacket.That(router.SentOne("lan")).IsIcmp(_family.Prohibited.Type, _family.Prohibited.Code);
    }

    /// <summary>From the same port, while what is left of the old session is still there.</summary>
    [Fact]
    public void A_session_that_is_opened_anew_when_the_time_is_over_is_a_new_one()
    {
        using TestRouter router = Open();
        Ask(router);
        Answer(router, Says(DnsMessages.Address(Name, Server, ttl: 0)));
        AssertAllowed(router, Server, 30000);
        foreach (Frames.Tcp flags in (Frames.Tcp[])[Syn | Ack, Ack, Fin | Ack])
        {
            router.Receive("wan", Frames.TcpSegment(Server, 25, Outside, 30000, router.Interface("wan").Mac, flags));
            router.Receive("lan", Frames.TcpSegment(Client, 30000, Server, 25, router.Interface("lan").Mac, flags & ~Syn, acknowledgment: flags == (Fin | Ack) ? Frames.InitialSequence + 2 : null));
        }

        Assert.Equal(Router.Sessions.SessionState.Closed, router.Path.Sessions[1].State);
        router.Wait(TimeSpan.FromSeconds(61));
        router.Sent("wan");
        // What the SYN would have opened anew is over at once.
        AssertBlocked(router, Server, 30000, ends: _family.IsIpv6 ? ", sessions -1" : ", sessions -1, mappings -1");
    }

    /// <summary>Subscribers have names under the provider's domain too.</summary>
    [Theory]
    [InlineData("192.168.25.20")]
    [InlineData("192.168.25.1")]
    [InlineData("203.0.113.2")]
    [InlineData("203.0.113.255")]
    [InlineData("127.0.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("169.254.1.1")]
    [InlineData("255.255.255.255")]
    [InlineData("2001:db8:25:1::20")]
    [InlineData("2001:db8:25:1::1")]
    [InlineData("2001:db8:25:3::2")]
    [InlineData("fe80::1")]
    [InlineData("::1")]
    [InlineData("ff02::1")]
    [InlineData("::")]
    public void An_address_that_cannot_be_an_own_server_s_is_not_learnt(string address)
    {
        using TestRouter router = Open();
        ushort type = address.Contains(':') ? DnsMessages.Aaaa : DnsMessages.A;
        Ask(router, type: type);
        router.Moved();
        Answer(router, DnsMessages.Answer(Name, type: type, records: [DnsMessages.Address(Name, address)]));
        Assert.Equal("lan sent 1, servers received 1, servers forwarded 1, dns refused 1", router.Moved());
    }

    /// <summary>What family an answer comes over says nothing of the addresses in it.</summary>
    [Fact]
    public void An_address_of_the_other_family_is_learnt()
    {
        string other = _family.IsIpv6 ? Family.Ipv4.Remote : Family.Ipv6.Remote;
        using TestRouter router = Open();
        Ask(router, type: OtherType);
        Answer(router, DnsMessages.Answer(Name, type: OtherType, records: [DnsMessages.Address(Name, other)]));
        Assert.Equal([(other, 300L)], Learnt(router));
    }

    [Fact]
    public void An_IPv6_address_is_learnt_and_an_IPv4_address_in_its_clothes_is_not()
    {
        using TestRouter router = Open();
        Ask(router, type: DnsMessages.Aaaa);
        Answer(router, DnsMessages.Answer(Name, type: DnsMessages.Aaaa, records: [DnsMessages.Address(Name, "::ffff:203.0.113.25"), DnsMessages.Address(Name, "2001:db8:25:2::25")]));
        Assert.Equal([("2001:db8:25:2::25", 300L)], Learnt(router));
    }

    /// <summary>Whoever can have a name under the wildcard must not become a sender by it.</summary>
    [Fact]
    public void A_learnt_address_is_a_destination_and_no_sender()
    {
        using TestRouter router = Open();
        router.Host("servers", _family.Server);
        Ask(router);
        Answer(router, Says(DnsMessages.Address(Name, _family.Server)));
        router.Moved();
        router.Receive("servers", Frames.TcpSegment(_family.Server, 30000, Server, 25, router.Interface("servers").Mac));
        Assert.Equal("servers received 1, servers dropped Op25bBlocked 1, servers generated 1, servers sent 1, op25b ungrouped blocked 1", router.Moved());
        router.Receive("lan", Frames.TcpSegment(Client, 30000, _family.Server, 25, router.Interface("lan").Mac));
        Assert.Equal("lan received 1, lan forwarded 1, servers sent 1, op25b dynamic allowed_own 1, sessions 1", router.Moved());
    }

    [Fact]
    public void Of_a_huge_answer_the_first_sixteen_addresses_are_taken()
    {
        using TestRouter router = Open();
        Ask(router);
        Answer(router, Says([.. Enumerable.Range(1, 50).Select(i => DnsMessages.Address("@12", Afar(i)))]));
        Assert.Equal(Enumerable.Range(1, 16).Select(Afar).Order(StringComparer.Ordinal), Learnt(router).Select(entry => entry.Address).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(0x0380, 2)]
    [InlineData(0x0183, 0)]
    [InlineData(0x0182, 0)]
    public void A_truncated_answer_is_right_as_far_as_it_goes_and_an_error_says_nothing(int flags, int learnt)
    {
        using TestRouter router = Open();
        Ask(router);
        Answer(router, DnsMessages.Answer(Name, type: Type, flags: (ushort)flags, records: [DnsMessages.Address(Name, Server), DnsMessages.Address(Name, Second)]));
        Assert.Equal(learnt, Learnt(router).Count);
    }

    /// <summary>Answers over TCP and in fragments would have to be put together.</summary>
    [Fact]
    public void DNS_over_TCP_and_in_fragments_teaches_nothing()
    {
        using TestRouter router = Open();
        byte[] message = Says(DnsMessages.Address(Name, Server));
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Resolver, 53, router.Interface("lan").Mac));
        router.Receive("servers", Frames.TcpSegment(Resolver, 53, Client, 40000, router.Interface("servers").Mac, Syn | Ack));
        byte[] query = DnsMessages.Query(Name);
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Resolver, 53, router.Interface("lan").Mac, Ack | Psh, [.. DnsMessages.Word((ushort)query.Length), .. query]));
        router.Receive("servers", Frames.TcpSegment(Resolver, 53, Client, 40000, router.Interface("servers").Mac, Ack | Psh, [.. DnsMessages.Word((ushort)message.Length), .. message]));
        Assert.Equal(2, router.Sent("lan").Count);
        Assert.Equal(2, router.Sent("servers").Count);

        Ask(router);
        router.Moved();
        byte[] datagram = Frames.UdpDatagram(Resolver, 53, Client, 40000, router.Interface("servers").Mac, message);
        foreach (byte[] piece in _family.IsIpv6 ? Ipv6.Fragments(datagram, 7, 3) : Frames.Fragments(datagram, 7, 3))
            router.Receive("servers", piece);
        Assert.Equal("lan sent 2, servers received 2, servers forwarded 2", router.Moved());
        AssertBlocked(router, Server, 30000);
    }

    /// <summary>A checksum of zero is none (RFC 768), which IPv6 does not allow (RFC 8200 section 8.1).</summary>
    [Fact]
    public void An_answer_whose_checksum_is_wrong_teaches_nothing_and_one_without_a_checksum_does_over_IPv4()
    {
        using TestRouter router = Open();
        Ask(router);
        byte[] frame = Frames.UdpDatagram(Resolver, 53, Client, 40000, router.Interface("servers").Mac, Says(DnsMessages.Address(Name, Server)));
        byte[] broken = [.. frame];
        broken[^1] ^= 1;
        router.Moved();
        router.Receive("servers", broken);
        Assert.Equal("lan sent 1, servers received 1, servers forwarded 1, dns broken 1", router.Moved());
        int checksum = _family.IsIpv6 ? 60 : 40;
        (frame[checksum], frame[checksum + 1]) = (0, 0);
        router.Receive("servers", frame);
        Assert.Equal($"lan sent 1, servers received 1, servers forwarded 1, dns {(_family.IsIpv6 ? "broken 1" : "learnt 1, names 1")}", router.Moved());
    }

    [Fact]
    public void Where_there_is_no_wildcard_no_answer_is_read()
    {
        using TestRouter router = Open(TestConfiguration.WithNames(Name));
        Ask(router);
        router.Moved();
        Answer(router, Says(DnsMessages.Address(Name, Server)));
        Assert.Equal("lan sent 1, servers received 1, servers forwarded 1", router.Moved());
    }

    /// <summary>Names without end take no more memory than the table has, and what is in use stays.</summary>
    [Fact]
    public void A_subscriber_who_asks_for_every_name_pushes_out_no_server_in_use()
    {
        using TestRouter router = Open();
        Ask(router);
        Answer(router, Says(DnsMessages.Address(Name, Server)));
        AssertAllowed(router, Server, 30000);
        for (int i = 0; i < 6000; i++)
        {
            string name = $"p{i}.seikyou.example";
            Ask(router, name, id: (ushort)i);
            Answer(router, DnsMessages.Answer(name, id: (ushort)i, type: Type, records: [DnsMessages.Address(name, Afar(i), ttl: 3600)]));
        }

        Assert.InRange(Learnt(router).Count, 1500, Router.Op25b.LearntServers.Capacity);
        AssertAllowed(router, Server, 30001);
    }

    private TestRouter Open(RouterConfiguration? configuration = null)
    {
        var router = new TestRouter(configuration ?? TestConfiguration.WithNames("*.seikyou.example"));
        router.Host("lan", Client);
        router.Host("servers", Resolver);
        foreach (string address in new[] { Server, Second, Foreign })
            router.Host("wan", address);
        return router;
    }

    private void Ask(TestRouter router, string name = Name, ushort id = 0x2525, ushort? type = null, string? resolver = null)
    {
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, resolver ?? Resolver, 53, router.Interface("lan").Mac, DnsMessages.Query(name, id, type ?? Type)));
        Assert.Single(router.Sent(resolver is null ? "servers" : "wan"));
    }

    private void Answer(TestRouter router, byte[] message, string? from = null, string ingress = "servers", string? to = null) =>
        router.Receive(ingress, Frames.UdpDatagram(from ?? Resolver, 53, to ?? Client, 40000, router.Interface(ingress).Mac, message));

    /// <summary>An answer to the question that <see cref="Ask"/> asks.</summary>
    private byte[] Says(params DnsMessages.Record[] records) => DnsMessages.Answer(Name, type: Type, records: records);

    private static IReadOnlyList<(string Address, long SecondsLeft)> Learnt(TestRouter router) =>
        [.. router.Snapshot().OwnNames.Addresses.Select(entry => (entry.Address, entry.SecondsLeft!.Value))];

    private void AssertBlocked(TestRouter router, string server, ushort port, string ends = "")
    {
        router.Moved();
        router.Sent("lan");
        router.Receive("lan", Frames.TcpSegment(Client, port, server, 25, router.Interface("lan").Mac));
        Assert.Equal(BlockedSyn + ends, router.Moved());
        AssertPacket.That(router.SentOne("lan")).IsIcmp(_family.Prohibited.Type, _family.Prohibited.Code);
    }

    private void AssertAllowed(TestRouter router, string server, ushort port)
    {
        router.Moved();
        router.Receive("lan", Frames.TcpSegment(Client, port, server, 25, router.Interface("lan").Mac));
        Assert.Equal(AllowedSyn, router.Moved());
        AssertPacket.That(router.SentOne("wan")).FromTo(Outside, server).IsTcp(destinationPort: 25);
    }
}

public sealed class LearntNamesIpv4Test() : LearntNamesTest(Family.Ipv4);

public sealed class LearntNamesIpv6Test() : LearntNamesTest(Family.Ipv6);
