using Router.Packets;
using Router.Routing;
using Router.Wire;

namespace Router.Op25b;

internal enum Mode : byte
{
    /// <summary>Nothing is blocked or counted.</summary>
    Off,

    /// <summary>Everything passes; what would be blocked is counted.</summary>
    Monitor,

    /// <summary>A few new sessions a minute pass, for each host.</summary>
    Limit,

    Block,
}

/// <summary>What the sender of a blocked packet gets (OP25B.md section 2).</summary>
internal enum BlockAction : byte
{
    Drop,

    /// <summary>ICMP 3/13.</summary>
    Icmp,

    /// <summary>A TCP RST.</summary>
    Reset,

    /// <summary>A greeting in the name of the server that was tried: 554, and why (RFC 5321 section 3.1).</summary>
    SmtpReply,
}

/// <summary>One phase: it rules from its start until the next one's (F16). <see cref="From"/> is in milliseconds since 1970, UTC.</summary>
internal readonly record struct Phase(string Name, long From, Mode Mode, BlockAction Action)
{
    /// <summary>The zone that its start was given in, for people.</summary>
    public TimeSpan Zone { get; init; }

    public DateTimeOffset Start => DateTimeOffset.FromUnixTimeMilliseconds(From).ToOffset(Zone);

    /// <summary>Of Limit: new sessions of one host.</summary>
    public int SessionsPerMinute { get; init; }

    /// <summary>How long sessions that were open at its start go on, in milliseconds (F17). Zero: they are killed.</summary>
    public long Drain { get; init; }

    /// <summary>The destinations that it is about; null: every one.</summary>
    public IReadOnlyList<IpPrefix>? Only { get; init; }

    /// <summary>The names of the groups that it is about; null: every one.</summary>
    public IReadOnlyList<string>? Groups { get; init; }

    /// <summary>Whether sessions from before its start still go on.</summary>
    public bool DrainsAt(long unixMilliseconds) => unixMilliseconds >= From && unixMilliseconds - From < Drain;
}

/// <summary>Subscribers who are treated alike.</summary>
internal sealed record Group(string Name, bool IsExempt, IReadOnlyList<IpPrefix> Sources);

/// <summary>The compiled policy. Nothing in it changes but where names lead; which phase is in force is the caller's to say.</summary>
internal sealed class Op25bPolicy
{
    /// <summary>The only port that it is about (F3): a constant, which no key names.</summary>
    public const ushort Port = 25;

    public const int NoPhase = -1;

    private readonly PrefixTable _groupTable, _ownMailServers;
    private readonly PrefixTable?[] _only;
    private readonly bool[,] _isConcerned;

    public Op25bPolicy(IReadOnlyList<Group> groups, IReadOnlyList<IpAddress> ownMailServers, IReadOnlyList<Phase> phases)
    {
        // F10: a source in none belongs to the implicit group, which comes last and is not exempt.
        Groups = [.. groups, new Group("ungrouped", IsExempt: false, [])];
        Phases = [.. phases.OrderBy(phase => phase.From)];
        _groupTable = new PrefixTable(Groups.SelectMany((group, index) => group.Sources.Select(prefix => (prefix, index))));
        ConfiguredMailServers = ownMailServers.Count;
        _ownMailServers = new PrefixTable(ownMailServers.Select((address, index) => (IpPrefix.Host(address), index)));
        _only = [.. Phases.Select(phase => phase.Only is { } only ? new PrefixTable(only.Select((prefix, index) => (prefix, index))) : null)];
        _isConcerned = new bool[Phases.Count, Groups.Count];
        for (int phase = 0; phase < Phases.Count; phase++)
            for (int group = 0; group < Groups.Count; group++)
                _isConcerned[phase, group] = Phases[phase].Groups is not { } named || named.Contains(Groups[group].Name);
    }

    private Op25bPolicy(Op25bPolicy other)
    {
        (Groups, Phases, ConfiguredMailServers) = (other.Groups, other.Phases, other.ConfiguredMailServers);
        (_groupTable, _ownMailServers, _only, _isConcerned) = (other._groupTable, other._ownMailServers, other._only, other._isConcerned);
    }

    /// <summary>The same policy for another one who knows where names lead.</summary>
    public Op25bPolicy With(OwnNames names) => new(this) { Names = names };

    public IReadOnlyList<Group> Groups { get; }

    /// <summary>In the order of their starts.</summary>
    public IReadOnlyList<Phase> Phases { get; }

    /// <summary>The phase in force at the moment, <see cref="NoPhase"/> before the first.</summary>
    public int PhaseAt(long unixMilliseconds)
    {
        int phase = NoPhase;
        while (phase + 1 < Phases.Count && Phases[phase + 1].From <= unixMilliseconds)
            phase++;
        return phase;
    }

    /// <summary>The next moment at which another phase begins, or sessions from before the one in force may go on no longer; <see cref="long.MaxValue"/>: none.</summary>
    public long NextChange(long unixMilliseconds)
    {
        int phase = PhaseAt(unixMilliseconds);
        long begins = phase + 1 < Phases.Count ? Phases[phase + 1].From : long.MaxValue;
        return phase != NoPhase && Phases[phase] is var current && current.DrainsAt(unixMilliseconds) ? Math.Min(begins, current.From + current.Drain) : begins;
    }

    public int GroupOf(in IpAddress source)
    {
        int group = _groupTable.Lookup(source);
        return group == PrefixTable.None ? Groups.Count - 1 : group;
    }

    /// <summary>The group's number by its name; negative where there is none.</summary>
    public int FindGroup(string name) => Find(Groups, group => group.Name == name);

    /// <summary>The phase's number by its name; <see cref="NoPhase"/> where there is none.</summary>
    public int FindPhase(string name) => Find(Phases, phase => phase.Name == name);

    /// <summary>How many own mail servers the configuration lists by their addresses.</summary>
    public int ConfiguredMailServers { get; }

    /// <summary>Where the names of own mail servers lead; null: there are none.</summary>
    public OwnNames? Names { get; init; }

    /// <summary>Whether everybody may speak to its port 25. A learnt address whose time is over still counts for a session that is open.</summary>
    public bool IsOwnMailServer(in IpAddress address, bool isOpen = false) =>
        _ownMailServers.Lookup(address) != PrefixTable.None || Names is { } names && names.IsServer(address, isOpen);

    /// <summary>Whether it may speak to everybody's port 25.</summary>
    public bool IsOwnSender(in IpAddress address) => _ownMailServers.Lookup(address) != PrefixTable.None || Names is { } names && names.IsSender(address);

    /// <summary>
    /// Whether the inside source may speak to port 25 of the destination, which may have two names: the one that it is sent to, and the one behind a port forward.
    /// </summary>
    public Op25bOutcome Decide(int group, in IpAddress source, in IpAddress destination, in IpAddress realDestination, int phase, bool isOpen = false)
    {
        if (IsOwnMailServer(destination, isOpen) || IsOwnMailServer(realDestination, isOpen) || IsOwnSender(source))
            return Op25bOutcome.AllowedOwn;
        if (Groups[group].IsExempt)
            return Op25bOutcome.AllowedExempt;
        if (!Applies(phase, group, destination, realDestination))
            return Op25bOutcome.NotConcerned;
        // What is new is then held against the limit, where that is the mode.
        return ModeOf(phase) == Mode.Block ? Op25bOutcome.Blocked : Op25bOutcome.Monitored;
    }

    /// <summary>Whether the phase is about the inside group and the remote end, which may have two names.</summary>
    public bool Applies(int phase, int group, in IpAddress remote, in IpAddress realRemote)
    {
        if (ModeOf(phase) == Mode.Off || !_isConcerned[phase, group])
            return false;
        return _only[phase] is not { } only || only.Lookup(remote) != PrefixTable.None || only.Lookup(realRemote) != PrefixTable.None;
    }

    private static int Find<T>(IReadOnlyList<T> among, Predicate<T> isIt)
    {
        for (int i = 0; i < among.Count; i++)
            if (isIt(among[i]))
                return i;
        return -1;
    }

    public Mode ModeOf(int phase) => phase == NoPhase ? Mode.Off : Phases[phase].Mode;
}
