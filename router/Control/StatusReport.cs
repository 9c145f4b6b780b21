using Router.Telemetry;

namespace Router.Control;

/// <summary>What <c>status</c> shows: the snapshot, and what the process knows beside it. Its JSON is a contract.</summary>
internal sealed record StatusReport
{
    public required string Version { get; init; }

    public required string Backend { get; init; }

    /// <summary>Why that back end.</summary>
    public string? BackendReason { get; init; }

    /// <summary>The nice level of the forwarding thread; null where no loop runs.</summary>
    public int? NiceLevel { get; init; }

    /// <summary>Where state is kept.</summary>
    public required string State { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required DateTimeOffset PolicyTime { get; init; }

    public required MetricsStatus Metrics { get; init; }

    public required ControlStatus Control { get; init; }

    /// <summary>What is in force, beside the file.</summary>
    public ConfigurationStatus? Configuration { get; init; }

    public required IReadOnlyList<InterfaceSnapshot> Interfaces { get; init; }

    public required IReadOnlyList<RouteSnapshot> Routes { get; init; }

    public required IReadOnlyList<SessionCount> Sessions { get; init; }

    public required int SessionCapacity { get; init; }

    public required IReadOnlyList<NatCount> Nat { get; init; }

    public required Op25bSnapshot Op25b { get; init; }

    public OwnNamesSnapshot OwnNames { get; init; } = new();

    public IReadOnlyList<TunnelCount> Tunnels { get; init; } = [];

    /// <summary>Null: mappings are not logged.</summary>
    public MappingLogSnapshot? MappingLog { get; init; }

    public static StatusReport Of(RouterSnapshot snapshot, string? metricsListen, string socket) => new()
    {
        Version = ProgramVersion.Full,
        Backend = snapshot.Backend,
        BackendReason = snapshot.Loop?.BackendReason,
        NiceLevel = snapshot.Loop?.NiceLevel,
        State = snapshot.StateDirectory is { } directory ? $"names and configurations in {directory}, all else in memory only" : "in memory only",
        Started = snapshot.Started,
        PolicyTime = snapshot.PolicyTime,
        Metrics = new(metricsListen),
        Control = new(socket),
        Interfaces = snapshot.Interfaces,
        Routes = snapshot.Routes,
        Sessions = snapshot.Sessions,
        SessionCapacity = snapshot.SessionCapacity,
        Nat = snapshot.Nat,
        Op25b = snapshot.Op25b,
        OwnNames = snapshot.OwnNames,
        Tunnels = snapshot.Tunnels,
        MappingLog = snapshot.MappingLog,
    };
}

/// <summary><see cref="Listen"/> is the address that was bound; null: there is no listener.</summary>
internal sealed record MetricsStatus(string? Listen);

internal sealed record ControlStatus(string Socket);
