using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Router.Nat;
using Router.Telemetry;

namespace Unit.Telemetry;

/// <summary>IPFIX messages as they arrive at a socket. What nfcapd makes of them is asked end to end.</summary>
public sealed class IpfixExporterTest : IDisposable
{
    private readonly MappingLogs _logs = new();
    private readonly Socket _collector = Listen(0);

    public void Dispose()
    {
        _collector.Dispose();
        _logs.Dispose();
    }

    [Fact]
    public void The_template_comes_first_then_records_by_it()
    {
        using var exporter = Open();
        exporter.Write([_logs.Record(40000), _logs.Record(40001, MappingEvent.Deleted)]);
        // RFC 8158 section 4.6.3: time, event, protocol, both addresses, both ports.
        Assert.Equal("000a0034 6b0e0e00 00000000 00000007 | 00020024 01000007 01430008 00e60001 00040001 00080004 00e10004 00070002 00e30002", Shown(Receive()));
        Assert.Equal("000a0040 6b0e0e00 00000000 00000007 | 01000030 000001a2 2ee6b07b 0806c0a8 190acb00 71029c40 c3500000 01a22ee6 b07b0906 c0a8190a cb007102 9c41c350", Shown(Receive()));
    }

    [Fact]
    public void Sequence_numbers_count_records_and_messages_fit_without_fragments()
    {
        using var exporter = Open(JournalDetail.Sessions);
        exporter.Write(Enumerable.Range(0, 100).Select(port => _logs.Record((ushort)port)).ToArray());
        Receive();
        var expected = 0u;
        var records = 0;
        while (records < 100)
        {
            var message = Receive();
            Assert.InRange(message.Length, 1, IpfixMessage.MostBytes);
            Assert.Equal(message.Length, BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(2)));
            Assert.Equal(0, message.Length % 4);
            Assert.Equal(expected, BinaryPrimitives.ReadUInt32BigEndian(message.AsSpan(8)));
            var inIt = (message.Length - 20) / 34;
            expected += (uint)inIt;
            records += inIt;
        }

        Assert.Equal((100, 0), (exporter.Counts.Kept, exporter.Counts.Lost));
    }

    [Fact]
    public void The_template_is_sent_anew_when_its_time_is_over_records_or_not()
    {
        using var exporter = Open();
        exporter.Tick();
        Assert.Equal(0x0002, SetOf(Receive()));
        exporter.Tick();
        _logs.Time.Advance(TimeSpan.FromSeconds(60));
        exporter.Tick();
        Assert.Equal(0x0002, SetOf(Receive()));
        exporter.Write([_logs.Record(1)]);
        Assert.Equal(256, SetOf(Receive()));
    }

    /// <summary>Counted and told once; who comes back gets the template before its first record, and the sequence tells what it missed.</summary>
    [Fact]
    public void A_collector_that_is_away_costs_its_records_and_is_told_of_once()
    {
        var port = ((IPEndPoint)_collector.LocalEndPoint!).Port;
        using var exporter = Open();
        _collector.Dispose();
        for (ushort i = 0; i < 20; i++) exporter.Write([_logs.Record(i)]);
        Assert.InRange(exporter.Counts.Lost, 1, 20);
        Assert.Equal($"127.0.0.1:{port}: nobody listens there: 0", Assert.Single(_logs.Told));

        using var back = Listen(port);
        exporter.Write([_logs.Record(21)]);
        Assert.Equal(0x0002, SetOf(Receive(back)));
        var message = Receive(back);
        Assert.Equal((256, 20u), (SetOf(message), BinaryPrimitives.ReadUInt32BigEndian(message.AsSpan(8))));
        _logs.Time.Advance(TimeSpan.FromMinutes(1));
        exporter.Tick();
        Assert.Equal("over", _logs.Told[^1]);
    }

    private IpfixExporter Open(JournalDetail detail = JournalDetail.Mappings) =>
        new(new() { Collector = (IPEndPoint)_collector.LocalEndPoint!, ObservationDomain = 7 }, detail, _logs.Time, _logs.Report());

    private static Socket Listen(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 10_000 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    private byte[] Receive() => Receive(_collector);

    private static byte[] Receive(Socket socket)
    {
        var buffer = new byte[65536];
        return buffer[..socket.Receive(buffer)];
    }

    private static int SetOf(byte[] message) => BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(16));

    /// <summary>The header and what follows, in words of four bytes.</summary>
    private static string Shown(byte[] message)
    {
        var words = Convert.ToHexStringLower(message).Chunk(8).Select(word => new string(word)).ToArray();
        return $"{string.Join(' ', words[..4])} | {string.Join(' ', words[4..])}";
    }
}
