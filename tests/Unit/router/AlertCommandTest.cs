using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using Router;
using Support.EndToEnd;
using Unit.Control;

namespace Unit;

/// <summary>The operator's program for alerts, with real processes.</summary>
public sealed class AlertCommandTest : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly BlockingCollection<string> _failures = [];
    private readonly FakeTimeProvider _time = new();

    public void Dispose()
    {
        _directory.Dispose();
        _failures.Dispose();
    }

    [Fact]
    public async Task It_gets_its_arguments_as_they_are_and_the_alert_in_its_environment()
    {
        string file = _directory.Of("seen");
        await using (var command = new AlertCommand(["/bin/sh", "-c", "printf '%s %s' \"$OP25B_HOST\" \"$1\" > \"$2\"; exit 3", "sh", "$(id); *", file], 10, _time, _failures.Add))
        {
            command.Run(new Dictionary<string, string>(StringComparer.Ordinal) { ["OP25B_HOST"] = "192.168.25.40; rm -rf /" });
            Assert.Equal("/bin/sh ended with 3", Failure());
        }

        Assert.Equal("192.168.25.40; rm -rf / $(id); *", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task More_than_so_many_a_minute_are_not_run_and_that_is_said()
    {
        await using var command = new AlertCommand(["/bin/false"], 2, _time, _failures.Add);
        for (int i = 0; i < 3; i++)
            command.Run(new Dictionary<string, string>(StringComparer.Ordinal));
        Assert.Equal(["/bin/false ended with 1", "/bin/false ended with 1", "/bin/false is not run for an alert: more than 2 in a minute"], new[] { Failure(), Failure(), Failure() });
        _time.Advance(TimeSpan.FromSeconds(31));
        command.Run(new Dictionary<string, string>(StringComparer.Ordinal));
        Assert.Equal("/bin/false ended with 1", Failure());
    }

    [Fact]
    public async Task One_that_cannot_be_run_is_said_once_for_each_alert()
    {
        await using var command = new AlertCommand(["/no/such/program"], 2, _time, _failures.Add);
        command.Run(new Dictionary<string, string>(StringComparer.Ordinal));
        Assert.StartsWith("/no/such/program cannot be run: ", Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_hangs_ends_with_the_router()
    {
        AlertCommand command = Hang();
        int process = await HungAsync();
        await command.DisposeAsync();
        Assert.Equal("/bin/sh was killed: the router ends", Failure());
        await EndedAsync(process);
    }

    [Fact]
    public async Task One_that_hangs_is_killed_after_thirty_seconds()
    {
        await using AlertCommand command = Hang();
        int process = await HungAsync();
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("/bin/sh did not end within 30 s: it was killed", Failure());
        await EndedAsync(process);
    }

    private string PidFile => _directory.Of("pid");

    private AlertCommand Hang()
    {
        var command = new AlertCommand(["/bin/sh", "-c", "echo $$ > \"$1.new\"; mv \"$1.new\" \"$1\"; exec sleep 1000", "sh", PidFile], 2, _time, _failures.Add);
        command.Run(new Dictionary<string, string>(StringComparer.Ordinal));
        return command;
    }

    private static Task EndedAsync(int process) =>
        Eventually.TrueAsync(() => Task.FromResult(!Directory.Exists($"/proc/{process}")), TimeSpan.FromSeconds(20), () => $"process {process} is still there");

    private async Task<int> HungAsync()
    {
        await Eventually.TrueAsync(() => Task.FromResult(File.Exists(PidFile)), TimeSpan.FromSeconds(20), () => "the command did not start");
        return int.Parse(await File.ReadAllTextAsync(PidFile), System.Globalization.CultureInfo.InvariantCulture);
    }

    private string Failure()
    {
        Assert.True(_failures.TryTake(out string? failure, TimeSpan.FromSeconds(20)));
        return failure!;
    }
}
