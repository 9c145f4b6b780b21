using System.CommandLine;
using Router.Control;
using Router.Telemetry;
using Spectre.Console;

namespace Router.Cli;

/// <summary><c>attempts</c>: who tries port 25 now.</summary>
internal static class AttemptsVerb
{
    private const int Top = 20;

    public static Command Create(Terminal terminal)
    {
        var verb = new Command("attempts", "Show which hosts try port 25, most attempts first, from the running router.");
        Examples.Of(verb)
            .Add("attempts", "the twenty hosts with the most attempts")
            .Add("attempts --group dynamic --case infected --watch 5", "one group's infected hosts, as they try");
        var socket = new RouterSocket(verb);
        var filter = new HostFilter(verb, Top);
        var watch = new WatchOption(verb);
        var json = JsonOption.AddTo(verb);
        verb.SetAction((parsed, cancellation) => watch.ShowAsync(parsed, terminal, parsed.GetValue(json), () =>
            socket.AskAsync(parsed, terminal, client => client.GetAttemptsAsync(cancellation), attempts => Show(filter.Apply(parsed, attempts, parsed.GetValue(json)), terminal, parsed.GetValue(json))), cancellation));
        return verb;
    }

    private static int Show(AttemptsSnapshot attempts, Terminal terminal, bool asJson)
    {
        if (asJson)
        {
            terminal.WriteJson(attempts, ControlJson.Types.AttemptsSnapshot);
            return ExitCode.Success;
        }

        terminal.Output.WriteLine($"phase {attempts.Phase} ({attempts.Mode}) at {attempts.PolicyTime.ToString(Plain.Time)}");
        if (attempts.Hosts.Count == 0 && attempts.Stations.Count == 0) terminal.Output.WriteLine("no attempts");
        if (attempts.Hosts.Count > 0) terminal.Console().Write(Hosts(attempts));
        if (attempts.Stations.Count > 0) terminal.Console().Write(Stations(attempts));
        return ExitCode.Success;
    }

    private static Table Hosts(AttemptsSnapshot attempts)
    {
        var table = Plain.Table("Host", "Group", "Case", "Attempts", "10 min", "24 h", "Destinations", "Passed", "Limited", "Blocked", "Last", "Most tried");
        foreach (var column in table.Columns.Skip(3).Take(7)) column.Alignment = Justify.Right;
        foreach (var host in attempts.Hosts)
            table.AddRow(Plain.Cells(
                host.Host, host.Group, host.Case, $"{host.Attempts}", $"{host.AttemptsInTenMinutes}", $"{host.AttemptsInADay}", $"{host.DestinationsInADay}",
                $"{host.Monitored}", $"{host.Limited}", $"{host.Blocked}", host.Last.ToString(Plain.Time), host.Destinations.Count == 0 ? "" : host.Destinations[0].Address));
        return table;
    }

    private static Table Stations(AttemptsSnapshot attempts)
    {
        var table = Plain.Table("Forging station", "Interface", "Segments", "Claims to be", "Destination", "Last");
        foreach (var station in attempts.Stations)
            table.AddRow(Plain.Cells(station.Mac, station.Interface, $"{station.Segments}", station.ClaimedSource, station.Destination, station.Last.ToString(Plain.Time)));
        return table;
    }
}
