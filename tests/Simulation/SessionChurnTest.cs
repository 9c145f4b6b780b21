using System.Runtime.CompilerServices;
using Router;
using Router.Configuration;
using Router.Packets;
using Router.Wire;
using Support;
using TapDev;

namespace Simulation;

/// <summary>Budgets: what opening and ending a session may cost in memory is nothing, once the tables were full before. A flood of either makes no garbage.</summary>
[Collection(nameof(Budgets))]
public sealed class SessionChurnTest
{
    private const string Remote = "203.0.113.25", Outside = "203.0.113.2";
    private const int PerRound = 2000, WarmUpRounds = 20, Rounds = 20;

    /// <summary>Two hosts with the same ports: one of them gets others, which are sought.</summary>
    private static readonly string[] Hosts = ["192.168.25.10", "192.168.25.11"];

    [Theory]
    [InlineData(Ipv4Header.Udp, "EndpointIndependent")]
    [InlineData(Ipv4Header.Udp, "AddressDependent")]
    [InlineData(Ipv4Header.Tcp, "EndpointIndependent")]
    [InlineData(Ipv4Header.Tcp, "AddressDependent")]
    public void Sessions_open_and_end_without_allocating(byte protocol, string filtering)
    {
        using var router = new TestRouter(
            TestConfiguration.Default with { Nat = TestConfiguration.Default.Nat! with { Filtering = Enum.Parse<FilteringMode>(filtering) } },
            new MemoryDeviceOptions { KeepSent = false });
        var churn = new Churn(router, protocol);

        // On a thread of its own, as the loop is (AllocationTest).
        long allocated = long.MaxValue;
        var loop = new Thread(() => allocated = churn.Measure());
        loop.Start();
        loop.Join();
        Assert.Equal((WarmUpRounds + Rounds) * PerRound, churn.Opened);
        Assert.Equal((0, 0), (router.Path.Sessions.Count, router.Path.Subscribers.Count));
        Assert.Equal(0, allocated);
    }

    private sealed class Churn
    {
        private readonly TestRouter _router;
        private readonly Interface _lan, _wan;
        private readonly IpAddress[] _hosts = [.. Hosts.Select(host => IpAddress.From(System.Net.IPAddress.Parse(host)))];
        private readonly IpAddress _remote = IpAddress.From(System.Net.IPAddress.Parse(Remote));

        /// <summary>Of each session the frames of its life: of UDP a datagram, of TCP a handshake and a FIN from both ends.</summary>
        private readonly byte[][][] _sessions;
        private long _now;

        public Churn(TestRouter router, byte protocol)
        {
            _router = router;
            (_lan, _wan) = (router.Interface("lan"), router.Interface("wan"));
            _sessions = [.. Enumerable.Range(0, PerRound).Select(i => LifeOf(protocol, Hosts[i % 2], (ushort)(40000 + i / 2)))];
            _now = router.Now;
        }

        public int Opened { get; private set; }

        public long Measure()
        {
            Turn(WarmUpRounds);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Turn(Rounds);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        /// <summary>Optimized from the first, as everything that runs on this thread while it is measured (AllocationTest).</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Turn(int rounds)
        {
            for (int round = 0; round < rounds; round++)
            {
                Introduce();
                foreach (byte[][] life in _sessions)
                    foreach (byte[] frame in life)
                        Send(frame);
                Opened += _router.Path.Sessions.Count;
                for (int second = 0; second < 400; second++)
                {
                    _now += 1000;
                    Introduce();
                    while (_router.Path.Forwarder.Sweep(_now, 256))
                        continue;
                    Flush();
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Send(byte[] frame)
        {
            // The answers come in from outside: the MAC that a frame is for says where it arrives.
            Interface ingress = _wan.Mac == MacAddress.Read(frame) ? _wan : _lan;
            var device = (MemoryDevice)ingress.Device;
            device.Inject(frame);
            Frame arrived = device.Input.TryReadBatch()!;
            _router.Path.Forwarder.Forward(arrived, ingress, _now);
            device.Input.EndBatch();
            Flush();
        }

        private void Flush()
        {
            _ = _lan.Device.Output.FlushAsync();
            _ = _wan.Device.Output.FlushAsync();
        }

        private void Introduce()
        {
            foreach (IpAddress host in _hosts)
                _router.Path.Neighbors.Learn(_lan, host, Frames.Host, _now, add: true);
            _router.Path.Neighbors.Learn(_wan, _remote, Frames.Host, _now, add: true);
        }

        private byte[][] LifeOf(byte protocol, string host, ushort port)
        {
            if (protocol == Ipv4Header.Udp)
                return [Frames.UdpDatagram(host, port, Remote, 5000, _lan.Mac)];

            // An answer comes to the host that kept its port; the other one's session ends as one that was never answered does.
            byte[] syn = Frames.TcpSegment(host, port, Remote, 443, _lan.Mac);
            return host != Hosts[0]
                ? [syn]
                :
                [
                    syn, Frames.TcpSegment(Remote, 443, Outside, port, _wan.Mac, Frames.Tcp.Syn | Frames.Tcp.Ack),
                    Frames.TcpSegment(host, port, Remote, 443, _lan.Mac, Frames.Tcp.Ack),
                    Frames.TcpSegment(host, port, Remote, 443, _lan.Mac, Frames.Tcp.Fin | Frames.Tcp.Ack),
                    Frames.TcpSegment(Remote, 443, Outside, port, _wan.Mac, Frames.Tcp.Fin | Frames.Tcp.Ack),
                ];
        }
    }
}
