using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Support;

namespace Unit.Deploy;

/// <summary>The systemd unit and the Debian package. That the service runs is shown where systemd does: tests/EndToEnd/vagrant.</summary>
[SupportedOSPlatform("linux")]
public sealed class ServiceTest : IDisposable
{
    private const string Unit = "deploy/systemd/op25b-router.service";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("op25b-package-");

    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>What the document quotes: which rules are not met, and the sum.</summary>
    [Fact]
    public async Task The_unit_is_as_shut_as_the_document_says()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd-analyze is not installed: apt-get install systemd");
        var said = await RunAsync("/usr/bin/systemd-analyze", "security", "--offline=true", "--no-pager", Repository.PathOf(Unit));
        var document = File.ReadAllText(Repository.PathOf("docs/service.md"));
        string[] open = [.. said.Split('\n').Where(line => line.StartsWith('✗')).Select(line => line.Split("  ")[0])];
        Assert.NotEmpty(open);
        Assert.All(open, rule => Assert.Contains($"\n{rule} ", document, StringComparison.Ordinal));
        var sum = Array.Find(said.Split('\n'), line => line.StartsWith('→'))!;
        Assert.Contains(sum[..sum.IndexOf(" OK", StringComparison.Ordinal)], document, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_package_has_program_unit_user_configuration_and_manual_page()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/dpkg-deb"), "dpkg-deb is not here: this is no Debian");
        var package = (await RunAsync(Repository.PathOf("deploy/build-deb"), "--program", "/bin/true", "--version", "1.2.3", "--compression", "none", "--output", _folder.FullName)).Trim();
        Assert.Equal(Path.Combine(_folder.FullName, "op25b-router_1.2.3_amd64.deb"), package);
        var files = await RunAsync("/usr/bin/dpkg-deb", "--contents", package);
        foreach (var file in new[] { "usr/bin/op25b-router", "usr/lib/systemd/system/op25b-router.service", "usr/lib/sysusers.d/op25b-router.conf", "usr/share/man/man8/op25b-router.8.gz", "usr/share/doc/op25b-router/copyright" })
            Assert.Contains($" ./{file}\n", files, StringComparison.Ordinal);
        // The recipes, as they can be copied: what they run is executable.
        foreach (var recipe in Directory.GetFiles(Repository.PathOf("deploy/recipes")))
            Assert.Contains($"{(new FileInfo(recipe).UnixFileMode.HasFlag(UnixFileMode.UserExecute) ? "-rwxr-xr-x" : "-rw-r--r--")} root/root {new FileInfo(recipe).Length,9} ", Assert.Single(files.Split('\n'), line => line.EndsWith($" ./usr/share/doc/op25b-router/examples/recipes/{Path.GetFileName(recipe)}", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains(" ./usr/share/doc/op25b-router/recipes.md\n", files, StringComparison.Ordinal);
        // What the program is linked with, as it says itself: the C library.
        Assert.Matches(@"^libc6 \(>= 2\.[0-9]+\), libssl3", await RunAsync("/usr/bin/dpkg-deb", "--field", package, "Depends"));
        Assert.Equal("/etc/op25b-router/router.jsonc\n/etc/default/op25b-router\n", await RunAsync("/usr/bin/dpkg-deb", "--info", package, "conffiles"));
    }

    /// <summary>The Vagrant machine makes the package of the files that <c>vagrant/delivery.rb</c> names, and of no others.</summary>
    [Fact]
    public async Task The_machine_makes_the_same_package_of_what_it_gets()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/dpkg-deb"), "dpkg-deb is not here: this is no Debian");
        var root = _folder.CreateSubdirectory("opt").FullName;
        var delivery = File.ReadAllText(Repository.PathOf("vagrant/delivery.rb"));
        var runnable = Words(delivery, "RUNNABLE");
        foreach (var file in Words(delivery, "PACKAGE").SelectMany(pattern => Directory.GetFiles(Repository.PathOf(Path.GetDirectoryName(pattern)!), Path.GetFileName(pattern))))
        {
            var path = Path.GetRelativePath(Repository.PathOf("."), file);
            Directory.CreateDirectory(Path.Combine(root, Path.GetDirectoryName(path)!));
            File.Copy(file, Path.Combine(root, path));
            File.SetUnixFileMode(Path.Combine(root, path), (UnixFileMode)Convert.ToInt32(runnable.Contains(path) ? "755" : "644", 8));
        }

        var ours = await ContentsAsync(Repository.PathOf("deploy/build-deb"), "here");
        Assert.Equal(ours, await ContentsAsync(Path.Combine(root, "deploy/build-deb"), "there"));
    }

    private static string[] Words(string ruby, string constant) => Regex.Match(ruby, $@"{constant} = %w\[(.*?)\]", RegexOptions.Singleline, TimeSpan.FromSeconds(1)).Groups[1].Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Mode and path of each file of a package that a script makes.</summary>
    private async Task<string[]> ContentsAsync(string script, string folder)
    {
        var package = (await RunAsync(script, "--program", "/bin/true", "--compression", "none", "--output", _folder.CreateSubdirectory(folder).FullName)).Trim();
        return [.. (await RunAsync("/usr/bin/dpkg-deb", "--contents", package)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"{line[..10]} {line[line.IndexOf("./", StringComparison.Ordinal)..]}")];
    }

    private async Task<string> RunAsync(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["LC_ALL"] = "C.UTF-8" } })!;
        var output = process.StandardOutput.ReadToEndAsync(_cancellation);
        var error = await process.StandardError.ReadToEndAsync(_cancellation);
        await process.WaitForExitAsync(_cancellation);
        Assert.True(process.ExitCode == 0, error);
        return await output;
    }
}
