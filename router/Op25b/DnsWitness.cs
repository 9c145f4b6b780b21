using System.Runtime.CompilerServices;
using Router.Packets;
using Router.Routing;
using Router.Sessions;
using Router.Wire;
using TapDev;

namespace Router.Op25b;

/// <summary>What a trusted resolver's answer about a name under a wildcard came to.</summary>
internal enum DnsOutcome : byte
{
    /// <summary>It taught an address, or that one is still right.</summary>
    Learnt,

    /// <summary>No host inside waits for it: another identification, port or question, or it was answered before.</summary>
    Unasked,

    /// <summary>There is no address in it.</summary>
    Empty,

    /// <summary>It cannot be read, or its checksum is wrong.</summary>
    Broken,

    /// <summary>Its addresses are subscribers', or cannot be a server's, or there is no room.</summary>
    Refused,
}

/// <summary>
/// Reads the DNS answers that cross the router, where a wildcard asks for it, and learns from them.
/// <para>Theory of operation. A query for a name under a wildcard that leaves for a trusted resolver is remembered for ten seconds. An answer counts where it
/// belongs to the query's session and has its identification and its question; it counts once. So a stranger has to guess what he would have to guess to
/// deceive the client itself, and a subscriber who runs a resolver teaches nothing. All tables have a fixed size; an answer costs no memory.</para>
/// </summary>
internal sealed class DnsWitness
{
    public const ushort DnsPort = 53;

    private const int LargestMessage = 4096;

    private readonly OwnNames _names;
    private PrefixTable _trusted;
    private DnsQueries _queries;
    private bool _isReading;
    private readonly long[] _counts = new long[Enum.GetValues<DnsOutcome>().Length];

    public DnsWitness(OwnNames names, IEnumerable<IpAddress> trustedResolvers, KeyedHash hash, int ipv6PrefixLength = Subscriber.DefaultPrefixLength, int fraction = 1)
    {
        _names = names;
        _trusted = new PrefixTable(trustedResolvers.Select((address, index) => (IpPrefix.Host(address), index)));
        _isReading = names.Patterns.HasWildcards;
        _queries = new DnsQueries(hash, _isReading, ipv6PrefixLength, fraction);
    }

    /// <summary>Believes the resolvers of the other one, and reads where that does. Queries that wait go on waiting.</summary>
    public void Adopt(DnsWitness made)
    {
        _trusted = made._trusted;
        if (_isReading != made._isReading)
            (_isReading, _queries) = (made._isReading, made._queries);
    }

    public long this[DnsOutcome outcome] => _counts[(int)outcome];

    /// <summary>Sees a packet that is about to leave, its bytes as they arrived. Anything that is not DNS costs one test.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void See(in Packet packet, long now)
    {
        if (packet.SourcePort == DnsPort || packet.DestinationPort == DnsPort)
            SeeDns(packet, now);
    }

    private void SeeDns(in Packet packet, long now)
    {
        // Over TCP, and in fragments, it would have to be put together: such answers teach nothing.
        if (!_isReading || packet.Protocol != Ipv4Header.Udp || packet.IsFragment || packet.IsIcmpError || packet.GsoType != VirtioHeader.GsoNone)
            return;
        ReadOnlySpan<byte> message = packet.Transport[UdpHeader.Size..new UdpHeader(packet.Transport).Length];
        if (message.Length > LargestMessage)
            return;
        if (packet.Direction == Direction.Original && packet.DestinationPort == DnsPort && packet.Ingress.IsInside && IsTrusted(packet.Destination))
            SeeQuery(packet, message, now);
        else if (packet.Direction == Direction.Reply && packet.SourcePort == DnsPort && packet.RealSource == packet.Source && IsTrusted(packet.Source))
            SeeAnswer(packet, message, now);
    }

    private void SeeQuery(in Packet packet, ReadOnlySpan<byte> message, long now)
    {
        Span<byte> name = stackalloc byte[DnsName.MaximumSize];
        if (!DnsReader.TryOpen(message, out DnsReader reader) || reader.IsResponse || reader.Opcode != 0 || reader.Questions != 1
            || !reader.TryReadQuestion(name, out int length, out ushort type, out ushort @class) || !IsForAddress(type, @class)
            || _names.Patterns.FindWildcard(name[..length]) == HostPatterns.None)
            return;
        _queries.Add(new DnsQuery(packet.Source, packet.Destination, packet.SourcePort, reader.Id, type, _queries.PrintOf(name[..length])), now);
    }

    private void SeeAnswer(in Packet packet, ReadOnlySpan<byte> message, long now)
    {
        Span<byte> name = stackalloc byte[DnsName.MaximumSize];
        if (!DnsReader.TryOpen(message, out DnsReader reader) || !reader.IsResponse || reader.Opcode != 0 || reader.Questions != 1
            || !reader.TryReadQuestion(name, out int length, out ushort type, out ushort @class))
        {
            _counts[(int)DnsOutcome.Broken]++;
            return;
        }

        int wildcard = _names.Patterns.FindWildcard(name[..length]);
        if (wildcard == HostPatterns.None || !IsForAddress(type, @class))
            return;
        var query = new DnsQuery(packet.RealDestination, packet.Source, packet.RealDestinationPort, reader.Id, type, _queries.PrintOf(name[..length]));
        DnsOutcome outcome = !TransportChecksumIsGood(packet) ? DnsOutcome.Broken
            : !_queries.TryTake(query, now) ? DnsOutcome.Unasked
            : Learn(reader, name[..length], type, wildcard, now);
        _counts[(int)outcome]++;
    }

    private DnsOutcome Learn(in DnsReader reader, ReadOnlySpan<byte> name, ushort type, int wildcard, long now)
    {
        Span<IpAddress> addresses = stackalloc IpAddress[DnsAnswer.MostAddresses];
        int count = reader.ResponseCode == 0 ? DnsAnswer.Read(reader, name, type, addresses, out uint ttl) : (int)(ttl = 0);
        int learnt = 0;
        foreach (ref readonly IpAddress address in addresses[..count])
            if (_names.TryLearn(address, name, wildcard, ttl * 1000L, now))
                learnt++;
        return learnt > 0 ? DnsOutcome.Learnt : count > 0 ? DnsOutcome.Refused : DnsOutcome.Empty;
    }

    private bool IsTrusted(in IpAddress address) => _trusted.Lookup(address) != PrefixTable.None;

    private static bool IsForAddress(ushort type, ushort @class) => @class == DnsReader.Internet && type is (DnsReader.TypeA or DnsReader.TypeAaaa);

    /// <summary>RFC 768: a zero checksum is none; over IPv6 it is wrong (RFC 8200 section 8.1).</summary>
    private static bool TransportChecksumIsGood(in Packet packet) =>
        new UdpHeader(packet.Transport).ChecksumField == 0 ? !packet.IsIpv6 : TransportChecksum.IsValid(packet);
}
