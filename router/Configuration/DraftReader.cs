using System.Net;
using Microsoft.Extensions.Configuration;

namespace Router.Configuration;

/// <summary>Reads the draft from the merged layers, once <see cref="ValueCheck"/> has judged every value: no parser here can fail on what is not spoilt.</summary>
internal sealed class DraftReader(LayeredConfiguration layers, Problems problems)
{
    private const string DestinationSets = "Op25b:DestinationSets";

    public Draft Read()
    {
        var interfaces = Items("Interfaces", Interface);
        return new()
        {
            Interfaces = interfaces,
            Connected = [.. interfaces.SelectMany(item => Addresses(item.Path).Select(own => new ConnectedAddress(own.Path, item.Value, own.Value)))],
            MssClamping = Good("MssClamping") is not { } clamps || bool.Parse(clamps),
            BusyPollMicroseconds = Number("BusyPollMicroseconds") ?? 0,
            Routes = Items("Routes", Route),
            Nat = layers.Has("Nat") ? Nat() : null,
            TransparentIpv6 = Good("Firewall:TransparentIpv6") is { } transparent && bool.Parse(transparent),
            Inbound = Items("Firewall:Inbound", InboundRule),
            Sessions = Sessions(),
            Groups = Items("Op25b:Groups", Group),
            Sources = [.. Items("Op25b:Groups", Group).SelectMany(item =>
                Leaves($"{item.Path}:Sources", Prefix).Select(source => new GroupSource(source.Path, item.Value.Name, source.Value)))],
            OwnMailServers = Leaves("Op25b:OwnMailServers:Addresses", Address),
            DestinationSets = layers.KeysUnder(DestinationSets).ToDictionary(
                name => name, name => (IReadOnlyList<IPNetwork>)[.. Leaves($"{DestinationSets}:{name}", Prefix).Select(prefix => prefix.Value)], StringComparer.Ordinal),
            Hosts = Leaves("Op25b:OwnMailServers:Hosts", host => host),
            TrustedResolvers = Leaves("Op25b:OwnMailServers:TrustedResolvers", Address),
            Tunnels = Choice<TunnelHandling>("Op25b:Tunnels") ?? TunnelHandling.Count,
            Phases = Items("Op25b:Phases", Phase),
            Alerts = Alerts(),
            Attempts = new() { Hosts = Number("Op25b:Attempts:Hosts") ?? new AttemptsConfiguration().Hosts },
            SmtpReply = new()
            {
                Language = Choice<ReplyLanguage>("Op25b:SmtpReply:Language") ?? ReplyLanguage.English,
                Text = [.. Leaves("Op25b:SmtpReply:Text", line => line).Select(line => line.Value)],
                HelpUrl = Good("Op25b:SmtpReply:HelpUrl"),
            },
            Metrics = Good("Metrics:Listen") is { } listen ? new() { Listen = EndPoint(listen) } : null,
            Control = new() { Socket = Good("Control:Socket") ?? new ControlConfiguration().Socket, Group = Good("Control:Group") },
            State = new() { Directory = Good("State:Directory") },
            Privacy = Privacy(),
            MappingLog = layers.Has("MappingLog") ? MappingLog() : null,
            Log = new() { Format = Choice<LogFormat>("Log:Format") ?? LogFormat.Auto },
        };
    }

    private PrivacyPreset Privacy() => Choice<PrivacyPreset>("Privacy") ?? PrivacyPreset.Campus;

    private MappingLogConfiguration MappingLog() => new()
    {
        Records = Choice<MappingRecords>("MappingLog:Records") ?? MappingRecords.Mappings,
        Ipfix = Good("MappingLog:Ipfix:Collector") is { } collector ? new()
        {
            Collector = EndPoint(collector),
            ObservationDomain = Number("MappingLog:Ipfix:ObservationDomain") ?? 0,
            TemplateSeconds = Number("MappingLog:Ipfix:TemplateSeconds") ?? new IpfixConfiguration { Collector = EndPoint(collector) }.TemplateSeconds,
        } : null,
        File = Good("MappingLog:File:Directory") is { } directory ? MappingFile(new() { Directory = directory }) : null,
    };

    private MappingFileConfiguration MappingFile(MappingFileConfiguration plain) => plain with
    {
        RotateMebibytes = Number("MappingLog:File:RotateMebibytes") ?? plain.RotateMebibytes,
        RotateMinutes = Number("MappingLog:File:RotateMinutes") ?? plain.RotateMinutes,
        KeepDays = Number("MappingLog:File:KeepDays") ?? MappingFileConfiguration.DaysOf(Privacy()),
        KeepMebibytes = Number("MappingLog:File:KeepMebibytes") ?? plain.KeepMebibytes,
    };

    private TimeoutsConfiguration Timeouts()
    {
        var defaults = new TimeoutsConfiguration();
        return new()
        {
            Udp = Number("Sessions:Timeouts:Udp") ?? defaults.Udp,
            UdpDns = Number("Sessions:Timeouts:UdpDns") ?? defaults.UdpDns,
            Icmp = Number("Sessions:Timeouts:Icmp") ?? defaults.Icmp,
            Other = Number("Sessions:Timeouts:Other") ?? defaults.Other,
            TcpEstablished = Number("Sessions:Timeouts:TcpEstablished") ?? defaults.TcpEstablished,
            TcpOpening = Number("Sessions:Timeouts:TcpOpening") ?? defaults.TcpOpening,
            TcpClosing = Number("Sessions:Timeouts:TcpClosing") ?? defaults.TcpClosing,
        };
    }

    private InterfaceConfiguration Interface(string path) => new()
    {
        // The name as it is written, even a bad one: what refers to it is not wrong as well.
        Name = layers.Value($"{path}:Name") ?? path,
        Role = Choice<InterfaceRole>($"{path}:Role") ?? InterfaceRole.Lan,
        Tap = layers.Value($"{path}:Tap") ?? path,
        Addresses = [.. Addresses(path).Select(address => address.Value)],
        Namespace = Good($"{path}:Namespace"),
        Bridge = Good($"{path}:Bridge"),
        Mtu = Number($"{path}:Mtu") ?? 1500,
        Mac = Good($"{path}:Mac") is { } mac && AddressSyntax.TryMac(mac, out var parsed) ? parsed : null,
        Persist = Flag($"{path}:Persist"),
        Buffers = Number($"{path}:Buffers") ?? 256,
        Backend = Choice<BackendChoice>($"{path}:Backend") ?? BackendChoice.Auto,
        RouterAdvertisements = layers.Has($"{path}:RouterAdvertisements") ? RouterAdvertisements($"{path}:RouterAdvertisements") : null,
    };

    private RouterAdvertisementsConfiguration RouterAdvertisements(string path)
    {
        var plain = new RouterAdvertisementsConfiguration();
        return new()
        {
            Enabled = Good($"{path}:Enabled") is not { } enabled || bool.Parse(enabled),
            Prefixes = layers.Has($"{path}:Prefixes") ? [.. Leaves($"{path}:Prefixes", Prefix).Select(prefix => prefix.Value)] : null,
            MaxIntervalSeconds = Number($"{path}:MaxIntervalSeconds") ?? plain.MaxIntervalSeconds,
            RouterLifetimeSeconds = Number($"{path}:RouterLifetimeSeconds"),
            PreferredLifetimeSeconds = Number($"{path}:PreferredLifetimeSeconds") ?? plain.PreferredLifetimeSeconds,
            ValidLifetimeSeconds = Number($"{path}:ValidLifetimeSeconds") ?? plain.ValidLifetimeSeconds,
            Mtu = Number($"{path}:Mtu"),
            ManagedConfiguration = Flag($"{path}:ManagedConfiguration"),
            OtherConfiguration = Flag($"{path}:OtherConfiguration"),
            RecursiveDnsServers = [.. Leaves($"{path}:RecursiveDnsServers", Address).Select(server => server.Value)],
            DnsSearchList = [.. Leaves($"{path}:DnsSearchList", name => name).Select(name => name.Value)],
        };
    }

    private IReadOnlyList<Located<InterfaceAddress>> Addresses(string path) => Leaves($"{path}:Addresses", text =>
    {
        AddressSyntax.TryPrefix(text, out var address, out var length);
        return new InterfaceAddress(address, length);
    });

    private RouteConfiguration? Route(string path) =>
        Good($"{path}:Destination") is { } destination && Good($"{path}:Via") is { } via
            ? new() { Destination = Prefix(destination), Via = Address(via), Interface = Good($"{path}:Interface"), Priority = Number($"{path}:Priority") ?? 0 }
            : null;

    private NatDraft Nat()
    {
        var plain = new NatConfiguration { Addresses = [] };
        var settings = plain with
        {
            Filtering = Choice<FilteringMode>("Nat:Filtering") ?? plain.Filtering,
            PortRestSeconds = Number("Nat:PortRestSeconds") ?? plain.PortRestSeconds,
        };
        return new(settings, Leaves("Nat:Addresses", Address), Leaves("Nat:ExemptDestinations", Prefix), Items("Nat:PortForwards", PortForward));
    }

    private SessionsConfiguration Sessions()
    {
        const string Quotas = "Sessions:PerSubscriber";
        var plain = new SessionsConfiguration();
        return new()
        {
            Capacity = Number("Sessions:Capacity") ?? plain.Capacity,
            PerSubscriber = new()
            {
                Ports = Number($"{Quotas}:Ports") ?? plain.PerSubscriber.Ports,
                Sessions = Number($"{Quotas}:Sessions") ?? plain.PerSubscriber.Sessions,
                Ipv6PrefixLength = Number($"{Quotas}:Ipv6PrefixLength") ?? plain.PerSubscriber.Ipv6PrefixLength,
                CreationsPerSecond = Number($"{Quotas}:CreationsPerSecond") ?? plain.PerSubscriber.CreationsPerSecond,
            },
            Timeouts = Timeouts(),
        };
    }

    private PortForwardConfiguration? PortForward(string path) =>
        Choice<TransportProtocol>($"{path}:Protocol") is { } protocol && Number($"{path}:Port") is { } port && Good($"{path}:To") is { } to
            ? new()
            {
                Protocol = protocol,
                Port = port,
                LastPort = Number($"{path}:LastPort"),
                To = EndPoint(to),
                Address = Good($"{path}:Address") is { } address ? Address(address) : null,
            }
            : null;

    private InboundRuleConfiguration? InboundRule(string path) =>
        Good($"{path}:To") is { } to
            ? new()
            {
                Protocol = Choice<TransportProtocol>($"{path}:Protocol") ?? TransportProtocol.Tcp,
                To = Address(to),
                Ports = [.. Leaves($"{path}:Ports", int.Parse).Select(port => port.Value)],
            }
            : null;

    private GroupConfiguration Group(string path) => new()
    {
        Name = layers.Value($"{path}:Name") ?? path,
        Sources = [.. Leaves($"{path}:Sources", Prefix).Select(source => source.Value)],
        Exempt = Flag($"{path}:Exempt"),
        Reason = Good($"{path}:Reason"),
    };

    private PhaseConfiguration Phase(string path) => new()
    {
        Name = layers.Value($"{path}:Name") ?? path,
        From = Good($"{path}:From") is { } from && TimeSyntax.TryParse(from, out var time) ? time : default,
        Mode = Choice<PhaseMode>($"{path}:Mode") ?? PhaseMode.Off,
        Action = Choice<PhaseAction>($"{path}:Action") ?? PhaseAction.Icmp,
        Only = Names($"{path}:Only"),
        Groups = Names($"{path}:Groups"),
        SessionsPerMinute = Number($"{path}:SessionsPerMinute") ?? 10,
        OpenSessions = Choice<OpenSessions>($"{path}:OpenSessions") ?? OpenSessions.Kill,
        DrainSeconds = Number($"{path}:DrainSeconds") ?? 300,
    };

    private AlertsConfiguration Alerts()
    {
        const string Path = "Op25b:Alerts";
        var plain = new AlertsConfiguration();
        return new()
        {
            QuietMinutes = Number($"{Path}:QuietMinutes") ?? plain.QuietMinutes,
            Quarantine = Flag($"{Path}:Quarantine"),
            Command = Names($"{Path}:Command"),
            CommandsPerMinute = Number($"{Path}:CommandsPerMinute") ?? plain.CommandsPerMinute,
        };
    }

    private IReadOnlyList<string>? Names(string path) => layers.Has(path) ? [.. Leaves(path, name => name).Select(name => name.Value)] : null;

    private IReadOnlyList<Located<T>> Items<T>(string path, Func<string, T?> read) where T : class =>
        [.. Paths(path)
            .Where(item => !problems.IsSpoilt(item))
            .Select(item => (item, value: read(item)))
            .Where(pair => pair.value is not null)
            .Select(pair => new Located<T>(pair.item, pair.value!))];

    private IReadOnlyList<Located<T>> Leaves<T>(string path, Func<string, T> parse) =>
        [.. Paths(path)
            .Select(item => (item, text: Good(item)))
            .Where(pair => pair.text is not null)
            .Select(pair => new Located<T>(pair.item, parse(pair.text!)))];

    private IEnumerable<string> Paths(string path) => layers.KeysUnder(path).Select(key => ConfigurationPath.Combine(path, key));

    /// <summary>The value's text; null where it is absent or spoilt.</summary>
    private string? Good(string path) => problems.IsSpoilt(path) ? null : layers.Value(path);

    private int? Number(string path) => Good(path) is { } text ? int.Parse(text) : null;

    private bool Flag(string path) => Good(path) is { } text && bool.Parse(text);

    private T? Choice<T>(string path) where T : struct, Enum => Good(path) is { } text ? Enum.Parse<T>(text) : null;

    private static IPAddress Address(string text) => AddressSyntax.TryAddress(text, out var address) ? address : IPAddress.None;

    private static IPEndPoint EndPoint(string text) => AddressSyntax.TryEndPoint(text, out var endPoint) ? endPoint : new(IPAddress.None, 0);

    private static IPNetwork Prefix(string text)
    {
        AddressSyntax.TryPrefix(text, out var address, out var length);
        return new IPNetwork(address, length);
    }
}
