using System.Text;
using Router.Capture;
using Router.Op25b;
using Router.Packets;

namespace Router.Telemetry;

/// <summary>What a packet's comment says, in the words of <c>explain</c>: verdict, reason, rule, session, and where else it was seen.</summary>
internal sealed class CaptureText(CaptureNames names)
{
    private readonly string[] _groups = [.. names.Policy.Groups.Select((group, index) => GroupRule(names, group, index))];
    private readonly string[] _phases = [.. names.Policy.Phases.Select(phase => PhaseRule(names, phase))];

    /// <summary>One line.</summary>
    public string Of(in RecordHeader record)
    {
        if (record.Kind == RecordKind.Said)
            return "said by the router itself";
        var text = new StringBuilder("verdict ").Append(record.Outcome.ToString().ToLowerInvariant());
        if (record.Outcome == Outcome.Dropped)
        {
            DropEntry entry = DropCatalogue.Of(record.Reason);
            text.Append($"; reason {record.Reason}: {entry.Text}; stage {entry.Stage}");
        }

        if (record.Kind == RecordKind.Left)
            text.Append($"; came by {NameOf(record.Ingress)} as {record.Flow}");
        else if (record.IsParsed)
            text.Append($"; flow {record.Flow}");
        if (record.Kind == RecordKind.Arrived && record.Outcome == Outcome.Forwarded)
            text.Append($"; leaves by {NameOf(record.Egress)}{(record.IsTranslated ? $" as {record.Rewritten}" : ", not translated")}");
        if (RuleOf(record) is { } rule)
            text.Append("; rule ").Append(rule);
        if (record.Session >= 0)
            text.Append($"; session {record.Session}, {record.State}, {(record.Direction == Direction.Original ? "original" : "reply")}");
        if (record.HasWaited)
            text.Append("; it had waited");
        return text.Append($"; packet {record.Packet}").ToString();
    }

    private string? RuleOf(in RecordHeader record)
    {
        if (record.Entry == NatEntry.PortForward)
            return "Nat:PortForwards";
        return record.Op25b switch
        {
            Op25bOutcome.Blocked when record.Reason == DropReason.Op25bQuarantined => $"Op25b:Alerts:Quarantine, {Group(record)}",
            Op25bOutcome.Blocked or Op25bOutcome.Limited or Op25bOutcome.Monitored => $"{Phase(record)}, {Group(record)}",
            Op25bOutcome.AllowedExempt => Group(record),
            Op25bOutcome.AllowedOwn => "Op25b:OwnMailServers",
            _ when record.Reason == DropReason.Op25bFromPort25 => Phase(record),
            _ when record.Reason == DropReason.TunnelBlocked => "Op25b:Tunnels",
            _ => null,
        };
    }

    private string NameOf(int index) => index >= 0 && index < names.Interfaces.Count ? names.Interfaces[index].Name : "another interface";

    private string Group(in RecordHeader record) => record.Group >= 0 && record.Group < _groups.Length ? _groups[record.Group] : "another group";

    private string Phase(in RecordHeader record) => record.Phase >= 0 && record.Phase < _phases.Length ? _phases[record.Phase] : "no phase";

    private static string GroupRule(CaptureNames names, Group group, int index) =>
        index >= names.Configuration.Op25b.Groups.Count ? $"no group (\"{group.Name}\")" : $"Op25b:Groups:{index} \"{group.Name}\" ({(group.IsExempt ? "exempt" : "not exempt")})";

    private static string PhaseRule(CaptureNames names, Phase phase)
    {
        // The policy has them in the order of their starts; the path is the configuration's.
        int index = names.Configuration.Op25b.Phases.ToList().FindIndex(entry => entry.Name == phase.Name);
        return $"Op25b:Phases:{index} \"{phase.Name}\" ({phase.Mode}{(phase.Mode is Mode.Block or Mode.Limit ? $", {phase.Action}" : "")})";
    }
}
