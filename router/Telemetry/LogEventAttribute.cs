namespace Router.Telemetry;

/// <summary>What an event of the router's log means, and what bounds its rate. docs/events.md is generated from it, and every event has one.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LogEventAttribute(string meaning, string bound) : Attribute
{
    /// <summary>What happened, and what to do about it.</summary>
    public string Meaning { get; } = meaning;

    /// <summary>Why there cannot be a flood of it.</summary>
    public string Bound { get; } = bound;
}
