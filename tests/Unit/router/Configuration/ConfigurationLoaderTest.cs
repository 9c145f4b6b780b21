using System.Net;
using Router.Configuration;
using static Unit.Configuration.Loading;

namespace Unit.Configuration;

public sealed class ConfigurationLoaderTest
{
    private static string Campus => File.ReadAllText(Path.Combine(Repository, "docs/examples/campus.jsonc"));

    [Fact]
    public void The_sample_of_the_contract_loads_as_it_is_written()
    {
        var configuration = LoadGood(Campus);

        AssertLines(["lan", "servers", "wan"], configuration.Interfaces.Select(item => item.Name));
        Assert.Equal([InterfaceRole.Lan, InterfaceRole.Servers, InterfaceRole.Wan], configuration.Interfaces.Select(item => item.Role));
        Assert.Equal("2001:db8:25:1::1/64", $"{configuration.Interfaces[0].Addresses[1]}");
        Assert.Equal(IPNetwork.Parse("::/0"), configuration.Routes[1].Destination);
        Assert.Equal([IPAddress.Parse("203.0.113.2")], configuration.Nat!.Addresses);
        Assert.Equal(IPEndPoint.Parse("192.168.25.20:25"), configuration.Nat.PortForwards[0].To);
        Assert.Equal([25, 465, 587], configuration.Firewall.Inbound[1].Ports);
        Assert.Equal(131072, configuration.Sessions.Capacity);
        Assert.Equal(IPNetwork.Parse("192.168.25.200/32"), configuration.Op25b.Groups[1].Sources[0]);
        Assert.True(configuration.Op25b.Groups[1].Exempt);
        Assert.Equal(IPAddress.Parse("198.51.100.25"), configuration.Op25b.OwnMailServers.Addresses[0]);
        Assert.Equal(["*.seikyou.example"], configuration.Op25b.OwnMailServers.Hosts);
        Assert.Equal([IPAddress.Parse("198.51.100.53"), IPAddress.Parse("2001:db8:25:2::53")], configuration.Op25b.OwnMailServers.TrustedResolvers);
        Assert.Equal(DateTimeOffset.Parse("2008-04-01T02:00:00Z"), configuration.Op25b.Phases[1].From);
        Assert.Equal((PhaseMode.Block, PhaseAction.Icmp), (configuration.Op25b.Phases[1].Mode, configuration.Op25b.Phases[1].Action));
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:9125"), configuration.Metrics!.Listen);
        Assert.Equal("/var/lib/op25b-router", configuration.State.Directory);
    }

    [Fact]
    public void Nothing_of_the_sample_is_warned_of() => Assert.Empty(Load(Campus).Warnings);

    [Fact]
    public void A_key_that_the_phases_mode_does_not_use_is_warned_of() => AssertLines(
        ["Op25b:Phases:0:SessionsPerMinute has no effect: the phase's Mode is not Limit", "Op25b:Phases:0:DrainSeconds has no effect: the phase's OpenSessions is not Drain",
            "Op25b:Phases:1:OpenSessions has no effect: only a phase whose Mode is Block ends sessions that are open"],
        Load(With("""
            "Op25b": { "Groups": [{ "Name": "dynamic", "Sources": ["192.168.25.0/24"] }], "Phases": [
              { "Name": "a", "From": "2008-03-01T11:00:00Z", "Mode": "Block", "SessionsPerMinute": 5, "DrainSeconds": 9 },
              { "Name": "b", "From": "2008-03-02T11:00:00Z", "Mode": "Limit", "SessionsPerMinute": 5, "OpenSessions": "Drain", "DrainSeconds": 9 },
              { "Name": "c", "From": "2008-03-03T11:00:00Z", "Mode": "Block", "OpenSessions": "Drain", "DrainSeconds": 9 }] }
            """)).Warnings.Where(warning => warning.Message.StartsWith("has no effect", StringComparison.Ordinal)).Select(warning => $"{warning.Path} {warning.Message}"));

    [Theory]
    [InlineData("campus")]
    [InlineData("gateway")]
    [InlineData("home")]
    [InlineData("smallest")]
    public void Every_example_is_valid(string example) =>
        Assert.Empty(Errors(File.ReadAllText(Path.Combine(Repository, $"docs/examples/{example}.jsonc"))));

    [Fact]
    public void What_is_absent_has_its_default()
    {
        var configuration = LoadGood($$"""{ "Interfaces": [{{Lan}}] }""");

        Assert.Null(configuration.Nat);
        Assert.Null(configuration.Metrics);
        Assert.Equal("/run/op25b-router/control.sock", configuration.Control.Socket);
        Assert.Equal((1500, 256, BackendChoice.Auto), (configuration.Interfaces[0].Mtu, configuration.Interfaces[0].Buffers, configuration.Interfaces[0].Backend));
    }

    [Fact]
    public void The_environment_overrides_the_file() =>
        Assert.Equal(2048, LoadWithEnvironment(With("\"Sessions\": { \"Capacity\": 1024 }"), ("OP25B_ROUTER__Sessions__Capacity", "2048"), ("Sessions__Capacity", "9")).Configuration!.Sessions.Capacity);

    [Fact]
    public void The_command_line_overrides_the_environment()
    {
        var sources = new ConfigurationSources("router.jsonc")
        {
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["OP25B_ROUTER__Sessions__Capacity"] = "2048" },
            Settings = ["Sessions:Capacity=4096"],
        };
        Assert.Equal(4096, ConfigurationLoader.Load(sources, System.Text.Encoding.UTF8.GetBytes(With(""))).Configuration!.Sessions.Capacity);
    }

    [Fact]
    public void Lists_merge_by_index()
    {
        var configuration = LoadGood(
            With("""
                "Op25b": { "Phases": [{ "Name": "a", "From": "2008-01-01T00:00Z", "Mode": "Monitor" }] }
                """),
            "Op25b:Phases:0:Mode=Block",
            "Op25b:Phases:1:Name=b",
            "Op25b:Phases:1:From=2009-01-01T00:00:00+09:00",
            "Op25b:Phases:1:Mode=Off");
        Assert.Equal([("a", PhaseMode.Block), ("b", PhaseMode.Off)], configuration.Op25b.Phases.Select(phase => (phase.Name, phase.Mode)));
    }

    [Fact]
    public void A_section_that_only_the_command_line_has_is_read() =>
        Assert.Equal(0, LoadGood(With(""), "Metrics:Listen=[::1]:0").Metrics!.Listen.Port);

    [Fact]
    public void A_missing_file_is_one_error()
    {
        var result = ConfigurationLoader.Load(new("/no/such/router.jsonc"));
        Assert.Equal("/no/such/router.jsonc  cannot be read: there is no such file; name an existing file with --config", Assert.Single(result.Errors).ToString());
        Assert.Null(result.Configuration);
    }

    [Fact]
    public void Policy_that_hits_nobody_is_warned_of() => AssertLines(
        [
            "router.jsonc:1:1  Routes  there is no default route for IPv4: only connected prefixes and those of routes are reached; add { \"Destination\": \"0.0.0.0/0\", \"Via\": \"...\" }",
            "router.jsonc:1:1  Routes  there is no default route for IPv6: only connected prefixes and those of routes are reached; add { \"Destination\": \"::/0\", \"Via\": \"...\" }",
            "router.jsonc:2:66  Interfaces:0:Addresses:0  no group covers 192.168.25.0/24 of 'lan': the sources there that are in no group are 'ungrouped', not exempt; add the prefix to a group in Op25b:Groups",
            "router.jsonc:3:88  Op25b:Phases:0:Mode  the last phase is Monitor: from 2008-03-04T00:00:00+09:00 on port 25 is not blocked; end with a phase whose Mode is Block",
        ],
        Load(With("""
            "Op25b": { "Phases": [ { "Name": "notice", "From": "2008-03-04T00:00:00+09:00",      "Mode": "Monitor" } ] }
            """)).Warnings.Select(warning => warning.ToString()));

    [Fact]
    public void A_group_that_is_wider_than_the_interface_covers_it() => Assert.DoesNotContain(
        Load(With("""
            "Op25b": { "Groups": [ { "Name": "all", "Sources": ["192.168.0.0/16"] } ] }
            """)).Warnings,
        warning => warning.Path.StartsWith("Interfaces", StringComparison.Ordinal));
}
