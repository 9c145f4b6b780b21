using System.Text.Json;
using System.Text.Json.Nodes;
using Router.Configuration;

namespace Unit.Configuration;

/// <summary>The published schema and the loader say the same.</summary>
public sealed class SchemaTest
{
    private static readonly JsonDocumentOptions Jsonc = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private static JsonObject Schema => JsonNode.Parse(File.ReadAllText(Path.Combine(Loading.Repository, "docs/router.schema.json")))!.AsObject();

    [Fact]
    public void The_schema_has_the_loaders_keys_kinds_limits_and_defaults()
    {
        var differences = new List<string>();
        Compare(ConfigurationShape.Root, Schema, "", differences);
        Assert.Empty(differences);
    }

    [Theory]
    [InlineData("campus")]
    [InlineData("gateway")]
    [InlineData("home")]
    [InlineData("smallest")]
    public void The_schema_takes_every_example(string example)
    {
        var text = File.ReadAllText(Path.Combine(Loading.Repository, $"docs/examples/{example}.jsonc"));
        Assert.Empty(SchemaValidator.Validate(Schema, JsonNode.Parse(text, documentOptions: Jsonc), ""));
    }

    [Theory]
    [InlineData("""{ }""", ": Interfaces is missing")]
    [InlineData("""{ "Interfaces": [], "X": 1 }""", ": X is unknown", "Interfaces: fewer than 1")]
    [InlineData("""{ "Interfaces": [{ "Name": "LAN", "Role": "Lann", "Tap": 5, "Addresses": [""], "Mtu": 10 }] }""", "Interfaces:0:Name: pattern", "Interfaces:0:Role: not one of", "Interfaces:0:Tap: not string", "Interfaces:0:Mtu: out of range")]
    public void The_schema_refuses_what_the_loader_refuses(string text, params string[] complaints)
    {
        Loading.AssertLines(complaints.Order(StringComparer.Ordinal), SchemaValidator.Validate(Schema, JsonNode.Parse(text), "").Order(StringComparer.Ordinal));
        Assert.NotEmpty(Loading.Errors(text));
    }

    [Fact]
    public void The_records_have_the_shapes_defaults()
    {
        var configuration = new InterfaceConfiguration { Name = "", Role = default, Tap = "", Addresses = [] };
        var phase = new PhaseConfiguration { Name = "", From = default, Mode = default };
        var nat = new NatConfiguration { Addresses = [] };
        var sessions = new SessionsConfiguration();
        var alerts = new AlertsConfiguration();
        var group = new GroupConfiguration { Name = "", Sources = [] };
        Loading.AssertLines(
            [$"{configuration.Mtu}", configuration.Persist ? "true" : "false", $"{configuration.Buffers}", $"{configuration.Backend}",
                .. RouterAdvertisements(),
                new RouterConfiguration { Interfaces = [] }.MssClamping ? "true" : "false", $"{new RouterConfiguration { Interfaces = [] }.BusyPollMicroseconds}", "0", $"{nat.Filtering}", $"{nat.PortRestSeconds}", new FirewallConfiguration().TransparentIpv6 ? "true" : "false",
                $"{sessions.Capacity}", $"{sessions.PerSubscriber.Ports}", $"{sessions.PerSubscriber.Sessions}",
                $"{sessions.PerSubscriber.CreationsPerSecond}", $"{sessions.PerSubscriber.Ipv6PrefixLength}", .. Timeouts(), group.Exempt ? "true" : "false", $"{phase.Action}", $"{phase.SessionsPerMinute}", $"{phase.OpenSessions}", $"{phase.DrainSeconds}",
                $"{new Op25bConfiguration().Tunnels}", $"{new AttemptsConfiguration().Hosts}", $"{alerts.QuietMinutes}", alerts.Quarantine ? "true" : "false", $"{alerts.CommandsPerMinute}", $"{new SmtpReplyConfiguration().Language}", new ControlConfiguration().Socket, .. Logs()],
            Defaults(ConfigurationShape.Root));
    }

    private static IEnumerable<string> Logs()
    {
        var ipfix = new IpfixConfiguration { Collector = new(0, 0) };
        var file = new MappingFileConfiguration { Directory = "" };
        return
        [
            $"{new RouterConfiguration { Interfaces = [] }.Privacy}", $"{new MappingLogConfiguration().Records}", $"{ipfix.ObservationDomain}", $"{ipfix.TemplateSeconds}",
            $"{file.RotateMebibytes}", $"{file.RotateMinutes}", $"{file.KeepMebibytes}", $"{new LogConfiguration().Format}",
        ];
    }

    private static IEnumerable<string> RouterAdvertisements()
    {
        var advertised = new RouterAdvertisementsConfiguration();
        return
        [
            advertised.Enabled ? "true" : "false", $"{advertised.MaxIntervalSeconds}", $"{advertised.PreferredLifetimeSeconds}", $"{advertised.ValidLifetimeSeconds}",
            advertised.ManagedConfiguration ? "true" : "false", advertised.OtherConfiguration ? "true" : "false",
        ];
    }

    private static IEnumerable<string> Timeouts()
    {
        var timeouts = new TimeoutsConfiguration();
        return new[] { timeouts.Udp, timeouts.UdpDns, timeouts.Icmp, timeouts.Other, timeouts.TcpEstablished, timeouts.TcpOpening, timeouts.TcpClosing }.Select(seconds => $"{seconds}");
    }

    private static IEnumerable<string> Defaults(Shape shape) => shape switch
    {
        SectionShape section => section.Keys.SelectMany(key => (key.Default is { } value ? [value] : Enumerable.Empty<string>()).Concat(Defaults(key.Shape))),
        ListShape list => Defaults(list.Item),
        _ => [],
    };

    private static void Compare(Shape shape, JsonObject schema, string path, List<string> differences)
    {
        void Expect(bool agree, string what)
        {
            if (!agree) differences.Add($"{path}: {what}");
        }

        switch (shape)
        {
            case SectionShape section:
                var properties = schema["properties"]!.AsObject();
                Expect(schema["additionalProperties"] is JsonValue closed && !closed.GetValue<bool>(), "additionalProperties");
                Expect(section.Keys.Select(key => key.Name).ToHashSet(StringComparer.Ordinal).SetEquals(properties.Select(property => property.Key)), "keys");
                Expect(section.Keys.Where(key => key.Required).Select(key => key.Name).ToHashSet(StringComparer.Ordinal)
                    .SetEquals(schema["required"]?.AsArray().Select(name => name!.GetValue<string>()) ?? []), "required");
                foreach (var key in section.Keys.Where(key => properties.ContainsKey(key.Name)))
                {
                    var property = properties[key.Name]!.AsObject();
                    var under = $"{path}:{key.Name}";
                    if (property["description"] is null) differences.Add($"{under}: description");
                    var plain = property["default"] is JsonValue value ? value.ToString() : null;
                    if (!string.Equals(plain, key.Default, StringComparison.Ordinal)) differences.Add($"{under}: default");
                    Compare(key.Shape, property, under, differences);
                }

                return;
            case ListShape list:
                Expect(schema["type"]?.GetValue<string>() is "array", "type");
                Expect((schema["minItems"]?.GetValue<int>() ?? 0) == list.AtLeast, "minItems");
                Compare(list.Item, schema["items"]!.AsObject(), $"{path}:*", differences);
                return;
            case MapShape map:
                Compare(map.Item, schema["additionalProperties"]!.AsObject(), $"{path}:*", differences);
                return;
            case ChoiceShape choice:
                Expect(choice.Values.SequenceEqual(schema["enum"]!.AsArray().Select(name => name!.GetValue<string>()), StringComparer.Ordinal), "enum");
                return;
            case NumberShape { PowerOfTwo: true } number:
                var powers = schema["enum"]!.AsArray().Select(item => item!.GetValue<int>()).ToArray();
                Expect(powers.All(int.IsPow2) && powers[0] == number.Least && powers[^1] == number.Most, "enum");
                return;
            case NumberShape number:
                Expect(schema["type"]?.GetValue<string>() is "integer", "type");
                Expect((schema["minimum"]?.GetValue<int>(), schema["maximum"]?.GetValue<int>()) == (number.Least, number.Most), "range");
                return;
            default:
                Expect(string.Equals(schema["type"]?.GetValue<string>(), shape is FlagShape ? "boolean" : "string", StringComparison.Ordinal), "type");
                return;
        }
    }
}
