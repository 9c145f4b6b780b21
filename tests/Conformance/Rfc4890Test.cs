using Support;

namespace Conformance;

/// <summary>RFC 4890: which ICMPv6 messages cross a firewall.</summary>
public sealed class Rfc4890Test : Ipv6Scenario
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(1, 4)]
    [InlineData(2, 0)]
    [InlineData(3, 0)]
    [InlineData(4, 1)]
    [InlineData(4, 2)]
    [Requirement("RFC 4890", "4.3.1", Level.MustNot)]
    [Requirement("RFC 6092", "REC-18", Level.Must)]
    public void Errors_about_a_session_cross(byte type, byte code) => AssertCrosses(type, code);

    [Theory]
    [InlineData(3, 1)]
    [InlineData(4, 0)]
    [Requirement("RFC 4890", "4.3.2", Level.ShouldNot)]
    public void Rarer_errors_about_a_session_cross(byte type, byte code) => AssertCrosses(type, code);

    [Fact]
    [Requirement("RFC 4890", "4.3.1 echo", Level.MustNot)]
    public void Echo_crosses_from_either_side()
    {
        AssertPacket.That(Out(Echo(Client, Remote, 7))).FromTo(Client, Remote).IsEcho(128, 7);
        AssertPacket.That(In(Echo(Remote, Client, 7, isReply: true))).FromTo(Remote, Client).IsEcho(129, 7);
        AssertPacket.That(In(Echo(Elsewhere, Client, 8))).FromTo(Elsewhere, Client).IsEcho(128, 8);
        AssertPacket.That(Out(Echo(Client, Elsewhere, 8, isReply: true))).FromTo(Client, Elsewhere).IsEcho(129, 8);
    }

    [Theory]
    [InlineData(130)]
    [InlineData(131)]
    [InlineData(132)]
    [InlineData(133)]
    [InlineData(134)]
    [InlineData(135)]
    [InlineData(136)]
    [InlineData(137)]
    [InlineData(143)]
    [InlineData(148)]
    [Requirement("RFC 4890", "4.3.3", Level.Must)]
    public void What_is_for_neighbours_does_not_cross(byte type) => AssertDoesNotCross(type);

    [Theory]
    [InlineData(100)]
    [InlineData(127)]
    [InlineData(138)]
    [InlineData(139)]
    [InlineData(140)]
    [InlineData(160)]
    [InlineData(200)]
    [InlineData(255)]
    [Requirement("RFC 4890", "4.3.5", Level.Should)]
    public void What_nobody_needs_does_not_cross(byte type) => AssertDoesNotCross(type);

    private void AssertCrosses(byte type, byte code)
    {
        byte[] sent = Out(Udp(Client, 40000, Remote, 53)), error = Error(Hop, Client, type, code, sent), crossed = In(error);
        AssertPacket.That(crossed).IsIpv6(hopLimit: 63).FromTo(Hop, Client).IsIcmp(type, code);
        Assert.Equal(error[54..], crossed[54..]);
        byte[] answer = In(Udp(Remote, 53, Client, 40000));
        AssertPacket.That(Out(Error(Client, Remote, type, code, answer))).FromTo(Client, Remote).IsIcmp(type, code);
    }

    private void AssertDoesNotCross(byte type)
    {
        Out(Echo(Client, Remote, 0));
        Router.Receive("lan", Ipv6.Icmp(Client, Remote, [type, 0, 0, 0, .. new byte[40]], Lan));
        Router.Receive("wan", Ipv6.Icmp(Remote, Client, [type, 0, 0, 0, .. new byte[40]], Wan, hopLimit: 255));
        AssertSilence();
    }
}
