using PacketDotNet;
using Router.Wire;
using Support;
using TapDev;

namespace Conformance;

/// <summary>RFC 5227: the router's addresses on the wire.</summary>
public sealed class Rfc5227Test : Scenario
{
    private readonly List<string> _told = [];

    /// <summary>An ARP Announcement each, and nothing more for as long as the interface stays up.</summary>
    [Theory]
    [InlineData("lan", LanGateway)]
    [InlineData("servers", ServersGateway)]
    [InlineData("wan", Outside)]
    [Requirement("RFC 1812", "RFC 5227 section 2.3", Level.Should)]
    public void The_routers_addresses_are_announced_at_start(string name, string address)
    {
        Assert.Equal(1, Router.Interface(name).Counters.GeneratedFrames);
        Assert.True(Router.Device(name).TryTakeSent(out byte[]? raw));
        Assert.Equal($"Request {address} is {Router.Interface(name).Mac}, asks {address}", Read(raw));
        Assert.False(Router.Device(name).TryTakeSent(out _));
        Router.Wait(TimeSpan.FromMinutes(1));
        Assert.Equal("", Router.Moved());
    }

    /// <summary>Section 2.4 (c): it is defended, not more than once in ten seconds, and somebody is told as often.</summary>
    [Theory]
    [InlineData("lan", LanGateway)]
    [InlineData("wan", Outside)]
    [Requirement("RFC 1812", "RFC 5227 section 2.4", Level.Should)]
    public void Somebody_else_with_the_routers_address_is_noticed(string name, string address)
    {
        Router.Turn();
        Router.Path.OwnAddresses.DuplicateSeen = (entry, duplicate, claimant) => _told.Add($"{duplicate} on {entry.Name} is {claimant} too");
        Router.Device(name).OnSent = bytes => _told.Add(Read(bytes));
        byte[] claim = Frames.Arp(ArpOperation.Response, Frames.Host, address, MacAddress.Broadcast, address);
        string[] expected = [$"{address} on {name} is {Frames.Host} too", $"Request {address} is {Router.Interface(name).Mac}, asks {address}"];
        for (int i = 0; i < 3; i++)
            Router.Receive(name, claim);
        Assert.Equal(expected, _told);
        Assert.Equal($"{name} received 3, {name} dropped ArpDuplicateAddress 3, {name} generated 1, {name} sent 1", Router.Moved());
        Router.Wait(TimeSpan.FromSeconds(10));
        Router.Receive(name, claim);
        Assert.Equal([.. expected, .. expected], _told);
    }

    private static string Read(ReadOnlySpan<byte> headerAndFrame)
    {
        ArpPacket arp = Frames.Parse(headerAndFrame[VirtioHeader.Size..].ToArray()).Extract<ArpPacket>();
        return $"{arp.Operation} {arp.SenderProtocolAddress} is {MacAddress.Read(arp.SenderHardwareAddress.GetAddressBytes())}, asks {arp.TargetProtocolAddress}";
    }
}
