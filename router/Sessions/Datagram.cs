using Router.Packets;

namespace Router.Sessions;

/// <summary>What is known of a datagram that comes in fragments.</summary>
internal struct Datagram
{
    public FragmentKey Key;
    public long Began;

    /// <summary>Neighbours in the list by age; the next free record where this one is free.</summary>
    public int Older, Newer;

    /// <summary>The fragments that wait, in the order of their arrival; negative: none.</summary>
    public int FirstHeld, LastHeld;

    /// <summary>What the first fragment taught.</summary>
    public ushort SourcePort, DestinationPort, RealIdentification;

    /// <summary>In units of 8 bytes: the whole length, zero while the last fragment has not come; the highest end so far; and how much of it has come.</summary>
    public ushort End, Highest, Covered;

    /// <summary>Whose budget it is in.</summary>
    public ushort Group;
    public byte Side;

    /// <summary>What the first fragment taught, which in IPv6 is the only one to know it.</summary>
    public byte Protocol;

    /// <summary>Why none of it may pass.</summary>
    public DropReason Reason;

    public bool IsFirstKnown;

    /// <summary>It has a fragment that no honest sender makes: nothing mends that.</summary>
    public bool IsPoisoned;

    /// <summary>In the budget of those whose first fragment passed, otherwise in that of those who wait for it or were refused.</summary>
    public bool IsFollowed;

    /// <summary>Its first fragment had to wait for a neighbour, so later ones may still come back from there.</summary>
    public bool MayComeBack;

    /// <summary>No budget has room for it: it goes when what it holds is gone.</summary>
    public bool IsUnwanted;

    public readonly bool IsComplete => End != 0 && Covered == End;
}
