using System.Text;
using CsCheck;
using Router.Local;

namespace Tests.Local;

public sealed class SmtpCommandTest
{
    /// <summary>A line is QUIT where its first word is.</summary>
    [Fact]
    public void It_knows_QUIT_as_a_whole_word_would_be_compared() => Gen.String["QUITquit \rx1"].Sample(line =>
    {
        var command = new SmtpCommand();
        foreach (byte octet in Encoding.ASCII.GetBytes(line))
            Assert.False(command.Take(octet));
        Assert.True(command.Take((byte)'\n'));
        Assert.Equal(line.Split(' ', '\r')[0].Equals("quit", StringComparison.OrdinalIgnoreCase), command.IsQuit);
    }, iter: 20_000);
}
