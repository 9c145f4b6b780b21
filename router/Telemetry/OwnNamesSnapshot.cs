namespace Router.Telemetry;

/// <summary>Where the names of own mail servers lead, and how that is known.</summary>
internal sealed record OwnNamesSnapshot
{
    public IReadOnlyList<OwnNameAddress> Addresses { get; init; } = [];

    /// <summary>The names that the router itself asks for.</summary>
    public IReadOnlyList<ResolvedName> Resolved { get; init; } = [];

    /// <summary>DNS answers of trusted resolvers about names under wildcards, by what they came to; none where no answers are read.</summary>
    public IReadOnlyList<DnsAnswerCount> Answers { get; init; } = [];
}

/// <summary>
/// One address of an own mail server's name. <see cref="Host"/> is the configuration's entry, <see cref="Name"/> the name that led there, <see cref="Origin"/>
/// <c>resolved</c> or <c>learnt</c>. What is learnt holds for <see cref="SecondsLeft"/>; what is resolved was last confirmed at <see cref="Seen"/>.
/// </summary>
internal sealed record OwnNameAddress(string Host, string Name, string Address, string Origin, long? SecondsLeft, DateTimeOffset? Seen);

/// <summary>One name that the router asks for: when a resolver last answered (null: never), and why the last try failed (null: it did not).</summary>
internal sealed record ResolvedName(string Name, DateTimeOffset? LastAnswer, string? Failure);

/// <summary><see cref="Outcome"/> is <c>learnt</c>, <c>unasked</c>, <c>empty</c>, <c>broken</c> or <c>refused</c>.</summary>
internal sealed record DnsAnswerCount(string Outcome, long Count);

/// <summary>Frames for tunnels that entered by inside interfaces. <see cref="Kind"/> is <c>ipv6_in_ip</c>, <c>ipv4_in_ip</c>, <c>gre</c> or <c>teredo</c>.</summary>
internal sealed record TunnelCount(string Kind, long Frames);
