using System.CommandLine;
using Router.Configuration;

namespace Router.Cli;

/// <summary><c>--config FILE</c> and <c>--set Key:Path=Value</c>, for every verb that reads a configuration.</summary>
internal sealed class ConfigurationOptions
{
    public const string DefaultFile = "/etc/op25b-router/router.jsonc";

    private readonly Option<string> _file = new("--config")
    {
        Description = "The configuration file (JSON with comments).",
        HelpName = "FILE",
        DefaultValueFactory = _ => DefaultFile,
    };

    private readonly Option<string[]> _settings = new("--set")
    {
        Description = "Override one value: --set Op25b:Phases:0:Mode=Monitor. Can be given again; list items are counted from 0.",
        HelpName = "KEY=VALUE",
        AllowMultipleArgumentsPerToken = false,
    };

    public ConfigurationOptions(Command verb)
    {
        verb.Add(_file);
        verb.Add(_settings);
    }

    public bool IsGiven(ParseResult parsed) => parsed.GetResult(_file) is { Implicit: false };

    /// <summary>A file, or a value in the place of one of its own.</summary>
    public bool IsAnyGiven(ParseResult parsed) => IsGiven(parsed) || parsed.GetResult(_settings) is { Implicit: false };

    public string File(ParseResult parsed) => parsed.GetValue(_file)!;

    public ConfigurationResult Load(ParseResult parsed, Terminal terminal) => LoadWithText(parsed, terminal).Result;

    public (ConfigurationResult Result, byte[]? Text) LoadWithText(ParseResult parsed, Terminal terminal) => ConfigurationLoader.LoadWithText(Sources(parsed, terminal));

    public ConfigurationSources Sources(ParseResult parsed, Terminal terminal) => new(File(parsed))
    {
        Environment = terminal.Environment,
        Settings = parsed.GetValue(_settings) ?? [],
    };

    /// <summary>The configuration; null where it is wrong, and all its errors are printed then.</summary>
    public RouterConfiguration? LoadOrComplain(ParseResult parsed, Terminal terminal)
    {
        var result = Load(parsed, terminal);
        foreach (var error in result.Errors) terminal.Error.WriteLine(error);
        return result.Configuration;
    }
}
