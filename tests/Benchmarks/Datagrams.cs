using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Benchmarks;

/// <summary>A stream of small UDP datagrams at a steady rate: <c>stream ADDRESS PER_SECOND SECONDS</c>. A rate of zero is as fast as it goes.</summary>
internal static class Datagrams
{
    private const int Discard = 9, Payload = 18;

    public static int Run(IPAddress address, long perSecond, TimeSpan time)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(new IPEndPoint(address, Discard));
        byte[] datagram = new byte[Payload];
        var watch = Stopwatch.StartNew();
        long sent = 0;
        while (watch.Elapsed < time)
        {
            if (perSecond > 0 && sent > watch.Elapsed.TotalSeconds * perSecond)
            {
                // A millisecond's worth goes at once: sleeping is coarser than the gap between two.
                Thread.Sleep(1);
                continue;
            }

            try
            {
                socket.Send(datagram);
                sent++;
            }
            catch (SocketException)
            {
                // The device's queue is full, or nobody listens: a stream does not care.
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sent / watch.Elapsed.TotalSeconds:0}"));
        return 0;
    }

    /// <summary>SYNs to port 25 that nobody waits for: <c>knock ADDRESS SECONDS</c>.</summary>
    public static int Knock(IPAddress address, TimeSpan time)
    {
        const int Smtp = 25;
        var watch = Stopwatch.StartNew();
        long sent = 0;
        for (; watch.Elapsed < time; sent++)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                socket.Connect(new IPEndPoint(address, Smtp));
            }
            catch (SocketException)
            {
                // It is on its way, or refused already.
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sent / watch.Elapsed.TotalSeconds:0}"));
        return 0;
    }
}
