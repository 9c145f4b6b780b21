using System.CommandLine;
using Router.Configuration;
using Router.Control;
using Router.Telemetry;

namespace Router.Cli;

/// <summary><c>explain</c>: what would become of a packet, by whose rule, and what would pass instead.</summary>
internal static class ExplainVerb
{
    public static Command Create(Terminal terminal)
    {
        var protocol = new Argument<string>("PROTOCOL") { Description = "tcp, udp or icmp." };
        var source = new Argument<string>("SOURCE") { Description = "ADDRESS:PORT; IPv6 as [ADDRESS]:PORT; no port for icmp." };
        var destination = new Argument<string>("DESTINATION") { Description = "Likewise." };
        var @in = new Option<string?>("--in") { Description = "The interface that the packet enters by (default: the one whose prefixes hold the source).", HelpName = "INTERFACE" };
        var at = new Option<string?>("--at") { Description = "The time to judge at, as in 2008-04-01T11:00:00+09:00 (default: now).", HelpName = "TIME" };
        var verb = new Command("explain", "Say what would become of a packet, and why.") { protocol, source, destination, @in, at };
        var options = new ConfigurationOptions(verb);
        var json = JsonOption.AddTo(verb);
        verb.SetAction(async (parsed, cancellation) =>
        {
            var (request, errors) = ExplainArguments.Parse(
                parsed.GetRequiredValue(protocol), parsed.GetRequiredValue(source), parsed.GetRequiredValue(destination), parsed.GetValue(@in), parsed.GetValue(at));
            foreach (var error in errors) terminal.WriteError(error);
            if (request is null || options.LoadOrComplain(parsed, terminal) is not { } configuration) return ExitCode.Usage;
            var names = configuration.Op25b.OwnMailServers.Hosts.Count > 0 ? await KnownNamesAsync(configuration.Control.Socket, cancellation) : null;
            return Explain(configuration, request, terminal, names, parsed.GetValue(json));
        });
        return verb;
    }

    /// <summary>Where names lead only a running router knows; without one they lead nowhere.</summary>
    private static async Task<OwnNamesSnapshot?> KnownNamesAsync(string socket, CancellationToken cancellation)
    {
        try
        {
            using var client = new ControlClient(socket);
            return (await client.GetStatusAsync(cancellation)).OwnNames;
        }
        catch (ControlException)
        {
            return null;
        }
    }

    private static int Explain(RouterConfiguration configuration, ExplainRequest request, Terminal terminal, OwnNamesSnapshot? names, bool asJson)
    {
        try
        {
            var explanation = Explainer.Explain(configuration, request, terminal.Time, names);
            if (asJson) terminal.WriteJson(explanation);
            else Write(explanation, terminal.Output);
            return string.Equals(explanation.Verdict, "dropped", StringComparison.Ordinal) ? ExitCode.Dropped : ExitCode.Success;
        }
        catch (ExplainException exception)
        {
            terminal.WriteError(exception.Message);
            return ExitCode.Usage;
        }
    }

    /// <summary>A few aligned lines; the ones that do not apply are left out.</summary>
    internal static void Write(Explanation explanation, TextWriter output)
    {
        (string Name, string? Value)[] lines =
        [
            ("verdict", explanation.Verdict),
            ("reason", explanation.Reason),
            ("", explanation.Text),
            ("stage", explanation.Stage),
            ("rule", explanation.Rule),
            ("session", explanation.Session),
            ("rewrite", explanation.Rewrite),
            ("mend", explanation.Mend),
        ];
        foreach (var (name, value) in lines)
            if (!string.IsNullOrEmpty(value)) output.WriteLine($"{name,-8} {value}");
    }
}
