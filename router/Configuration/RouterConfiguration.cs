using System.Net;
using System.Net.NetworkInformation;

namespace Router.Configuration;

/// <summary>A whole, valid configuration: DESIGN "Contracts". Every default is here and in the published schema.</summary>
internal sealed record RouterConfiguration
{
    public required IReadOnlyList<InterfaceConfiguration> Interfaces { get; init; }

    /// <summary>Lower the segment size that a TCP SYN announces to what the two interfaces' MTUs carry.</summary>
    public bool MssClamping { get; init; } = true;

    /// <summary>How long the loop looks for frames without sleeping after the last one.</summary>
    public int BusyPollMicroseconds { get; init; }

    public IReadOnlyList<RouteConfiguration> Routes { get; init; } = [];

    /// <summary>Null: nothing is translated.</summary>
    public NatConfiguration? Nat { get; init; }

    public FirewallConfiguration Firewall { get; init; } = new();

    public SessionsConfiguration Sessions { get; init; } = new();

    public Op25bConfiguration Op25b { get; init; } = new();

    /// <summary>Null: no listener.</summary>
    public MetricsConfiguration? Metrics { get; init; }

    public ControlConfiguration Control { get; init; } = new();

    public StateConfiguration State { get; init; } = new();

    public PrivacyPreset Privacy { get; init; } = PrivacyPreset.Campus;

    /// <summary>Null: no mapping is logged.</summary>
    public MappingLogConfiguration? MappingLog { get; init; }

    public LogConfiguration Log { get; init; } = new();
}

internal enum InterfaceRole
{
    Lan,
    Servers,
    Wan,
}

/// <summary>An interface's own address with the length of the prefix that it lives in, as in <c>192.168.25.1/24</c>.</summary>
internal readonly record struct InterfaceAddress(IPAddress Address, int PrefixLength)
{
    public override string ToString() => $"{Address}/{PrefixLength}";
}

internal sealed record InterfaceConfiguration
{
    public required string Name { get; init; }

    public required InterfaceRole Role { get; init; }

    public required string Tap { get; init; }

    public required IReadOnlyList<InterfaceAddress> Addresses { get; init; }

    /// <summary>Create the TAP in this network namespace (a name of <c>ip netns</c>); null: in the router's own.</summary>
    public string? Namespace { get; init; }

    /// <summary>Enslave the TAP to this bridge, which exists in the TAP's namespace.</summary>
    public string? Bridge { get; init; }

    public int Mtu { get; init; } = 1500;

    /// <summary>The router's own address on the wire; null: derived from the machine's id and the names.</summary>
    public PhysicalAddress? Mac { get; init; }

    /// <summary>Leave the TAP behind at the end.</summary>
    public bool Persist { get; init; }

    /// <summary>Receive buffers of 66 048 bytes, a power of two.</summary>
    public int Buffers { get; init; } = 256;

    public BackendChoice Backend { get; init; } = BackendChoice.Auto;

    /// <summary>Null: the interface does not advertise itself to hosts.</summary>
    public RouterAdvertisementsConfiguration? RouterAdvertisements { get; init; }
}

internal enum BackendChoice
{
    Auto,
    IoUringMultishot,
    IoUring,
    Epoll,
}

internal sealed record RouteConfiguration
{
    public required IPNetwork Destination { get; init; }

    public required IPAddress Via { get; init; }

    /// <summary>The interface's name, for a link-local next hop.</summary>
    public string? Interface { get; init; }

    /// <summary>Among the next hops of one destination the lowest that answers is used.</summary>
    public int Priority { get; init; }
}

internal sealed record NatConfiguration
{
    public required IReadOnlyList<IPAddress> Addresses { get; init; }

    public FilteringMode Filtering { get; init; } = FilteringMode.EndpointIndependent;

    /// <summary>What goes there keeps its own source address.</summary>
    public IReadOnlyList<IPNetwork> ExemptDestinations { get; init; } = [];

    /// <summary>How long an outside port that is no longer used is not given to another host.</summary>
    public int PortRestSeconds { get; init; } = 120;

    public IReadOnlyList<PortForwardConfiguration> PortForwards { get; init; } = [];
}

internal enum FilteringMode
{
    EndpointIndependent,
    AddressDependent,
    AddressAndPortDependent,
}

internal enum TransportProtocol
{
    Tcp,
    Udp,
}

internal sealed record PortForwardConfiguration
{
    public required TransportProtocol Protocol { get; init; }

    /// <summary>The outside port.</summary>
    public required int Port { get; init; }

    /// <summary>The last outside port of a range that begins with <see cref="Port"/>; null: it is one port.</summary>
    public int? LastPort { get; init; }

    /// <summary>The inside address and port; of a range, the first one's.</summary>
    public required IPEndPoint To { get; init; }

    /// <summary>The outside address; null: every one of <c>Nat.Addresses</c>.</summary>
    public IPAddress? Address { get; init; }
}

internal sealed record FirewallConfiguration
{
    /// <summary>RFC 6092 REC-49: IPv6 flows may be opened from either side. The port-25 filter stays.</summary>
    public bool TransparentIpv6 { get; init; }

    public IReadOnlyList<InboundRuleConfiguration> Inbound { get; init; } = [];
}

internal sealed record InboundRuleConfiguration
{
    public required TransportProtocol Protocol { get; init; }

    public required IPAddress To { get; init; }

    public required IReadOnlyList<int> Ports { get; init; }
}

internal sealed record SessionsConfiguration
{
    public int Capacity { get; init; } = 131072;

    public PerSubscriberConfiguration PerSubscriber { get; init; } = new();

    public TimeoutsConfiguration Timeouts { get; init; } = new();
}

/// <summary>What one host behind a Lan interface may have.</summary>
internal sealed record PerSubscriberConfiguration
{
    public int Ports { get; init; } = 4096;

    public int Sessions { get; init; } = 8192;

    /// <summary>Zero: any number.</summary>
    public int CreationsPerSecond { get; init; }

    /// <summary>What a subscriber is in IPv6: the addresses that have so many bits in common.</summary>
    public int Ipv6PrefixLength { get; init; } = 64;
}

/// <summary>Seconds after the last packet. The floors are in <see cref="ConfigurationShape"/>.</summary>
internal sealed record TimeoutsConfiguration
{
    public int Udp { get; init; } = 300;

    /// <summary>UDP to port 53, once it was answered.</summary>
    public int UdpDns { get; init; } = 10;

    public int Icmp { get; init; } = 60;

    /// <summary>Protocols without ports.</summary>
    public int Other { get; init; } = 600;

    public int TcpEstablished { get; init; } = 7440;

    public int TcpOpening { get; init; } = 240;

    /// <summary>After a FIN from both ends, or a RST.</summary>
    public int TcpClosing { get; init; } = 240;
}

internal sealed record MetricsConfiguration
{
    public required IPEndPoint Listen { get; init; }
}

internal sealed record ControlConfiguration
{
    public string Socket { get; init; } = "/run/op25b-router/control.sock";

    /// <summary>The group whose members may connect, by its name or number; null: the router's own.</summary>
    public string? Group { get; init; }
}

internal sealed record StateConfiguration
{
    /// <summary>Null: in memory only.</summary>
    public string? Directory { get; init; }
}
