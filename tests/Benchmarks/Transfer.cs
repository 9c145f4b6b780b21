using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Benchmarks;

/// <summary>
/// TCP streams whose every byte is known: the server sends back what it gets, and the client compares that with what it sent, so that a byte changed on either way
/// is seen though checksums may be mended on the way. <c>transfer-serve ADDRESS</c> answers until it is killed; <c>transfer ADDRESS STREAMS SECONDS</c> prints the
/// bytes that came back and the words among them that were wrong or lacking, and ends with 1 where there are any.
/// </summary>
internal static class Transfer
{
    private const int Port = 8090, Block = 64 << 10;

    public static int Serve(IPAddress address)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, Port));
        listener.Listen(64);
        while (true)
        {
            Socket connection = listener.Accept();
            new Thread(() => Echo(connection)) { IsBackground = true }.Start();
        }
    }

    public static int Run(IPAddress address, int streams, TimeSpan time)
    {
        long came = 0, wrong = 0;
        Thread[] threads = [.. Enumerable.Range(1, streams).Select(seed => new Thread(() =>
        {
            (long Came, long Wrong) result = RunOne(address, (ulong)seed << 56, time);
            Interlocked.Add(ref came, result.Came);
            Interlocked.Add(ref wrong, result.Wrong);
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{came} {wrong}"));
        return wrong == 0 && came > 0 ? 0 : 1;
    }

    private static void Echo(Socket connection)
    {
        using (connection)
        {
            byte[] bytes = new byte[Block];
            try
            {
                for (int length; (length = connection.Receive(bytes)) > 0;)
                    for (int sent = 0; sent < length;)
                        sent += connection.Send(bytes.AsSpan(sent, length - sent));
            }
            catch (SocketException)
            {
                // The client sees it: what it sent did not come back.
            }
        }
    }

    private static (long Came, long Wrong) RunOne(IPAddress address, ulong seed, TimeSpan time)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(new IPEndPoint(address, Port));
        long sent = 0, came = 0, wrong = 0;
        var writer = new Thread(() => sent = Write(socket, seed, time));
        writer.Start();
        byte[] bytes = new byte[Block], expected = new byte[Block];
        int filled = 0;
        try
        {
            for (int length; (length = socket.Receive(bytes.AsSpan(filled))) > 0;)
            {
                if ((filled += length) < Block)
                    continue;
                wrong += Compare(bytes, expected, seed, came);
                came += Block;
                filled = 0;
            }
        }
        catch (SocketException)
        {
            // What lacks is wrong.
        }

        writer.Join();
        return (came, wrong + (sent - came) / sizeof(ulong));
    }

    /// <summary>Whole blocks until the time is over. Returns their bytes.</summary>
    private static long Write(Socket socket, ulong seed, TimeSpan time)
    {
        byte[] block = new byte[Block];
        long sent = 0;
        try
        {
            for (var watch = Stopwatch.StartNew(); watch.Elapsed < time; sent += Block)
            {
                Fill(block, seed, sent);
                for (int done = 0; done < Block;)
                    done += socket.Send(block.AsSpan(done));
            }

            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The block that broke off counts: it did not come back.
            sent += Block;
        }

        return sent;
    }

    private static int Compare(ReadOnlySpan<byte> bytes, byte[] expected, ulong seed, long offset)
    {
        Fill(expected, seed, offset);
        if (bytes.SequenceEqual(expected))
            return 0;
        int wrong = 0;
        for (int i = 0; i < Block; i += sizeof(ulong))
            wrong += BinaryPrimitives.ReadUInt64LittleEndian(bytes[i..]) != BinaryPrimitives.ReadUInt64LittleEndian(expected.AsSpan(i)) ? 1 : 0;
        return wrong;
    }

    /// <summary>Words that no other place of any stream has (a step of SplitMix64, which is one to one).</summary>
    private static void Fill(byte[] block, ulong seed, long offset)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(block.AsSpan());
        ulong state = seed + (ulong)offset;
        for (int i = 0; i < words.Length; i++, state += sizeof(ulong))
        {
            ulong word = state * 0x9E37_79B9_7F4A_7C15;
            word = (word ^ word >> 30) * 0xBF58_476D_1CE4_E5B9;
            words[i] = word ^ word >> 31;
        }
    }
}
