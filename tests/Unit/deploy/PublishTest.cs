using System.Diagnostics;
using System.Runtime.Versioning;
using Support;

namespace Unit.Deploy;

/// <summary>Which kind of program <c>vagrant/publish</c> makes, and when it says why. A stand-in for dotnet writes down what it was asked; what comes out of the real one runs in tests/EndToEnd/vagrant.</summary>
[SupportedOSPlatform("linux")]
public sealed class PublishTest : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("op25b-publish-");

    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task It_is_NativeAOT_where_the_machines_can_run_that() => Assert.Equal((0, "PublishAot", ""), await PublishAsync("2.34"));

    [Fact]
    public async Task It_is_ReadyToRun_where_the_link_asks_for_a_newer_glibc_than_the_machines_have()
    {
        var (code, asked, said) = await PublishAsync("2.38");
        Assert.Equal((0, "PublishAot PublishReadyToRun"), (code, asked));
        Assert.Equal("publish: ReadyToRun in place of NativeAOT. linked here, it needs glibc 2.38, and the machines have 2.36: for NativeAOT publish it on Debian 12 or an older system\n", said);
    }

    [Fact]
    public async Task It_is_ReadyToRun_where_nothing_can_link()
    {
        var (code, asked, said) = await PublishAsync("2.34", "exit 1");
        Assert.Equal((0, "PublishReadyToRun"), (code, asked));
        Assert.Contains("apt-get install gcc libc6-dev", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NativeAOT_that_was_asked_for_fails_where_it_would_not_run()
    {
        var (code, asked, said) = await PublishAsync("2.38", "exit 0", "--kind", "aot");
        Assert.Equal((1, "PublishAot"), (code, asked));
        Assert.Contains("2.38", said, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder.FullName, "out/op25b-router")));
    }

    [Fact]
    public async Task ReadyToRun_that_was_asked_for_needs_no_compiler() => Assert.Equal((0, "PublishReadyToRun", ""), await PublishAsync("2.38", "exit 1", "--kind", "r2r"));

    /// <summary>The exit code, the publishes that were asked of dotnet, and what was said.</summary>
    private async Task<(int Code, string Asked, string Said)> PublishAsync(string glibc, string compiler = "exit 0", params string[] options)
    {
        var asked = Path.Combine(_folder.FullName, "asked");
        var dotnet = Script("dotnet", $"echo \"$*\" | grep -oE 'Publish(Aot|ReadyToRun)' >>{asked}\nmkdir -p {_folder.FullName}/out\necho GLIBC_2.2.5 GLIBC_{glibc} >{_folder.FullName}/out/op25b-router");
        foreach (var name in new[] { "clang", "gcc" }) Script(name, compiler);
        using var process = Process.Start(new ProcessStartInfo(Repository.PathOf("vagrant/publish"), ["--output", Path.Combine(_folder.FullName, "out"), .. options])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            Environment = { ["dotnet"] = dotnet, ["PATH"] = $"{_folder.FullName}:/usr/bin:/bin" },
        })!;
        var said = await process.StandardError.ReadToEndAsync(_cancellation);
        await process.WaitForExitAsync(_cancellation);
        return (process.ExitCode, File.ReadAllText(asked).Trim().Replace('\n', ' '), said);
    }

    private string Script(string name, string text)
    {
        var file = Path.Combine(_folder.FullName, name);
        File.WriteAllText(file, $"#!/bin/sh\n{text}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return file;
    }
}
