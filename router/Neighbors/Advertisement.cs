using Router.Packets;
using Router.Wire;

namespace Router.Neighbors;

/// <summary>What an interface advertises to hosts: the router configuration variables of RFC 4861 section 6.2.1, in seconds, and the DNS options of RFC 8106.</summary>
internal sealed record Advertisement
{
    public required Interface Interface { get; init; }

    /// <summary>AdvCurHopLimit.</summary>
    public byte HopLimit { get; init; } = 64;

    public RouterFlags Flags { get; init; }

    /// <summary>MaxRtrAdvInterval.</summary>
    public required int MaxInterval { get; init; }

    /// <summary>MinRtrAdvInterval, at its default.</summary>
    public int MinInterval => MaxInterval >= 9 ? Math.Max(3, MaxInterval * 33 / 100) : MaxInterval * 3 / 4;

    /// <summary>AdvDefaultLifetime.</summary>
    public required ushort Lifetime { get; init; }

    /// <summary>AdvLinkMTU; zero: no option.</summary>
    public uint Mtu { get; init; }

    public NdPrefix[] Prefixes { get; init; } = [];

    public IpAddress[] RecursiveDnsServers { get; init; } = [];

    /// <summary>The names as they stand in the option.</summary>
    public byte[] DnsSearchList { get; init; } = [];

    /// <summary>RFC 8106 section 5.1: at least three times MaxRtrAdvInterval.</summary>
    private uint DnsLifetime => (uint)MaxInterval * 3;

    /// <summary>The same, and an end to the prefixes that the one before had besides: hosts make no new use of those at once (RFC 9096 section 3.5). The latest few, until the router ends.</summary>
    public Advertisement Withdrawing(Advertisement before)
    {
        NdPrefix[] gone = [.. before.Prefixes.Where(old => !Array.Exists(Prefixes, own => own.Prefix == old.Prefix)).TakeLast(Math.Min(MostWithdrawn, (Interface.Mtu - Ipv6Header.Size - Size) / NdOption.PrefixSize))];
        return gone.Length == 0 ? this : this with { Prefixes = [.. Prefixes, .. gone.Select(old => old with { ValidLifetime = 0, PreferredLifetime = 0 })] };
    }

    private const int MostWithdrawn = 4, FixedSize = 16, DnsHeader = 8, AddressSize = 16;

    /// <summary>Of the message, in bytes, at most.</summary>
    private int Size => FixedSize + 2 * NdOption.Unit + Prefixes.Length * NdOption.PrefixSize + DnsHeader + RecursiveDnsServers.Length * AddressSize
        + DnsHeader + (DnsSearchList.Length + NdOption.Unit - 1) / NdOption.Unit * NdOption.Unit;

    /// <summary>Sends it to all nodes, with this router lifetime.</summary>
    public void Send(ushort lifetime)
    {
        Span<byte> frame = NdSender.Begin(Interface, Interface.Mtu - Ipv6Header.Size);
        var writer = new NdWriter(frame[NdSender.MessageOffset..]);
        writer.RouterAdvertisement(HopLimit, Flags, lifetime);
        writer.LinkLayerAddress(NdOption.SourceLinkLayerAddress, Interface.Mac);
        if (Mtu != 0)
            writer.Mtu(Mtu);
        foreach (NdPrefix prefix in Prefixes)
            writer.Prefix(prefix);
        if (RecursiveDnsServers.Length > 0)
            writer.RecursiveDnsServers(DnsLifetime, RecursiveDnsServers);
        if (DnsSearchList.Length > 0)
            writer.DnsSearchList(DnsLifetime, DnsSearchList);
        writer.Finish(Interface.LinkLocalAddress, IpAddress.AllNodes);
        NdSender.Send(Interface, frame, writer.Length, MacAddress.OfGroup(IpAddress.AllNodes), Interface.LinkLocalAddress, IpAddress.AllNodes);
    }

    /// <summary>What another router's advertisement says otherwise (RFC 4861 section 6.2.7). What one of the two leaves open is no difference.</summary>
    public Inconsistencies CompareWith(in NdMessage other)
    {
        Inconsistencies found = Inconsistencies.None;
        if (other.CurrentHopLimit != 0 && other.CurrentHopLimit != HopLimit)
            found |= Inconsistencies.HopLimit;
        if ((other.RouterFlags & Known) != Flags)
            found |= Inconsistencies.Flags;
        foreach (NdOption option in other.Options)
        {
            if (option.Type == NdOption.Mtu && option.TryReadMtu(out uint mtu) && Mtu != 0 && mtu != Mtu)
                found |= Inconsistencies.Mtu;
            if (option.Type == NdOption.PrefixInformation && option.TryReadPrefix(out NdPrefix prefix) && Contradicts(prefix))
                found |= Inconsistencies.Lifetimes;
        }

        return found;
    }

    private const RouterFlags Known = RouterFlags.ManagedConfiguration | RouterFlags.OtherConfiguration;

    private bool Contradicts(in NdPrefix other)
    {
        foreach (NdPrefix own in Prefixes)
            if (own.Prefix == other.Prefix && (own.ValidLifetime != other.ValidLifetime || own.PreferredLifetime != other.PreferredLifetime))
                return true;
        return false;
    }
}

/// <summary>Where another router's advertisement contradicts ours, so that hosts switch from one value to the other.</summary>
[Flags]
internal enum Inconsistencies : byte
{
    None = 0,
    HopLimit = 1,
    Flags = 2,
    Mtu = 4,
    Lifetimes = 8,

    /// <summary>It says that it comes from us.</summary>
    Source = 16,
}
