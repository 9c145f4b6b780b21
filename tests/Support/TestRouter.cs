using System.Net;
using Microsoft.Extensions.Time.Testing;
using Router;
using Router.Configuration;
using Router.Packets;
using Router.Sessions;
using Router.Telemetry;
using Router.Wire;
using TapDev;

namespace Support;

/// <summary>
/// The real forwarding loop over in-memory devices, in virtual time, with the topology of DESIGN.md section 1: <c>lan</c>, <c>servers</c>, <c>wan</c>. A host is
/// whatever answers ARP or Neighbor Discovery for its address: <see cref="Host"/>.
/// </summary>
internal sealed class TestRouter : IDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<string, MemoryDevice> _devices;
    private readonly Dictionary<string, List<byte[]>> _sent;
    private readonly Dictionary<(string Interface, IPAddress Address), MacAddress> _hosts = [];
    private readonly ForwardingLoop _loop;
    private Dictionary<string, long> _accounts = new(StringComparer.Ordinal);

    /// <param name="hash">Of a router whose place this one takes.</param>
    /// <param name="begin">When it begins, <see cref="Start"/> where nothing is said.</param>
    /// <param name="asOf">When the policy's clock begins, as <c>run --as-of</c> says it; the machine's own time where nothing is said.</param>
    public TestRouter(RouterConfiguration? configuration = null, MemoryDeviceOptions? devices = null, AddressDetection detection = AddressDetection.Done, DateTimeOffset? asOf = null,
        KeyedHash? hash = null, DateTimeOffset? begin = null)
    {
        Configuration = configuration ?? TestConfiguration.Default;
        Time = new FakeTimeProvider(begin ?? Start);
        _devices = Configuration.Interfaces.ToDictionary(entry => entry.Name, entry => new MemoryDevice(entry.Name, devices), StringComparer.Ordinal);
        _sent = _devices.Keys.ToDictionary(name => name, _ => new List<byte[]>(), StringComparer.Ordinal);
        Path = new DataPath(Configuration, [.. _devices.Values], new SeededRandom(25), hash);
        _loop = new ForwardingLoop(Path, new PolicyClock(Time, asOf));
        if (detection == AddressDetection.Done)
            Path.AddressDetection.AssumeUnique();
        Turn();
        Moved();
    }

    /// <summary>Whether the router begins with its IPv6 addresses known to be its own, or has to find out.</summary>
    public enum AddressDetection
    {
        Done,
        Ahead,
    }

    public RouterConfiguration Configuration { get; private set; }

    public FakeTimeProvider Time { get; }

    public DataPath Path { get; }

    public long Now => Time.GetTimestamp() / (Time.TimestampFrequency / 1000);

    public MemoryDevice Device(string name) => _devices[name];

    public Interface Interface(string name) => Path.Interfaces.Single(entry => entry.Name == name);

    /// <summary>A host that answers ARP from now on, and whose answer is known already.</summary>
    public MacAddress Host(string interfaceName, string address)
    {
        MacAddress mac = AddSilentHost(interfaceName, address);
        Path.Neighbors.Learn(Interface(interfaceName), IpAddress.From(IPAddress.Parse(address)), mac, Now, add: true);
        return mac;
    }

    /// <summary>A host that answers ARP, or Neighbor Discovery, when it is asked.</summary>
    public MacAddress AddSilentHost(string interfaceName, string address)
    {
        byte[] bytes = IPAddress.Parse(address).GetAddressBytes()[^4..];
        var mac = new MacAddress(0x02_00_00_00_00_00UL | (ulong)bytes[0] << 24 | (ulong)bytes[1] << 16 | (ulong)bytes[2] << 8 | bytes[3]);
        _hosts[(interfaceName, IPAddress.Parse(address))] = mac;
        return mac;
    }

    /// <summary>The host answers no more.</summary>
    public void Silence(string interfaceName, string address) => _hosts.Remove((interfaceName, IPAddress.Parse(address)));

    /// <summary>An Ethernet frame arrives, and the loop turns until nothing is left to do: hosts answer what the router asks them.</summary>
    public void Receive(string interfaceName, byte[] ethernetFrame)
    {
        if (!_devices[interfaceName].Inject(ethernetFrame))
            throw new InvalidOperationException($"No buffer is free on {interfaceName}.");
        Settle();
    }

    /// <summary>The same with the virtio header before the frame.</summary>
    public void ReceiveRaw(string interfaceName, byte[] headerAndFrame)
    {
        if (!_devices[interfaceName].InjectRaw(headerAndFrame))
            throw new InvalidOperationException($"No buffer is free on {interfaceName}.");
        Settle();
    }

    /// <summary>Lets virtual time pass, in steps in which the router does what is due.</summary>
    public void Wait(TimeSpan time)
    {
        var step = TimeSpan.FromMilliseconds(250);
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += step)
        {
            Time.Advance(step);
            Settle();
        }
    }

    /// <summary>Another configuration, by the loop's mailbox as the appliance does it. Gives the sessions that it ended.</summary>
    public EndedSessions Reload(RouterConfiguration configuration)
    {
        EndedSessions? ended = null;
        if (RestartRules.KeysThatNeedRestart(Configuration, configuration) is [var key, ..])
            throw new InvalidOperationException($"{key} needs a restart.");
        var change = new Reconfiguration(Path, Configuration, configuration);
        _loop.Post(() => Path.CutOver.Review(change.Apply(_loop.PolicyTime.ToUnixTimeMilliseconds(), Now), reviewed => ended = reviewed));
        Configuration = configuration;
        Settle();
        Time.Advance(TimeSpan.FromMilliseconds(1));
        Settle();
        return ended ?? throw new InvalidOperationException("The sessions were not reviewed.");
    }

    /// <summary>Asks the loop between two batches.</summary>
    public Task<T> Ask<T>(Func<T> question, Action<Exception>? failed = null)
    {
        _loop.QuestionFailed = failed;
        Task<T> answer = _loop.Ask(question);
        Settle();
        return answer;
    }

    /// <summary>What left by the interface since it was last asked, ARP and neighbour solicitations left out (but not those from nobody, which detect duplicates), without virtio headers.</summary>
    public IReadOnlyList<byte[]> Sent(string interfaceName) => [.. SentRaw(interfaceName).Select(frame => frame[VirtioHeader.Size..])];

    /// <summary>The same with virtio headers.</summary>
    public IReadOnlyList<byte[]> SentRaw(string interfaceName)
    {
        byte[][] frames = [.. _sent[interfaceName]];
        _sent[interfaceName].Clear();
        return frames;
    }

    /// <summary>What left by the interface, exactly one frame.</summary>
    public byte[] SentOne(string interfaceName) => Sent(interfaceName) switch
    {
        [var frame] => frame,
        var frames => throw new InvalidOperationException($"{frames.Count} frames left by {interfaceName}, not one. Drops: {string.Join(", ", Drops())}"),
    };

    /// <summary>All accounts as they stand.</summary>
    public RouterSnapshot Snapshot() => SnapshotTaker.Take(Path, Start, _loop.PolicyTime, "Memory");

    /// <summary>Who tried port 25, as <c>attempts</c> and <c>report</c> have it.</summary>
    public AttemptsSnapshot Attempts() => new AttemptsTaker(Path, _loop.PolicyTime, Now).Take();

    /// <summary>What <c>drops</c> shows.</summary>
    public DropsSnapshot DropSamples() => new DropsTaker(Path, Time.GetUtcNow(), Now).Take();

    /// <summary>What <c>sessions</c> shows.</summary>
    public SessionsSnapshot Sessions(SessionQuery query)
    {
        var walk = new SessionWalk(Path.Sessions, query);
        bool isMore;
        do
        {
            isMore = walk.Copy(Now);
            walk.Select();
        }
        while (isMore);
        return walk.Result();
    }

    /// <summary>Ends what the filter means, as <c>sessions --kill</c> does. Gives how many.</summary>
    public int EndSessions(SessionFilter filter)
    {
        int next = 0, ended = 0;
        while (next < Path.Sessions.Used)
            ended += Path.SessionCloser.CloseNext(ref next, session => filter.Matches(session));
        Settle();
        return ended;
    }

    /// <summary>Every drop so far, as <c>interface/reason count</c>.</summary>
    public IEnumerable<string> Drops() =>
        Snapshot().Interfaces.SelectMany(entry => entry.Dropped.Select(drop => $"{entry.Name}/{drop.Reason} {drop.Frames}"));

    /// <summary>
    /// Every account that moved since it was last asked, and by how much: <c>lan received 1, lan dropped Op25bBlocked 1, op25b dynamic blocked 1</c>. What is not in
    /// it did not move, live sessions and mappings included.
    /// </summary>
    public string Moved()
    {
        Dictionary<string, long> before = _accounts;
        _accounts = Accounts(Snapshot()).ToDictionary(account => account.Name, account => account.Value, StringComparer.Ordinal);
        foreach (string name in before.Keys)
            _accounts.TryAdd(name, 0);
        return string.Join(", ", _accounts
            .Select(account => (account.Key, By: account.Value - before.GetValueOrDefault(account.Key)))
            .Where(account => account.By != 0)
            .Select(account => $"{account.Key} {account.By}"));
    }

    public long Dropped(string interfaceName, DropReason reason) => Interface(interfaceName).Counters.Dropped(reason);

    /// <summary>The loop's end.</summary>
    public void Cease()
    {
        _loop.Cease();
        AnswerArp();
    }

    public void Turn()
    {
        while (_loop.Turn(Now))
            Time.Advance(TimeSpan.FromMilliseconds(1));
    }

    public void Dispose()
    {
        foreach (InterfaceSnapshot entry in Snapshot().Interfaces)
        {
            long accounted = entry.ForwardedFrames + entry.DeliveredFrames + entry.HeldFrames + entry.Dropped.Sum(drop => drop.Frames);
            if (entry.ReceivedFrames != accounted)
                throw new InvalidOperationException($"{entry.Name}: received {entry.ReceivedFrames} frames and accounts for {accounted}.");
        }

        foreach (MemoryDevice device in _devices.Values)
            device.Dispose();
    }

    private static IEnumerable<(string Name, long Value)> Accounts(RouterSnapshot snapshot)
    {
        foreach (InterfaceSnapshot entry in snapshot.Interfaces)
        {
            yield return ($"{entry.Name} received", entry.ReceivedFrames);
            yield return ($"{entry.Name} forwarded", entry.ForwardedFrames);
            yield return ($"{entry.Name} delivered", entry.DeliveredFrames);
            yield return ($"{entry.Name} held", entry.HeldFrames);
            foreach (DropCount drop in entry.Dropped)
                yield return ($"{entry.Name} dropped {drop.Reason}", drop.Frames);
            yield return ($"{entry.Name} generated", entry.GeneratedFrames);
            yield return ($"{entry.Name} sent", entry.SentFrames);
        }

        foreach (AttemptCount attempt in snapshot.Op25b.Attempts)
            yield return ($"op25b {attempt.Group} {attempt.Outcome}", attempt.Count);
        foreach (DnsAnswerCount answer in snapshot.OwnNames.Answers)
            yield return ($"dns {answer.Outcome}", answer.Count);
        yield return ("names", snapshot.OwnNames.Addresses.Count);
        yield return ("sessions", snapshot.Sessions.Sum(entry => entry.Count));
        yield return ("mappings", snapshot.Nat.Sum(entry => entry.Mappings));
    }

    /// <summary>The loop turns until nothing is left to do at this time: hosts answer what the router asks them.</summary>
    public void Settle()
    {
        do
            Turn();
        while (AnswerArp());
    }

    /// <summary>Collects what left; true where a host had to answer.</summary>
    private bool AnswerArp()
    {
        bool answered = false;
        foreach ((string name, MemoryDevice device) in _devices)
            while (device.TryTakeSent(out byte[]? frame))
            {
                if (IsSolicitation(frame))
                    answered |= TryAdvertise(name, device, frame);
                else if (new EthernetHeader(frame.AsSpan(VirtioHeader.Size)).EtherType != EthernetHeader.Arp)
                    _sent[name].Add(frame);
                else
                    answered |= TryAnswer(name, device, frame);
            }

        return answered;
    }

    private static bool IsSolicitation(byte[] frame) =>
        new EthernetHeader(frame.AsSpan(VirtioHeader.Size)).EtherType == EthernetHeader.Ipv6 && frame[Packet.NetworkOffset + 6] == 58 && frame[Packet.NetworkOffset + 40] == 135
        && frame.AsSpan(Packet.NetworkOffset + 8, 16).IndexOfAnyExcept((byte)0) >= 0;

    private bool TryAdvertise(string name, MemoryDevice device, byte[] frame)
    {
        const int Solicited = 0x60;
        IPAddress asker = new(frame.AsSpan(Packet.NetworkOffset + 8, 16)), target = new(frame.AsSpan(Packet.NetworkOffset + 48, 16));
        return _hosts.TryGetValue((name, target), out MacAddress mac) && device.Inject(NdFrames.NeighborAdvertisement($"{target}", $"{target}", mac, Solicited, $"{asker}",
            NdFrames.MacOption(2, mac)));
    }

    private bool TryAnswer(string name, MemoryDevice device, byte[] frame)
    {
        if (!ArpMessage.TryParse(frame.AsSpan(Packet.NetworkOffset), out ArpMessage message) || message.Operation != ArpMessage.Request
            || !_hosts.TryGetValue((name, message.Target.ToIPAddress()), out MacAddress mac))
            return false;
        (MacAddress asker, IpAddress sender, IpAddress target) = (message.SenderMac, message.Sender, message.Target);
        _ = new EthernetHeader(frame.AsSpan(VirtioHeader.Size)) { Destination = asker, Source = mac };
        ArpMessage.Write(frame.AsSpan(Packet.NetworkOffset), ArpMessage.Reply, mac, target, asker, sender);
        return device.InjectRaw(frame);
    }
}
