using Support;

namespace Tests.Architecture;

/// <summary>STYLE.md: a file that outgrows its page has two subjects.</summary>
public sealed class SizeTest
{
    private const int MostLines = 300;

    /// <summary>Known to be larger, and by how much at most: nothing else may join, and these may not grow.</summary>
    private static readonly Dictionary<string, int> Exceptions = new(StringComparer.Ordinal) { ["router/Forwarder.cs"] = 400 };

    [Fact]
    public void No_source_file_is_longer_than_its_page() =>
        Assert.Empty(from file in Repository.Sources("router").Concat(Repository.Sources("tapdev"))
                     let lines = File.ReadLines(Repository.PathOf(file)).Count()
                     where lines >= Exceptions.GetValueOrDefault(file, MostLines)
                     select $"{file}: {lines} lines");

    /// <summary>Bytes from the wire are hostile: what reads them has bounds.</summary>
    [Fact]
    public void Unsafe_code_of_the_router_is_a_hint_to_the_processor() =>
        Assert.Equal(["router/Sessions/CacheLine.cs"], Repository.Sources("router").Where(file => File.ReadAllText(Repository.PathOf(file)).Contains(" unsafe ", StringComparison.Ordinal)));

    [Fact]
    public void The_architecture_fits_150_lines() => Assert.InRange(File.ReadLines(Repository.PathOf("docs/ARCHITECTURE.md")).Count(), 1, 150);
}
