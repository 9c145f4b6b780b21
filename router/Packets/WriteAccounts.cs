using TapDev;

namespace Router.Packets;

/// <summary>Sees a frame that left, its virtio header first.</summary>
internal delegate void FrameObserver(Interface egress, ReadOnlySpan<byte> headerAndFrame);

/// <summary>
/// Books the end of every write: only then is it known that a frame was forwarded. A frame's tag is the interface that it came in by, <see cref="Generated"/> or <see cref="Piece"/>.
/// </summary>
internal sealed class WriteAccounts(IReadOnlyList<Interface> interfaces) : IWriteObserver
{
    /// <summary>The tag of frames that the router made itself.</summary>
    public const int Generated = -1;

    /// <summary>The tag of all but the last of the pieces that a packet in transit was cut into.</summary>
    public const int Piece = -2;

    private const int EInval = 22, EBadFd = 77, ENoDev = 19;

    private readonly Interface[] _interfaces = [.. interfaces];

    /// <summary>Sees each frame of the router's own that left; null: nobody does.</summary>
    public FrameObserver? GeneratedSent { get; set; }

    public void Written(FrameDevice device, Frame frame)
    {
        InterfaceCounters egress = _interfaces[device.Tag].Counters;
        egress.SentFrames++;
        egress.SentBytes += frame.Length - VirtioHeader.Size;
        if (frame.Tag < 0)
        {
            if (frame.Tag == Generated)
                GeneratedSent?.Invoke(_interfaces[device.Tag], frame.Bytes);
            return;
        }

        InterfaceCounters ingress = _interfaces[frame.Tag].Counters;
        ingress.FramesInTransit--;
        ingress.ForwardedFrames++;
    }

    public void WriteFailed(FrameDevice device, Frame frame, int errno)
    {
        if (errno == EInval && TrySegment(_interfaces[device.Tag], frame))
            return;
        if (frame.Tag < 0)
            return;
        InterfaceCounters ingress = _interfaces[frame.Tag].Counters;
        ingress.FramesInTransit--;
        ingress.Dropped(errno switch
        {
            EInval => DropReason.WriteRefused,
            EBadFd or ENoDev => DropReason.InterfaceLost,
            _ => DropReason.InterfaceDown,
        })++;
    }

    /// <summary>The peer's kernel does not take super-frames after all: cut this one up, and send it no more.</summary>
    private static bool TrySegment(Interface egress, Frame frame)
    {
        if (VirtioHeader.GsoType(frame.Bytes) == VirtioHeader.GsoNone)
            return false;
        egress.Counters.OffloadsRefused++;
        egress.Offloads = Offloads.None;
        return Segmenter.TrySend(frame.Bytes, egress.Device.Output, frame.Tag, egress.Mtu);
    }
}
