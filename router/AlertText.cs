using Router.Op25b;

namespace Router;

/// <summary>An alert in words, for the log and for the operator's command.</summary>
internal sealed class AlertText(Alert alert, Op25bPolicy policy)
{
    /// <summary>The host's address, or the Ethernet address of a station that forges.</summary>
    public string Who { get; } = alert.Interface is { } entry ? $"station {alert.Mac} on {entry.Name}" : alert.Host.ToString();

    /// <summary>The same without saying which one it is.</summary>
    public string Whose { get; } = alert.Interface is { } on ? $"a station on {on.Name}" : $"a host of group {policy.Groups[alert.Group].Name}";

    public string Evidence { get; } = alert.Interface is not null
        ? "forges sources toward port 25"
        : string.Join("; ", HostClassifier.Evidence(alert.Signs, alert.Kind == AlertKind.Infected ? HostCase.Infected : HostCase.Triangular));

    /// <summary>The environment of the command. A station has no OP25B_HOST, a host no OP25B_STATION.</summary>
    public IReadOnlyDictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OP25B_ALERT"] = alert.Kind.ToString().ToLowerInvariant(),
            ["OP25B_EVENT"] = alert.Event.ToString().ToLowerInvariant(),
            ["OP25B_EVIDENCE"] = Evidence,
            ["OP25B_QUARANTINED"] = alert.IsQuarantined ? "true" : "false",
        };
        if (alert.Interface is { } entry)
        {
            variables["OP25B_STATION"] = alert.Mac.ToString();
            variables["OP25B_INTERFACE"] = entry.Name;
        }
        else
        {
            variables["OP25B_HOST"] = alert.Host.ToString();
            variables["OP25B_GROUP"] = policy.Groups[alert.Group].Name;
        }

        return variables;
    }
}
