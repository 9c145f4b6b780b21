using Router.Packets;
using Router.Sessions;

namespace Router.Nat;

/// <summary>The stage that says whose packet it is: a session's, else perhaps one that a port forward or a mapping lets in; an ICMP error goes by its quote.</summary>
internal sealed class SessionLookup(SessionTable sessions, Translator translator)
{
    public Verdict Find(ref Packet packet, uint now)
    {
        if (packet.IsIcmpError)
            return FindQuoted(ref packet, now);
        packet.Session = sessions.Find(FlowKey.Of(packet), now, out packet.Direction);
        if (packet.Session < 0)
        {
            if (packet.FragmentUnits != 0)
                return DropReason.FragmentWithoutSession;
            translator.Enter(ref packet);
            return Verdict.Continue;
        }

        // IPv6 is not translated.
        if (!packet.IsIpv6)
            sessions[packet.Session].Translate(ref packet);
        return Verdict.Continue;
    }

    /// <summary>An ICMP error goes where the packets that answer the quoted one go.</summary>
    private Verdict FindQuoted(ref Packet packet, uint now)
    {
        Verdict verdict = packet.IsIpv6 ? Icmpv6Quote.Read(packet, out Quote quote) : IcmpErrorRewriter.Read(packet, out quote);
        if (verdict.IsFinal)
            return verdict;
        var answers = new FlowKey(quote.Destination, quote.DestinationPort, quote.Source, quote.SourcePort, quote.Protocol, zone: 0);
        packet.Session = sessions.Find(answers, now, out packet.Direction);
        if (packet.Session < 0)
            return DropReason.IcmpErrorWithoutSession;
        if (packet.IsIpv6)
            return Verdict.Continue;
        FlowKey rewritten = sessions[packet.Session].Rewritten(packet.Direction);
        packet.RealDestination = rewritten.Destination;
        packet.RealDestinationPort = rewritten.DestinationPort;
        packet.RealSourcePort = rewritten.SourcePort;
        packet.QuoteDestination = rewritten.Source;

        // A router behind the subscriber must not show its inside address either (RFC 5508 REQ-4).
        if (packet.Source == quote.Destination || packet.Ingress.IsInside && rewritten.Source != quote.Destination)
            packet.RealSource = rewritten.Source;
        return Verdict.Continue;
    }
}
