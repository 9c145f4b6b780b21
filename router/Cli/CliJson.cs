using System.Text.Json;
using System.Text.Json.Serialization;
using Router.Control;

namespace Router.Cli;

/// <summary>What <c>--json</c> writes that does not come over the control socket as it is.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(CheckReport))]
[JsonSerializable(typeof(ReportVerb.Report))]
[JsonSerializable(typeof(IReadOnlyList<TapsVerb.TapDone>), TypeInfoPropertyName = "Taps")]
[JsonSerializable(typeof(VersionVerb.VersionReport))]
internal sealed partial class CliJson : JsonSerializerContext
{
    public static CliJson Types { get; } = new(ControlJson.WriterOptions());
}
