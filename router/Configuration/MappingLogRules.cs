using System.Net;
using System.Net.Sockets;

namespace Router.Configuration;

/// <summary>The mapping log: that there is something to log, somebody who keeps it, and what privacy allows.</summary>
internal sealed class MappingLogRules(Draft draft, LayeredConfiguration layers, Problems problems)
{
    private const string Section = "MappingLog";

    public void Check()
    {
        if (draft.MappingLog is not { } log) return;
        if (log.Records == MappingRecords.Sessions && draft.Privacy == PrivacyPreset.Carrier)
            Report($"{Section}:Records", new("Sessions says who spoke to whom, which Privacy Carrier does not allow", "use Mappings (RFC 6888 REQ-12)"));
        if (log.Ipfix is { } ipfix && CollectorComplaint(ipfix.Collector) is { } complaint) Report($"{Section}:Ipfix:Collector", complaint);
        if (log.File is { } file) CheckFile(file);
        if (draft.Nat is null && !problems.HasUnder("Nat"))
            problems.Report(layers.PlaceOf(Section), Section, new("nothing is translated, so there is nothing to log", "add Nat, or take MappingLog out"));
        if (!layers.Has($"{Section}:Ipfix") && !layers.Has($"{Section}:File"))
            problems.Report(layers.PlaceOf(Section), Section, new("nobody keeps what is logged", "add Ipfix with a Collector, or File with a Directory"));
    }

    private Complaint? CollectorComplaint(IPEndPoint collector)
    {
        if (collector.Address.Equals(IPAddress.Any) || collector.Address.Equals(IPAddress.IPv6Any) || collector.Address.Equals(IPAddress.Broadcast)
            || collector.Address.IsIPv6Multicast || collector.AddressFamily == AddressFamily.InterNetwork && collector.Address.GetAddressBytes()[0] is >= 224 and < 240)
            return new($"{collector.Address} is no host's address", "use the collector's unicast address");
        return draft.OwnerOf(collector.Address) is { } own
            ? new($"{collector.Address} is the router's own address on '{own.Interface.Name}'", "use the collector's address, which the router's machine must reach by its own network")
            : null;
    }

    private void CheckFile(MappingFileConfiguration file)
    {
        const string Path = $"{Section}:File";
        if (file.KeepMebibytes < file.RotateMebibytes && !problems.HasUnder($"{Path}:RotateMebibytes"))
            Report($"{Path}:KeepMebibytes", new($"{file.KeepMebibytes} MiB are kept, and one file may have {file.RotateMebibytes}", "keep more, or rotate sooner by RotateMebibytes"));
        var most = MappingFileConfiguration.DaysOf(PrivacyPreset.Carrier);
        if (draft.Privacy == PrivacyPreset.Carrier && file.KeepDays > most)
            problems.Warn(layers.PlaceOf($"{Path}:KeepDays"), $"{Path}:KeepDays", new($"{file.KeepDays} days are more than the {most} of Privacy Carrier", "have the reason written down, or keep records for less"));
    }

    private void Report(string path, Complaint complaint)
    {
        if (!problems.HasUnder(path)) problems.Report(layers.PlaceOf(path), path, complaint);
    }
}
