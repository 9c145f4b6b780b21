using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Router.Cli;

/// <summary>One JSON object a line, as the framework's own formatter writes it, and with the event's name, which that one leaves out.</summary>
internal sealed class EventJsonFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "op25b-json";

    private const string Template = "{OriginalFormat}";

    // Not for a page: quotes and angle brackets stay readable.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("Timestamp", time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteNumber("EventId", entry.EventId.Id);
            json.WriteString("EventName", entry.EventId.Name);
            json.WriteString("LogLevel", $"{entry.LogLevel}");
            json.WriteString("Category", entry.Category);
            json.WriteString("Message", entry.Formatter(entry.State, entry.Exception));
            if (entry.Exception is { } exception) json.WriteString("Exception", $"{exception}");
            json.WriteStartObject("State");
            if (entry.State is IReadOnlyList<KeyValuePair<string, object?>> values)
                foreach (var (name, value) in values) Write(json, name, value);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        textWriter.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    private static void Write(Utf8JsonWriter json, string name, object? value)
    {
        if (string.Equals(name, Template, StringComparison.Ordinal)) return;
        switch (value)
        {
            case null: json.WriteNull(name); break;
            case bool flag: json.WriteBoolean(name, flag); break;
            case byte or ushort or int or uint or long: json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture)); break;
            default: json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture)); break;
        }
    }
}
