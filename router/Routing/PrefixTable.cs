using System.Buffers.Binary;
using Router.Wire;

namespace Router.Routing;

/// <summary>
/// Longest-prefix match for both families: a trie that takes eight bits a step, made once and then only read. A look-up costs at most four steps for IPv4 and
/// sixteen for IPv6, and allocates nothing.
/// </summary>
internal sealed class PrefixTable
{
    public const int None = -1;

    private const int Ipv4Root = 0, Ipv6Root = 1, NodeSize = 256;

    /// <summary>The nodes one behind the other: a step is one load.</summary>
    private readonly Entry[] _entries;

    /// <summary>Values are indexes of the caller's. Where a prefix is there twice the first one counts.</summary>
    public PrefixTable(IEnumerable<(IpPrefix Prefix, int Value)> entries)
    {
        // Shorter prefixes first: a longer one then overwrites just its own part.
        List<Entry[]> nodes = [NewNode(), NewNode()];
        foreach ((IpPrefix prefix, int value) in entries.Reverse().OrderBy(entry => entry.Prefix.Length))
            Add(nodes, prefix, value);
        _entries = [.. nodes.SelectMany(node => node)];
    }

    /// <summary>The value of the longest prefix that contains the address, or <see cref="None"/>.</summary>
    public int Lookup(in IpAddress address) => address.IsIpv4 ? LookupIpv4(address.Ipv4) : LookupIpv6(address);

    private int LookupIpv4(uint address)
    {
        int best = None, node = Ipv4Root;
        for (int shift = 24; ; shift -= 8)
        {
            Entry entry = _entries[node * NodeSize + (byte)(address >> shift)];
            if (entry.Value != None)
                best = entry.Value;
            if (entry.Child == 0 || shift == 0)
                return best;
            node = entry.Child;
        }
    }

    private int LookupIpv6(in IpAddress address)
    {
        int best = None, node = Ipv6Root;
        for (int shift = 120; ; shift -= 8)
        {
            Entry entry = _entries[node * NodeSize + (byte)(shift >= 64 ? address.High >> (shift - 64) : address.Low >> shift)];
            if (entry.Value != None)
                best = entry.Value;
            if (entry.Child == 0 || shift == 0)
                return best;
            node = entry.Child;
        }
    }

    private static void Add(List<Entry[]> nodes, IpPrefix prefix, int value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, prefix.Address.High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], prefix.Address.Low);
        if (prefix.Address.IsIpv4)
            bytes = bytes[12..];
        int node = prefix.Address.IsIpv4 ? Ipv4Root : Ipv6Root, rest = prefix.Length, step = 0;
        for (; rest > 8; rest -= 8, step++)
            node = Child(nodes, node, bytes[step]);
        int first = bytes[step] & (0xFF << (8 - rest));
        for (int i = first; i < first + (1 << (8 - rest)); i++)
            nodes[node][i].Value = value;
    }

    private static int Child(List<Entry[]> nodes, int node, byte index)
    {
        ref Entry entry = ref nodes[node][index];
        if (entry.Child == 0)
        {
            entry.Child = nodes.Count;
            nodes.Add(NewNode());
        }

        return entry.Child;
    }

    private static Entry[] NewNode()
    {
        var node = new Entry[NodeSize];
        Array.Fill(node, new Entry { Value = None });
        return node;
    }

    private struct Entry
    {
        public int Value, Child;
    }
}
