using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Router.Telemetry;

namespace Router.Control;

/// <summary>
/// The JSON of the control socket: camelCase, for people's eyes too. How each type is written is compiled, so that a program compiled ahead can do it, and a type that is missing here does not compile.
/// </summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(AttemptsSnapshot))]
[JsonSerializable(typeof(DropsSnapshot))]
[JsonSerializable(typeof(SessionsSnapshot))]
[JsonSerializable(typeof(SessionsEnded))]
[JsonSerializable(typeof(ExplainQuestion))]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(CaptureRequest))]
[JsonSerializable(typeof(ReloadRequest))]
[JsonSerializable(typeof(ReloadReport))]
[JsonSerializable(typeof(IReadOnlyList<AppliedConfiguration>), TypeInfoPropertyName = "History")]
internal sealed partial class ControlJson : JsonSerializerContext
{
    public static ControlJson Types { get; } = new(WriterOptions());

    /// <summary>As every <c>--json</c> is written too.</summary>
    public static JsonSerializerOptions WriterOptions() => new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        // It goes to terminals and scripts, never into a page: an apostrophe stays one.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
