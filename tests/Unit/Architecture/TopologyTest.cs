using System.Text.Json;
using Support;
using Support.EndToEnd;

namespace Tests.Architecture;

/// <summary>The topology is written in lab/topology.conf; what must repeat it (the lab's router, the end-to-end tests' names for its addresses) agrees with it.</summary>
public sealed class TopologyTest
{
    static readonly string[][] Lines = [.. File.ReadAllLines(Repository.PathOf("lab/topology.conf"))
        .Select(line => line.Split('#')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length != 0)];

    [Fact]
    public void The_lab_s_router_has_the_addresses_of_the_topology()
    {
        using var router = JsonDocument.Parse(File.ReadAllText(Repository.PathOf("lab/router.jsonc")), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var interfaces = router.RootElement.GetProperty("Interfaces").EnumerateArray()
            .Select(entry => $"{entry.GetProperty("Name")} {string.Join(' ', entry.GetProperty("Addresses").EnumerateArray())}");
        Assert.Equal(Lines.Where(words => words[0] == "network").Select(words => string.Join(' ', words[1..])), interfaces);
    }

    [Fact]
    public void The_end_to_end_tests_use_the_addresses_of_the_topology()
    {
        var all = Lines.Where(words => words[0] is "network" or "host").SelectMany(words => words).Select(word => word.Split('/')[0]).ToHashSet(StringComparer.Ordinal);
        Assert.All(Topology.All, address => Assert.Contains(address.ToString(), all));
    }

    [Fact]
    public void Every_host_lives_on_one_Vagrant_machine() =>
        Assert.Equal(Lines.Where(words => words[0] == "host").Select(words => words[1]).Order(StringComparer.Ordinal),
            Lines.Where(words => words[0] == "machine").SelectMany(words => words[2..]).Order(StringComparer.Ordinal));
}
