using System.Net;

namespace Router.Names;

/// <summary>What one try to resolve a name brought. An answer without addresses is an answer too: the name has none.</summary>
internal sealed record NameAnswer(IReadOnlyList<IPAddress> Addresses, TimeSpan Ttl)
{
    /// <summary>Why there was no answer; null: there was one.</summary>
    public string? Failure { get; init; }

    public static NameAnswer Failed(string why) => new([], TimeSpan.Zero) { Failure = why };
}

/// <summary>Asks for a name's addresses, IPv6 or IPv4.</summary>
internal delegate Task<NameAnswer> AskName(string name, bool ipv6, CancellationToken cancellation);
