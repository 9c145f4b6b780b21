using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>A restart under a service manager keeps what is open (ADR 52).</summary>
public sealed class RestartTest(ITestOutputHelper output)
{
    const int Port = 5001;

    static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("192.0.2.0")]
    [InlineData("2001:db8::")]
    public async Task A_transfer_through_a_restart_arrives_whole(string family)
    {
        var remote = IPAddress.Parse(family).AddressFamily == AddressFamily.InterNetwork ? Topology.External : Topology.External6;
        await using var lab = await StartAsync();
        await ReachAsync(lab, remote);
        using var listener = Sockets.Listen(lab.External, Port, remote.AddressFamily);
        using var client = await Sockets.ConnectAsync(lab.Client, remote, Port);
        using var server = await Sockets.AcceptAsync(listener);
        var peer = ((IPEndPoint)server.RemoteEndPoint!).ToString();
        using var stop = new CancellationTokenSource();
        var progress = new Progress();
        var sent = SendAsync(client, stop.Token);
        var received = ReceiveAsync(server, progress);
        await progress.MovedAsync();

        await lab.RestartAsync();
        await progress.MovedAsync();
        await lab.RestartAsync();
        await progress.MovedAsync();
        await stop.CancelAsync();

        Assert.Equal(Convert.ToHexString(await sent.WaitAsync(Soon, TestContext.Current.CancellationToken)), Convert.ToHexString(await received.WaitAsync(Soon, TestContext.Current.CancellationToken)));
        Assert.Equal(2, lab.Count("let go of sessions"));
        Assert.Contains("sessions taken over from op25b-router", lab.Said, StringComparison.Ordinal);
        var sessions = JsonNode.Parse((await lab.AskAsync("sessions", "--json", "--protocol", "tcp")).Output)!;
        Assert.Single(sessions["sessions"]!.AsArray());
        output.WriteLine($"{family}: peer {peer}, {progress.Bytes} bytes, longest gap {progress.LongestGap.TotalMilliseconds:0} ms");
        output.WriteLine(string.Join('\n', lab.Said.Split('\n').Where(line => line.Contains("sessions", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task What_the_new_configuration_forbids_does_not_come_along()
    {
        await using var lab = await StartAsync();
        await ReachAsync(lab, Topology.External);
        using var mail = await OpenAsync(lab, 25);
        using var submission = await OpenAsync(lab, 587);
        lab.Configure(configuration => configuration["Op25b"] = JsonNode.Parse("""{ "Phases": [ { "Name": "op25b", "From": "2008-04-01T11:00:00+09:00", "Mode": "Block", "Action": "Reset" } ] }"""));

        await lab.RestartAsync();

        await submission.ExchangeAsync();
        await mail.Client.SendAsync("MAIL"u8.ToArray());
        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<SocketException>(() => mail.Client.ReceiveAsync(new byte[1]).WaitAsync(Soon, TestContext.Current.CancellationToken))).SocketErrorCode);
        Assert.Contains("sessions not taken over: 1 that this configuration does not let go on", lab.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nothing_is_kept_it_starts_with_an_empty_table()
    {
        await using var lab = await StartAsync("SUPERVISOR_KEEPS=no");
        await ReachAsync(lab, Topology.External);
        await lab.RestartAsync();
        Assert.DoesNotContain("taken over", lab.Said, StringComparison.Ordinal);
        await ReachAsync(lab, Topology.External);
    }

    [Fact]
    public async Task The_watchdog_hears_from_the_loop()
    {
        await using var lab = await StartAsync("SUPERVISOR_WATCHDOG=300000");
        await Eventually.TrueAsync(() => lab.Count("WATCHDOG") >= 3, Soon, () => lab.Said);
    }

    static async Task<ServiceLab> StartAsync(params string[] environment)
    {
        var lab = await ServiceLab.CreateAsync();
        Assert.Equal(0, (await lab.AsRootAsync("taps", "--create", "--user", ServiceLab.User)).ExitCode);
        await lab.StartAsync(environment);
        return lab;
    }

    static Task ReachAsync(ServiceLab lab, IPAddress to) =>
        Eventually.TrueAsync(async () => (await Network.PingAsync(lab.Client, to)).ExitCode == 0, Soon, () => $"the client reaches {to}\n{lab.Said}");

    static async Task<Pair> OpenAsync(ServiceLab lab, int port)
    {
        using var listener = Sockets.Listen(lab.External, port);
        var client = await Sockets.ConnectAsync(lab.Client, Topology.External, port);
        return new(client, await Sockets.AcceptAsync(listener));
    }

    /// <summary>A few kilobytes every few milliseconds, so that it lasts as long as the test, and the receiver's gaps show what was lost.</summary>
    static async Task<byte[]> SendAsync(Socket socket, CancellationToken stop)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var random = new Random(25);
        var chunk = new byte[4096];
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        do
        {
            random.NextBytes(chunk);
            for (var sent = 0; sent < chunk.Length;)
                sent += await socket.SendAsync(chunk.AsMemory(sent), CancellationToken.None).AsTask().WaitAsync(Soon, CancellationToken.None);
            hash.AppendData(chunk);
        }
        while (!stop.IsCancellationRequested && await pace.WaitForNextTickAsync(CancellationToken.None));
        socket.Shutdown(SocketShutdown.Send);
        return hash.GetHashAndReset();
    }

    static async Task<byte[]> ReceiveAsync(Socket socket, Progress progress)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        for (int read; (read = await socket.ReceiveAsync(buffer).WaitAsync(Soon)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
            progress.Add(read);
        }
        return hash.GetHashAndReset();
    }

    sealed class Progress
    {
        readonly Stopwatch _clock = Stopwatch.StartNew();
        TimeSpan _last;
        long _bytes;

        public long Bytes => Interlocked.Read(ref _bytes);

        public TimeSpan LongestGap { get; private set; }

        public void Add(int bytes)
        {
            var now = _clock.Elapsed;
            if (Bytes > 0 && now - _last > LongestGap)
                LongestGap = now - _last;
            _last = now;
            Interlocked.Add(ref _bytes, bytes);
        }

        public async Task MovedAsync()
        {
            var before = Bytes;
            await Eventually.TrueAsync(() => Bytes > before + 100_000, Soon, () => $"bytes arrive, after {before}");
        }
    }

    sealed record Pair(Socket Client, Socket Server) : IDisposable
    {
        public async Task ExchangeAsync()
        {
            await Client.SendAsync("MAIL"u8.ToArray());
            var buffer = new byte[4];
            Assert.Equal(4, await Server.ReceiveAsync(buffer).WaitAsync(Soon));
            Assert.Equal("MAIL", Encoding.ASCII.GetString(buffer));
        }

        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }
}
