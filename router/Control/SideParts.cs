using Router.Configuration;

namespace Router.Control;

internal static class SideParts
{
    /// <summary>A configuration that leaves the part as it is in force.</summary>
    public static RouterConfiguration Keep(SidePart part, RouterConfiguration configuration, RouterConfiguration inForce) => part switch
    {
        SidePart.Metrics => configuration with { Metrics = inForce.Metrics },
        SidePart.Control => configuration with { Control = inForce.Control },
        // A log needs something that is translated.
        _ => configuration with { MappingLog = configuration.Nat is null ? null : inForce.MappingLog },
    };
}
