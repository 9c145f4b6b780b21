using Router.Wire;

namespace Router.Nat;

/// <summary>One endpoint-independent mapping (RFC 4787 REQ-1): an inside address and port, and the outside ones that stand for them.</summary>
internal struct Mapping
{
    public uint InsideAddress;
    public ushort InsidePort, OutsidePort;
    public byte Protocol;

    /// <summary>Which of the table's outside addresses.</summary>
    public byte OutsideAddress;

    /// <summary>A session came to hang under it, so its outside port was seen.</summary>
    public bool IsUsed;

    /// <summary>Sessions that hang under it; it ends with the last one. Zero: free.</summary>
    public int Sessions;

    /// <summary>The latest end of a session under it, in the loop's milliseconds cut to 32 bits.</summary>
    public uint EndedAt;

    /// <summary>The next free record.</summary>
    public int NextFree;

    public readonly IpAddress Inside => IpAddress.FromIpv4(InsideAddress);
}
