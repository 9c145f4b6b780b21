using Router.Packets;
using Router.Wire;

namespace Router.Sessions;

/// <summary>What the tracker reads of a segment (RFC 9293 section 3.4): SEG.SEQ, SEG.ACK and the number after its last one. A super-frame is one segment.</summary>
internal readonly record struct TcpSegment(TcpFlags Flags, uint Sequence, uint End, uint Acknowledgment)
{
    public static TcpSegment Of(in Packet packet)
    {
        var header = new TcpHeader(packet.Transport);
        uint length = (uint)(packet.TransportLength - packet.TransportHeaderLength);
        return Of(packet.TcpFlags, header.Sequence, header.Acknowledgment, length);
    }

    /// <summary>SYN and FIN take up one number each.</summary>
    public static TcpSegment Of(TcpFlags flags, uint sequence, uint acknowledgment, uint length) =>
        new(flags, sequence, sequence + length + ((flags & TcpFlags.Syn) != 0 ? 1u : 0) + ((flags & TcpFlags.Fin) != 0 ? 1u : 0), acknowledgment);

    public bool IsReset => (Flags & TcpFlags.Rst) != 0;

    public bool IsSyn => (Flags & TcpFlags.Syn) != 0;

    public bool Acknowledges => (Flags & TcpFlags.Ack) != 0;
}
