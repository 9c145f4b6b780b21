using System.Text.Json;
using Router.Control;
using Router.Neighbors;
using Router.Sessions;
using Router.Telemetry;

namespace Support;

/// <summary>A router under test as <c>explain</c> asks it, and all of its state that anybody can see, as one text.</summary>
internal sealed class RunningState(TestRouter router) : IFlowSource
{
    /// <summary>How often the loop was asked.</summary>
    public int Asked { get; private set; }

    public Task<FlowFacts> TakeFlowAsync(IReadOnlyList<FlowKey> flows, CancellationToken cancellation)
    {
        Asked++;
        return Task.FromResult(Take(flows));
    }

    public FlowFacts Take(IReadOnlyList<FlowKey> flows) => FlowFactsTaker.Take(router.Path, router.Configuration, router.Time.GetUtcNow(), flows, router.Now);

    public async Task<Explanation> ExplainAsync(ExplainRequest request, CancellationToken cancellation)
    {
        using var desk = new ExplainDesk(this, router.Time, () => null);
        return await desk.ExplainAsync(request, cancellation);
    }

    public string Describe()
    {
        var neighbors = new List<string>();
        for (int i = 0; i < router.Path.Neighbors.Capacity; i++)
            if (router.Path.Neighbors[i] is { State: not NeighborState.Free } neighbor)
                neighbors.Add($"{neighbor.Interface} {neighbor.Address} {neighbor.Mac} {neighbor.State} {neighbor.Requests} {neighbor.Waiting} {neighbor.IsUsed} {neighbor.Since}");
        var records = Enumerable.Range(0, router.Path.Sessions.Used).Select(number => Describe(router.Path.Sessions, number));
        return JsonSerializer.Serialize(new
        {
            All = router.Snapshot(),
            Attempts = router.Attempts(),
            Drops = router.DropSamples(),
            Records = records,
            Neighbors = neighbors,
            Subscribers = router.Path.Subscribers.Count,
            router.Path.Filter.Generation,
            Quarantine = router.Path.Filter.Quarantine.Count,
            Fragments = router.Path.Fragments.Count,
            Smtp = router.Path.Smtp.Count,
            Learnt = router.Path.OwnNames.Learnt.All().Select(learnt => $"{learnt}").ToList(),
        });
    }

    private static string Describe(SessionTable sessions, int number)
    {
        Session session = sessions[number];
        return $"{session.Key(Router.Packets.Direction.Original)} {session.Key(Router.Packets.Direction.Reply)} {session.State} {session.LastSeen} {session.Mapping} {session.PolicyGeneration} {session.Traits} {session.OriginalNeighbor} {session.ReplyNeighbor}";
    }
}
