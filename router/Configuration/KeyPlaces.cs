using System.Text;
using System.Text.Json;

namespace Router.Configuration;

/// <summary>
/// Where the keys of a configuration were written, for people: the file and the line, or the variable or <c>--set</c> that has the last word. A key is sought when it is asked for; nothing is
/// kept of the text.
/// </summary>
internal sealed class KeyPlaces(ConfigurationSources sources, byte[]? text)
{
    private const string EnvironmentPrefix = "OP25B_ROUTER__";

    private static readonly JsonReaderOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>As <c>router.jsonc:30</c>; with <c>and --set Op25b:Phases:0:Mode</c> where a part of it comes from there. Null: it is nowhere, or nobody knows any more.</summary>
    public string? PlaceOf(string path)
    {
        var variables = sources.Environment.Keys.Where(name => IsAtOrUnder(name, EnvironmentPrefix + path.Replace(":", "__", StringComparison.Ordinal), "__")).Order(StringComparer.Ordinal).Select(name => $"environment {name}");
        var settings = sources.Settings.Select(setting => setting.Split('=')[0].Trim()).Where(key => IsAtOrUnder(key, path, ":")).Select(key => $"--set {key}");
        string[] places = [.. LineOf(path) is { } line ? [$"{sources.File}:{line}"] : Array.Empty<string>(), .. variables, .. settings];
        return places.Length == 0 ? null : string.Join(" and ", places);
    }

    private static bool IsAtOrUnder(string name, string path, string delimiter) =>
        name.StartsWith(path, StringComparison.OrdinalIgnoreCase) && (name.Length == path.Length || name[path.Length..].StartsWith(delimiter, StringComparison.Ordinal));

    /// <summary>Of the file; null: it is not there.</summary>
    private int? LineOf(string path)
    {
        if (text is null) return null;
        var bytes = text.AsSpan();
        if (bytes.StartsWith(Encoding.UTF8.Preamble)) bytes = bytes[Encoding.UTF8.Preamble.Length..];
        try
        {
            var json = new Utf8JsonReader(bytes, Options);
            json.Read();
            var at = 0L;
            foreach (var key in path.Split(':'))
                if (!TryEnter(ref json, key, ref at)) return null;
            return bytes[..(int)at].Count((byte)'\n') + 1;
        }
        catch (JsonException)
        {
            // It was another text that the router read.
            return null;
        }
    }

    /// <summary>Goes on to the value of a key, or of a list's item; <paramref name="at"/> is where that begins.</summary>
    private static bool TryEnter(ref Utf8JsonReader json, string key, ref long at)
    {
        var isList = json.TokenType == JsonTokenType.StartArray;
        if (!isList && json.TokenType != JsonTokenType.StartObject) return false;
        for (var i = 0; json.Read() && json.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject); i++)
        {
            at = json.TokenStartIndex;
            var isIt = isList ? key == $"{i}" : json.ValueTextEquals(key);
            if (!isList) json.Read();
            if (isIt) return true;
            json.Skip();
        }

        return false;
    }
}
