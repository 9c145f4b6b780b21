using System.Text;
using Router.Configuration;

namespace Conformance;

/// <summary>How short the administrator may make the times: not under what the RFCs say.</summary>
public sealed class FloorsTest
{
    [Theory]
    [InlineData("Udp", 120)]
    [Requirement("RFC 4787", "REQ-5", Level.MustNot)]
    public void A_mapping_of_UDP_cannot_be_configured_to_end_in_less_than_two_minutes(string time, int floor) => AssertFloor(time, floor);

    [Theory]
    [InlineData("TcpEstablished", 7440)]
    [InlineData("TcpOpening", 240)]
    [InlineData("TcpClosing", 240)]
    [Requirement("RFC 5382", "REQ-5", Level.MustNot)]
    public void A_connection_cannot_be_configured_to_end_sooner_than_it_may(string time, int floor) => AssertFloor(time, floor);

    [Theory]
    [InlineData("Icmp", 60)]
    [Requirement("RFC 5508", "REQ-2", Level.MustNot)]
    public void A_query_cannot_be_configured_to_end_in_less_than_a_minute(string time, int floor) => AssertFloor(time, floor);

    private static void AssertFloor(string time, int floor)
    {
        Assert.NotNull(Load(time, floor).Configuration);
        ConfigurationResult refused = Load(time, floor - 1);
        Assert.Null(refused.Configuration);
        Assert.StartsWith($"{floor - 1} is under the floor of {floor} (RFC ", Assert.Single(refused.Errors).Message, StringComparison.Ordinal);
    }

    private static ConfigurationResult Load(string time, int seconds) => ConfigurationLoader.Load(new("router.jsonc"), Encoding.UTF8.GetBytes($$"""
        { "Interfaces": [ { "Name": "lan", "Role": "Lan", "Tap": "tap0", "Addresses": ["192.168.25.1/24"] },
                          { "Name": "wan", "Role": "Wan", "Tap": "tap1", "Addresses": ["203.0.113.2/24"] } ],
          "Sessions": { "Timeouts": { "{{time}}": {{seconds}} } } }
        """));
}
