using System.Net;
using Router.Configuration;
using Router.Packets;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>OP25B.md section 4: what a wildcard learns from DNS answers that cross the router, and from whom it learns nothing.</summary>
public sealed class LearntNamesTest
{
    private const string Client = "192.168.25.10", Other = "192.168.25.11", Resolver = "198.51.100.53", Foreign = "203.0.113.53", Server = "203.0.113.25", Second = "203.0.113.26",
        Outside = "203.0.113.2", Name = "mail.seikyou.example";

    private const string BlockedSyn = "lan received 1, lan dropped Op25bBlocked 1, lan generated 1, lan sent 1, op25b dynamic blocked 1";
    private const string AllowedSyn = "lan received 1, lan forwarded 1, wan sent 1, op25b dynamic allowed_own 1, sessions 1, mappings 1";

    [Fact]
    public void An_answer_that_a_host_asked_for_opens_port_25_of_what_it_names()
    {
        using TestRouter router = Open();
        AssertBlocked(router, Server, 30000);
        Ask(router);
        router.Moved();
        Answer(router, DnsMessages.Answer(Name, records: [DnsMessages.Address(Name, Server)]));
        Assert.Equal("lan sent 1, servers received 1, servers forwarded 1, dns learnt 1, names 1", router.Moved());
        Assert.Equal(DnsMessages.Answer(Name, records: [DnsMessages.Address(Name, Server)]), Frames.Parse(router.SentOne("lan")).Bytes[42..]);
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
        Answer(router, DnsMessages.Answer(Name, records:
        [
            DnsMessages.Address("www.seikyou.example", "203.0.113.30"),
            DnsMessages.Address("farm7.hosting.example", Server, ttl: 900),
            DnsMessages.Alias("mx.hosting.example", "farm7.hosting.example", ttl: 120),
            DnsMessages.Address("hosting.example", "203.0.113.31"),
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
        Answer(router, DnsMessages.Answer(name, records: [DnsMessages.Alias(name, Name), DnsMessages.Address(Name, Server), DnsMessages.Address(name, Server)]));
        Assert.Equal("lan sent 1, servers received 1, servers forwarded 1", router.Moved());
        AssertBlocked(router, Server, 30000);
    }

    /// <summary>Whoever runs a name server could otherwise allow every address.</summary>
    [Fact]
    public void An_answer_of_another_resolver_teaches_nothing()
    {
        using TestRouter router = Open();
        Ask(router, resolver: Foreign);
        Answer(router, DnsMessages.Answer(Name, records: [DnsMessages.Address(Name, Server)]), from: Foreign, ingress: "wan", to: Outside);
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
            Answer(router, DnsMessages.Answer(Name, records: [DnsMessages.Address(Name, Second)]));
            router.Sent("lan");
        }

        if (wrong == "late")
            router.Wait(TimeSpan.FromSeconds(11));
        router.Moved();
        Answer(router, wrong switch
        {
            "id" => DnsMessages.Answer(Name, id: 0x2526, records: records),
            "name" => DnsMessages.Answer("mail2.seikyou.example", records: records),
            "type" => DnsMessages.Answer(Name, type: DnsMessages.Aaaa, records: [DnsMessages.Address(Name, "2001:db8:25:3::25")]),
            "query" => DnsMessages.Message(0x2525, 0x0180, [(Name, DnsMessages.A)], records),
            "two questions" => DnsMessages.Message(0x2525, 0x8180, [(Name, DnsMessages.A), (Name, DnsMessages.A)], records),
            "no question" => DnsMessages.Message(0x2525, 0x8180, [], records),
            "opcode" => DnsMessages.Answer(Name, flags: 0x2180, records: records),
            _ => DnsMessages.Answer(Name, records: records),
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
        byte[] message = DnsMessages.Answer(Name, records: [DnsMessages.Address(Name, Server)]);
        router.Receive("wan", Frames.UdpDatagram(Resolver, 53, Outside, 40000, router.Interface("wan").Mac, message));
        router.Receive("wan", Frames.UdpDatagram(Resolver, 53, Client, 40000, router.Interface("wan").Mac, message));
        router.Receive("lan", Frames.UdpDatagram(Resolver, 53, Other, 40000, router.Interface("lan").Mac, message));
        router.Receive("servers", Frames.UdpDatagram(Resolver, 53, Client, 40001, router.Interface("servers").Mac, message));
        router.Receive("servers", Frames.UdpDatagram("198.51.100.54", 53, Client, 40000, router.Interface("servers").Mac, message));
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
        Answer(router, DnsMessages.Answer(Name, records: [DnsMessages.Address(Name, Server)]), from: Foreign, ingress: "wan", to: Outside);
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
        Answer(router, DnsMessages.Answer(Name, records: [DnsMessages.Address(Name, Server, ttl)]));
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
        Answer(router, DnsMessages.Answer(Name, records: [DnsMessages.Address(Name, Server, ttl: 0)]));
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
        AssertPacket.That(router.SentOne("lan")).IsIcmp(3, 13);
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
        router.Host("servers", "198.51.100.80");
        Ask(router);
        Answer(router, DnsMessages.Answer(Name, records: [DnsMessages.Address(Name, "198.51.100.80")]));
        router.Moved();
        router.Receive("servers", Frames.TcpSegment("198.51.100.80", 30000, Server, 25, router.Interface("servers").Mac));
        Assert.Equal("servers received 1, servers dropped Op25bBlocked 1, servers generated 1, servers sent 1, op25b ungrouped blocked 1", router.Moved());
        router.Receive("lan", Frames.TcpSegment(Client, 30000, "198.51.100.80", 25, router.Interface("lan").Mac));
        Assert.Equal("lan received 1, lan forwarded 1, servers sent 1, op25b dynamic allowed_own 1, sessions 1", router.Moved());
    }

    [Fact]
    public void Of_a_huge_answer_the_first_sixteen_addresses_are_taken()
    {
        using TestRouter router = Open();
        Ask(router);
        Answer(router, DnsMessages.Answer(Name, records: [.. Enumerable.Range(1, 80).Select(i => DnsMessages.Address("@12", $"198.18.0.{i}"))]));
        Assert.Equal(Enumerable.Range(1, 16).Select(i => $"198.18.0.{i}"), Learnt(router).Select(entry => entry.Address).OrderBy(text => int.Parse(text.Split('.')[3])));
    }

    [Theory]
    [InlineData(0x0380, 2)]
    [InlineData(0x0183, 0)]
    [InlineData(0x0182, 0)]
    public void A_truncated_answer_is_right_as_far_as_it_goes_and_an_error_says_nothing(int flags, int learnt)
    {
        using TestRouter router = Open();
        Ask(router);
        Answer(router, DnsMessages.Answer(Name, flags: (ushort)flags, records: [DnsMessages.Address(Name, Server), DnsMessages.Address(Name, Second)]));
        Assert.Equal(learnt, Learnt(router).Count);
    }

    /// <summary>Answers over TCP and in fragments would have to be put together.</summary>
    [Fact]
    public void DNS_over_TCP_and_in_fragments_teaches_nothing()
    {
        using TestRouter router = Open();
        byte[] message = DnsMessages.Answer(Name, records: [DnsMessages.Address(Name, Server)]);
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Resolver, 53, router.Interface("lan").Mac));
        router.Receive("servers", Frames.TcpSegment(Resolver, 53, Client, 40000, router.Interface("servers").Mac, Syn | Ack));
        byte[] query = DnsMessages.Query(Name);
        router.Receive("lan", Frames.TcpSegment(Client, 40000, Resolver, 53, router.Interface("lan").Mac, Ack | Psh, [.. DnsMessages.Word((ushort)query.Length), .. query]));
        router.Receive("servers", Frames.TcpSegment(Resolver, 53, Client, 40000, router.Interface("servers").Mac, Ack | Psh, [.. DnsMessages.Word((ushort)message.Length), .. message]));
        Assert.Equal(2, router.Sent("lan").Count);
        Assert.Equal(2, router.Sent("servers").Count);

        Ask(router);
        router.Moved();
        foreach (byte[] piece in Frames.Fragments(Frames.UdpDatagram(Resolver, 53, Client, 40000, router.Interface("servers").Mac, message), 7, 3))
            router.Receive("servers", piece);
        Assert.Equal("lan sent 2, servers received 2, servers forwarded 2", router.Moved());
        AssertBlocked(router, Server, 30000);
    }

    [Fact]
    public void An_answer_whose_checksum_is_wrong_teaches_nothing_and_one_without_a_checksum_does()
    {
        using TestRouter router = Open();
        Ask(router);
        byte[] frame = Frames.UdpDatagram(Resolver, 53, Client, 40000, router.Interface("servers").Mac, DnsMessages.Answer(Name, records: [DnsMessages.Address(Name, Server)]));
        byte[] broken = [.. frame];
        broken[^1] ^= 1;
        router.Moved();
        router.Receive("servers", broken);
        Assert.Equal("lan sent 1, servers received 1, servers forwarded 1, dns broken 1", router.Moved());
        (frame[40], frame[41]) = (0, 0);
        router.Receive("servers", frame);
        Assert.Equal("lan sent 1, servers received 1, servers forwarded 1, dns learnt 1, names 1", router.Moved());
    }

    [Fact]
    public void Where_there_is_no_wildcard_no_answer_is_read()
    {
        using TestRouter router = Open(TestConfiguration.WithNames(Name));
        Ask(router);
        router.Moved();
        Answer(router, DnsMessages.Answer(Name, records: [DnsMessages.Address(Name, Server)]));
        Assert.Equal("lan sent 1, servers received 1, servers forwarded 1", router.Moved());
    }

    /// <summary>Names without end take no more memory than the table has, and what is in use stays.</summary>
    [Fact]
    public void A_subscriber_who_asks_for_every_name_pushes_out_no_server_in_use()
    {
        using TestRouter router = Open();
        Ask(router);
        Answer(router, DnsMessages.Answer(Name, records: [DnsMessages.Address(Name, Server)]));
        AssertAllowed(router, Server, 30000);
        for (int i = 0; i < 6000; i++)
        {
            string name = $"p{i}.seikyou.example";
            Ask(router, name, id: (ushort)i);
            Answer(router, DnsMessages.Answer(name, id: (ushort)i, records: [DnsMessages.Address(name, $"198.18.{i >> 8}.{i & 255}", ttl: 3600)]));
        }

        Assert.InRange(Learnt(router).Count, 1500, Router.Op25b.LearntServers.Capacity);
        AssertAllowed(router, Server, 30001);
    }

    private static TestRouter Open(RouterConfiguration? configuration = null)
    {
        var router = new TestRouter(configuration ?? TestConfiguration.WithNames("*.seikyou.example"));
        router.Host("lan", Client);
        router.Host("servers", Resolver);
        foreach (string address in new[] { Server, Second, Foreign })
            router.Host("wan", address);
        return router;
    }

    private static void Ask(TestRouter router, string name = Name, ushort id = 0x2525, ushort type = DnsMessages.A, string resolver = Resolver)
    {
        router.Receive("lan", Frames.UdpDatagram(Client, 40000, resolver, 53, router.Interface("lan").Mac, DnsMessages.Query(name, id, type)));
        Assert.Single(router.Sent(resolver == Resolver ? "servers" : "wan"));
    }

    private static void Answer(TestRouter router, byte[] message, string from = Resolver, string ingress = "servers", string to = Client) =>
        router.Receive(ingress, Frames.UdpDatagram(from, 53, to, 40000, router.Interface(ingress).Mac, message));

    private static IReadOnlyList<(string Address, long SecondsLeft)> Learnt(TestRouter router) =>
        [.. router.Snapshot().OwnNames.Addresses.Select(entry => (entry.Address, entry.SecondsLeft!.Value))];

    private static void AssertBlocked(TestRouter router, string server, ushort port)
    {
        router.Moved();
        router.Sent("lan");
        router.Receive("lan", Frames.TcpSegment(Client, port, server, 25, router.Interface("lan").Mac));
        Assert.Equal(BlockedSyn, router.Moved());
        AssertPacket.That(router.SentOne("lan")).IsIcmp(3, 13);
    }

    private static void AssertAllowed(TestRouter router, string server, ushort port)
    {
        router.Moved();
        router.Receive("lan", Frames.TcpSegment(Client, port, server, 25, router.Interface("lan").Mac));
        Assert.Equal(AllowedSyn, router.Moved());
        AssertPacket.That(router.SentOne("wan")).FromTo(Outside, server).IsTcp(destinationPort: 25);
    }
}
