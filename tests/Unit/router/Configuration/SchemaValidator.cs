using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Unit.Configuration;

/// <summary>As much of JSON Schema as ours uses. A keyword that it does not know fails the test.</summary>
internal static class SchemaValidator
{
    public static IEnumerable<string> Validate(JsonObject schema, JsonNode? value, string path) =>
        schema.SelectMany(keyword => Validate(schema, keyword.Key, keyword.Value!, value, path));

    private static IEnumerable<string> Validate(JsonObject schema, string keyword, JsonNode rule, JsonNode? value, string path)
    {
        switch (keyword)
        {
            case "$schema" or "title" or "description" or "default":
                return [];
            case "type":
                var type = rule.GetValue<string>();
                return Is(type, value) ? [] : [$"{path}: not {type}"];
            case "enum":
                return rule.AsArray().Any(item => JsonNode.DeepEquals(item, value)) ? [] : [$"{path}: not one of"];
            case "minimum" when value?.GetValueKind() == JsonValueKind.Number:
                return value.GetValue<double>() >= rule.GetValue<double>() ? [] : [$"{path}: out of range"];
            case "maximum" when value?.GetValueKind() == JsonValueKind.Number:
                return value.GetValue<double>() <= rule.GetValue<double>() ? [] : [$"{path}: out of range"];
            case "minLength" when value?.GetValueKind() == JsonValueKind.String:
                return value.GetValue<string>().Length >= rule.GetValue<int>() ? [] : [$"{path}: too short"];
            case "maxLength" when value?.GetValueKind() == JsonValueKind.String:
                return value.GetValue<string>().Length <= rule.GetValue<int>() ? [] : [$"{path}: too long"];
            case "pattern" when value?.GetValueKind() == JsonValueKind.String:
                return Regex.IsMatch(value.GetValue<string>(), rule.GetValue<string>(), RegexOptions.None, TimeSpan.FromSeconds(1)) ? [] : [$"{path}: pattern"];
            case "minItems" when value is JsonArray items:
                return items.Count >= rule.GetValue<int>() ? [] : [$"{path}: fewer than {rule}"];
            case "items" when value is JsonArray items:
                return items.SelectMany((item, index) => Validate(rule.AsObject(), item, Under(path, $"{index}")));
            case "required" when value is JsonObject section:
                return rule.AsArray().Select(name => name!.GetValue<string>()).Where(name => !section.ContainsKey(name)).Select(name => $"{path}: {name} is missing");
            case "properties" when value is JsonObject section:
                return section.Where(pair => rule.AsObject().ContainsKey(pair.Key))
                    .SelectMany(pair => Validate(rule[pair.Key]!.AsObject(), pair.Value, Under(path, pair.Key)));
            case "additionalProperties" when value is JsonObject section:
                var others = section.Where(pair => schema["properties"]?.AsObject().ContainsKey(pair.Key) != true);
                return rule is JsonObject inner
                    ? others.SelectMany(pair => Validate(inner, pair.Value, Under(path, pair.Key)))
                    : others.Select(pair => $"{path}: {pair.Key} is unknown");
            case "minimum" or "maximum" or "minLength" or "maxLength" or "pattern" or "minItems" or "items" or "required" or "properties" or "additionalProperties":
                return [];
            default:
                throw new NotSupportedException($"the schema uses {keyword}: teach it to this validator");
        }
    }

    private static string Under(string path, string key) => path.Length == 0 ? key : $"{path}:{key}";

    private static bool Is(string type, JsonNode? value) => (type, value?.GetValueKind()) switch
    {
        ("object", JsonValueKind.Object) or ("array", JsonValueKind.Array) or ("string", JsonValueKind.String) or ("integer", JsonValueKind.Number) => true,
        ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
        _ => false,
    };
}
