using System.Net.Sockets;
using Router;
using Router.Control;
using Unit.Telemetry;

namespace Unit.Control;

public sealed class ControlServerTest : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    private string Socket => _directory.Of("run/control.sock");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Status_crosses_the_socket_whole()
    {
        await using var server = await StartAsync();
        using var client = new ControlClient(Socket);
        var status = await client.GetStatusAsync(_cancellation);

        Assert.Equal("127.0.0.1:9125", status.Metrics.Listen);
        Assert.Equal(Socket, status.Control.Socket);
        Assert.Equal("in memory only", status.State);
        Assert.Equal("IoUringMultishot", status.Backend);
        Assert.Equal(1000, status.Interfaces[0].ReceivedFrames);
        Assert.Equal(new("Op25bBlocked", "port 25 is blocked here", 2), status.Interfaces[1].Dropped[0]);
        Assert.Equal(Snapshots.Of(1000).Op25b.NextPhaseFrom, status.Op25b.NextPhaseFrom);
    }

    [Fact]
    public async Task A_start_that_is_called_off_leaves_nothing_behind()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ControlServer.StartAsync(Socket, new CountingSnapshotSource(), metricsListen: null, new CancellationToken(canceled: true)));
        Assert.False(Directory.Exists(Path.GetDirectoryName(Socket)));
    }

    [Fact]
    public async Task A_question_about_sessions_crosses_the_socket_whole()
    {
        var source = new CountingSnapshotSource();
        await using var server = await ControlServer.StartAsync(Socket, source, metricsListen: null, _cancellation);
        using var client = new ControlClient(Socket);
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal) { ["address"] = "2001:db8:25:1::/64", ["sort"] = "source", ["top"] = "5" };

        var sessions = await client.GetSessionsAsync(parameters, _cancellation);

        Assert.Equal(Snapshots.Sessions.Sessions, sessions.Sessions);
        Assert.Equal((Router.Telemetry.SessionOrder.Source, 5), (source.Asked!.Order, source.Asked.Top));
        Assert.Equal("2001:db8:25:1::/64", $"{source.Asked.Filter.Address}");
        Assert.Equal(Snapshots.Drops.Drops, (await client.GetDropsAsync(_cancellation)).Drops);
    }

    [Fact]
    public async Task Sessions_are_ended_by_a_filter_and_never_all_of_them()
    {
        var source = new CountingSnapshotSource();
        await using var server = await ControlServer.StartAsync(Socket, source, metricsListen: null, _cancellation);
        using var client = new ControlClient(Socket);

        Assert.Equal(2, (await client.EndSessionsAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["port"] = "25" }, _cancellation)).Ended);
        Assert.Equal((ushort)25, source.Ended!.Port);

        var exception = await Assert.ThrowsAsync<ControlException>(() => client.EndSessionsAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["top"] = "1" }, _cancellation));
        Assert.Equal($"the router on {Socket} does not tell: say which sessions: give protocol, address, port, state or family", exception.Message);
    }

    [Fact]
    public async Task What_answers_leave_behind_is_collected_before_it_is_much()
    {
        await using var server = await StartAsync();
        using var client = new ControlClient(Socket);
        long allocated = GC.GetTotalAllocatedBytes();
        int collections = GC.CollectionCount(0);

        while (GC.GetTotalAllocatedBytes() < allocated + 2 * Garbage.Budget)
            await client.GetStatusAsync(_cancellation);

        Assert.True(GC.CollectionCount(0) > collections);
    }

    [Fact]
    public async Task The_socket_is_for_its_owner_and_group()
    {
        await using var server = await StartAsync();
        if (OperatingSystem.IsLinux())
        {
            Assert.Equal("660", Convert.ToString((int)File.GetUnixFileMode(Socket), 8));
            Assert.Equal("755", Convert.ToString((int)File.GetUnixFileMode(_directory.Of("run")), 8));
        }
    }

    /// <summary>Root may give it to any group; whoever else runs the tests, to his own.</summary>
    [Fact]
    public async Task The_socket_is_given_to_the_group_that_is_named()
    {
        string group = Environment.IsPrivilegedProcess ? "daemon" : Run("id", "-gn");
        await using var server = await ControlServer.StartAsync(Socket, new CountingSnapshotSource(), metricsListen: null, _cancellation, group: group);
        Assert.Equal($"{group} 660", Run("stat", "-c", "%G %a", Socket));
    }

    [Fact]
    public async Task A_group_that_is_not_there_is_one_clear_line_and_leaves_nothing()
    {
        var exception = await Assert.ThrowsAsync<ApplianceException>(() => ControlServer.StartAsync(Socket, new CountingSnapshotSource(), metricsListen: null, _cancellation, group: "no-such-group"));
        Assert.Equal("control: /etc/group has no group 'no-such-group'; change Control:Group, or give its number ('getent group no-such-group' tells it)", exception.Message);
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    /// <summary>A server that is none of ours, which speaks HTTP or does not.</summary>
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "what answers on {0} is not this version of the router")]
    [InlineData("220 mail.example.net ESMTP\r\n", "no router answers on {0}: ")]
    public async Task A_socket_that_is_not_a_routers_is_said_to_be(string says, string why)
    {
        Directory.CreateDirectory(_directory.Of("run"));
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(Socket));
        other.Listen();
        Task answering = AnswerAsync(other, says);
        using var client = new ControlClient(Socket);
        var exception = await Assert.ThrowsAsync<ControlException>(() => client.GetStatusAsync(_cancellation));
        Assert.StartsWith(string.Format(System.Globalization.CultureInfo.InvariantCulture, why, Socket), exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
        await answering;
    }

    [Fact]
    public async Task Nothing_is_left_at_the_end()
    {
        await (await StartAsync()).DisposeAsync();
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task A_dead_routers_socket_is_replaced()
    {
        Directory.CreateDirectory(_directory.Of("run"));
        LeaveSocketBehind(Socket);
        await using var server = await StartAsync();
        using var client = new ControlClient(Socket);
        Assert.Equal("Block", (await client.GetStatusAsync(_cancellation)).Op25b.Mode);
    }

    [Fact]
    public async Task A_live_routers_socket_is_not_taken()
    {
        await using var first = await StartAsync();
        var exception = await Assert.ThrowsAsync<ApplianceException>(StartAsync);
        Assert.Equal($"control: another router answers on {Socket}; stop it, or change Control:Socket", exception.Message);
        using var client = new ControlClient(Socket);
        Assert.NotNull(await client.GetStatusAsync(_cancellation));
    }

    [Fact]
    public async Task A_file_that_is_no_socket_is_left_alone()
    {
        Directory.CreateDirectory(_directory.Of("run"));
        _directory.Write("run/control.sock", "precious");
        var exception = await Assert.ThrowsAsync<ApplianceException>(StartAsync);
        Assert.Equal($"control: {Socket} is a file, not a socket; change Control:Socket, or move the file away", exception.Message);
        Assert.Equal("precious", await File.ReadAllTextAsync(Socket, _cancellation));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_is_one_clear_line()
    {
        _directory.Write("run", "a file where the directory should be");
        var exception = await Assert.ThrowsAsync<ApplianceException>(StartAsync);
        Assert.StartsWith($"control: cannot bind {Socket}: ", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public async Task An_absent_socket_is_said_to_be()
    {
        using var client = new ControlClient(Socket);
        var exception = await Assert.ThrowsAsync<ControlException>(() => client.GetStatusAsync(_cancellation));
        Assert.Equal($"no router answers on {Socket}: there is no such socket; start the router, or name its socket with --socket", exception.Message);
    }

    [Fact]
    public async Task A_dead_socket_is_said_to_be()
    {
        Directory.CreateDirectory(_directory.Of("run"));
        LeaveSocketBehind(Socket);
        using var client = new ControlClient(Socket);
        var exception = await Assert.ThrowsAsync<ControlException>(() => client.GetStatusAsync(_cancellation));
        Assert.Equal($"no router answers on {Socket}: the socket is a dead router's; start it with 'op25b-router run'", exception.Message);
    }

    [Fact]
    public async Task A_router_that_is_starting_says_so()
    {
        await using var server = await ControlServer.StartAsync(Socket, new LateSnapshotSource(), metricsListen: null, _cancellation);
        using var client = new ControlClient(Socket);
        var exception = await Assert.ThrowsAsync<ControlException>(() => client.GetStatusAsync(_cancellation));
        Assert.Equal($"the router on {Socket} does not tell: the router is starting", exception.Message);
    }

    private async Task AnswerAsync(Socket listener, string says)
    {
        using Socket peer = await listener.AcceptAsync(_cancellation);
        await peer.ReceiveAsync(new byte[4096], _cancellation);
        await peer.SendAsync(System.Text.Encoding.ASCII.GetBytes(says), _cancellation);
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        return process.StandardOutput.ReadToEnd().Trim();
    }

    private Task<ControlServer> StartAsync() => ControlServer.StartAsync(Socket, new CountingSnapshotSource(), () => "127.0.0.1:9125", _cancellation);

    /// <summary>A socket's file survives when it is renamed before its owner closes it: as after kill -9.</summary>
    private static void LeaveSocketBehind(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint($"{path}.x"));
        File.Move($"{path}.x", path);
    }
}
