using System.Text.Json;
using System.Text.Json.Serialization;

namespace Router.Names;

/// <summary>The file of names as JSON.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(IReadOnlyList<StoredName>), TypeInfoPropertyName = "Names")]
internal sealed partial class NameStoreJson : JsonSerializerContext;
