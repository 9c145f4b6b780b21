using Router.Wire;

namespace Router.Nat;

/// <summary>When a <see cref="PortSet"/> takes its memory.</summary>
internal enum PortMemory : byte
{
    /// <summary>At the start: nothing is allocated later.</summary>
    Whole,

    /// <summary>When a port is looked at: for a set that sees few of them.</summary>
    AsUsed,
}

/// <summary>
/// The ports of one outside address and one protocol: whose each is, and which ones rest. A port that is no longer used is not given to another inside host for a
/// while (RFC 6888 REQ-8), so that what is still sent to the old one does not reach the new one; its own host may have it back at once, for that redirects nothing.
/// </summary>
internal sealed class PortSet
{
    public const int Ports = ushort.MaxValue + 1;

    private const int PortsPerPage = 1024;

    private readonly int[]?[] _owners = new int[Ports / PortsPerPage][];
    private readonly PortMemory _memory;
    private Rest[] _rests = [];
    private uint _restMilliseconds;

    /// <summary>Its memory is taken at once; with <see cref="PortMemory.AsUsed"/> page by page, and then no port rests.</summary>
    public PortSet(uint restMilliseconds, PortMemory memory = PortMemory.Whole)
    {
        _memory = memory;
        LetRest(restMilliseconds);
        for (int page = 0; page < _owners.Length && memory == PortMemory.Whole; page++)
            _owners[page] = new int[PortsPerPage];
    }

    /// <summary>How long a port rests, from now on, those that rest already too.</summary>
    public void LetRest(uint milliseconds)
    {
        _restMilliseconds = milliseconds;
        if (milliseconds > 0 && _rests.Length == 0 && _memory == PortMemory.Whole)
            _rests = new Rest[Ports];
    }

    /// <summary>One number a port, the caller's; zero where nobody has it.</summary>
    public ref int OwnerOf(ushort port) => ref (_owners[port / PortsPerPage] ??= new int[PortsPerPage])[port % PortsPerPage];

    /// <summary>Whether the inside host may have the port, at the loop's milliseconds cut to 32 bits.</summary>
    public bool IsFree(int port, in IpAddress host, uint now)
    {
        if (_owners[port / PortsPerPage] is { } page && page[port % PortsPerPage] != 0)
            return false;
        if (_rests.Length == 0)
            return true;
        ref readonly Rest rest = ref _rests[port];
        return rest.Host == 0 || rest.Host == host.Ipv4 || now - rest.Since >= _restMilliseconds;
    }

    /// <summary>Takes the port back from its inside host; it rests from the moment on.</summary>
    public void Retire(ushort port, uint host, uint moment)
    {
        OwnerOf(port) = 0;
        if (_rests.Length > 0)
            _rests[port] = new Rest(host, moment);
    }

    private readonly record struct Rest(uint Host, uint Since);
}
