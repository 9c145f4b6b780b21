using Router.Control;
using Router.Telemetry;
using Spectre.Console;

namespace Router.Cli;

/// <summary>The status for people.</summary>
internal static class StatusTables
{

    public static void Write(StatusReport status, Terminal terminal)
    {
        terminal.Output.WriteLine($"version   {status.Version}");
        terminal.Output.WriteLine($"started   {status.Started.ToString(Plain.Time)}");
        terminal.Output.WriteLine($"back end  {status.Backend}{(status.BackendReason is { } reason ? $": {reason}" : "")}{(status.NiceLevel is { } nice ? $"; nice level {nice}" : "")}");
        terminal.Output.WriteLine($"phase     {Phase(status)}");
        terminal.Output.WriteLine($"sessions  {status.Sessions.Sum(count => count.Count)} of {status.SessionCapacity}{Details(status)}");
        terminal.Output.WriteLine($"metrics   {(status.Metrics.Listen is { } listen ? $"http://{listen}/metrics" : "off")}");
        terminal.Output.WriteLine($"control   {status.Control.Socket}");
        terminal.Output.WriteLine($"state     {status.State}");
        if (status.MappingLog is { } log)
            terminal.Output.WriteLine($"mappings  logged{(log.Records == MappingLogSnapshot.Closed ? " no more" : $" ({log.Records})")}: {string.Join(", ", log.Kept.Select(count => $"{count.Records} to {count.Receiver}"))}; {log.Lost.Sum(count => count.Records)} lost");
        if (status.Configuration is { } configuration) WriteConfiguration(configuration, terminal.Output);
        var console = terminal.Console();
        console.Write(Interfaces(status));
        if (status.Routes.Count > 0) console.Write(Routes(status));
        console.Write(Counters(status));
        if (status.Interfaces.Any(item => item.Dropped.Count > 0)) console.Write(Drops(status));
        if (status.Op25b.Attempts.Count > 0) console.Write(Attempts(status));
        NameTables.Write(status, console);
    }

    /// <summary>What is in force, whether it stays, and how the file differs from it.</summary>
    private static void WriteConfiguration(ConfigurationStatus configuration, TextWriter output)
    {
        output.WriteLine($"policy    by {configuration.How} at {configuration.Since.ToString(Plain.Time)}, {configuration.By}"
            + (configuration.ConfirmUntil is { } until ? $"; UNCONFIRMED: it goes at {until.ToString(Plain.Time)} without 'op25b-router confirm'" : ""));
        output.WriteLine($"file      {configuration.File}: {(configuration.FileProblem is { } problem ? problem : configuration.Differences.Count == 0 ? "in force" : "NOT what is in force; 'op25b-router reload' would mean:")}");
        foreach (var line in configuration.Differences) output.WriteLine($"          {line}");
        if (!configuration.LastReloadSucceeded) output.WriteLine("          the last reload was refused");
    }

    private static string Phase(StatusReport status)
    {
        var next = status.Op25b is { NextPhase: { } name, NextPhaseFrom: { } from } ? $"; next: {name} from {from.ToString(Plain.Time)}" : "";
        var drain = status.Op25b.DrainsUntil is { } until ? $"; open sessions end at {until.ToString(Plain.Time)}" : "";
        return $"{status.Op25b.Phase} ({status.Op25b.Mode}) at {status.PolicyTime.ToString(Plain.Time)}{drain}{next}";
    }

    private static string Details(StatusReport status)
    {
        var counts = status.Sessions.Where(count => count.Count > 0).Select(count => $"{count.Count} {count.Family} {count.Protocol}")
            .Concat(status.Nat.Where(count => count.Mappings > 0).Select(count => $"{count.Mappings} {count.Protocol} mappings"));
        var text = string.Join(", ", counts);
        return text.Length == 0 ? "" : $" ({text})";
    }

    private static Table Interfaces(StatusReport status)
    {
        var table = Plain.Table("Interface", "Role", "State", "MAC", "MTU", "Offloads", "Addresses");
        foreach (var item in status.Interfaces)
            table.AddRow(Plain.Cells(item.Name, item.Role, item.State, item.Mac, $"{item.Mtu}", item.Offloads, string.Join(", ", item.Addresses)));
        return table;
    }

    private static Table Routes(StatusReport status)
    {
        var table = Plain.Table("Route", "Next hop", "Interface", "Priority", "State", "");
        foreach (var route in status.Routes)
            foreach (var nextHop in route.NextHops)
                table.AddRow(Plain.Cells(route.Destination, nextHop.Via, nextHop.Interface, $"{nextHop.Priority}", nextHop.State, nextHop.InUse ? "in use" : ""));
        return table;
    }

    private static Table Counters(StatusReport status)
    {
        var table = Plain.Table("Frames", "Received", "Forwarded", "Delivered", "Held", "Dropped", "Generated", "Sent", "Bytes in", "Bytes out");
        foreach (var column in table.Columns.Skip(1)) column.Alignment = Justify.Right;
        foreach (var item in status.Interfaces)
            table.AddRow(Plain.Cells(
                item.Name, $"{item.ReceivedFrames}", $"{item.ForwardedFrames}", $"{item.DeliveredFrames}", $"{item.HeldFrames}",
                $"{item.Dropped.Sum(drop => drop.Frames)}", $"{item.GeneratedFrames}", $"{item.SentFrames}", $"{item.ReceivedBytes}", $"{item.SentBytes}"));
        return table;
    }

    private static Table Drops(StatusReport status)
    {
        var table = Plain.Table("Dropped", "Frames", "Reason", "");
        table.Columns[1].Alignment = Justify.Right;
        foreach (var item in status.Interfaces)
            foreach (var drop in item.Dropped)
                table.AddRow(Plain.Cells(item.Name, $"{drop.Frames}", drop.Reason, drop.Text));
        return table;
    }

    private static Table Attempts(StatusReport status)
    {
        var table = Plain.Table("Port 25", "Attempts", "Group", "Phase", "Family");
        table.Columns[1].Alignment = Justify.Right;
        foreach (var attempt in status.Op25b.Attempts)
            table.AddRow(Plain.Cells(attempt.Outcome, $"{attempt.Count}", attempt.Group, attempt.Phase, attempt.Family));
        return table;
    }
}
