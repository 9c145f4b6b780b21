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
}

/// <summary>One phase: it rules from its start until the next one's (F16). <see cref="From"/> is in milliseconds since 1970, UTC.</summary>
internal readonly record struct Phase(string Name, long From, Mode Mode, BlockAction Action);

/// <summary>Subscribers who are treated alike.</summary>
internal sealed record Group(string Name, bool IsExempt, IReadOnlyList<IpPrefix> Sources);

/// <summary>The compiled policy. Nothing in it changes; which phase is in force is the caller's to say.</summary>
internal sealed class Op25bPolicy
{
    /// <summary>The only port that it is about (F3): a constant, which no key names.</summary>
    public const ushort Port = 25;

    public const int NoPhase = -1;

    private readonly PrefixTable _groupTable, _ownMailServers;

    public Op25bPolicy(IReadOnlyList<Group> groups, IReadOnlyList<IpAddress> ownMailServers, IReadOnlyList<Phase> phases)
    {
        // F10: a source in none belongs to the implicit group, which comes last and is not exempt.
        Groups = [.. groups, new Group("ungrouped", IsExempt: false, [])];
        Phases = [.. phases.OrderBy(phase => phase.From)];
        _groupTable = new PrefixTable(Groups.SelectMany((group, index) => group.Sources.Select(prefix => (prefix, index))));
        _ownMailServers = new PrefixTable(ownMailServers.Select((address, index) => (IpPrefix.Host(address), index)));
    }

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

    public int GroupOf(in IpAddress source)
    {
        int group = _groupTable.Lookup(source);
        return group == PrefixTable.None ? Groups.Count - 1 : group;
    }

    public bool IsOwnMailServer(in IpAddress address) => _ownMailServers.Lookup(address) != PrefixTable.None;

    /// <summary>
    /// Whether the inside source may speak to port 25 of the destination, which may have two names: the one that it is sent to, and the one behind a port forward.
    /// </summary>
    public Op25bOutcome Decide(int group, in IpAddress source, in IpAddress destination, in IpAddress realDestination, int phase)
    {
        if (IsOwnMailServer(destination) || IsOwnMailServer(realDestination) || IsOwnMailServer(source))
            return Op25bOutcome.AllowedOwn;
        if (Groups[group].IsExempt)
            return Op25bOutcome.AllowedExempt;
        return ModeOf(phase) switch
        {
            Mode.Off => Op25bOutcome.NotConcerned,
            Mode.Monitor => Op25bOutcome.Monitored,
            Mode.Block => Op25bOutcome.Blocked,
        };
    }

    public Mode ModeOf(int phase) => phase == NoPhase ? Mode.Off : Phases[phase].Mode;
}
