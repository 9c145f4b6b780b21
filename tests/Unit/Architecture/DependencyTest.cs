using System.Reflection;
using System.Text.RegularExpressions;
using Router;
using Support;
using TapDev;

namespace Tests.Architecture;

/// <summary>DESIGN.md section 2: dependencies point one way. Said twice, by the sources' usings and by the compiled code, for each sees what the other does not.</summary>
public sealed partial class DependencyTest
{
    private const string Root = "Router", Prefix = "Router.";

    /// <summary>What each folder of the data path may know. No arrow leads back up, and the data path knows neither Configuration nor Telemetry, Control or Cli.</summary>
    private static readonly Dictionary<string, string[]> MayUse = new(StringComparer.Ordinal)
    {
        ["Wire"] = [],
        ["Packets"] = ["Wire"],
        ["Routing"] = ["Packets", "Wire"],
        ["Sessions"] = ["Packets", "Wire"],
        ["Capture"] = ["Sessions", "Packets", "Wire"],
        ["Local"] = ["Sessions", "Packets", "Wire"],
        ["Nat"] = ["Routing", "Sessions", "Packets", "Wire"],
        ["Neighbors"] = ["Routing", "Sessions", "Packets", "Wire"],
        ["Op25b"] = ["Local", "Routing", "Sessions", "Packets", "Wire"],
    };

    private static readonly Assembly Program = typeof(Forwarder).Assembly;

    /// <summary>What the loose files know, from the top: each may use those below it.</summary>
    private static readonly string[] Above = ["Program", "Appliance", "ForwardingLoop", "Forwarder"];

    [Fact]
    public void The_rule_itself_has_no_circle()
    {
        var done = new HashSet<string>(StringComparer.Ordinal);
        while (MayUse.Keys.FirstOrDefault(folder => !done.Contains(folder) && MayUse[folder].All(done.Contains)) is { } next)
            done.Add(next);
        Assert.Equal(MayUse.Keys.Order(), done.Order());
    }

    [Fact]
    public void The_sources_of_the_data_path_name_only_what_is_below_them()
    {
        var wrong = from folder in MayUse.Keys
                    from file in Repository.Sources($"router/{folder}")
                    from used in Using().Matches(File.ReadAllText(Repository.PathOf(file))).Select(match => match.Groups["folder"].Value)
                    where used != folder && !MayUse[folder].Contains(used, StringComparer.Ordinal)
                    select $"{file} uses {used}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void The_code_of_the_data_path_calls_only_what_is_below_it()
    {
        var wrong = from type in Program.GetTypes()
                    let folder = FolderOf(type)
                    where MayUse.ContainsKey(folder)
                    from used in References.Of(type)
                    where used.Assembly == Program && FolderOf(used) is var other && other != folder && !MayUse[folder].Contains(other, StringComparer.Ordinal)
                        && used.Namespace is not null
                    select $"{type} knows {used}";
        Assert.Empty(wrong.Distinct());
    }

    [Fact]
    public void The_forwarder_knows_the_stages_and_nothing_above_itself()
    {
        var wrong = from type in Program.GetTypes()
                    where OwnerOf(type).Name is nameof(Forwarder) or nameof(ForwarderParts)
                    from used in References.Of(type)
                    where used.Assembly == Program && used.Namespace is not null && !MayUse.ContainsKey(FolderOf(used))
                        && OwnerOf(used).Name is not (nameof(Forwarder) or nameof(ForwarderParts))
                    select $"{type} knows {used}";
        Assert.Empty(wrong.Distinct());
    }

    [Theory]
    [InlineData("Appliance")]
    [InlineData("ForwardingLoop")]
    [InlineData("Forwarder")]
    public void None_of_the_loose_files_knows_the_ones_above_it(string name)
    {
        string[] above = Above[..Array.IndexOf(Above, name)];
        var wrong = from type in Program.GetTypes()
                    where type.Namespace == Root && OwnerOf(type).Name == name
                    from used in References.Of(type)
                    where used.Assembly == Program && used.Namespace == Root && above.Contains(OwnerOf(used).Name, StringComparer.Ordinal)
                    select $"{type} knows {used}";
        Assert.Empty(wrong.Distinct());
    }

    [Fact]
    public void The_loop_knows_no_telemetry_control_or_command_line()
    {
        var wrong = from type in Program.GetTypes()
                    where OwnerOf(type).Name is nameof(ForwardingLoop)
                    from used in References.Of(type)
                    where used.Assembly == Program && FolderOf(used) is "Telemetry" or "Control" or "Cli" or "Configuration"
                    select $"{type} knows {used}";
        Assert.Empty(wrong.Distinct());
    }

    [Fact]
    public void Tapdev_knows_no_protocol_and_no_router()
    {
        Assembly tapdev = typeof(MemoryDevice).Assembly;
        Assert.DoesNotContain(tapdev.GetReferencedAssemblies(), reference => reference.Name == Program.GetName().Name);
        Assert.DoesNotContain(tapdev.GetTypes(), type => Protocol().IsMatch(type.Name));
    }

    /// <summary>Lambdas, iterators and nested types belong to the type that they are written in.</summary>
    private static Type OwnerOf(Type type) => type.DeclaringType is { } outer ? OwnerOf(outer) : type;

    /// <summary>The folder of a type, empty for the loose files.</summary>
    private static string FolderOf(Type type) => OwnerOf(type).Namespace is { } space && space.StartsWith(Prefix, StringComparison.Ordinal) ? space[Prefix.Length..] : "";

    [GeneratedRegex(@"^\s*using (?:static |\w+ = )?Router\.(?<folder>\w+)", RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Using();

    [GeneratedRegex("^(Ip|Ipv4|Ipv6|Tcp|Udp|Arp|Icmp|Ethernet)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Protocol();
}
