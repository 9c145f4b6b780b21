using System.CommandLine;

namespace Router.Cli;

/// <summary><c>--json</c>, the same on every verb.</summary>
internal static class JsonOption
{
    public static Option<bool> AddTo(Command verb)
    {
        var option = new Option<bool>("--json") { Description = "Print JSON, for scripts." };
        verb.Add(option);
        return option;
    }
}
