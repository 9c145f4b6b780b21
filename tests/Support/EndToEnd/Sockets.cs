using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Support.EndToEnd;

/// <summary>Sockets that live in a host's namespace, and the two plain conversations that tests hold over them.</summary>
internal static class Sockets
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static Socket Tcp(Host host, AddressFamily family = AddressFamily.InterNetwork) =>
        host.Namespace.Enter(() => new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });

    public static Socket Udp(Host host, int port = 0, AddressFamily family = AddressFamily.InterNetwork) => host.Namespace.Enter(() =>
    {
        var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(Any(family), port));
        return socket;
    });

    public static Socket Listen(Host host, int port, AddressFamily family = AddressFamily.InterNetwork)
    {
        var socket = Tcp(host, family);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(Any(family), port));
        socket.Listen(8);
        return socket;
    }

    /// <summary>The next connection, within the limit.</summary>
    public static async Task<Socket> AcceptAsync(Socket listener) => await listener.AcceptAsync().WaitAsync(Limit);

    /// <summary>The next datagram, within the limit.</summary>
    public static async Task<(byte[] Bytes, IPEndPoint From)> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[1 << 16];
        var received = await socket.ReceiveFromAsync(buffer, new IPEndPoint(Any(socket.AddressFamily), 0)).WaitAsync(Limit);
        return (buffer[..received.ReceivedBytes], (IPEndPoint)received.RemoteEndPoint);
    }

    /// <summary>Connects within the limit, or throws what the stack said; <see cref="SocketError.TimedOut"/> where nothing did.</summary>
    public static async Task<Socket> ConnectAsync(Host from, IPAddress to, int port, TimeSpan? limit = null)
    {
        var socket = Tcp(from, to.AddressFamily);
        using var expiry = new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(5));
        try
        {
            await socket.ConnectAsync(new IPEndPoint(to, port), expiry.Token);
            return socket;
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    static IPAddress Any(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;

    /// <summary>Sends pseudo-random bytes and its end of stream, and gives their hash.</summary>
    public static async Task<byte[]> SendAllAsync(Socket socket, int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        for (var sent = 0; sent < length;)
            sent += await socket.SendAsync(bytes.AsMemory(sent)).AsTask().WaitAsync(Limit);
        socket.Shutdown(SocketShutdown.Send);
        return SHA256.HashData(bytes);
    }

    /// <summary>Reads to the end of the stream, and gives the hash of what came.</summary>
    public static async Task<byte[]> ReceiveAllAsync(Socket socket)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer).WaitAsync(Limit);
            if (read == 0)
                return hash.GetHashAndReset();
            hash.AppendData(buffer, 0, read);
        }
    }
}
