namespace Router.Configuration;

/// <summary>
/// Every key of the configuration, once: what it may hold, whether it is required, its default. docs/router.schema.json says the same, and a test
/// compares them. There is no key for the blocked port on purpose: it is 25 (OP25B F3).
/// </summary>
internal static class ConfigurationShape
{
    private static readonly TextShape AnyText = new(Syntax.Anything);
    private static readonly TextShape Address = new(Syntax.Address);
    private static readonly TextShape Prefix = new(Syntax.Prefix);
    private static readonly TextShape Label = new(Syntax.Label);
    private static readonly NumberShape Port = new(1, 65535);
    private static readonly FlagShape Flag = new();
    private static readonly ChoiceShape Protocol = Choice<TransportProtocol>("a protocol");

    public static SectionShape Root { get; } = Section(
        "the configuration",
        new("$schema", AnyText),
        Required("Interfaces", new ListShape(Interface(), AtLeast: 1)),
        Default("MssClamping", Flag, "true"),
        Default("BusyPollMicroseconds", new NumberShape(0, 100_000), "0"),
        new("Routes", new ListShape(Section("a route", Required("Destination", Prefix), Required("Via", Address), new("Interface", AnyText), Default("Priority", new NumberShape(0, 65535), "0")))),
        new("Nat", Nat()),
        new("Firewall", Section("Firewall", Default("TransparentIpv6", Flag, "false"), new ShapeKey("Inbound", new ListShape(Section(
            "an inbound rule", Required("Protocol", Protocol), Required("To", Address), Required("Ports", new ListShape(Port, AtLeast: 1))))))),
        new("Sessions", Sessions()),
        new("Op25b", Op25b()),
        new("Metrics", Section("Metrics", Required("Listen", new TextShape(Syntax.Listen)))),
        new("Control", Section("Control", Default("Socket", new TextShape(Syntax.SocketPath), new ControlConfiguration().Socket), new ShapeKey("Group", new TextShape(Syntax.GroupName)))),
        new("State", Section("State", new ShapeKey("Directory", new TextShape(Syntax.AbsolutePath)))),
        Default("Privacy", Choice<PrivacyPreset>("a preset"), nameof(PrivacyPreset.Campus)),
        new("MappingLog", MappingLog()),
        new("Log", Section("Log", Default("Format", Choice<LogFormat>("a format"), nameof(LogFormat.Auto)))));

    private static SectionShape MappingLog() => Section(
        "MappingLog",
        Default("Records", Choice<MappingRecords>("what a record can be about"), nameof(MappingRecords.Mappings)),
        new("Ipfix", Section(
            "Ipfix",
            Required("Collector", new TextShape(Syntax.Collector)),
            Default("ObservationDomain", new NumberShape(0, int.MaxValue), "0"),
            Default("TemplateSeconds", new NumberShape(1, 3600), "60"))),
        new("File", Section(
            "File",
            Required("Directory", new TextShape(Syntax.AbsolutePath)),
            Default("RotateMebibytes", new NumberShape(1, 4096), "16"),
            Default("RotateMinutes", new NumberShape(1, 10080), "60"),
            new("KeepDays", new NumberShape(1, 3650)),
            Default("KeepMebibytes", new NumberShape(1, 1048576), "1024"))));

    private static SectionShape Interface() => Section(
        "an interface",
        Required("Name", new TextShape(Syntax.InterfaceName)),
        Required("Role", Choice<InterfaceRole>("a role")),
        Required("Tap", new TextShape(Syntax.DeviceName)),
        Required("Addresses", new ListShape(new TextShape(Syntax.InterfaceAddress), AtLeast: 1)),
        new("Namespace", new TextShape(Syntax.NamespaceName)),
        new("Bridge", new TextShape(Syntax.DeviceName)),
        Default("Mtu", new NumberShape(576, 9216), "1500"),
        new("Mac", new TextShape(Syntax.Mac)),
        Default("Persist", Flag, "false"),
        Default("Buffers", new NumberShape(16, 4096) { PowerOfTwo = true }, "256"),
        Default("Backend", Choice<BackendChoice>("a back end"), nameof(BackendChoice.Auto)),
        new("RouterAdvertisements", RouterAdvertisements()));

    /// <summary>The bounds and defaults of RFC 4861 section 6.2.1.</summary>
    private static SectionShape RouterAdvertisements() => Section(
        "RouterAdvertisements",
        Default("Enabled", Flag, "true"),
        new("Prefixes", new ListShape(Prefix)),
        Default("MaxIntervalSeconds", new NumberShape(4, 1800), "600"),
        new("RouterLifetimeSeconds", new NumberShape(0, 9000)),
        Default("PreferredLifetimeSeconds", new NumberShape(0, int.MaxValue), "604800"),
        Default("ValidLifetimeSeconds", new NumberShape(0, int.MaxValue), "2592000"),
        new("Mtu", new NumberShape(0, 9216)),
        Default("ManagedConfiguration", Flag, "false"),
        Default("OtherConfiguration", Flag, "false"),
        new("RecursiveDnsServers", new ListShape(Address)),
        new("DnsSearchList", new ListShape(new TextShape(Syntax.DomainName))));

    /// <summary>Seconds, a week at most. No lower than the RFCs allow: applications count on it.</summary>
    private static SectionShape Timeouts() => Section(
        "Timeouts",
        Timeout("Udp", 120, "300", "RFC 4787 REQ-5"),
        Timeout("UdpDns", 5, "10", "resolvers ask again after five seconds"),
        Timeout("Icmp", 60, "60", "RFC 5508 REQ-2"),
        Timeout("Other", 60, "600", "tunnels are silent for long"),
        Timeout("TcpEstablished", 7440, "7440", "RFC 5382 REQ-5"),
        Timeout("TcpOpening", 240, "240", "RFC 5382 REQ-5"),
        Timeout("TcpClosing", 240, "240", "RFC 5382 REQ-5, RFC 7857 section 2.2"));

    private static SectionShape Nat() => Section(
        "Nat",
        Required("Addresses", new ListShape(Address, AtLeast: 1)),
        Default("Filtering", Choice<FilteringMode>("a filtering"), nameof(FilteringMode.EndpointIndependent)),
        new("ExemptDestinations", new ListShape(Prefix)),
        Default("PortRestSeconds", new NumberShape(0, 3600), "120"),
        new("PortForwards", new ListShape(Section(
            "a port forward",
            Required("Protocol", Protocol),
            Required("Port", Port),
            new("LastPort", Port),
            Required("To", new TextShape(Syntax.ForwardTarget)),
            new("Address", Address)))));

    private static SectionShape Sessions() => Section(
        "Sessions",
        Default("Capacity", new NumberShape(1024, 16777216), "131072"),
        new("PerSubscriber", Section(
            "PerSubscriber",
            Default("Ports", new NumberShape(1, 65535), "4096"),
            Default("Sessions", new NumberShape(2, 16777216), "8192"),
            Default("CreationsPerSecond", new NumberShape(0, 1000000), "0"),
            Default("Ipv6PrefixLength", new NumberShape(32, 128), "64"))),
        new("Timeouts", Timeouts()));

    private static SectionShape Op25b() => Section(
        "Op25b",
        new("Groups", new ListShape(Section(
            "a group",
            Required("Name", Label),
            Required("Sources", new ListShape(Prefix, AtLeast: 1)),
            Default("Exempt", Flag, "false"),
            new("Reason", AnyText)))),
        new("OwnMailServers", OwnMailServers()),
        new("DestinationSets", new MapShape(new ListShape(Prefix))),
        new("Phases", new ListShape(Phase())),
        Default("Tunnels", Choice<TunnelHandling>("a way with tunnels"), nameof(TunnelHandling.Count)),
        new("Attempts", Section("Attempts", Default("Hosts", new NumberShape(64, 65536), "4096"))),
        new("Alerts", Section(
            "Alerts",
            Default("QuietMinutes", new NumberShape(10, 10080), "60"),
            Default("Quarantine", Flag, "false"),
            new("Command", new ListShape(AnyText, AtLeast: 1)),
            Default("CommandsPerMinute", new NumberShape(1, 600), "6"))),
        new("SmtpReply", Section(
            "SmtpReply",
            Default("Language", Choice<ReplyLanguage>("a language"), nameof(ReplyLanguage.English)),
            new("Text", new ListShape(new TextShape(ReplySyntax.Line))),
            new("HelpUrl", new TextShape(ReplySyntax.HelpUrl)))));

    private static SectionShape OwnMailServers() => Section(
        "OwnMailServers",
        new("Addresses", new ListShape(Address)),
        new("Hosts", new ListShape(new TextShape(Syntax.HostPattern))),
        new("TrustedResolvers", new ListShape(Address)));

    private static SectionShape Phase() => Section(
        "a phase",
        Required("Name", Label),
        Required("From", new TextShape(TimeSyntax.Judge)),
        Required("Mode", Choice<PhaseMode>("a mode")),
        Default("Action", Choice<PhaseAction>("an action"), nameof(PhaseAction.Icmp)),
        new("Only", new ListShape(Label, AtLeast: 1)),
        new("Groups", new ListShape(Label, AtLeast: 1)),
        Default("SessionsPerMinute", new NumberShape(1, 1000), "10"),
        Default("OpenSessions", Choice<OpenSessions>("a way with open sessions"), nameof(OpenSessions.Kill)),
        Default("DrainSeconds", new NumberShape(1, 604800), "300"));

    private static SectionShape Section(string name, params ShapeKey[] keys) => new(name, keys);

    private static ShapeKey Required(string name, Shape shape) => new(name, shape) { Required = true };

    private static ShapeKey Default(string name, Shape shape, string value) => new(name, shape) { Default = value };

    private static ShapeKey Timeout(string name, int least, string value, string floor) =>
        Default(name, new NumberShape(least, 604800) { Floor = floor }, value);

    private static ChoiceShape Choice<T>(string kind) where T : struct, Enum => new(kind, Enum.GetNames<T>());
}
