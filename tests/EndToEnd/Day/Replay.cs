using System.Net;
using Router.Configuration;
using Router.Control;
using Router.Telemetry;
using Support;
using Support.EndToEnd;

namespace EndToEnd.Day;

/// <summary>
/// Captured conversations, played into the real forwarding loop at other times: its clock is virtual, its devices are in memory. A conversation that is repeated gets a fresh
/// port of the one who opened it, and what comes from outside is addressed to the port that the router chose this time.
/// </summary>
internal sealed class Replay : IDisposable
{
    static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    readonly TestRouter _router;
    readonly PriorityQueue<(Occurrence Occurrence, CapturedFrame Frame), (TimeSpan At, int Number)> _due = new();
    readonly DateTimeOffset _start;
    ushort _port = 10_000;
    int _number;

    public Replay(RouterConfiguration configuration, DateTimeOffset start, IEnumerable<(string Interface, IPAddress Address)> neighbors)
    {
        _router = new TestRouter(configuration, asOf: start);
        _start = _router.Time.GetUtcNow();
        foreach (var (name, address) in neighbors)
            _router.AddSilentHost(name, address.ToString());
    }

    TimeSpan Passed => _router.Time.GetUtcNow() - _start;

    public AttemptsSnapshot Attempts => _router.Attempts();

    public long AlertsRaised(Router.Op25b.AlertKind kind) => _router.Path.Alerts.RaisedOf(kind);

    /// <summary>The conversation is to begin at that time of the day.</summary>
    public void Schedule(TimeSpan at, Conversation conversation)
    {
        var occurrence = new Occurrence(conversation, ++_port);
        foreach (var frame in conversation.Frames)
            _due.Enqueue((occurrence, frame), (at + frame.At, _number++));
    }

    /// <summary>Plays what is due until then. Each frame that goes in has to come out on the other side, and nothing else.</summary>
    public void RunUntil(TimeSpan end)
    {
        while (_due.TryPeek(out var next, out var key) && key.At <= end)
        {
            _due.Dequeue();
            AdvanceTo(key.At);
            Play(next.Occurrence, next.Frame);
        }
        AdvanceTo(end);
    }

    /// <summary>What the router's own program says that is asked <c>report</c> by way of the real control socket.</summary>
    public async Task<string> ReportAsync(params string[] options)
    {
        var folder = Directory.CreateTempSubdirectory("op25b-day-");
        try
        {
            var socket = Path.Combine(folder.FullName, "control.sock");
            await using var server = await ControlServer.StartAsync(socket, new Source(_router), metricsListen: null, TestContext.Current.CancellationToken);
            var result = await HostProcess.RunAsync([UserspaceRouter.Binary, "report", "--socket", socket, .. options], TimeSpan.FromSeconds(30));
            Assert.True(result.ExitCode == 0, result.ToString());
            return result.Output;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Checks that the loop's accounts balance.</summary>
    public void Dispose() => _router.Dispose();

    void AdvanceTo(TimeSpan time)
    {
        while (Passed < time)
        {
            _router.Time.Advance(time - Passed < Step ? time - Passed : Step);
            _router.Settle();
        }
    }

    void Play(Occurrence occurrence, CapturedFrame frame)
    {
        string other = frame.Interface == "lan" ? "wan" : "lan";
        bool isAsking = (frame.Interface == "wan") == occurrence.Conversation.IsInbound;
        byte[] router = new byte[6];
        _router.Interface(frame.Interface).Mac.Write(router);
        _router.Receive(frame.Interface, isAsking
            ? frame.Rewritten(router, sourcePort: occurrence.Port)
            : frame.Rewritten(router, destinationPort: occurrence.SeenPort));
        var sent = Assert.Single(Sent(other));
        if (isAsking)
            occurrence.SeenPort = sent.SourcePort;
        Assert.Equal((frame.Sequence, frame.Acknowledgment), (sent.Sequence, sent.Acknowledgment));
        Assert.Empty(Sent(frame.Interface));
    }

    /// <summary>The segments that left by the interface since it was last asked; the router's own messages to its neighbours are none.</summary>
    List<CapturedFrame> Sent(string name) => [.. _router.Sent(name).Select(bytes => new CapturedFrame(Passed, name, bytes)).Where(frame => frame.IsTcp)];

    /// <summary>A conversation at one time of the day. <see cref="SeenPort"/> is what the other end sees of <see cref="Port"/>.</summary>
    sealed class Occurrence(Conversation conversation, ushort port)
    {
        public Conversation Conversation { get; } = conversation;

        public ushort Port { get; } = port;

        public ushort SeenPort { get; set; }
    }

    sealed class Source(TestRouter router) : ISnapshotSource
    {
        public Task<RouterSnapshot> TakeSnapshotAsync(CancellationToken cancellation) => Task.FromResult(router.Snapshot());

        public Task<DropsSnapshot> TakeDropsAsync(CancellationToken cancellation) => Task.FromResult(router.DropSamples());

        public Task<SessionsSnapshot> TakeSessionsAsync(SessionQuery query, CancellationToken cancellation) => Task.FromResult(router.Sessions(query));

        public Task<SessionsEnded> EndSessionsAsync(SessionFilter filter, CancellationToken cancellation) => Task.FromResult(new SessionsEnded(router.EndSessions(filter)));

        public Task<AttemptsSnapshot> TakeAttemptsAsync(CancellationToken cancellation) => Task.FromResult(router.Attempts());
    }
}
