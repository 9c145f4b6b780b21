using BenchmarkDotNet.Attributes;
using Router.Capture;
using Router.Cli;
using Router.Wire;
using Support;

namespace Benchmarks;

/// <summary>Whole journeys, from the ring of the ingress to the queue of the egress and out of it: NAT, sessions, OP25B and counters on.</summary>
[MemoryDiagnoser]
public class Journeys
{
    private const int Operations = Traffic.Batch * 16, Million = 1_000_000, Created = Traffic.Batch * 500;

    private Traffic _traffic = null!;
    private Datagram _datagram = null!;
    private Flow[] _flows = [];
    private byte[][] _syns = [];
    private int _next;

    [GlobalSetup(Target = nameof(EstablishedThousand))]
    public void OpenThousand() => Open(1000, 4096);

    /// <summary>Sessions that no cache holds, and no order that a prefetcher of the machine's could guess.</summary>
    [GlobalSetup(Target = nameof(EstablishedMillion))]
    public void OpenMillion() => Open(Million, 1_100_000);

    [Benchmark(OperationsPerInvoke = Operations)]
    public void EstablishedThousand() => Send(Operations);

    [Benchmark(OperationsPerInvoke = Operations)]
    public void EstablishedMillion() => Send(Operations);

    /// <summary>Beside a capture that was asked for other packets.</summary>
    [GlobalSetup(Target = nameof(EstablishedNotCaptured))]
    public void OpenNotCaptured()
    {
        Open(1000, 4096);
        _traffic.Capture(new RecordingOptions { Filter = FilterCompiler.Make("udp port 4242", RecordingOptions.WholeFrame).Make().Filter });
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public void EstablishedNotCaptured() => Send(Operations);

    [GlobalSetup(Target = nameof(NewSession))]
    public void MakeRoom()
    {
        _traffic = new Traffic(131_072);
        _datagram = new Datagram(_traffic.RouterMac);
        _flows = Flows(Created);

        // Until the runtime has compiled for good what an iteration, which is short, would otherwise run for the first times.
        for (int round = 0; round < 40; round++)
        {
            Send(Created);
            EndSessions();
        }
    }

    [IterationSetup(Target = nameof(NewSession))]
    public void EndSessions()
    {
        _traffic.EndSessions();
        _traffic.Introduce();
        _next = 0;
    }

    [IterationCleanup(Target = nameof(NewSession))]
    public void CheckOpened() => Require(_traffic.Sessions == Created, $"{_traffic.Sessions} sessions, not {Created}");

    /// <summary>Mapping, port, both index entries, timer and counters of a host's new flow.</summary>
    [Benchmark(OperationsPerInvoke = Created)]
    [InvocationCount(1, 1)]
    public void NewSession() => Send(Created);

    [GlobalSetup(Target = nameof(BlockedSyn))]
    public void MakeSyns()
    {
        _traffic = new Traffic(4096);
        _syns = [.. Enumerable.Range(0, Traffic.Batch).Select(host => Frames.TcpSegment(Traffic.HostAddress(host), (ushort)(40_000 + host), "203.0.113.25", 25, _traffic.RouterMac))];
    }

    /// <summary>The filter's verdict, the attempt's account, and the ICMP answer, each of them sent.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public void BlockedSyn()
    {
        long before = _traffic.Sent(0);
        for (int batch = 0; batch < Operations / Traffic.Batch; batch++)
        {
            foreach (byte[] syn in _syns)
                _traffic.Inject(syn);
            _traffic.Turn();
            _traffic.Advance(1000);
        }

        Require(_traffic.Sent(0) - before >= Operations, "an answer was not sent");
    }

    [GlobalCleanup]
    public void Close() => _traffic.Dispose();

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new InvalidOperationException(otherwise);
    }

    private void Open(int sessions, int capacity)
    {
        _traffic = new Traffic(capacity);
        _datagram = new Datagram(_traffic.RouterMac);
        _flows = Flows(sessions);
        Send(sessions);
        Require(_traffic.Sessions == sessions, $"{_traffic.Sessions} sessions, not {sessions}");
        new Random(25).Shuffle(_flows);
        long before = _traffic.Sent(2);
        Send(Operations);
        Require(_traffic.Sent(2) - before == Operations, "a frame was not forwarded");
    }

    private Flow[] Flows(int count) =>
        [.. Enumerable.Range(0, count).Select(i => _datagram.Make(i % Traffic.Hosts, 10_000 + i / Traffic.Hosts % Traffic.PortsPerHost, i / (Traffic.Hosts * Traffic.PortsPerHost)))];

    private void Send(int frames)
    {
        for (int sent = 0; sent < frames;)
        {
            int end = Math.Min(sent + Traffic.Batch, frames);
            for (; sent < end; sent++)
            {
                _datagram.Set(_flows[_next]);
                _traffic.Inject(_datagram.Bytes);
                if (++_next == _flows.Length)
                    _next = 0;
            }

            _traffic.Turn();
        }
    }
}
