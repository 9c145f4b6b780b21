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

/// <summary>
/// An <see cref="Packets.Outcome"/> and, for a drop, its reason. A stage returns one and does nothing else: it does not count, log or answer. Both are in one number, so that it
/// stays in a register: two fields would go through memory at every return, and wait there.
/// </summary>
internal readonly record struct Verdict
{
    private const int ReasonShift = 8;

    private readonly int _value;

    private Verdict(Outcome outcome, DropReason reason = DropReason.None) => _value = (int)outcome | (int)reason << ReasonShift;

    public static Verdict Continue => default;

    public static Verdict Forwarded => new(Outcome.Forwarded);

    public static Verdict Delivered => new(Outcome.Delivered);

    public static Verdict Held => new(Outcome.Held);

    public Outcome Outcome => (Outcome)(byte)_value;

    public DropReason Reason => (DropReason)(_value >> ReasonShift);

    public bool IsFinal => _value != 0;

    public static implicit operator Verdict(DropReason reason) => new(Outcome.Dropped, reason);

    public override string ToString() => Outcome == Outcome.Dropped ? $"Dropped, {Reason}" : Outcome.ToString();
}
