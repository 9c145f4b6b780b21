using Router.Wire;

namespace Router.Nat;

/// <summary>
/// The ports of one outside address and one protocol: whose each is, and which ones rest. A port that is no longer used is not given to another inside host for a
/// while (RFC 6888 REQ-8), so that what is still sent to the old one does not reach the new one; its own host may have it back at once, for that redirects nothing.
/// </summary>
internal sealed class PortSet(uint restMilliseconds)
{
    public const int Ports = ushort.MaxValue + 1;

    private readonly int[] _owners = new int[Ports];
    private readonly Rest[] _rests = restMilliseconds > 0 ? new Rest[Ports] : [];

    /// <summary>One number a port, the caller's; zero where nobody has it.</summary>
    public ref int OwnerOf(ushort port) => ref _owners[port];

    /// <summary>Whether the inside host may have the port, at the loop's milliseconds cut to 32 bits.</summary>
    public bool IsFree(int port, in IpAddress host, uint now)
    {
        if (_owners[port] != 0)
            return false;
        if (_rests.Length == 0)
            return true;
        ref readonly Rest rest = ref _rests[port];
        return rest.Host == 0 || rest.Host == host.Ipv4 || now - rest.Since >= restMilliseconds;
    }

    /// <summary>Takes the port back from its inside host; it rests from the moment on.</summary>
    public void Retire(ushort port, uint host, uint moment)
    {
        _owners[port] = 0;
        if (_rests.Length > 0)
            _rests[port] = new Rest(host, moment);
    }

    private readonly record struct Rest(uint Host, uint Since);
}
