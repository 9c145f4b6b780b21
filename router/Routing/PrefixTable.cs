using System.Buffers.Binary;
using Router.Wire;

namespace Router.Routing;

/// <summary>
/// Longest-prefix match for both families: a trie that takes eight bits a step, made once and then only read. A node below a shorter prefix has that one's value wherever it has no longer one
/// (leaf pushing), so a look-up ends at the first value. It costs at most four steps for IPv4 and sixteen for IPv6, and allocates nothing.
/// </summary>
internal sealed class PrefixTable
{
    public const int None = -1;

    private const int Ipv4Root = 0, Ipv6Root = NodeSize, NodeSize = 256;

    /// <summary>The nodes one behind the other, so that a step is one load: where the next one begins, or of a value its complement, which is negative but for <see cref="None"/>.</summary>
    private readonly int[] _entries;

    /// <summary>Values are indexes of the caller's. Where a prefix is there twice the first one counts.</summary>
    public PrefixTable(IEnumerable<(IpPrefix Prefix, int Value)> entries)
    {
        // Shorter prefixes first: a longer one then overwrites just its own part, and a new node begins with what the entry above it had.
        List<int[]> nodes = [NewNode(~None), NewNode(~None)];
        foreach ((IpPrefix prefix, int value) in entries.Reverse().OrderBy(entry => entry.Prefix.Length))
            Add(nodes, prefix, value);
        _entries = [.. nodes.SelectMany(node => node)];
    }

    /// <summary>The value of the longest prefix that contains the address, or <see cref="None"/>.</summary>
    public int Lookup(in IpAddress address) => address.IsIpv4 ? LookupIpv4(address.Ipv4) : LookupIpv6(address);

    private int LookupIpv4(uint address)
    {
        int[] entries = _entries;
        int entry = Ipv4Root;
        for (int shift = 24; ; shift -= 8)
        {
            entry = entries[entry + (byte)(address >> shift)];
            if (entry <= ~None)
                return ~entry;
        }
    }

    private int LookupIpv6(in IpAddress address)
    {
        int[] entries = _entries;
        int entry = Ipv6Root;
        for (int shift = 120; ; shift -= 8)
        {
            entry = entries[entry + (byte)(shift >= 64 ? address.High >> (shift - 64) : address.Low >> shift)];
            if (entry <= ~None)
                return ~entry;
        }
    }

    private static void Add(List<int[]> nodes, IpPrefix prefix, int value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, prefix.Address.High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], prefix.Address.Low);
        if (prefix.Address.IsIpv4)
            bytes = bytes[12..];
        int node = (prefix.Address.IsIpv4 ? Ipv4Root : Ipv6Root) / NodeSize, rest = prefix.Length, step = 0;
        for (; rest > 8; rest -= 8, step++)
            node = Child(nodes, node, bytes[step]);
        int first = bytes[step] & (0xFF << (8 - rest));
        for (int i = first; i < first + (1 << (8 - rest)); i++)
            nodes[node][i] = ~value;
    }

    private static int Child(List<int[]> nodes, int node, byte index)
    {
        ref int entry = ref nodes[node][index];
        if (entry <= ~None)
        {
            nodes.Add(NewNode(entry));
            entry = (nodes.Count - 1) * NodeSize;
        }

        return entry / NodeSize;
    }

    private static int[] NewNode(int entry)
    {
        var node = new int[NodeSize];
        Array.Fill(node, entry);
        return node;
    }
}
