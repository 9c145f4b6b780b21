using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Router.Control;

/// <summary>
/// The control API as an OpenAPI 3.1 document. The schemas are the serializer's own view of the types that cross the socket, so that they cannot say anything else. It is written when somebody
/// asks for it, and nothing is kept: the router's start and its memory know nothing of it.
/// </summary>
internal static class ControlDocument
{
    public const string Path = "/openapi.json";

    private const string Reference = "$ref", Schemas = "#/components/schemas/";

    public static void Map(WebApplication application) => application.MapGet(Path, context =>
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(Write(), context.RequestAborted);
    });

    /// <summary>The document as text.</summary>
    public static string Write()
    {
        var schemas = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        var paths = new JsonObject();
        foreach (var path in ControlApi.Operations.GroupBy(operation => operation.Path))
            paths[path.Key] = new JsonObject(path.Select(operation => KeyValuePair.Create<string, JsonNode?>(operation.Method, Describe(operation, schemas))));
        var document = new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "op25b-router control API",
                ["version"] = "1",
                ["description"] = "HTTP and JSON on the router's Unix socket (Control:Socket, /run/op25b-router/control.sock where nothing is said): "
                    + "curl --unix-socket /run/op25b-router/control.sock http://localhost/v1/status. Who may connect is what the socket's owner and group say.",
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "http://localhost", ["description"] = "over the Unix socket; the host's name does not matter" }),
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = new JsonObject(schemas.Select(schema => KeyValuePair.Create<string, JsonNode?>(schema.Key, schema.Value))) },
        };
        return document.ToJsonString(ControlJson.Types.Options) + "\n";
    }

    private static JsonObject Describe(ControlOperation operation, SortedDictionary<string, JsonNode> schemas)
    {
        var described = new JsonObject { ["operationId"] = IdOf(operation), ["summary"] = operation.Summary };
        if (operation.Verb is { } verb) described["description"] = $"op25b-router {verb} uses it.";
        if (operation.Parameters.Count > 0) described["parameters"] = new JsonArray([.. operation.Parameters.Select(Describe)]);
        if (operation.Request is { } request)
            described["requestBody"] = new JsonObject { ["required"] = operation.IsRequestRequired, ["content"] = Content("application/json", SchemaOf(request, schemas)) };
        var success = new JsonObject { ["description"] = operation.Status == 204 ? "Done." : "The answer." };
        if (operation.Headers.Count > 0)
            success["headers"] = new JsonObject(operation.Headers.Select(header => KeyValuePair.Create<string, JsonNode?>(header.Key, new JsonObject { ["description"] = header.Value, ["schema"] = new JsonObject { ["type"] = "string" } })));
        if (operation.Status != 204)
            success["content"] = Content(operation.AnswerMedia, operation.Answer is { } answer ? SchemaOf(answer, schemas) : new JsonObject());
        var responses = new JsonObject { [$"{operation.Status}"] = success };
        foreach (var (status, why) in operation.Refusals.OrderBy(refusal => refusal.Key))
        {
            var isAnswer = operation.IsRefusalAnAnswer && status == StatusCodes.Status409Conflict;
            responses[$"{status}"] = new JsonObject
            {
                ["description"] = why,
                ["content"] = isAnswer ? Content("application/json", SchemaOf(operation.Answer!, schemas)) : Content("text/plain", new JsonObject { ["type"] = "string" }),
            };
        }

        described["responses"] = responses;
        return described;
    }

    private static JsonNode Describe(ControlParameter parameter)
    {
        var schema = new JsonObject { ["type"] = parameter.Type };
        if (parameter.Values is { } values) schema["enum"] = new JsonArray([.. values.Select(value => JsonValue.Create(value))]);
        return new JsonObject { ["name"] = parameter.Name, ["in"] = parameter.In, ["required"] = parameter.In == "path", ["description"] = parameter.Description, ["schema"] = schema };
    }

    private static JsonObject Content(string media, JsonNode schema) => new() { [media] = new JsonObject { ["schema"] = schema } };

    /// <summary>A reference to the type's schema, which is written once; of a list, one to its items'.</summary>
    private static JsonNode SchemaOf(Type type, SortedDictionary<string, JsonNode> schemas)
    {
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return new JsonObject { ["type"] = "array", ["items"] = SchemaOf(type.GetGenericArguments()[0], schemas) };
        if (!schemas.ContainsKey(type.Name))
        {
            var options = new JsonSerializerOptions(ControlJson.Types.Options) { NumberHandling = JsonNumberHandling.Strict };
            var schema = options.GetJsonSchemaAsNode(type, new() { TreatNullObliviousAsNonNullable = true });
            Lead(schema, $"{Schemas}{type.Name}");
            schemas[type.Name] = schema;
        }

        return new JsonObject { [Reference] = $"{Schemas}{type.Name}" };
    }

    /// <summary>References inside a schema begin at its own root, which is not the document's.</summary>
    private static void Lead(JsonNode? node, string root)
    {
        if (node is JsonArray items)
        {
            foreach (var item in items) Lead(item, root);
            return;
        }

        if (node is not JsonObject schema) return;
        if (schema[Reference] is JsonValue reference && reference.GetValue<string>() is var target && target.StartsWith('#')) schema[Reference] = root + target[1..];
        foreach (var (_, child) in schema.ToArray()) Lead(child, root);
    }

    private static string IdOf(ControlOperation operation) =>
        operation.Method + string.Concat(operation.Path.Split('/', '{', '}', '.').Where(part => part is not ("" or "v1")).Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
}
