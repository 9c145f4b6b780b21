using System.Collections;

namespace Router.Configuration;

/// <summary>What a configuration is made of: the file, the environment, the command line, the later the stronger.</summary>
internal sealed record ConfigurationSources(string File)
{
    /// <summary>Only variables that begin with <c>OP25B_ROUTER__</c> matter.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Each is <c>Key:Path=Value</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    public static IReadOnlyDictionary<string, string> ProcessEnvironment() =>
        System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value ?? "", StringComparer.Ordinal);
}

/// <summary>
/// Loads a configuration, or says everything that is wrong with it at once. In four passes, each of which judges only what the earlier ones left
/// sound: JSON syntax; keys and kinds, layer by layer; every merged value by itself; what values mean together.
/// </summary>
internal static class ConfigurationLoader
{
    public static ConfigurationResult Load(ConfigurationSources sources) => LoadWithText(sources).Result;

    /// <summary>The same, and the file's bytes; null where they cannot be read, or are more than <paramref name="largest"/>.</summary>
    public static (ConfigurationResult Result, byte[]? Text) LoadWithText(ConfigurationSources sources, long largest = int.MaxValue)
    {
        var problems = new Problems();
        try
        {
            if (new FileInfo(sources.File) is { Exists: true } file && file.Length > largest)
            {
                problems.Report(new(sources.File), "", new($"has more than {largest >> 20} MiB", "name a configuration file"));
                return (Result(problems, configuration: null), null);
            }

            var text = File.ReadAllBytes(sources.File);
            return (Load(sources, text), text);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            problems.Report(new(sources.File), "", new($"cannot be read: {Reason(exception)}", "name an existing file with --config"));
            return (Result(problems, configuration: null), null);
        }
    }

    public static ConfigurationResult Load(ConfigurationSources sources, ReadOnlySpan<byte> text)
    {
        var problems = new Problems();
        var file = JsonLayerReader.Read(sources.File, text, problems);
        var environment = ConfigurationLayer.FromEnvironment(sources.Environment);
        var commandLine = ConfigurationLayer.FromSettings(sources.Settings, problems);
        if (file is null) return Result(problems, configuration: null);

        var layers = new LayeredConfiguration(sources.File, file, environment, commandLine);
        foreach (var layer in layers.Layers) new KeyCheck(problems).Check(layer);
        if (file.Find("") is not { Kind: ValueKind.Section }) return Result(problems, configuration: null);

        new ValueCheck(layers, problems).Check();
        var draft = new DraftReader(layers, problems).Read();
        new InterfaceRules(draft, layers, problems).Check();
        new RouterAdvertisementRules(draft, layers, problems).Check();
        new RouteRules(draft, layers, problems).Check();
        new NatRules(draft, layers, problems).Check();
        new PolicyRules(draft, layers, problems).Check();
        new HostRules(draft, layers, problems).Check();
        new MappingLogRules(draft, layers, problems).Check();
        new CoverageRules(draft, layers, problems).Warn();
        return Result(problems, problems.HasErrors ? null : draft.ToConfiguration());
    }

    /// <summary>The control socket that a configuration names, whatever else is wrong with it; null where that cannot be told.</summary>
    public static string? FindSocket(ConfigurationSources sources)
    {
        try
        {
            var problems = new Problems();
            var file = JsonLayerReader.Read(sources.File, File.ReadAllBytes(sources.File), problems);
            return file is null ? null : new LayeredConfiguration(sources.File, file, ConfigurationLayer.FromEnvironment(sources.Environment), ConfigurationLayer.FromSettings(sources.Settings, problems))
                .Value("Control:Socket") ?? new ControlConfiguration().Socket;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private static ConfigurationResult Result(Problems problems, RouterConfiguration? configuration) =>
        new(configuration, problems.Errors, problems.Warnings);

    private static string Reason(Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => "there is no such file",
        UnauthorizedAccessException => "it is a directory, or permission is lacking",
        _ => exception.Message,
    };
}
