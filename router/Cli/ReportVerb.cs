using System.CommandLine;
using Router.Telemetry;

namespace Router.Cli;

/// <summary><c>report</c>: whom the policy hits, or will hit, and why; and the notice to send them.</summary>
internal static class ReportVerb
{

    private static readonly string[] Columns =
        ["host", "group", "case", "first", "last", "attempts", "passed", "limited", "blocked", "destinations", "evidence", "advice"];

    public static Command Create(Terminal terminal)
    {
        var verb = new Command("report", "Show whom the policy affects, by case, with evidence and advice; or write them the notice.");
        Examples.Of(verb)
            .Add("report", "whom the policy affects, case by case")
            .Add("report --csv", "for a spreadsheet")
            .Add("report --host 192.168.25.20 --notice en", "the letter to one of them");
        var socket = new RouterSocket(verb);
        var filter = new HostFilter(verb, top: null);
        var csv = new Option<bool>("--csv") { Description = "Print CSV (RFC 4180)." };
        var notice = new Option<string?>("--notice") { Description = "Print the notice to each host instead: ja or en.", HelpName = "LANGUAGE" };
        notice.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && text is not ("ja" or "en")) result.AddError($"--notice: '{text}' is not a language of the notices: use ja or en");
        });
        var template = new Option<string?>("--template") { Description = $"Of --notice: a text of your own with {string.Join(' ', Notice.Fields)}.", HelpName = "FILE" };
        verb.Add(csv);
        verb.Add(notice);
        verb.Add(template);
        var json = JsonOption.AddTo(verb);
        verb.SetAction((parsed, cancellation) => socket.AskAsync(parsed, terminal, client => client.GetAttemptsAsync(cancellation), attempts =>
        {
            var report = filter.Apply(parsed, attempts);
            if (parsed.GetValue(notice) is { } language) return WriteNotices(report, language, parsed.GetValue(template), terminal);
            if (parsed.GetValue(json)) terminal.WriteJson(Report.Of(report), CliJson.Types.Report);
            else if (parsed.GetValue(csv)) WriteCsv(report, terminal.Output);
            else WriteText(report, terminal.Output);
            return ExitCode.Success;
        }));
        return verb;
    }

    internal static void WriteText(AttemptsSnapshot report, TextWriter output)
    {
        output.WriteLine($"phase {report.Phase} ({report.Mode}) at {report.PolicyTime.ToString(Plain.Time)}; port 25 is {(report.EffectiveFrom is not { } from ? "never limited or blocked" : report.PolicyTime < from ? $"limited or blocked from {from.ToString(Plain.Time)}" : $"limited or blocked since {from.ToString(Plain.Time)}")}");
        foreach (var hostCase in HostFilter.Cases)
        {
            var hosts = report.Hosts.Where(host => host.Case == hostCase).ToList();
            if (hosts.Count == 0) continue;
            output.WriteLine();
            output.WriteLine($"{Advice.Title(hostCase)}: {hosts.Count} host{(hosts.Count == 1 ? "" : "s")}");
            output.WriteLine($"  advice: {Advice.English(hostCase)}");
            foreach (var host in hosts)
            {
                output.WriteLine($"  {host.Host} (group {host.Group}): {host.Attempts} attempt{(host.Attempts == 1 ? "" : "s")} from {host.First.ToString(Plain.Time)} to {host.Last.ToString(Plain.Time)}, at {Destinations(host)}");
                foreach (var evidence in host.Evidence) output.WriteLine($"    - {evidence}");
            }
        }

        if (report.Stations.Count > 0) output.WriteLine();
        foreach (var station in report.Stations)
            output.WriteLine($"station {station.Mac} on {station.Interface} forges sources toward port 25: {station.Segments} segments until {station.Last.ToString(Plain.Time)}, the last as {station.ClaimedSource} to {station.Destination}");
        if (report.Hosts.Count == 0 && report.Stations.Count == 0) output.WriteLine("nobody is affected");
    }

    internal static void WriteCsv(AttemptsSnapshot report, TextWriter output)
    {
        output.Write($"{string.Join(',', Columns)}\r\n");
        foreach (var host in report.Hosts)
            output.Write(string.Join(',', new[]
            {
                host.Host, host.Group, host.Case, host.First.ToString(Plain.Time), host.Last.ToString(Plain.Time), $"{host.Attempts}", $"{host.Monitored}", $"{host.Limited}", $"{host.Blocked}",
                string.Join(' ', host.Destinations.Select(destination => destination.Address)), string.Join("; ", host.Evidence), Advice.English(host.Case),
            }.Select(Quote)) + "\r\n");
    }

    private static int WriteNotices(AttemptsSnapshot report, string language, string? template, Terminal terminal)
    {
        string text;
        try
        {
            text = template is null ? Notice.Template(language) : File.ReadAllText(template);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            terminal.WriteError($"--template: cannot read {template}: {exception.Message}");
            return ExitCode.Usage;
        }

        // One who only gets forged replies has sent nothing that a setting of his could change: that is the help desk's to look into.
        var addressees = report.Hosts.Where(host => host.Case != "triangular").ToList();
        terminal.Output.Write(string.Join($"{Environment.NewLine}\f{Environment.NewLine}", addressees.Select(host => Notice.Fill(text, language, host, report))));
        return ExitCode.Success;
    }

    private static string Destinations(HostSnapshot host)
    {
        const int Named = 3;
        var names = string.Join(", ", host.Destinations.Take(Named).Select(destination => $"{destination.Address} ({destination.Attempts})"));
        return host.Destinations.Count > Named ? $"{names} and {host.Destinations.Count - Named} more" : names.Length == 0 ? "no destination" : names;
    }

    private static string Quote(string text) => text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    /// <summary>The report as data: the hosts, each with its advice.</summary>
    internal sealed record Report(DateTimeOffset PolicyTime, string Phase, string Mode, DateTimeOffset? EffectiveFrom, IReadOnlyList<AdvisedHost> Hosts, IReadOnlyList<StationSnapshot> Stations)
    {
        public static Report Of(AttemptsSnapshot attempts) => new(attempts.PolicyTime, attempts.Phase, attempts.Mode, attempts.EffectiveFrom,
            [.. attempts.Hosts.Select(host => new AdvisedHost(host, Advice.English(host.Case), Advice.Japanese(host.Case)))], attempts.Stations);
    }

    internal sealed record AdvisedHost(HostSnapshot Host, string AdviceEnglish, string AdviceJapanese);
}
