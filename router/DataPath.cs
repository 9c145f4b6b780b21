using System.Net;
using System.Security.Cryptography;
using System.Text;
using Router.Capture;
using Router.Configuration;
using Router.Local;
using Router.Nat;
using Router.Neighbors;
using Router.Op25b;
using Router.Packets;
using Router.Routing;
using Router.Sessions;
using Router.Telemetry;
using Router.Wire;
using TapDev;

namespace Router;

/// <summary>
/// The tables and the forwarder that a configuration asks for, over devices that are there already: real ones, or in-memory ones for tests and <c>explain</c>.
/// </summary>
internal sealed class DataPath
{
    private const int NeighborCapacity = 8192;

    /// <summary>So much smaller are the tables that no configuration sizes where a few packets are all that comes.</summary>
    private const int FractionForFewPackets = 64;

    /// <summary><paramref name="hash"/>: the one that another router's tables went by; null: one that is drawn now.</summary>
    public DataPath(RouterConfiguration configuration, IReadOnlyList<FrameDevice> devices, Random random, KeyedHash? hash = null)
        : this(configuration, devices, random, hash, model: null, fraction: 1)
    {
    }

    private DataPath(RouterConfiguration configuration, IReadOnlyList<FrameDevice> devices, Random random, KeyedHash? hash, PathModel? model, int fraction)
    {
        Interfaces = [.. configuration.Interfaces.Select((entry, index) => MakeInterface(entry, index, devices[index], model?.Stations[index]))];
        var accounts = new WriteAccounts(Interfaces);
        foreach (Interface entry in Interfaces)
        {
            entry.Device.Tag = entry.Index;
            entry.Device.Observer = accounts;
            entry.Device.Output.GeneratedTag = WriteAccounts.Generated;
        }

        hash ??= new KeyedHash(random);
        Hash = hash;
        Random = random;
        Routes = model?.Routes.Over(Interfaces) ?? RouteCompiler.Compile(configuration, Interfaces);
        Sessions = new SessionTable(configuration.Sessions.Capacity, TimeoutsOf(configuration.Sessions.Timeouts), hash,
            hasIpv6: RestartRules.HasIpv6(configuration));
        Neighbors = new NeighborCache(NeighborCapacity / fraction);
        NextHops = new NextHopMonitor(Routes, Neighbors);
        OwnAddresses = new OwnAddresses(Routes, Interfaces);
        AddressDetection = new DuplicateAddressDetection(Interfaces, random);
        RouterAdvertiser = new RouterAdvertiser(AdvertisementCompiler.Compile(configuration, Interfaces), random);
        var nat = new NatCompiler(configuration, hash, random, model, fraction == 1 ? PortMemory.Whole : PortMemory.AsUsed);
        Translator = nat.Translator;
        Subscribers = nat.Subscribers;
        int subscriberLength = configuration.Sessions.PerSubscriber.Ipv6PrefixLength;
        OwnNames = new OwnNames(configuration.Op25b.OwnMailServers.Hosts, hash, Routes, fraction);
        Op25bPolicy policy = model?.Policy.With(OwnNames) ?? CompilePolicy(configuration.Op25b, OwnNames);
        Filter = new Op25bFilter(policy, Routes, hash, subscriberLength, new SessionLimiter(hash, subscriberLength, fraction)) { Tunnels = new TunnelWatch(policy, configuration.Op25b.Tunnels == TunnelHandling.Block) };
        Dns = new DnsWitness(OwnNames, configuration.Op25b.OwnMailServers.TrustedResolvers.Select(IpAddress.From), hash, subscriberLength, fraction);
        Attempts = new AttemptCounter(Filter.Policy, hash, subscriberLength, fraction);
        Hosts = new HostLedger(fraction == 1 ? configuration.Op25b.Attempts.Hosts : 1, MailReceivers(configuration), hash, subscriberLength);
        Witness = new AttemptWitness(Attempts, Hosts, SpoofingStations, Routes);
        Survey = new MailSurvey(Sessions, Hosts, Routes);
        Alerts = new AlertMonitor(Hosts, SpoofingStations, Filter, AlertSettingsOf(configuration));
        SessionCloser = new SessionCloser(Sessions, Neighbors, Routes);
        CutOver = new CutOver(Filter, Sessions, SessionCloser);
        Smtp = new SmtpResponder(new SmtpText(configuration.Op25b.SmtpReply.Lines), hash, random, subscriberLength, fraction);
        Fragments = new FragmentTracker(hash, fraction);
        Firewall = model?.Firewall ?? FirewallOf(configuration);
        Departure = new Departure(new Identifications(random)) { ClampsSegments = configuration.MssClamping };
        Recorder = new FrameRecorder(Sessions, accounts);
        Opener = new SessionOpener(Sessions, Translator, nat.Filter, Subscribers);
        Forwarder = new Forwarder(new ForwarderParts
        {
            Interfaces = Interfaces,
            Routes = Routes,
            Firewall = Firewall,
            Translator = Translator,
            Sessions = Sessions,
            Opener = Opener,
            Neighbors = Neighbors,
            NextHops = NextHops,
            NeighborMessages = new NeighborMessages(Routes, Neighbors, OwnAddresses, AddressDetection, RouterAdvertiser),
            Op25b = Filter,
            Attempts = Witness,
            Smtp = Smtp,
            Dns = Dns,
            Fragments = Fragments,
            Departure = Departure,
            Recorder = Recorder,
            Waiting = new WaitingFrames(fraction),
        });
    }

    /// <summary>One for a few packets, in little memory: it decides as a whole one would, and would soon be full where that would not.</summary>
    /// <param name="model">What another data path goes by; null: what the configuration says.</param>
    public static DataPath ForFewPackets(RouterConfiguration configuration, IReadOnlyList<FrameDevice> devices, Random random, PathModel? model = null) =>
        new(configuration, devices, random, model?.Hash, model, FractionForFewPackets);

    public IReadOnlyList<Interface> Interfaces { get; }

    /// <summary>Drawn at the start: what finds its place by it keeps the place.</summary>
    public KeyedHash Hash { get; }

    public Random Random { get; }

    public RouteTable Routes { get; }

    public Firewall Firewall { get; }

    public Departure Departure { get; }

    public SessionTable Sessions { get; }

    public NeighborCache Neighbors { get; }

    public NextHopMonitor NextHops { get; }

    public OwnAddresses OwnAddresses { get; }

    public DuplicateAddressDetection AddressDetection { get; }

    public RouterAdvertiser RouterAdvertiser { get; }

    public Translator Translator { get; }

    public SubscriberTable Subscribers { get; }

    public SessionOpener Opener { get; }

    public Op25bFilter Filter { get; }

    public AttemptCounter Attempts { get; }

    public SmtpResponder Smtp { get; }

    public OwnNames OwnNames { get; }

    public DnsWitness Dns { get; }

    public FragmentTracker Fragments { get; }

    /// <summary>Who tried port 25, and who forged sources toward it.</summary>
    public HostLedger Hosts { get; }

    public SpoofingStations SpoofingStations { get; } = new();

    public AttemptWitness Witness { get; }

    public MailSurvey Survey { get; }

    public AlertMonitor Alerts { get; }

    public SessionCloser SessionCloser { get; }

    public CutOver CutOver { get; }

    /// <summary>Copies what captures ask for.</summary>
    public FrameRecorder Recorder { get; }

    public Forwarder Forwarder { get; }

    public static Firewall FirewallOf(RouterConfiguration configuration) => new(configuration.Firewall.Inbound.SelectMany(rule =>
        rule.Ports.Select(port => (NumberOf(rule.Protocol), IpAddress.From(rule.To), (ushort)port))), configuration.Firewall.TransparentIpv6);

    public static AlertSettings AlertSettingsOf(RouterConfiguration configuration) =>
        new(TimeSpan.FromMinutes(configuration.Op25b.Alerts.QuietMinutes), configuration.Op25b.Alerts.Quarantine);

    /// <summary>The policy that a configuration means.</summary>
    public static Op25bPolicy CompilePolicy(Op25bConfiguration configuration, OwnNames? names = null) => new(
        [.. configuration.Groups.Select(group => new Group(group.Name, group.Exempt, [.. group.Sources.Select(IpPrefix.From)]))],
        [.. configuration.OwnMailServers.Addresses.Select(IpAddress.From)],
        [.. configuration.Phases.Select(phase => Compile(phase, configuration.DestinationSets))]) { Names = names };

    private static Phase Compile(PhaseConfiguration phase, IReadOnlyDictionary<string, IReadOnlyList<IPNetwork>> sets) =>
        new(phase.Name, phase.From.ToUnixTimeMilliseconds(), ModeOf(phase.Mode), ActionOf(phase.Action))
        {
            Zone = phase.From.Offset,
            SessionsPerMinute = phase.SessionsPerMinute,
            Drain = phase.OpenSessions == OpenSessions.Drain ? phase.DrainSeconds * 1000L : 0,
            Only = phase.Only is { } only ? [.. only.SelectMany(name => sets[name]).Select(IpPrefix.From)] : null,
            Groups = phase.Groups,
        };

    /// <summary>Inside hosts that the configuration leads port 25 to.</summary>
    public static IReadOnlySet<IpAddress> MailReceivers(RouterConfiguration configuration) =>
        (configuration.Nat?.PortForwards ?? [])
            .Where(forward => forward.Protocol == TransportProtocol.Tcp && forward.To.Port <= Op25bPolicy.Port && forward.To.Port + (forward.LastPort ?? forward.Port) - forward.Port >= Op25bPolicy.Port)
            .Select(forward => forward.To.Address)
            .Concat(configuration.Firewall.Inbound.Where(rule => rule.Protocol == TransportProtocol.Tcp && rule.Ports.Contains(Op25bPolicy.Port)).Select(rule => rule.To))
            .Select(IpAddress.From).ToHashSet();

    private static Mode ModeOf(PhaseMode mode) => mode switch
    {
        PhaseMode.Off => Mode.Off,
        PhaseMode.Monitor => Mode.Monitor,
        PhaseMode.Limit => Mode.Limit,
        PhaseMode.Block => Mode.Block,
    };

    private static BlockAction ActionOf(PhaseAction action) => action switch
    {
        PhaseAction.Drop => BlockAction.Drop,
        PhaseAction.Icmp => BlockAction.Icmp,
        PhaseAction.Reset => BlockAction.Reset,
        PhaseAction.SmtpReply => BlockAction.SmtpReply,
    };

    public static byte NumberOf(TransportProtocol protocol) => protocol == TransportProtocol.Tcp ? Ipv4Header.Tcp : Ipv4Header.Udp;

    public static SessionTimeouts TimeoutsOf(TimeoutsConfiguration configuration) => new()
    {
        Udp = TimeSpan.FromSeconds(configuration.Udp),
        UdpDns = TimeSpan.FromSeconds(configuration.UdpDns),
        Icmp = TimeSpan.FromSeconds(configuration.Icmp),
        Other = TimeSpan.FromSeconds(configuration.Other),
        TcpEstablished = TimeSpan.FromSeconds(configuration.TcpEstablished),
        TcpOpening = TimeSpan.FromSeconds(configuration.TcpOpening),
        TcpClosing = TimeSpan.FromSeconds(configuration.TcpClosing),
    };

    private static Interface MakeInterface(InterfaceConfiguration entry, int index, FrameDevice device, MacAddress? station)
    {
        Role role = entry.Role switch
        {
            InterfaceRole.Lan => Role.Lan,
            InterfaceRole.Servers => Role.Servers,
            InterfaceRole.Wan => Role.Wan,
        };
        MacAddress mac = station ?? (entry.Mac is { } configured ? MacAddress.Read(configured.GetAddressBytes()) : DeriveMac(entry));
        return new Interface(index, entry.Name, role, mac, entry.Mtu, [.. RouteCompiler.AddressesOf(entry, mac)], device);
    }

    /// <summary>The same after every restart, another on every machine, and never the TAP device's own: locally administered, unicast (IEEE 802).</summary>
    private static MacAddress DeriveMac(InterfaceConfiguration entry)
    {
        const string MachineIdFile = "/etc/machine-id";
        string machine = File.Exists(MachineIdFile) ? File.ReadAllText(MachineIdFile).Trim() : Environment.MachineName;
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes($"op25b-router/{machine}/{entry.Namespace}/{entry.Tap}/{entry.Name}"));
        digest[0] = (byte)(digest[0] & 0xFC | 2);
        return MacAddress.Read(digest);
    }
}
