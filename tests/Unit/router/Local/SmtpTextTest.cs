using System.Text;
using Router.Configuration;
using Router.Local;
using Router.Sessions;
using Router.Wire;

namespace Tests.Local;

public sealed class SmtpTextTest
{
    private static readonly FlowKey Longest = new(
        new IpAddress(ulong.MaxValue, ulong.MaxValue), 65535, new IpAddress(ulong.MaxValue, ulong.MaxValue - 1), 25, Ipv4Header.Tcp, zone: 0);

    /// <summary>A greeting that the configuration lets in fits the segment, whatever the addresses.</summary>
    [Theory]
    [InlineData("English")]
    [InlineData("Japanese")]
    [InlineData("Both")]
    public void The_configuration_knows_the_longest_greeting(string language)
    {
        var configuration = new SmtpReplyConfiguration { Language = Enum.Parse<ReplyLanguage>(language), HelpUrl = "https://www.seikyou.example/?from={address}&port={port}" };
        string greeting = Greeting(configuration.Lines, Longest);
        Assert.Equal(configuration.LongestLength, greeting.Length);
        Assert.InRange(greeting.Length, 1, SmtpReplyConfiguration.LongestGreeting);
        Assert.All(greeting, octet => Assert.True(octet is '\r' or '\n' or >= ' ' and <= '~'));
        Assert.All(greeting.Split("\r\n")[..^1], line => Assert.StartsWith("554", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Placeholders_may_stand_anywhere_and_more_than_once() => Assert.Equal(
        "554-5.7.1 65535{x}65535\r\n554 5.7.1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe\r\n", Greeting(["{port}{x}{port}", "{server}"], Longest));

    [Fact]
    public void The_longest_replies_fit_a_segment_and_a_conversation_its_cookie()
    {
        int replies = SmtpText.WriteReplies(new byte[SmtpText.Longest], 10, SmtpEnd.TooManyCommands);
        Assert.InRange(SmtpReplyConfiguration.LongestGreeting + replies + 2, 1, (int)SynCookie.LongestStream);
    }

    private static string Greeting(IReadOnlyList<string> lines, FlowKey client)
    {
        var text = new byte[SmtpText.Longest];
        return Encoding.ASCII.GetString(text, 0, new SmtpText(lines).WriteGreeting(text, client));
    }
}
