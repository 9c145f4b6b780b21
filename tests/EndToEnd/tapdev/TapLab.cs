using System.Diagnostics;
using TapDev;

namespace Tests.TapDev;

/// <summary>
/// Two namespaces with a TAP each, and a copier between them on the test's thread:
/// <c>left 203.0.113.1 -- tap0 [loop] tap0 -- right 203.0.113.2</c>.
/// </summary>
internal sealed class TapLab : IDisposable
{
    private static int _count;
    private readonly List<string> _namespaces = [];

    public TapLab()
    {
        if (!Environment.IsPrivilegedProcess || !File.Exists("/dev/net/tun"))
            Assert.Skip("Needs root and /dev/net/tun.");
        string prefix = $"tapdev-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";
        Left = Add($"{prefix}l");
        Right = Add($"{prefix}r");
    }

    public string Left { get; }

    public string Right { get; }

    public static IEnumerable<TheoryDataRow<TapBackend>> Backends => Enum.GetValues<TapBackend>().Select(b => new TheoryDataRow<TapBackend>(b));

    /// <summary>Opens the TAP of a side and gives it an address.</summary>
    public TapDevice Open(TapLoop loop, string side, TapOptions? options = null)
    {
        TapDevice device = loop.Open((options ?? new TapOptions { Name = "tap0" }) with { Namespace = side });
        Run("ip", $"-n {side} addr add 203.0.113.{(side == Left ? 1 : 2)}/24 dev {device.Name}");
        return device;
    }

    /// <summary>Copies frames between the devices until the condition holds.</summary>
    /// <returns>Whether it did in time.</returns>
    public static bool Copy(TapLoop loop, TapDevice left, TapDevice right, Func<bool> until, Action<Frame>? look = null)
    {
        var clock = Stopwatch.StartNew();
        while (!until())
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(20))
                return false;
            loop.Wait(TimeSpan.FromMilliseconds(20));
            loop.Maintain(clock.ElapsedMilliseconds);
            Pass(left, right, look);
            Pass(right, left, look);
        }
        return true;
    }

    public static Process Start(string program, string arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;

    /// <summary>Runs a program to its end.</summary>
    public static string Run(string program, string arguments)
    {
        using Process process = Start(program, arguments);
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {arguments}: {output}");
        return output;
    }

    public static bool Exists(string side, string name)
    {
        using Process process = Start("ip", $"-n {side} link show {name}");
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    public void Dispose()
    {
        foreach (string name in _namespaces)
        {
            using Process process = Start("ip", $"netns del {name}");
            process.WaitForExit();
        }
    }

    private static void Pass(TapDevice from, TapDevice to, Action<Frame>? look)
    {
        for (Frame? frame = from.Input.TryReadBatch(), next; frame is not null; frame = next)
        {
            next = frame.NextInBatch;
            look?.Invoke(frame);
            to.Output.TrySend(frame);
        }
        from.Input.EndBatch();
    }

    private string Add(string name)
    {
        Run("ip", $"netns add {name}");
        _namespaces.Add(name);
        return name;
    }
}
