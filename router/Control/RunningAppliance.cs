using Router.Configuration;
using Router.Telemetry;

namespace Router.Control;

/// <summary>What <see cref="RouterService"/> needs of an appliance that runs.</summary>
internal sealed record RunningAppliance(ISnapshotSource Source, Task Completion, Func<ValueTask> StopAsync)
{
    /// <summary>Ends when the forwarding loop has answered.</summary>
    public Func<CancellationToken, Task> Pulse { get; init; } = _ => Task.CompletedTask;

    /// <summary>Puts another configuration in force while it runs.</summary>
    public ApplyConfiguration Apply { get; init; } = (_, _) => throw new InvalidOperationException("this appliance cannot be changed");

    public static RunningAppliance Start(RouterConfiguration configuration, ApplianceOptions options)
    {
        var appliance = Appliance.Start(configuration, options);
        return new(appliance, appliance.Completion, appliance.DisposeAsync) { Apply = appliance.ApplyAsync, Pulse = appliance.PulseAsync };
    }
}

/// <summary>What <c>run</c> was asked for.</summary>
internal sealed record RunRequest(
    ConfigurationResult Loaded, DateTimeOffset? AsOf, TimeProvider Time, Func<RouterConfiguration, ApplianceOptions, RunningAppliance> Start)
{
    /// <summary>What the configuration was chosen from; null: it cannot be reloaded.</summary>
    public StartConfiguration? Chosen { get; init; }

    /// <summary>Who started the process and may keep something for the next one; null: nobody.</summary>
    public ServiceManager? Manager { get; init; }

    /// <summary>Gives the log the form that another configuration says.</summary>
    public Action<LogFormat> TakeLogFormat { get; init; } = _ => { };

    public RouterConfiguration Configuration => Loaded.Configuration ?? throw new InvalidOperationException("the configuration has errors");
}
