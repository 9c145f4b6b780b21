using Tmds.Linux;

namespace Support.EndToEnd;

/// <summary>A named network namespace (<c>ip netns</c>). Whoever makes it removes it.</summary>
internal sealed class NetworkNamespace
{
    const string Folder = "/run/netns/";
    const int CloneNewNetwork = 0x40000000;

    public string Name { get; }

    NetworkNamespace(string name) => Name = name;

    /// <summary>Makes a namespace whose loopback is up. IPv6 is off for every device that it will ever have, so that no device chatters.</summary>
    public static async Task<NetworkNamespace> CreateAsync(string name)
    {
        await HostProcess.RunCheckedAsync("ip", "netns", "add", name);
        var created = new NetworkNamespace(name);
        await created.ShellAsync("""
            ip link set lo up
            sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
            sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
            sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.ping_group_range='0 2147483647'
            """);
        return created;
    }

    public static bool Exists(string name) => File.Exists(Folder + name);

    public static IEnumerable<string> All() =>
        Directory.Exists(Folder) ? Directory.EnumerateFiles(Folder).Select(path => Path.GetFileName(path)) : [];

    /// <summary>Ends what still runs inside, by process id, then removes the namespace and its devices.</summary>
    public static async Task DeleteAsync(string name)
    {
        var inside = await HostProcess.RunAsync("ip", "netns", "pids", name);
        foreach (var pid in inside.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            if (int.Parse(pid) != Environment.ProcessId)
                _ = LibC.kill(int.Parse(pid), LibC.SIGKILL);
        await HostProcess.RunAsync("ip", "netns", "del", name);
    }

    public Task DeleteAsync() => DeleteAsync(Name);

    /// <summary>
    /// Runs <paramref name="action"/> on a thread of its own that has moved into the namespace. A socket made there stays there, and any thread may use it afterwards.
    /// It must start nothing: a worker that the thread pool makes from there would belong to the namespace for good, and later connect to the wrong loopback.
    /// </summary>
    public T Enter<T>(Func<T> action)
    {
        var result = default(T);
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var handle = File.OpenHandle(Folder + Name);
                if (LibC.setns((int)handle.DangerousGetHandle(), CloneNewNetwork) != 0)
                    throw new InvalidOperationException($"cannot enter the network namespace {Name}");
                result = action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw new InvalidOperationException($"in namespace {Name}: {failure.Message}", failure);
    }

    /// <summary>Runs a command inside, at most <paramref name="limit"/> (10 seconds where not given).</summary>
    public Task<ProcessResult> RunAsync(string[] command, TimeSpan? limit = null) =>
        HostProcess.RunAsync(["ip", "netns", "exec", Name, .. command], limit);

    /// <summary>Runs a few lines of shell inside and throws where one fails.</summary>
    public async Task ShellAsync(string script)
    {
        var result = await RunAsync(["sh", "-ec", script]);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"in namespace {Name}: {script}\nended with {result}");
    }

    public HostProcess Start(params string[] command) => HostProcess.Start(["ip", "netns", "exec", Name, .. command]);
}
