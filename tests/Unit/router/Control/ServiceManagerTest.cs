using Router.Control;

namespace Unit.Control;

/// <summary>What the environment says of a service manager; files that it keeps are handed over in tests/EndToEnd/Service.</summary>
public sealed class ServiceManagerTest
{
    private const int Process = 4711;

    [Theory]
    [InlineData("")]
    [InlineData("LISTEN_PID=4711 LISTEN_FDS=1 LISTEN_FDNAMES=sessions")]
    public void Without_its_socket_there_is_none(string environment) => Assert.Null(Of(environment));

    [Theory]
    [InlineData("NOTIFY_SOCKET=@x", null)]
    [InlineData("NOTIFY_SOCKET=@x WATCHDOG_USEC=30000000", 30)]
    [InlineData("NOTIFY_SOCKET=@x WATCHDOG_USEC=30000000 WATCHDOG_PID=4711", 30)]
    [InlineData("NOTIFY_SOCKET=@x WATCHDOG_USEC=30000000 WATCHDOG_PID=1", null)]
    [InlineData("NOTIFY_SOCKET=@x WATCHDOG_USEC=0", null)]
    [InlineData("NOTIFY_SOCKET=@x WATCHDOG_USEC=-1", null)]
    [InlineData("NOTIFY_SOCKET=@x WATCHDOG_USEC=soon", null)]
    public void The_watchdog_s_time_is_read(string environment, int? seconds)
    {
        using ServiceManager manager = Of(environment)!;
        Assert.Equal(seconds, (int?)manager.Watchdog?.TotalSeconds);
    }

    [Theory]
    [InlineData("LISTEN_FDS=1 LISTEN_FDNAMES=sessions")]
    [InlineData("LISTEN_PID=1 LISTEN_FDS=1 LISTEN_FDNAMES=sessions")]
    [InlineData("LISTEN_PID=4711 LISTEN_FDNAMES=sessions")]
    [InlineData("LISTEN_PID=4711 LISTEN_FDS=many LISTEN_FDNAMES=sessions")]
    [InlineData("LISTEN_PID=4711 LISTEN_FDS=-1 LISTEN_FDNAMES=sessions")]
    public void Files_for_another_process_are_not_touched(string environment)
    {
        using ServiceManager manager = Of("NOTIFY_SOCKET=@x " + environment)!;
        Assert.Null(manager.Kept);
    }

    private static ServiceManager? Of(string environment)
    {
        var variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split('=')).ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
        return ServiceManager.Of(name => variables.GetValueOrDefault(name), Process);
    }
}
