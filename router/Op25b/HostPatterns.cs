using Router.Wire;

namespace Router.Op25b;

/// <summary>The configured names of own mail servers, as they stand: whole ones, and wildcards, which match one or more labels before their suffix and never the suffix itself.</summary>
internal sealed class HostPatterns
{
    public const int None = -1;

    private const string Wildcard = "*.";

    private readonly (byte[] Suffix, int Index)[] _wildcards;

    public HostPatterns(IReadOnlyList<string> hosts)
    {
        Hosts = hosts;
        _wildcards = [.. hosts.Select((host, index) => (host, index)).Where(entry => IsWildcard(entry.host))
            .Select(entry => (DnsName.Of(entry.host[Wildcard.Length..]), entry.index))];
    }

    public IReadOnlyList<string> Hosts { get; }

    /// <summary>Whether DNS answers have to be read.</summary>
    public bool HasWildcards => _wildcards.Length > 0;

    public static bool IsWildcard(string host) => host.StartsWith(Wildcard, StringComparison.Ordinal);

    /// <summary>The number of a pattern as it stands; <see cref="None"/> where it is not there.</summary>
    public int Find(string host)
    {
        for (int i = 0; i < Hosts.Count; i++)
            if (string.Equals(Hosts[i], host, StringComparison.OrdinalIgnoreCase))
                return i;
        return None;
    }

    /// <summary>The wildcard that the name is under, or <see cref="None"/>.</summary>
    public int FindWildcard(ReadOnlySpan<byte> name)
    {
        foreach ((byte[] suffix, int index) in _wildcards)
            if (DnsName.IsUnder(name, suffix))
                return index;
        return None;
    }
}
