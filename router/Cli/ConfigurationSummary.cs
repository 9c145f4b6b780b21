using Router.Configuration;
using Router.Op25b;
using Spectre.Console;

namespace Router.Cli;

/// <summary>What a valid configuration comes to: interfaces, groups, and phases with the one in force.</summary>
internal static class ConfigurationSummary
{
    public static void Write(RouterConfiguration configuration, Terminal terminal)
    {
        var console = terminal.Console();
        console.Write(Interfaces(configuration));
        console.Write(Groups(configuration));
        console.Write(Phases(configuration, terminal.Time.GetUtcNow()));
        WriteNames(configuration.Op25b.OwnMailServers, terminal.Output);
        if (configuration.MappingLog is { } log) WriteMappingLog(log, terminal.Output);
    }

    private static void WriteMappingLog(MappingLogConfiguration log, TextWriter output)
    {
        output.WriteLine(log.Records == MappingRecords.Sessions
            ? "Sensitive: every translated session is logged with its destination, who spoke to whom (RFC 6888 REQ-12)."
            : "Mappings are logged, without destinations.");
        if (log.File is { } file) output.WriteLine($"They go to files in {file.Directory}, kept for {file.KeepDays} days and {file.KeepMebibytes} MiB at most.");
        if (log.Ipfix is { } ipfix) output.WriteLine($"They go to the IPFIX collector {ipfix.Collector}, unencrypted.");
    }

    /// <summary>What reads payload, or asks the network, is said.</summary>
    private static void WriteNames(OwnMailServersConfiguration own, TextWriter output)
    {
        var names = own.Hosts.Where(host => !HostPatterns.IsWildcard(host)).ToArray();
        var wildcards = own.Hosts.Where(HostPatterns.IsWildcard).ToArray();
        var resolvers = string.Join(", ", own.TrustedResolvers);
        if (names.Length > 0)
            output.WriteLine($"The router asks {(resolvers.Length > 0 ? resolvers : "the system's resolvers")} for {string.Join(", ", names)}.");
        if (wildcards.Length > 0)
            output.WriteLine($"DNS answers of {resolvers} to inside hosts are read, for the addresses of {string.Join(", ", wildcards)}; answers over TCP, DoT and DoH teach nothing.");
    }

    private static Table Interfaces(RouterConfiguration configuration)
    {
        var table = Plain.Table("Interface", "Role", "TAP", "MTU", "Addresses");
        foreach (var item in configuration.Interfaces)
            table.AddRow(Plain.Cells(
                item.Name, $"{item.Role}", item.Namespace is null ? item.Tap : $"{item.Tap} in {item.Namespace}", $"{item.Mtu}", string.Join(", ", item.Addresses)));
        return table;
    }

    private static Table Groups(RouterConfiguration configuration)
    {
        var table = Plain.Table("Group", "Exempt", "Sources");
        foreach (var group in configuration.Op25b.Groups)
            table.AddRow(Plain.Cells(
                group.Name, group.Exempt ? $"yes{(group.Reason is null ? "" : $": {group.Reason}")}" : "no", string.Join(", ", group.Sources)));
        table.AddRow(Plain.Cells("ungrouped", "no", "every other source"));
        return table;
    }

    private static Table Phases(RouterConfiguration configuration, DateTimeOffset now)
    {
        var phases = configuration.Op25b.Phases;
        var inForce = phases.LastOrDefault(phase => phase.From <= now);
        var table = Plain.Table("Phase", "From", "Mode", "Action", "Only for", "");
        if (inForce is null) table.AddRow(Plain.Cells("none", "", "Off", "", "", "in force now"));
        foreach (var phase in phases)
            table.AddRow(Plain.Cells(
                phase.Name,
                $"{phase.From:yyyy-MM-dd'T'HH:mm:ssK}",
                $"{phase.Mode}",
                phase.Mode is PhaseMode.Block or PhaseMode.Limit ? $"{phase.Action}" : "",
                About(phase),
                ReferenceEquals(phase, inForce) ? "in force now" : phase.From <= now ? "over" : "to come"));
        return table;
    }

    /// <summary>The groups and destination sets that the phase is limited to.</summary>
    private static string About(PhaseConfiguration phase)
    {
        var limit = phase.Mode == PhaseMode.Limit ? [$"over {phase.SessionsPerMinute} a minute"] : Enumerable.Empty<string>();
        return string.Join(", ", limit.Concat((phase.Groups ?? []).Select(name => $"group {name}")).Concat((phase.Only ?? []).Select(name => $"to {name}")));
    }
}
