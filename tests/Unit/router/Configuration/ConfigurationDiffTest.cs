using Router.Configuration;

namespace Unit.Configuration;

/// <summary>A change in words.</summary>
public sealed class ConfigurationDiffTest
{
    private const string Policy = """
        "Op25b": {
            "Groups": [ { "Name": "dynamic", "Sources": ["192.168.25.0/24"] }, { "Name": "fixed-ip", "Sources": ["192.168.25.7"], "Exempt": true, "Reason": "contract" } ],
            "OwnMailServers": { "Addresses": ["198.51.100.25"] },
            "Phases": [ { "Name": "op25b", "From": "2008-04-01T11:00:00+09:00", "Mode": "Monitor" } ] }
        """;

    [Theory]
    [InlineData("192.168.25.7\"", "192.168.25.7\", \"192.168.25.200\"", "group fixed-ip gains 192.168.25.200")]
    [InlineData("192.168.25.0/24", "192.168.25.0/25", "group dynamic gains 192.168.25.0/25", "group dynamic loses 192.168.25.0/24")]
    [InlineData("\"Exempt\": true, ", "", "group fixed-ip is not exempt any more")]
    [InlineData("fixed-ip", "fixed", "group fixed is new with 192.168.25.7/32, exempt", "group fixed-ip is gone")]
    [InlineData("198.51.100.25", "198.51.100.26", "own mail servers gain 198.51.100.26", "own mail servers lose 198.51.100.25")]
    [InlineData("Monitor\"", "Block\", \"Action\": \"Reset\"", "phase op25b: Mode Monitor becomes Block", "phase op25b: Action Icmp becomes Reset")]
    [InlineData("2008-04-01T11:00:00+09:00", "2008-04-01T02:00:00Z")]
    [InlineData("2008-04-01T11:00:00+09:00", "2008-04-02T11:00:00+09:00", "phase op25b: From 2008-04-01T11:00:00+09:00 becomes 2008-04-02T11:00:00+09:00")]
    [InlineData("\"Op25b\"", "\"MssClamping\": false, \"Op25b\"", "MssClamping true becomes false")]
    [InlineData("\"Op25b\"", "\"Sessions\": { \"Timeouts\": { \"Udp\": 200 } }, \"Op25b\"", "time-out Udp 300 becomes 200")]
    [InlineData("\"Op25b\"", "\"Sessions\": { \"Capacity\": 2048 }, \"Op25b\"", "another Sessions:Capacity")]
    [InlineData("\"Op25b\"", "\"Routes\": [ { \"Destination\": \"0.0.0.0/0\", \"Via\": \"203.0.113.1\" } ], \"Op25b\"", "routes gain 0.0.0.0/0 via 203.0.113.1")]
    [InlineData("\"Op25b\"", "\"Firewall\": { \"Inbound\": [ { \"Protocol\": \"Tcp\", \"To\": \"192.168.25.9\", \"Ports\": [25, 80] } ] }, \"Op25b\"", "inbound rules gain Tcp to 192.168.25.9 port 25, Tcp to 192.168.25.9 port 80")]
    public void Each_change_is_a_line(string from, string to, params string[] lines)
    {
        var before = Loading.LoadGood(Loading.With(Policy));
        var after = Loading.LoadGood(Loading.With(Policy.Replace(from, to, StringComparison.Ordinal)));
        Loading.AssertLines(lines, ConfigurationDiff.Of(before, after));
        Assert.Empty(ConfigurationDiff.Of(after, after));
    }

    /// <summary>A key that nobody compares would be applied in silence, or not at all.</summary>
    [Fact]
    public void Every_key_of_the_configuration_is_compared()
    {
        foreach (var (path, value) in Changes)
        {
            var before = Loading.LoadGood(Loading.With(Everything));
            var after = Loading.LoadGood(Loading.With(Everything), $"{path}={value}");
            Assert.True(ConfigurationDiff.Of(before, after).Count > 0, path);
        }
    }

    private const string Everything = """
        "Nat": { "Addresses": ["203.0.113.2"], "PortForwards": [ { "Protocol": "Tcp", "Port": 8080, "To": "192.168.25.9:80" } ] },
        "Metrics": { "Listen": "127.0.0.1:9125" }, "State": { "Directory": "/var/lib/one" },
        "Op25b": { "Groups": [ { "Name": "dynamic", "Sources": ["192.168.25.0/24"] } ], "DestinationSets": { "carriers": ["203.0.113.26"] },
            "Phases": [ { "Name": "op25b", "From": "2008-04-01T11:00:00+09:00", "Mode": "Monitor", "Only": ["carriers"] } ] }
        """;

    private static readonly (string Path, string Value)[] Changes =
    [
        ("MssClamping", "false"), ("BusyPollMicroseconds", "7"), ("Interfaces:0:Tap", "other"), ("Interfaces:0:Mtu", "1400"), ("Interfaces:0:Bridge", "br0"), ("Interfaces:0:Namespace", "ns"),
        ("Interfaces:0:Mac", "02:00:00:00:00:01"), ("Interfaces:0:Persist", "true"), ("Interfaces:0:Buffers", "64"), ("Interfaces:0:Addresses:0", "192.168.25.2/24"), ("Interfaces:0:Name", "inside"),
        ("Nat:Filtering", "AddressDependent"), ("Nat:PortRestSeconds", "60"), ("Nat:ExemptDestinations:0", "203.0.113.128/25"), ("Nat:PortForwards:0:Port", "8081"), ("Nat:PortForwards:0:LastPort", "8090"),
        ("Firewall:TransparentIpv6", "true"), ("Sessions:Capacity", "2048"), ("Sessions:PerSubscriber:Ports", "9"), ("Sessions:PerSubscriber:Sessions", "9"), ("Sessions:PerSubscriber:CreationsPerSecond", "9"),
        ("Sessions:PerSubscriber:Ipv6PrefixLength", "56"), ("Sessions:Timeouts:Icmp", "61"), ("Op25b:Groups:0:Name", "all"), ("Op25b:DestinationSets:carriers:0", "203.0.113.27"), ("Op25b:Tunnels", "Block"),
        ("Op25b:Attempts:Hosts", "64"), ("Op25b:Alerts:QuietMinutes", "10"), ("Op25b:Alerts:Quarantine", "true"), ("Op25b:Alerts:Command:0", "/bin/true"), ("Op25b:Alerts:CommandsPerMinute", "7"),
        ("Op25b:SmtpReply:Language", "Japanese"), ("Op25b:Phases:0:Mode", "Block"), ("Op25b:Phases:0:Action", "Drop"), ("Op25b:Phases:0:OpenSessions", "Drain"), ("Op25b:Phases:0:DrainSeconds", "9"),
        ("Op25b:Phases:0:SessionsPerMinute", "9"), ("Op25b:Phases:0:Groups:0", "dynamic"), ("Op25b:OwnMailServers:Hosts:0", "mail.example"), ("Op25b:OwnMailServers:TrustedResolvers:0", "203.0.113.53"),
        ("Metrics:Listen", "127.0.0.1:9126"), ("Control:Socket", "/run/other.sock"), ("Control:Group", "netops"), ("State:Directory", "/var/lib/two"),
        ("Privacy", "Carrier"), ("MappingLog:File:Directory", "/var/log/mappings"), ("Log:Format", "Json"),
    ];
}
