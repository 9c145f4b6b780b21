using Router.Cli;
using Support;

namespace Unit.Cli;

/// <summary>docs/op25b-router.8 is written by this test: <c>UPDATE_DOCS=1</c> in the environment writes it anew, without it the file is held against the command line.</summary>
public sealed class ManualPageTest
{
    private const string Document = "docs/op25b-router.8";

    [Fact]
    public void The_manual_page_says_what_help_says()
    {
        var page = ManualPage.Write(CommandLine.Root(new Terminal(TextWriter.Null, TextWriter.Null, TimeProvider.System)));
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            File.WriteAllText(Repository.PathOf(Document), page);
        Assert.Equal(page, File.ReadAllText(Repository.PathOf(Document)));
    }
}
