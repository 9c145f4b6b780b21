using Router.Wire;

namespace Router.Op25b;

/// <summary>What is known of one name that the router itself asks for. Nothing in it changes: a new answer makes a new one.</summary>
internal sealed record ResolvedHost
{
    public required IReadOnlyList<IpAddress> Addresses { get; init; }

    /// <summary>When its resolver last said something about it; null: not since the start, nor is it known from before.</summary>
    public DateTimeOffset? LastAnswer { get; init; }

    /// <summary>Why the last try brought nothing; null: it did.</summary>
    public string? Failure { get; init; }
}

/// <summary>Addresses of the own mail servers that are named one by one. They come whole, from the thread that asks.</summary>
internal sealed class ResolvedServers(int hosts)
{
    private readonly ResolvedHost?[] _hosts = new ResolvedHost?[hosts];
    private readonly Dictionary<IpAddress, int> _byAddress = [];

    public int Count => _byAddress.Count;

    /// <summary>By its place in the configuration; null where it is a wildcard, or nothing was said yet.</summary>
    public ResolvedHost? this[int host] => _hosts[host];

    /// <summary>The place in the configuration of the name that leads there; null: none does.</summary>
    public int? HostOf(in IpAddress address) => _byAddress.TryGetValue(address, out int host) ? host : null;

    public bool Contains(in IpAddress address) => _byAddress.Count > 0 && _byAddress.ContainsKey(address);

    /// <summary>Takes the place of what was known of the name.</summary>
    public void Replace(int host, ResolvedHost resolved)
    {
        _hosts[host] = resolved;
        _byAddress.Clear();
        for (int i = 0; i < _hosts.Length; i++)
            foreach (IpAddress address in _hosts[i]?.Addresses ?? [])
                _byAddress.TryAdd(address, i);
    }
}
