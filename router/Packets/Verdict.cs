namespace Router.Packets;

/// <summary>What a stage, or the whole journey, made of a packet.</summary>
internal enum Outcome : byte
{
    /// <summary>The next stage decides.</summary>
    Continue,

    /// <summary>On its way out of an interface.</summary>
    Forwarded,

    /// <summary>It was for the router itself.</summary>
    Delivered,

    /// <summary>A copy of it waits for a neighbour's answer.</summary>
    Held,

    /// <summary>It goes no further; the reason says why.</summary>
    Dropped,
}

/// <summary>An <see cref="Packets.Outcome"/> and, for a drop, its reason. A stage returns one and does nothing else: it does not count, log or answer.</summary>
internal readonly record struct Verdict(Outcome Outcome, DropReason Reason)
{
    public static readonly Verdict Continue = default;

    public static readonly Verdict Forwarded = new(Outcome.Forwarded, DropReason.None);

    public static readonly Verdict Delivered = new(Outcome.Delivered, DropReason.None);

    public static readonly Verdict Held = new(Outcome.Held, DropReason.None);

    public static implicit operator Verdict(DropReason reason) => new(Outcome.Dropped, reason);

    public bool IsFinal => Outcome != Outcome.Continue;
}
