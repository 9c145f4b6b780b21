using System.CommandLine;
using System.Runtime.InteropServices;
using Router.Control;

namespace Router.Cli;

/// <summary><c>version</c></summary>
internal static class VersionVerb
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("version", "Print the version.");
        Examples.Of(verb).Add("version --json", "for a script: .version, .runtime, .platform");
        var json = JsonOption.AddTo(verb);
        verb.SetAction(parsed =>
        {
            if (parsed.GetValue(json))
                terminal.WriteJson(new VersionReport(ProgramVersion.Full, RuntimeInformation.FrameworkDescription, RuntimeInformation.RuntimeIdentifier), CliJson.Types.VersionReport);
            else terminal.Output.WriteLine($"op25b-router {ProgramVersion.Full}");
            return ExitCode.Success;
        });
        return verb;
    }

    internal sealed record VersionReport(string Version, string Runtime, string Platform);
}
