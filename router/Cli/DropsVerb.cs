using System.CommandLine;
using Router.Configuration;
using Router.Control;
using Router.Packets;
using Router.Telemetry;
using Spectre.Console;

namespace Router.Cli;

/// <summary><c>drops</c>: what the router drops, where and why, and whose packet was the last.</summary>
internal static class DropsVerb
{
    private static readonly string[] Reasons = [.. DropCatalogue.All.Select(reason => reason.ToString())];

    public static Command Create(Terminal terminal)
    {
        var verb = new Command("drops", "Show what the running router dropped, by interface and reason, most frames first, with the last packet of each.");
        Examples.Of(verb)
            .Add("drops", "every reason that happened")
            .Add("drops --watch 1", "the same each second, with what was added")
            .Add("drops --interface lan --reason Op25bBlocked --json", "for a script: .drops[0].last has the time and the 5-tuple")
            .Add("explain tcp 192.168.25.10:40000 203.0.113.25:25", "then ask why such a packet is dropped, and what would mend it");
        var socket = new RouterSocket(verb);
        var @interface = new Option<string?>("--interface") { Description = "Only frames that came in by this interface.", HelpName = "NAME" };
        var reason = new Option<string?>("--reason") { Description = "Only this reason, as docs/drops.md lists them.", HelpName = "REASON" };
        reason.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is not { } text || Reasons.Contains(text, StringComparer.Ordinal)) return;
            var nearest = Wording.Nearest(text, Reasons);
            result.AddError($"--reason: '{text}' is not a reason{(nearest is null ? ": docs/drops.md lists them" : $"; did you mean {nearest}?")}");
        });
        var top = new Option<int?>("--top") { Description = "Only so many, those with the most frames.", HelpName = "N" };
        top.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var count) && count < 1) result.AddError("--top: use a number from 1 on");
        });
        foreach (var option in new Option[] { @interface, reason, top }) verb.Add(option);
        var watch = new WatchOption(verb);
        var json = JsonOption.AddTo(verb);
        verb.SetAction((parsed, cancellation) =>
        {
            var before = new Dictionary<(string, string), long>();
            var asJson = parsed.GetValue(json);
            return watch.ShowAsync(parsed, terminal, asJson, () => socket.AskAsync(parsed, terminal, client => client.GetDropsAsync(cancellation), drops =>
            {
                var chosen = drops.Drops
                    .Where(drop => parsed.GetValue(@interface) is not { } name || string.Equals(drop.Interface, name, StringComparison.Ordinal))
                    .Where(drop => parsed.GetValue(reason) is not { } name || string.Equals(drop.Reason, name, StringComparison.Ordinal));
                Show(drops with { Drops = [.. parsed.GetValue(top) is { } most ? chosen.Take(most) : chosen] }, before, terminal, asJson);
                return ExitCode.Success;
            }), cancellation);
        });
        return verb;
    }

    private static void Show(DropsSnapshot drops, Dictionary<(string, string), long> before, Terminal terminal, bool asJson)
    {
        if (asJson)
        {
            terminal.WriteJson(drops, ControlJson.Types.DropsSnapshot);
            return;
        }

        if (drops.Drops.Count == 0)
        {
            terminal.Output.WriteLine("nothing was dropped");
            return;
        }

        var isAgain = before.Count > 0;
        var table = Plain.Table("Interface", "Frames", "Added", "Reason", "Last", "Packet", "From station");
        foreach (var column in table.Columns.Skip(1).Take(2)) column.Alignment = Justify.Right;
        foreach (var drop in drops.Drops)
        {
            var added = drop.Frames - before.GetValueOrDefault((drop.Interface, drop.Reason));
            before[(drop.Interface, drop.Reason)] = drop.Frames;
            table.AddRow(Plain.Cells(
                drop.Interface, $"{drop.Frames}", isAgain && added > 0 ? $"+{added}" : "", drop.Reason, drop.Last?.Time.ToString(Plain.Time) ?? "", drop.Last is { } last ? Packet(last) : "", drop.Last?.Station ?? ""));
        }

        terminal.Console().Write(table);
    }

    private static string Packet(DropSampleSnapshot sample) => sample.Flow is { } flow
        ? $"{sample.Protocol} {Plain.EndPoint(flow.Source, flow.SourcePort)} > {Plain.EndPoint(flow.Destination, flow.DestinationPort)}"
        : sample.Protocol;
}
