using Support;

namespace Tests.Local;

/// <summary>RFC 1122 section 3.2.2.6; the other answers are scenarios of tests/Simulation/ErrorMessagesTest.cs.</summary>
public sealed class LocalResponderTest
{
    [Theory]
    [InlineData("checksum")]
    [InlineData("reply")]
    public void What_is_no_whole_echo_request_is_not_answered(string flaw)
    {
        using var router = new TestRouter();
        byte[] echo = Frames.Echo("192.168.25.10", "192.168.25.1", 7, router.Interface("lan").Mac, isReply: flaw == "reply");
        if (flaw == "checksum")
            echo[^1] ^= 1;
        router.Receive("lan", echo);
        Assert.Empty(router.Sent("lan"));
        Assert.Equal(flaw == "reply" ? "lan received 1, lan dropped EchoReplyWithoutSession 1" : "lan received 1, lan delivered 1", router.Moved());
    }

    [Fact]
    public void The_answer_has_the_data_of_the_request_and_a_TTL_of_its_own()
    {
        using var router = new TestRouter();
        byte[] data = [.. Enumerable.Range(0, 1400).Select(i => (byte)i)];
        router.Receive("lan", Frames.Echo("192.168.25.10", "192.168.25.1", 7, router.Interface("lan").Mac, payload: data, ttl: 1));
        byte[] answer = router.SentOne("lan");
        AssertPacket.That(answer).IsTo(Frames.Host).IsIpv4(ttl: 64).FromTo("192.168.25.1", "192.168.25.10").IsEcho(0, 7);
        Assert.Equal(data, answer[42..]);
    }
}
