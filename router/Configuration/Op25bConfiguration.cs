using System.Net;

namespace Router.Configuration;

/// <summary>The policy: whom it is about, whom it spares, and what is done from when on.</summary>
internal sealed record Op25bConfiguration
{
    public IReadOnlyList<GroupConfiguration> Groups { get; init; } = [];

    public OwnMailServersConfiguration OwnMailServers { get; init; } = new();

    /// <summary>Destinations by name, for <see cref="PhaseConfiguration.Only"/>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<IPNetwork>> DestinationSets { get; init; } = new Dictionary<string, IReadOnlyList<IPNetwork>>(StringComparer.Ordinal);

    public IReadOnlyList<PhaseConfiguration> Phases { get; init; } = [];

    public TunnelHandling Tunnels { get; init; } = TunnelHandling.Count;

    public AttemptsConfiguration Attempts { get; init; } = new();

    public AlertsConfiguration Alerts { get; init; } = new();

    public SmtpReplyConfiguration SmtpReply { get; init; } = new();
}

/// <summary>What is done about tunnels, which may carry port 25 past the filter.</summary>
internal enum TunnelHandling
{
    Count,
    Block,
}

internal sealed record AlertsConfiguration
{
    /// <summary>How long after its last attempt a host's alert ends, and its quarantine.</summary>
    public int QuietMinutes { get; init; } = 60;

    /// <summary>Shut an infected host's port 25, toward own servers too.</summary>
    public bool Quarantine { get; init; }

    /// <summary>A program and its arguments, to be run for each alert; null: none is.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    public int CommandsPerMinute { get; init; } = 6;
}

internal sealed record AttemptsConfiguration
{
    /// <summary>Inside hosts whose attempts are remembered.</summary>
    public int Hosts { get; init; } = 4096;
}

internal sealed record GroupConfiguration
{
    public required string Name { get; init; }

    /// <summary>A single address is a prefix of full length.</summary>
    public required IReadOnlyList<IPNetwork> Sources { get; init; }

    public bool Exempt { get; init; }

    /// <summary>Why it is exempt, for people.</summary>
    public string? Reason { get; init; }
}

internal sealed record OwnMailServersConfiguration
{
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>Host names; <c>*.</c> is a wildcard.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Whose answers teach the addresses of wildcards, and who is asked for the other names (nobody here: the system's resolvers).</summary>
    public IReadOnlyList<IPAddress> TrustedResolvers { get; init; } = [];
}

internal enum PhaseMode
{
    Off,
    Monitor,
    Limit,
    Block,
}

/// <summary>What becomes of sessions that are open when a phase begins which would not let them begin.</summary>
internal enum OpenSessions
{
    /// <summary>They end at once, with a TCP reset to the inside host.</summary>
    Kill,

    /// <summary>They go on until a deadline, and are killed then.</summary>
    Drain,
}

internal enum PhaseAction
{
    Drop,
    Icmp,
    Reset,
    SmtpReply,
}

internal sealed record PhaseConfiguration
{
    public required string Name { get; init; }

    public required DateTimeOffset From { get; init; }

    public required PhaseMode Mode { get; init; }

    public PhaseAction Action { get; init; } = PhaseAction.Icmp;

    /// <summary>Names of destination sets; null: every destination.</summary>
    public IReadOnlyList<string>? Only { get; init; }

    /// <summary>Names of groups; null: every one that is not exempt.</summary>
    public IReadOnlyList<string>? Groups { get; init; }

    /// <summary>Of Limit: new sessions of one host.</summary>
    public int SessionsPerMinute { get; init; } = 10;

    public OpenSessions OpenSessions { get; init; } = OpenSessions.Kill;

    public int DrainSeconds { get; init; } = 300;
}
