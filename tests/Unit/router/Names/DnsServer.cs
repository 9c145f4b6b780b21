using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Unit.Names;

/// <summary>A name server on the loopback, UDP and TCP on one port, that answers what the test says: no answer where that is nothing.</summary>
internal sealed class DnsServer : IAsyncDisposable
{
    private readonly UdpClient _udp;
    private readonly TcpListener _tcp;
    private readonly CancellationTokenSource _end = new();
    private readonly Task[] _work;

    /// <param name="answer">The query and whether it came by TCP; gives the messages to send back.</param>
    public DnsServer(Func<byte[], bool, IEnumerable<byte[]>> answer)
    {
        _tcp = new TcpListener(IPAddress.Loopback, 0);
        _tcp.Start();
        EndPoint = (IPEndPoint)_tcp.LocalEndpoint;
        _udp = new UdpClient(EndPoint);
        _work = [ServeUdpAsync(answer), ServeTcpAsync(answer)];
    }

    public IPEndPoint EndPoint { get; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        foreach (var work in _work) await Task.WhenAny(work);
        _udp.Dispose();
        _tcp.Dispose();
        _end.Dispose();
    }

    private async Task ServeUdpAsync(Func<byte[], bool, IEnumerable<byte[]>> answer)
    {
        while (true)
        {
            var query = await _udp.ReceiveAsync(_end.Token);
            foreach (var message in answer(query.Buffer, false)) await _udp.SendAsync(message, query.RemoteEndPoint, _end.Token);
        }
    }

    private async Task ServeTcpAsync(Func<byte[], bool, IEnumerable<byte[]>> answer)
    {
        while (true)
        {
            using var client = await _tcp.AcceptTcpClientAsync(_end.Token);
            var stream = client.GetStream();
            var length = new byte[2];
            await stream.ReadExactlyAsync(length, _end.Token);
            var query = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
            await stream.ReadExactlyAsync(query, _end.Token);
            foreach (var message in answer(query, true))
                await stream.WriteAsync((byte[])[(byte)(message.Length >> 8), (byte)message.Length, .. message], _end.Token);
        }
    }
}
