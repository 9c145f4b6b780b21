using System.Text.RegularExpressions;
using Tmds.Linux;

namespace Support.EndToEnd;

/// <summary>Removes what test processes that no longer live have left behind: their namespaces, routers and work folders.</summary>
internal static partial class Leftovers
{
    /// <summary>Where lab/lab keeps what belongs to each lab, by its prefix.</summary>
    const string Labs = "/run/op25b-lab";

    public static async Task RemoveAsync()
    {
        if (Directory.Exists(Labs))
            foreach (var prefix in Directory.EnumerateDirectories(Labs).Select(path => Path.GetFileName(path)!).Where(prefix => IsOrphan(NamespaceName(), prefix + "-router")).ToArray())
                await HostProcess.RunCheckedAsync(Repository.PathOf("lab/lab"), "--prefix", prefix, "down");
        foreach (var name in NetworkNamespace.All().Where(name => IsOrphan(NamespaceName(), name)).ToArray())
            await NetworkNamespace.DeleteAsync(name);
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath()).Where(path => IsOrphan(FolderName(), Path.GetFileName(path))).ToArray())
        {
            EndRoutersOf(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A router of a dead test is known by the configuration in its command line, which lies in that test's work folder.</summary>
    static void EndRoutersOf(string folder)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
            if (CommandLine(process).Contains(folder + "/", StringComparison.Ordinal))
                _ = LibC.kill(int.Parse(Path.GetFileName(process)), LibC.SIGKILL);
    }

    static bool IsOrphan(Regex pattern, string name) =>
        pattern.Match(name) is { Success: true } match && !CommandLine($"/proc/{match.Groups["pid"].Value}").Contains("EndToEnd", StringComparison.Ordinal);

    static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(process + "/cmdline");
        }
        catch (IOException)
        {
            return ""; // it has ended meanwhile
        }
    }

    [GeneratedRegex(@"^t(?<pid>\d+)-\d+-(?:lan|client|home|fixed|phone|camera|bot|office|pcs|mta|external|router|guest\d+)$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamespaceName();

    [GeneratedRegex(@"^op25b-t(?<pid>\d+)-\d+-", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FolderName();
}
