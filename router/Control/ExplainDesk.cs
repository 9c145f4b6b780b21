using Router.Configuration;
using Router.Packets;
using Router.Sessions;
using Router.Telemetry;
using Router.Wire;
using TapDev;

namespace Router.Control;

/// <summary>Too many ask at once. The message says what to do.</summary>
internal sealed class ExplainBusyException(string message) : Exception(message);

/// <summary>
/// Answers questions about packets from a running router's state.
/// <para>Theory of operation. The loop looks a few records up between two batches; all that costs time, and a few hundred kilobytes, is done on the asker's thread, by one asker at a time and so
/// many a second: what they allocate never has the loop wait for a collection worth the name. What the journey would have opened leads to one more flow, that of its answers: where
/// somebody else has that tuple the loop is asked again, and the journey is made once more.</para>
/// </summary>
internal sealed class ExplainDesk(IFlowSource source, TimeProvider time, Func<KeyPlaces?> places) : IDisposable
{
    public const int PerSecond = 10, MostWaiting = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _lock = new();
    private TokenBucket _rate = TokenBucket.Full(PerSecond, Milliseconds(time));
    private int _waiting;

    /// <summary>Throws <see cref="ExplainBusyException"/>; <see cref="ExplainException"/> where the request makes no sense; <see cref="InvalidOperationException"/> where the loop has ended.</summary>
    public async Task<Explanation> ExplainAsync(ExplainRequest request, CancellationToken cancellation)
    {
        bool mayAsk;
        lock (_lock)
            mayAsk = _rate.TryTake(PerSecond, PerSecond, Milliseconds(time));
        if (!mayAsk)
            throw new ExplainBusyException($"too many questions: no more than {PerSecond} a second are answered; try again");
        try
        {
            if (Interlocked.Increment(ref _waiting) > MostWaiting || !await _turn.WaitAsync(Patience, cancellation))
                throw new ExplainBusyException("others ask about packets too; try again");
            try
            {
                return await ExplainInTurnAsync(request, cancellation);
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<Explanation> ExplainInTurnAsync(ExplainRequest request, CancellationToken cancellation)
    {
        IReadOnlyList<FlowKey> flows = FlowsOf(request);
        FlowFacts facts = await source.TakeFlowAsync(flows, cancellation);
        Explanation explanation = Explainer.Explain(facts, request, time, places(), out FlowKey? answers);
        if (answers is not { } tuple || flows.Contains(tuple) || flows.Contains(tuple.Reversed))
            return explanation;
        FlowFacts more = await source.TakeFlowAsync([.. flows, tuple], cancellation);
        return more.Sessions.Count > facts.Sessions.Count ? Explainer.Explain(more, request, time, places(), out _) : explanation;
    }

    /// <summary>The packet's tuple, and for an ICMP error that of the packets that answer the quoted one; none where it has none.</summary>
    internal static IReadOnlyList<FlowKey> FlowsOf(ExplainRequest request)
    {
        if (request.Frame is not { } frame)
            return [request.Flow];
        if (frame.Length < EthernetHeader.Size)
            return [];
        // Whoever it is for: the journey says whether that is the router.
        byte[] bytes = [.. new byte[VirtioHeader.Size], .. frame];
        using var device = new MemoryDevice("frame", new MemoryDeviceOptions { Buffers = 1, OwnPoolBuffers = 1 });
        var ingress = new Interface(0, "frame", Role.Wan, new EthernetHeader(bytes.AsSpan(VirtioHeader.Size)).Destination, ushort.MaxValue, [], device);
        var packet = new Packet(ingress, bytes, frame: null);
        PacketParser.Parse(ref packet);
        if (packet.NetworkLength == 0 || packet.IsNeighborMessage)
            return [];
        if (!packet.IsIcmpError)
            return [FlowKey.Of(packet)];
        Verdict verdict = packet.IsIpv6 ? Icmpv6Quote.Read(packet, out Quote quote) : IcmpErrorRewriter.Read(packet, out quote);
        return verdict.IsFinal ? [FlowKey.Of(packet)] : [FlowKey.Of(packet), new FlowKey(quote.Destination, quote.DestinationPort, quote.Source, quote.SourcePort, quote.Protocol, zone: 0)];
    }

    private static long Milliseconds(TimeProvider time) => time.GetTimestamp() / (time.TimestampFrequency / 1000);
}
