namespace Router.Packets;

/// <summary>
/// The accounts of one interface: plain numbers that the loop's thread owns. A frame is booked on the interface that it came in by until its end is known:
/// received = forwarded + delivered + held + dropped, at every moment between two batches.
/// </summary>
internal sealed class InterfaceCounters
{
    public long ReceivedBatches, ReceivedFrames, ReceivedBytes, ForwardedFrames, DeliveredFrames;

    /// <summary>Copies that wait for a neighbour.</summary>
    public long WaitingFrames;

    /// <summary>Handed to an egress and not yet written.</summary>
    public long FramesInTransit;

    /// <summary>By the interface that they leave by.</summary>
    public long GeneratedFrames, SentFrames, SentBytes;

    /// <summary>Super-frames that the kernel did not take, so that they were cut up here.</summary>
    public long OffloadsRefused;

    private readonly long[] _dropped = new long[DropCatalogue.All.Count + 1];
    private readonly DropSample[] _lastDropped = new DropSample[DropCatalogue.All.Count + 1];

    public long HeldFrames => WaitingFrames + FramesInTransit;

    public ref long Dropped(DropReason reason) => ref _dropped[(int)reason];

    /// <summary>The last one that was dropped for the reason. What the kernel did not take at its write leaves none.</summary>
    public ref readonly DropSample LastDropped(DropReason reason) => ref _lastDropped[(int)reason];

    /// <summary>Counts a drop, and remembers whose frame it was until the next one.</summary>
    public void Drop(in Packet packet, DropReason reason, long now)
    {
        _dropped[(int)reason]++;
        _lastDropped[(int)reason] = DropSample.Of(packet, now);
    }
}
