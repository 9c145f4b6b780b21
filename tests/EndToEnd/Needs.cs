namespace EndToEnd;

/// <summary>What a test cannot do without. Where it lacks, the test is skipped and says so; under CI=true it fails, because test.sh installs everything.</summary>
internal static class Needs
{
    public static void Root() => Met(Environment.IsPrivilegedProcess, "needs root: network namespaces and TAP devices");

    public static void Tool(string name) =>
        Met((Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin").Split(':').Any(folder => System.IO.File.Exists(Path.Combine(folder, name))), $"needs the command {name}: test.sh installs it");

    public static void File(string path, string mend) => Met(System.IO.File.Exists(path), $"needs {path}: {mend}");

    /// <summary>Every way that our router can read its TAPs must work on the kernel at hand.</summary>
    public static void Backend(RouterKind kind)
    {
        var kernel = Environment.OSVersion.Version;
        var uring = !System.IO.File.Exists("/proc/sys/kernel/io_uring_disabled") || System.IO.File.ReadAllText("/proc/sys/kernel/io_uring_disabled").Trim() == "0";
        Met(kind != RouterKind.IoUringMultishot || (uring && kernel >= new Version(6, 7)), $"needs io_uring of kernel 6.7, this is {kernel}, io_uring {(uring ? "on" : "off")}");
        Met(kind != RouterKind.IoUring || (uring && kernel >= new Version(6, 1)), $"needs io_uring of kernel 6.1, this is {kernel}, io_uring {(uring ? "on" : "off")}");
    }

    public static void Met(bool condition, string message)
    {
        if (condition)
            return;
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail(message);
        Assert.Skip(message);
    }
}
