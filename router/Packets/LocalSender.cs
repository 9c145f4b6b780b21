using TapDev;

namespace Router.Packets;

/// <summary>Sends frames that the router speaks for itself, and frames that waited.</summary>
internal static class LocalSender
{
    /// <summary>Sends a frame that was turned into its own answer back to where it came from, in the same buffer where there is a lease.</summary>
    public static void SendBack(ref Packet packet)
    {
        Interface egress = packet.Ingress;
        bool isQueued;
        if (packet.Frame is { } frame)
        {
            frame.Tag = WriteAccounts.Generated;
            isQueued = egress.Device.Output.TrySend(frame);
        }
        else
        {
            isQueued = TryCopy(egress.Device.Output, packet.Bytes, WriteAccounts.Generated);
        }

        if (isQueued)
            egress.Counters.GeneratedFrames++;
    }

    /// <summary>Sends a copy, booked on the tag.</summary>
    public static bool TryCopy(FrameWriter output, ReadOnlySpan<byte> bytes, int tag)
    {
        bytes.CopyTo(output.GetSpan(bytes.Length));
        return TryAdvance(output, bytes.Length, tag);
    }

    /// <summary>Sends what was written into the writer's memory, booked on the tag.</summary>
    public static bool TryAdvance(FrameWriter output, int bytes, int tag)
    {
        output.GeneratedTag = tag;
        bool isQueued = output.TryAdvance(bytes);
        output.GeneratedTag = WriteAccounts.Generated;
        return isQueued;
    }
}
