using Router.Local;
using Router.Packets;

namespace Router.Op25b;

/// <summary>What the sender of a blocked segment gets (F15).</summary>
internal sealed class Refusal(ErrorReplies replies, SmtpResponder smtp)
{
    public void Answer(in Packet packet, BlockAction action, long now)
    {
        switch (action)
        {
            case BlockAction.Icmp:
                replies.SendIcmp(packet, Packets.Answer.AdministrativelyProhibited, now);
                break;
            case BlockAction.Reset:
                replies.SendReset(packet, now);
                break;
            case BlockAction.SmtpReply:
                if (!smtp.Answer(packet, now))
                    replies.SendReset(packet, now);
                break;
            default:
                break;
        }
    }

    /// <summary>The packet opens a session after all: what was said to its sender before is over.</summary>
    public void GiveUp(in Packet packet)
    {
        if (packet.IsTcp && (packet.DestinationPort == Op25bPolicy.Port || packet.RealDestinationPort == Op25bPolicy.Port))
            smtp.Forget(packet);
    }

    public void Sweep(long now) => smtp.Sweep(now);
}
