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
        // Section 4.6.7.3, limits of a subscriber; section 4.6.7.1, of sessions.
        Assert.Equal("000a0060 6b0e0e00 00000000 00000007 | 00020050 01000007 01430008 00e60001 00040001 00080004 00e10004 00070002 00e30002"
            + " 01020005 01430008 00e60001 01d20004 01d90004 00080004 01030004 01430008 00e60001 01d20004 01d70004", Shown(Receive()));
        Assert.Equal("000a0040 6b0e0e00 00000000 00000007 | 01000030 000001a2 2ee6b07b 0806c0a8 190acb00 71029c40 c3500000 01a22ee6 b07b0906 c0a8190a cb007102 9c41c350", Shown(Receive()));
    }

    [Fact]
    public void A_limit_has_its_own_template_in_a_set_of_its_own()
    {
        using var exporter = Open();
        exporter.Write([_logs.Record(40000), _logs.Limit(MappingEvent.SubscriberSessionsExceeded, 8192), _logs.Limit(MappingEvent.SubscriberPortsExceeded, 4096), _logs.Limit(MappingEvent.SessionsExceeded, 131072), _logs.Record(40001)]);
        Receive();
        var message = Receive();
        Assert.Equal(
        [
            "256: 000001a22ee6b07b 08 06 c0a8190a cb007102 9c40 c350",
            "258: 000001a22ee6b07b 0d 00000003 00002000 c0a8190a",
            "258: 000001a22ee6b07b 0d 00000003 00001000 c0a8190a",
            "259: 000001a22ee6b07b 0d 00000001 00020000",
            "256: 000001a22ee6b07b 08 06 c0a8190a cb007102 9c41 c350",
        ], RecordsOf(message));
        Assert.Equal((5, 0), (exporter.Counts.Kept, exporter.Counts.Lost));
        exporter.Write([_logs.Record(40002)]);
        Assert.Equal(5u, BinaryPrimitives.ReadUInt32BigEndian(Receive().AsSpan(8)));
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

    /// <summary>The sets of a message by RFC 7011 section 3.3: the template's number and its fields; padding is shorter than a record, and zeros.</summary>
    private static List<string> RecordsOf(byte[] message)
    {
        Dictionary<int, int[]> templates = new() { [256] = [8, 1, 1, 4, 4, 2, 2], [258] = [8, 1, 4, 4, 4], [259] = [8, 1, 4, 4] };
        List<string> records = [];
        for (var at = 16; at < message.Length;)
        {
            var fields = templates[BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(at))];
            var set = message.AsSpan(at, BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(at + 2)));
            var number = BinaryPrimitives.ReadUInt16BigEndian(set);
            at += set.Length;
            for (set = set[4..]; set.Length >= fields.Sum();)
            {
                List<string> values = [];
                foreach (var size in fields)
                {
                    values.Add(Convert.ToHexStringLower(set[..size]));
                    set = set[size..];
                }

                records.Add($"{number}: {string.Join(' ', values)}");
            }

            Assert.All(set.ToArray(), value => Assert.Equal(0, value));
        }

        return records;
    }

    /// <summary>The header and what follows, in words of four bytes.</summary>
    private static string Shown(byte[] message)
    {
        var words = Convert.ToHexStringLower(message).Chunk(8).Select(word => new string(word)).ToArray();
        return $"{string.Join(' ', words[..4])} | {string.Join(' ', words[4..])}";
    }
}
