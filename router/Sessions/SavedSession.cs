using System.Buffers.Binary;
using Router.Packets;
using Router.Wire;

namespace Router.Sessions;

/// <summary>
/// One session as a router leaves it to the next one: what its packets need to go on, and nothing that another process would find elsewhere (places in tables, neighbours, generations).
/// Its mapping is known by the two tuples. In 64 bytes: state, traits, protocol, mapping; age; four ports; addresses; sequence numbers.
/// </summary>
internal readonly struct SavedSession
{
    public const int Size = 64;

    private const int StateAt = 0, TraitsAt = 1, ProtocolAt = 2, MappingAt = 3, AgeAt = 4, PortsAt = 8, AddressesAt = 16, SequencesAt = 48;

    /// <summary>What the first router knew by itself; the rest is told by <see cref="HasMapping"/> and the family.</summary>
    private const SessionTraits Kept = SessionTraits.Ipv6 | SessionTraits.HoldsDestination | SessionTraits.CountsForSource | SessionTraits.CountsForDestination
        | SessionTraits.FromOutside | SessionTraits.OriginalUnanswered | SessionTraits.ReplyUnanswered;

    public required FlowKey Original { get; init; }

    public required FlowKey Reply { get; init; }

    public required SessionState State { get; init; }

    public required SessionTraits Traits { get; init; }

    /// <summary>It hangs under the mapping from its original source to what it is answered at.</summary>
    public required bool HasMapping { get; init; }

    /// <summary>Milliseconds since a packet refreshed it.</summary>
    public required uint Age { get; init; }

    public required TcpSequences Sequences { get; init; }

    /// <summary>Ports, or an echo identifier, stand for an end of it.</summary>
    public bool HasPorts => Original.Protocol is Ipv4Header.Tcp or Ipv4Header.Udp || Original.Protocol == (IsIpv6 ? Icmpv6.Protocol : Ipv4Header.Icmp);

    public bool IsIpv6 => (Traits & SessionTraits.Ipv6) != 0;

    public bool HoldsDestination => (Traits & SessionTraits.HoldsDestination) != 0;

    public bool IsFromOutside => (Traits & SessionTraits.FromOutside) != 0;

    public static SavedSession Of(in Session session, in TcpSequences sequences, uint now) => new()
    {
        Original = session.Key(Direction.Original),
        Reply = session.Key(Direction.Reply),
        State = session.State,
        Traits = session.Traits,
        HasMapping = session.Mapping >= 0,
        Age = now - session.LastSeen,
        Sequences = session.IsTcp ? sequences : default,
    };

    public void Write(Span<byte> to)
    {
        to[..Size].Clear();
        (to[StateAt], to[TraitsAt], to[ProtocolAt], to[MappingAt]) = ((byte)State, (byte)Traits, Original.Protocol, (byte)(HasMapping ? 1 : 0));
        BinaryPrimitives.WriteUInt32LittleEndian(to[AgeAt..], Age);
        ReadOnlySpan<ushort> ports = [Original.SourcePort, Original.DestinationPort, Reply.SourcePort, Reply.DestinationPort];
        for (int i = 0; i < ports.Length; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(to[(PortsAt + 2 * i)..], ports[i]);
        if (IsIpv6)
        {
            WriteWords(to[AddressesAt..], [Original.Source.High, Original.Source.Low, Original.Destination.High, Original.Destination.Low]);
        }
        else
        {
            ReadOnlySpan<uint> addresses = [Original.Source.Ipv4, Original.Destination.Ipv4, Reply.Source.Ipv4, Reply.Destination.Ipv4];
            for (int i = 0; i < addresses.Length; i++)
                BinaryPrimitives.WriteUInt32LittleEndian(to[(AddressesAt + 4 * i)..], addresses[i]);
        }

        ReadOnlySpan<uint> sequences = [Sequences.Original.Acknowledged, Sequences.Original.End, Sequences.Reply.Acknowledged, Sequences.Reply.End];
        for (int i = 0; i < sequences.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(to[(SequencesAt + 4 * i)..], sequences[i]);
    }

    /// <summary>False where no router of this version would have such a session.</summary>
    public static bool TryRead(ReadOnlySpan<byte> from, out SavedSession session)
    {
        session = default;
        var (state, traits, protocol) = ((SessionState)from[StateAt], (SessionTraits)from[TraitsAt], from[ProtocolAt]);
        bool isIpv6 = (traits & SessionTraits.Ipv6) != 0;
        if ((traits & ~Kept) != 0 || from[MappingAt] > 1 || !IsStateOf(state, protocol, isIpv6))
            return false;
        FlowKey original, reply;
        ReadOnlySpan<byte> ports = from[PortsAt..], addresses = from[AddressesAt..];
        if (isIpv6)
        {
            original = new FlowKey(new IpAddress(Word(addresses, 0), Word(addresses, 1)), Port(ports, 0), new IpAddress(Word(addresses, 2), Word(addresses, 3)), Port(ports, 1), protocol, zone: 0);
            reply = new FlowKey(original.Destination, Port(ports, 2), original.Source, Port(ports, 3), protocol, zone: 0);
        }
        else
        {
            original = new FlowKey(IpAddress.FromIpv4(Number(addresses, 0)), Port(ports, 0), IpAddress.FromIpv4(Number(addresses, 1)), Port(ports, 1), protocol, zone: 0);
            reply = new FlowKey(IpAddress.FromIpv4(Number(addresses, 2)), Port(ports, 2), IpAddress.FromIpv4(Number(addresses, 3)), Port(ports, 3), protocol, zone: 0);
        }

        session = new SavedSession
        {
            Original = original,
            Reply = reply,
            State = state,
            Traits = traits,
            HasMapping = from[MappingAt] == 1,
            Age = BinaryPrimitives.ReadUInt32LittleEndian(from[AgeAt..]),
            Sequences = new TcpSequences
            {
                Original = new TcpStream { Acknowledged = Number(from[SequencesAt..], 0), End = Number(from[SequencesAt..], 1) },
                Reply = new TcpStream { Acknowledged = Number(from[SequencesAt..], 2), End = Number(from[SequencesAt..], 3) },
            },
        };
        return session.IsSound();
    }

    /// <summary>What holds of every session, whatever the configuration: a tuple has two families never, and IPv6 is not translated.</summary>
    private bool IsSound()
    {
        if (Original.Source.IsLinkLocal || Original.Destination.IsLinkLocal || Original.Source.IsIpv4 == IsIpv6 || Original.Destination.IsIpv4 == IsIpv6)
            return false;
        if (IsIpv6)
            return !HasMapping && !HoldsDestination && Reply == Original.Reversed;
        return (!HasMapping && !HoldsDestination) || Original.Protocol is Ipv4Header.Tcp or Ipv4Header.Udp or Ipv4Header.Icmp;
    }

    private static bool IsStateOf(SessionState state, byte protocol, bool isIpv6) => protocol switch
    {
        Ipv4Header.Tcp => state is >= SessionState.Opening and <= SessionState.Reset,
        Ipv4Header.Udp => state is SessionState.Udp or SessionState.DnsQuery or SessionState.DnsAnswered,
        Ipv4Header.Icmp when !isIpv6 => state == SessionState.Icmp,
        Icmpv6.Protocol when isIpv6 => state == SessionState.Icmp,
        _ => state == SessionState.Other || isIpv6 && state == SessionState.Association,
    };

    private static void WriteWords(Span<byte> to, ReadOnlySpan<ulong> words)
    {
        for (int i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(to[(8 * i)..], words[i]);
    }

    private static ulong Word(ReadOnlySpan<byte> from, int index) => BinaryPrimitives.ReadUInt64LittleEndian(from[(8 * index)..]);

    private static uint Number(ReadOnlySpan<byte> from, int index) => BinaryPrimitives.ReadUInt32LittleEndian(from[(4 * index)..]);

    private static ushort Port(ReadOnlySpan<byte> from, int index) => BinaryPrimitives.ReadUInt16LittleEndian(from[(2 * index)..]);
}
