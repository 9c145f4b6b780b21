namespace Router.Nat;

/// <summary>Which outside port a new mapping would have.</summary>
internal enum PortOutlook : byte
{
    /// <summary>That of the inside endpoint.</summary>
    Same,

    /// <summary>One that is drawn.</summary>
    Other,

    /// <summary>No port or no record is free.</summary>
    None,
}
