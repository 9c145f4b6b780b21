using Support;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>A script of this folder, run by Debian's Python, which has Debian's modules.</summary>
internal static class PythonScript
{
    const string Interpreter = "/usr/bin/python3";

    public static async Task<string> RunAsync(string script, string module, TimeSpan limit, params string[] arguments)
    {
        Needs.File(Interpreter, "test.sh installs python3");
        Needs.Met((await HostProcess.RunAsync(Interpreter, "-c", $"import {module}")).ExitCode == 0, $"needs {module} for {Interpreter}: test.sh installs python3-{module}");
        var result = await HostProcess.RunAsync([Interpreter, "-B", Repository.PathOf($"tests/EndToEnd/{script}"), .. arguments], limit);
        Assert.True(result.ExitCode == 0, $"{script}: {result}");
        return result.Output;
    }
}
