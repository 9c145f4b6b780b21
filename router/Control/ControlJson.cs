using System.Text.Encodings.Web;
using System.Text.Json;

namespace Router.Control;

/// <summary>The JSON of the control socket and of every <c>--json</c>: camelCase, for people's eyes too.</summary>
internal static class ControlJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        // It goes to terminals and scripts, never into a page: an apostrophe stays one.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
