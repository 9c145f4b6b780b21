using System.Text;
using Router.Configuration;

namespace Unit.Configuration;

/// <summary>Loads a configuration from a text, as if it were the file router.jsonc.</summary>
internal static class Loading
{
    public const string Lan = """{ "Name": "lan", "Role": "Lan", "Tap": "tap0", "Addresses": ["192.168.25.1/24"] }""";
    public const string Wan = """{ "Name": "wan", "Role": "Wan", "Tap": "tap1", "Addresses": ["203.0.113.2/24", "2001:db8:25:3::2/64"] }""";

    /// <summary>A valid configuration with more sections at its end, on line 3.</summary>
    public static string With(string sections) =>
        $$"""
        { "Interfaces": [
            {{Lan}}, {{Wan}} ],
          {{sections}} }
        """;

    public static ConfigurationResult Load(string text, params string[] settings) =>
        ConfigurationLoader.Load(new("router.jsonc") { Settings = settings }, Encoding.UTF8.GetBytes(text));

    public static ConfigurationResult LoadWithEnvironment(string text, params (string Name, string Value)[] variables) =>
        ConfigurationLoader.Load(
            new("router.jsonc") { Environment = variables.ToDictionary(variable => variable.Name, variable => variable.Value, StringComparer.Ordinal) },
            Encoding.UTF8.GetBytes(text));

    public static RouterConfiguration LoadGood(string text, params string[] settings)
    {
        var result = Load(text, settings);
        Assert.Empty(result.Errors);
        return result.Configuration!;
    }

    public static string[] Errors(string text, params string[] settings)
    {
        var result = Load(text, settings);
        Assert.Equal(result.Errors.Count > 0, result.Configuration is null);
        return [.. result.Errors.Select(error => error.ToString())];
    }

    /// <summary>One text a line, so that a difference shows as it would at a terminal.</summary>
    public static void AssertLines(IEnumerable<string> expected, IEnumerable<string> actual) =>
        Assert.Equal(string.Join('\n', expected), string.Join('\n', actual));

    /// <summary>The repository's root: where the solution is.</summary>
    public static string Repository { get; } = FindRepository();

    private static string FindRepository()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "router.sln"))) directory = directory.Parent!;
        return directory.FullName;
    }
}
