using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Benchmarks;

/// <summary>
/// New sessions, end to end: TCP connections that carry one byte there and back and are closed, and UDP queries of a socket each, as a resolver's clients send them.
/// <c>churn-serve ADDRESS</c> answers until it is killed; <c>churn tcp|udp ADDRESS SECONDS [MOST_PER_SECOND]</c> prints how many a second were answered, and how many were not. Without a rate it
/// ends after <see cref="MostAtFullSpeed"/>, too: each holds an outside port for minutes, and an address has 64 000.
/// </summary>
internal static class Churn
{
    private const int MostAtFullSpeed = 40_000, Clients = 8, Connections = 8080, Queries = 53, PatienceMilliseconds = 1000;

    public static int Run(string[] arguments) => arguments switch
    {
        ["churn-serve", var address] => Serve(IPAddress.Parse(address)),
        ["churn", "tcp" or "udp", var address, var seconds] => Measure(arguments[1] == "tcp", IPAddress.Parse(address), Number(seconds), null),
        ["churn", "tcp" or "udp", var address, var seconds, var most] => Measure(arguments[1] == "tcp", IPAddress.Parse(address), Number(seconds), Number(most)),
        _ => Usage(),
    };

    private static int Usage()
    {
        Console.Error.WriteLine("usage: Benchmarks churn-serve ADDRESS | churn tcp|udp ADDRESS SECONDS [MOST_PER_SECOND]");
        return 2;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static int Serve(IPAddress address)
    {
        using var queries = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        queries.Bind(new IPEndPoint(address, Queries));
        new Thread(() => Echo(queries)) { IsBackground = true }.Start();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, Connections));
        listener.Listen(4096);
        byte[] one = new byte[1];
        while (true)
        {
            using Socket connection = listener.Accept();
            connection.ReceiveTimeout = PatienceMilliseconds;
            try
            {
                if (connection.Receive(one) == 1)
                    connection.Send(one);
            }
            catch (SocketException)
            {
                // The client gave up: its loss is counted there.
            }
        }
    }

    private static void Echo(Socket queries)
    {
        byte[] datagram = new byte[64];
        var from = new SocketAddress(AddressFamily.InterNetwork);
        while (true)
            queries.SendTo(datagram.AsSpan(0, queries.ReceiveFrom(datagram, SocketFlags.None, from)), SocketFlags.None, from);
    }

    private static int Measure(bool isTcp, IPAddress address, int seconds, int? mostPerSecond)
    {
        long answered = 0, lost = 0;
        var time = TimeSpan.FromSeconds(seconds);
        var watch = Stopwatch.StartNew();
        Thread[] clients = [.. Enumerable.Range(0, Clients).Select(_ => new Thread(() =>
        {
            while (watch.Elapsed < time && (mostPerSecond is not null || Volatile.Read(ref answered) < MostAtFullSpeed))
            {
                if (Volatile.Read(ref answered) > watch.Elapsed.TotalSeconds * mostPerSecond)
                {
                    Thread.Sleep(1);
                    continue;
                }

                Interlocked.Increment(ref Ask(isTcp, address) ? ref answered : ref lost);
            }
        }))];
        foreach (Thread client in clients)
            client.Start();
        foreach (Thread client in clients)
            client.Join();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{answered / watch.Elapsed.TotalSeconds:0} {lost}"));
        return 0;
    }

    /// <summary>A connection is reset at its end, so that the client's ports do not run out in TIME-WAIT.</summary>
    private static bool Ask(bool isTcp, IPAddress address)
    {
        Span<byte> one = [25];
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, isTcp ? SocketType.Stream : SocketType.Dgram, isTcp ? ProtocolType.Tcp : ProtocolType.Udp);
            socket.ReceiveTimeout = PatienceMilliseconds;
            if (isTcp)
                socket.LingerState = new LingerOption(enable: true, 0);
            socket.Connect(new IPEndPoint(address, isTcp ? Connections : Queries));
            socket.Send(one);
            return socket.Receive(one) == 1;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
