using System.Net;
using CsCheck;
using Router.Configuration;
using Router.Control;
using Router.Neighbors;
using Router.Sessions;
using Router.Telemetry;
using Router.Wire;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary><c>explain</c> asks a running router's state: it says what the router then does, and changes nothing.</summary>
public sealed class ExplainTest : IDisposable
{
    private const string Client = "192.168.25.10", Remote = "203.0.113.25", Own = "198.51.100.25", Outside = "203.0.113.2";

    private static readonly PhaseConfiguration Notice = TestConfiguration.Phase(PhaseMode.Monitor, name: "notice"),
        Later = TestConfiguration.Phase(PhaseMode.Block, from: TestRouter.Start.AddDays(1), name: "op25b");

    private TestRouter _router = new();

    public void Dispose() => _router.Dispose();

    /// <summary>One explanation in whatever state a random conversation left the router is what the router then does with the very frame; and nothing that can be seen has changed by it.</summary>
    [Fact]
    public void What_is_explained_is_what_happens_then_and_nothing_changes_by_it() => Gen.Select(Gen.Int[0, 3], FrameGen.Array[1, 24]).Sample((kind, frames) =>
    {
        using var router = new TestRouter(Configurations[kind]);
        router.Host("wan", Remote);
        router.Host("lan", Client);
        router.Host("lan", "192.168.25.200");
        router.AddSilentHost("servers", Own);
        var state = new RunningState(router);
        foreach (var (ingress, make) in frames)
        {
            byte[] frame = make(router);
            router.Moved();
            string before = state.Describe();
            Explanation explanation = Explain(state, new ExplainRequest { Frame = frame, In = ingress });
            Assert.Equal(before, state.Describe());
            router.Device(ingress).Inject(frame);
            router.Turn();
            Assert.Contains($"{ingress} {Account(explanation)} 1", router.Moved(), StringComparison.Ordinal);
            router.Settle();
        }
    }, iter: 200, threads: 1);

    [Fact]
    public void A_session_that_is_open_is_named_with_its_translation()
    {
        _router.Host("wan", Remote);
        _router.Host("lan", Client);
        _router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 587, _router.Interface("lan").Mac));
        _router.Receive("wan", Frames.TcpSegment(Remote, 587, Outside, 40000, _router.Interface("wan").Mac, Syn | Ack));
        Explanation explanation = Explain(Flow(Client, 40000, Remote, 587));
        Assert.Equal(("forwarded", "running"), (explanation.Verdict, explanation.Tables));
        Assert.StartsWith("tcp 192.168.25.10:40000 > 203.0.113.25:587, ", explanation.Session, StringComparison.Ordinal);
        Assert.Equal("tcp 203.0.113.2:40000 > 203.0.113.25:587", explanation.Rewrite);
        Assert.StartsWith("belongs to tcp 192.168.25.10:40000", explanation.Stages.Single(stage => stage.Stage == "Lookup").Text, StringComparison.Ordinal);

        // From the other end too, and for a stranger there is the mapping.
        Assert.Equal("tcp 203.0.113.25:587 > 192.168.25.10:40000", Explain(Flow(Remote, 587, Outside, 40000)).Rewrite);
        Assert.Equal("forwarded", Explain(Flow("203.0.113.77", 1, Outside, 40000)).Verdict);
        Assert.Equal(("dropped", "UnsolicitedSyn"), Verdict(Explain(Flow("203.0.113.77", 1, Outside, 40001))));
    }

    [Fact]
    public void A_next_hop_that_is_not_known_is_waited_for_and_one_that_does_not_answer_is_said()
    {
        Explanation explanation = Explain(Flow(Client, 40000, Remote, 587));
        Assert.Equal(("held", "Neighbor"), (explanation.Verdict, explanation.Stage));
        Assert.Equal("waits until 203.0.113.25 tells its Ethernet address; then it leaves by wan", explanation.Text);
        Assert.Equal(0, _router.Path.Neighbors.Count);

        _router.Receive("lan", Frames.TcpSegment(Client, 40000, Remote, 587, _router.Interface("lan").Mac));
        _router.Wait(TimeSpan.FromSeconds(3.5));
        Assert.Equal(NeighborState.Failed, _router.Path.Neighbors.StateOf(_router.Interface("wan"), IpAddress.From(IPAddress.Parse(Remote))));
        Assert.Equal(("dropped", "NeighborUnreachable"), Verdict(Explain(Flow(Client, 40001, Remote, 587))));
    }

    [Fact]
    public void The_next_phase_is_foretold_for_a_session_that_is_open_too()
    {
        Use(TestConfiguration.WithPhases(Notice, Later));
        Explanation fresh = Explain(Flow(Client, 40000, Remote, 25));
        Assert.Equal(("forwarded", "notice"), (fresh.Verdict, fresh.Phase));
        Assert.Equal(new NextPhase("op25b", Later.From, "Block", "dropped", "Op25bBlocked", "outbound TCP port 25 is blocked (OP25B.md F1)"), fresh.Next);
        Open(25);
        Explanation open = Explain(Flow(Client, 40000, Remote, 25));
        Assert.Equal(("forwarded", "Op25bBlocked"), (open.Verdict, open.Next!.Reason));
        Explanation then = Explain(Flow(Client, 40000, Remote, 25) with { At = Later.From });
        Assert.Equal(("dropped", "op25b"), (then.Verdict, then.Phase));
        Assert.Null(then.Next);
    }

    [Fact]
    public void Limits_and_quotas_are_those_of_the_moment_and_asking_spends_none()
    {
        Use(TestConfiguration.WithPhases(TestConfiguration.Phase(PhaseMode.Limit) with { SessionsPerMinute = 2 }) with
        {
            Sessions = new SessionsConfiguration { Capacity = 64, PerSubscriber = new PerSubscriberConfiguration { Sessions = 3, Ports = 3 } },
        });
        for (int i = 0; i < 5; i++)
            Assert.Equal("forwarded", Explain(Flow(Client, 40000, Remote, 25)).Verdict);
        Open(25, 40000);
        Open(25, 40001);
        Assert.Equal(("dropped", "Op25bLimited"), Verdict(Explain(Flow(Client, 40002, Remote, 25))));
        Assert.Equal("forwarded", Explain(Flow(Client, 40002, Remote, 587)).Verdict);
        Open(587, 40002);
        Assert.Equal(("dropped", "SessionQuotaExceeded"), Verdict(Explain(Flow(Client, 40003, Remote, 587))));
        Assert.Equal("forwarded", Explain(Flow("192.168.25.11", 40003, Remote, 587)).Verdict);
    }

    [Fact]
    public void A_learnt_name_is_named_with_its_end()
    {
        Use(TestConfiguration.WithNames("*.seikyou.example"));
        Assert.True(_router.Path.OwnNames.TryLearn(IpAddress.From(IPAddress.Parse(Remote)), DnsName.Of("mail.seikyou.example"), 0, 90_000, _router.Now));
        Explanation explanation = Explain(Flow(Client, 40000, Remote, 25));
        Assert.Equal("forwarded", explanation.Verdict);
        Assert.Equal("Op25b:OwnMailServers:Hosts:0 \"*.seikyou.example\" (learnt: mail.seikyou.example is 203.0.113.25 until 2026-12-01T00:01:30Z)", explanation.Rule);
        Assert.Equal(("mail.seikyou.example", 90L), (explanation.Name!.Name, explanation.Name.SecondsLeft));
        _router.Wait(TimeSpan.FromSeconds(91));
        Assert.Equal(("dropped", "Op25bBlocked"), Verdict(Explain(Flow(Client, 40000, Remote, 25))));
    }

    [Fact]
    public void A_host_in_quarantine_is_told_from_the_others()
    {
        _router.Path.Filter.Quarantine.Hold(IpAddress.From(IPAddress.Parse(Client)), _router.Now + 60_000);
        Assert.Equal(("dropped", "Op25bQuarantined"), Verdict(Explain(Flow(Client, 40000, Own, 25))));
        Assert.Equal("held", Explain(Flow("192.168.25.11", 40000, Own, 25)).Verdict);
    }

    /// <summary>The rest of the way is a look-up of a few records: it costs the same whatever the table holds, and next to nothing on the loop's thread.</summary>
    [Fact]
    public void The_loop_copies_a_few_records_whatever_the_table_holds()
    {
        Use(TestConfiguration.Default with { Sessions = new SessionsConfiguration { Capacity = 65536 } });
        _router.Host("lan", Client);
        FlowKey[] flows = [Flow(Client, 40000, Remote, 587).Flow];
        long empty = AllocatedByLoop(flows);
        for (int i = 0; i < 4000; i++)
            Open(587, (ushort)(20000 + i));
        Assert.Equal(4000, _router.Path.Sessions.Count);
        Assert.InRange(empty, 1, 16 * 1024);
        Assert.InRange(AllocatedByLoop(flows), 1, 16 * 1024);
        Assert.Empty(new RunningState(_router).Take(flows).Sessions);
        Assert.Single(new RunningState(_router).Take([Flow(Client, 20000, Remote, 587).Flow]).Sessions);
    }

    /// <summary>Half a megabyte, none of it in large objects: collecting it costs the loop well under a millisecond.</summary>
    [Fact]
    public void An_explanation_takes_little_memory()
    {
        FlowFacts facts = new RunningState(_router).Take([Flow(Client, 40000, Remote, 587).Flow]);
        Explainer.Explain(facts, Flow(Client, 40000, Remote, 587), _router.Time, places: null, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Explainer.Explain(facts, Flow(Client, 40000, Remote, 587), _router.Time, places: null, out _);
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        TestContext.Current.SendDiagnosticMessage($"an explanation takes {taken} bytes");
        Assert.InRange(taken, 1, 768 * 1024);
    }

    private long AllocatedByLoop(FlowKey[] flows)
    {
        var state = new RunningState(_router);
        state.Take(flows);
        long before = GC.GetAllocatedBytesForCurrentThread();
        state.Take(flows);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private void Use(RouterConfiguration configuration)
    {
        _router.Dispose();
        _router = new TestRouter(configuration);
        _router.Host("wan", Remote);
        _router.Host("lan", Client);
    }

    private void Open(ushort to, ushort from = 40000) => _router.Receive("lan", Frames.TcpSegment(Client, from, Remote, to, _router.Interface("lan").Mac));

    private Explanation Explain(ExplainRequest request)
    {
        var state = new RunningState(_router);
        string before = state.Describe();
        Explanation explanation = Explain(state, request);
        Assert.Equal(before, state.Describe());
        return explanation;
    }

    private static Explanation Explain(RunningState state, ExplainRequest request) => state.ExplainAsync(request, TestContext.Current.CancellationToken).GetAwaiter().GetResult();

    private static (string, string?) Verdict(Explanation explanation) => (explanation.Verdict, explanation.Reason);

    private static ExplainRequest Flow(string source, ushort sourcePort, string destination, ushort destinationPort) => new()
    {
        Protocol = ExplainProtocol.Tcp,
        Source = new(IPAddress.Parse(source), sourcePort),
        Destination = new(IPAddress.Parse(destination), destinationPort),
    };

    /// <summary>Held is a gauge: it moves as well.</summary>
    private static string Account(Explanation explanation) => explanation.Verdict == "dropped" ? $"dropped {explanation.Reason}" : explanation.Verdict;

    private static readonly RouterConfiguration[] Configurations =
    [
        TestConfiguration.Default,
        TestConfiguration.With(PhaseMode.Monitor) with { Nat = TestConfiguration.Default.Nat! with { Filtering = FilteringMode.AddressDependent } },
        TestConfiguration.WithPhases(TestConfiguration.Phase(PhaseMode.Limit) with { SessionsPerMinute = 2 }) with { Nat = TestConfiguration.Default.Nat! with { Filtering = FilteringMode.AddressAndPortDependent } },
        TestConfiguration.Default with { Sessions = new SessionsConfiguration { Capacity = 8, PerSubscriber = new PerSubscriberConfiguration { Sessions = 4, Ports = 2, CreationsPerSecond = 5 } } },
    ];

    private static readonly Gen<(string Ingress, Func<TestRouter, byte[]> Make)> FrameGen = Gen.Select(Gen.Int[0, 9], Gen.OneOf<ushort>(25, 587, 40000, 40001), Gen.OneOf<ushort>(25, 587, 40000, 40001), Gen.OneOf(Syn, Ack, Syn | Ack, Rst, Fin | Ack))
        .Select((kind, from, to, flags) => Make(kind, from, to, flags));

    private static (string Ingress, Func<TestRouter, byte[]> Make) Make(int kind, ushort from, ushort to, Frames.Tcp flags) => kind switch
    {
        0 or 1 => ("lan", router => Frames.TcpSegment(Client, from, Remote, to, router.Interface("lan").Mac, flags)),
        2 or 3 => ("wan", router => Frames.TcpSegment(Remote, from, Outside, to, router.Interface("wan").Mac, flags)),
        4 => ("lan", router => Frames.TcpSegment("192.168.25.200", from, Remote, to, router.Interface("lan").Mac, flags)),
        5 => ("lan", router => Frames.UdpDatagram(Client, from, Remote, to, router.Interface("lan").Mac)),
        6 => ("wan", router => Frames.UdpDatagram(Remote, from, Outside, to, router.Interface("wan").Mac)),
        7 => ("lan", router => Frames.Echo(Client, Remote, from, router.Interface("lan").Mac)),
        8 => ("lan", router => Frames.TcpSegment(Client, from, Outside, to, router.Interface("lan").Mac, flags)),
        _ => ("lan", router => Frames.TcpSegment(Client, from, Own, to, router.Interface("lan").Mac, flags)),
    };
}
