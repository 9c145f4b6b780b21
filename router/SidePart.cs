namespace Router;

/// <summary>Parts of the configuration that stand beside forwarding, and need something of the machine that it may refuse.</summary>
internal enum SidePart
{
    Metrics,
    MappingLog,
    Control,
}
