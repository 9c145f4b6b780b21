using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Extensions.Configuration;

namespace Router.Configuration;

/// <summary>
/// Flattens a JSON text into a layer, with the line and column of every key. The framework's provider does the same without places, and stops
/// at the first duplicate key.
/// </summary>
internal sealed class JsonLayerReader
{
    private static readonly JsonReaderOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly string _file;
    private readonly byte[] _text;
    private readonly Problems _problems;
    private readonly List<int> _lineStarts = [0];
    private readonly ConfigurationLayer _layer = new();

    private JsonLayerReader(string file, byte[] text, Problems problems)
    {
        (_file, _text, _problems) = (file, text, problems);
        for (var i = 0; i < text.Length; i++)
            if (text[i] == '\n') _lineStarts.Add(i + 1);
    }

    /// <summary>A text that is no JSON is one error, and null.</summary>
    public static ConfigurationLayer? Read(string file, ReadOnlySpan<byte> text, Problems problems)
    {
        var reader = new JsonLayerReader(file, text.StartsWith(Encoding.UTF8.Preamble) ? text[3..].ToArray() : text.ToArray(), problems);
        return reader.Read() ? reader._layer : null;
    }

    private bool Read()
    {
        if (!Utf8.IsValid(_text))
        {
            _problems.Report(PlaceAt(FirstInvalidByte()), "", new("the file is not UTF-8", "save it as UTF-8"));
            return false;
        }

        try
        {
            var json = new Utf8JsonReader(_text, Options);
            json.Read();
            ReadValue(ref json, "", PlaceAt((int)json.TokenStartIndex));
            json.Read();
            return true;
        }
        catch (JsonException exception)
        {
            var line = (int)(exception.LineNumber ?? 0);
            var offset = _lineStarts[Math.Min(line, _lineStarts.Count - 1)] + (int)(exception.BytePositionInLine ?? 0);
            _problems.Report(PlaceAt(Math.Min(offset, _text.Length)), "", new($"not JSON: {Reason(exception)}", "mend the syntax; comments and trailing commas are allowed"));
            return false;
        }
    }

    private void ReadValue(ref Utf8JsonReader json, string path, Place place)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.StartObject:
                Add(path, ValueKind.Section, null, place);
                ReadSection(ref json, path);
                return;
            case JsonTokenType.StartArray:
                Add(path, ValueKind.List, null, place);
                for (var i = 0; json.Read() && json.TokenType != JsonTokenType.EndArray; i++)
                    ReadValue(ref json, Under(path, $"{i}"), PlaceAt((int)json.TokenStartIndex));
                return;
            case JsonTokenType.String:
                if (TryText(ref json, out var text)) Add(path, ValueKind.Text, text, place);
                else _problems.Report(place, path, new("the text has half a surrogate pair", "write the character itself, or both escapes"));
                return;
            case JsonTokenType.Number:
                Add(path, ValueKind.Number, Encoding.UTF8.GetString(json.ValueSpan), place);
                return;
            case JsonTokenType.True or JsonTokenType.False:
                Add(path, ValueKind.Flag, json.GetBoolean() ? "true" : "false", place);
                return;
            default:
                Add(path, ValueKind.Null, null, place);
                return;
        }
    }

    private void ReadSection(ref Utf8JsonReader json, string path)
    {
        var seen = new Dictionary<string, Place>(StringComparer.OrdinalIgnoreCase);
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            var place = PlaceAt((int)json.TokenStartIndex);
            var readable = TryText(ref json, out var key);
            json.Read();
            if (readable && IsKey(path, key, place, seen)) ReadValue(ref json, Under(path, key), place);
            else json.Skip();
            if (!readable) _problems.ReportKey(place, path, new("a key has half a surrogate pair", "write the character itself, or both escapes"));
        }
    }

    private bool IsKey(string path, string key, Place place, Dictionary<string, Place> seen)
    {
        if (key.Length == 0 || key.Contains(':', StringComparison.Ordinal))
        {
            _problems.ReportKey(place, path, new($"'{key}' is not a key", "write sections as nested objects"));
            return false;
        }

        if (seen.TryAdd(key, place)) return true;
        var earlier = seen.Keys.First(other => string.Equals(other, key, StringComparison.OrdinalIgnoreCase));
        var what = string.Equals(earlier, key, StringComparison.Ordinal) ? "the key is there twice" : $"the key differs only in case from '{earlier}'";
        _problems.ReportKey(place, Under(path, key), new($"{what}, first at line {seen[key].Line}", "take one of them out"));
        return false;
    }

    private void Add(string path, ValueKind kind, string? value, Place place) => _layer.Add(new(path, kind, value, place));

    private static string Under(string path, string key) => path.Length == 0 ? key : ConfigurationPath.Combine(path, key);

    private static bool TryText(ref Utf8JsonReader json, out string text)
    {
        try
        {
            text = json.GetString() ?? "";
            return true;
        }
        catch (InvalidOperationException)
        {
            text = "";
            return false;
        }
    }

    /// <summary>Columns count characters, as editors do.</summary>
    private Place PlaceAt(int offset)
    {
        var line = _lineStarts.BinarySearch(offset);
        if (line < 0) line = ~line - 1;
        return new(_file, line + 1, Encoding.UTF8.GetCharCount(_text.AsSpan(_lineStarts[line]..offset)) + 1);
    }

    private int FirstInvalidByte()
    {
        Utf8.ToUtf16(_text, new char[_text.Length], out var read, out _, replaceInvalidSequences: false);
        return read;
    }

    /// <summary>The reader's message without the place, which it counts from 0.</summary>
    private static string Reason(JsonException exception)
    {
        var place = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (place < 0 ? exception.Message : exception.Message[..place]).TrimEnd('.');
    }
}
