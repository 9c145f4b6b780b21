using System.Net;
using System.Net.Sockets;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>A subscriber who submits mail on 587 and tries port 25 of two servers, one at home who tries it too, and the servers that answer.</summary>
internal sealed class GatewaySubscribers : IAsyncDisposable
{
    static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250), Soon = TimeSpan.FromSeconds(20);

    readonly CancellationTokenSource _stop = new();
    readonly List<Socket> _listeners = [];
    readonly List<Task> _work = [];

    public static async Task<GatewaySubscribers> StartAsync(GatewayLab lab)
    {
        await Eventually.TrueAsync(async () => (await Network.PingAsync(lab.Client, Topology.External)).ExitCode == 0, Soon, () => $"the client reaches the outside\n{lab.Said}");
        var all = new GatewaySubscribers();
        foreach (var port in new[] { 25, 587 })
        {
            var listener = Sockets.Listen(lab.External, port);
            all._listeners.Add(listener);
            all._work.Add(all.AnswerAsync(listener));
        }
        var opened = await Sockets.ConnectAsync(lab.Client, Topology.External, 587);
        all._work.Add(all.SubmitAsync(lab.Client, opened));
        foreach (var (host, servers) in new[] { (lab.Client, new[] { Topology.External, Topology.SecondExternal }), (lab.Home, [Topology.External]) })
        {
            await TryAsync(host, servers[0]);
            all._work.Add(all.TryAsync(host, servers));
        }
        return all;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var listener in _listeners)
            listener.Dispose();
        await Task.WhenAll(_work);
        _stop.Dispose();
    }

    async Task AnswerAsync(Socket listener)
    {
        List<Socket> accepted = [];
        try
        {
            while (true)
                accepted.Add(await listener.AcceptAsync(_stop.Token));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            accepted.ForEach(socket => socket.Dispose());
        }
    }

    /// <summary>One session, and another one where it was ended.</summary>
    async Task SubmitAsync(Host host, Socket session)
    {
        while (await NextAsync())
        {
            try
            {
                await session.SendAsync("NOOP\r\n"u8.ToArray());
            }
            catch (SocketException)
            {
                session.Dispose();
                session = await Sockets.ConnectAsync(host, Topology.External, 587);
            }
        }
        session.Dispose();
    }

    async Task TryAsync(Host host, IPAddress[] servers)
    {
        for (var i = 0; await NextAsync(); i++)
            await TryAsync(host, servers[i % servers.Length]);
    }

    static async Task TryAsync(Host host, IPAddress server)
    {
        try
        {
            (await Sockets.ConnectAsync(host, server, 25, TimeSpan.FromSeconds(1))).Dispose();
        }
        catch (SocketException)
        {
            // It is blocked, or the router starts anew.
        }
    }

    async Task<bool> NextAsync()
    {
        try
        {
            await Task.Delay(Pace, _stop.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
