using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;

namespace Support.EndToEnd;

/// <summary>How a process ended, and what it said.</summary>
internal sealed record ProcessResult(int ExitCode, string Output, string Error)
{
    public override string ToString() => $"exit code {ExitCode}\n{Output}{Error}";
}

/// <summary>A process on this machine, its output kept, ended by its own id.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(10);

    static readonly ConcurrentDictionary<int, HostProcess> Alive = new();

    readonly Process _process;
    readonly StringBuilder _output = new();
    readonly StringBuilder _error = new();

    /// <summary>Held for life: a test process that is ended from outside takes what it started along. Since .NET 10, SIGTERM raises no ProcessExit.</summary>
    static readonly PosixSignalRegistration Ended = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ =>
    {
        foreach (var process in Alive.Values.Where(process => !process.HasExited))
            process.Signal(LibC.SIGKILL);
    });

    HostProcess(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_error, line.Data);
        _process.Start();
        Alive[_process.Id] = this;
        GC.KeepAlive(Ended);
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output => Read(_output);

    public string Error => Read(_error);

    public static HostProcess Start(params string[] command) => new(command);

    public static Task<ProcessResult> RunAsync(params string[] command) => RunAsync(command, DefaultLimit);

    /// <summary>Runs to the end; throws <see cref="TimeoutException"/> with what was said so far where it takes longer than the limit.</summary>
    public static async Task<ProcessResult> RunAsync(string[] command, TimeSpan? limit)
    {
        await using var process = new HostProcess(command);
        return await process.WaitAsync(limit ?? DefaultLimit);
    }

    public static async Task RunCheckedAsync(params string[] command)
    {
        var result = await RunAsync(command);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', command)}: {result}");
    }

    public async Task<ProcessResult> WaitAsync(TimeSpan limit)
    {
        using var expiry = new CancellationTokenSource(limit);
        try
        {
            await _process.WaitForExitAsync(expiry.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"{_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)} runs longer than {limit.TotalSeconds} s:\n{Output}{Error}", e);
        }
        return new ProcessResult(_process.ExitCode, Output, Error);
    }

    public void Signal(int signal) => _ = LibC.kill(Id, signal);

    /// <summary>Asks it to end (SIGTERM) and waits.</summary>
    public Task<ProcessResult> TerminateAsync(TimeSpan limit)
    {
        Signal(LibC.SIGTERM);
        return WaitAsync(limit);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Signal(LibC.SIGKILL);
            await _process.WaitForExitAsync();
        }
        Alive.TryRemove(Id, out _);
        _process.Dispose();
    }

    static void Keep(StringBuilder text, string? line)
    {
        if (line is null)
            return;
        lock (text)
            text.Append(line).Append('\n');
    }

    static string Read(StringBuilder text)
    {
        lock (text)
            return text.ToString();
    }
}
