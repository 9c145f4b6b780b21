using Router.Wire;

namespace Router.Nat;

/// <summary>An outside endpoint that stands for an inside one.</summary>
internal readonly record struct PortForward(byte Protocol, IpAddress Address, ushort Port, IpAddress To, ushort ToPort);

/// <summary>The port forwards, by their outside endpoint.</summary>
internal sealed class PortForwards(IEnumerable<PortForward> forwards)
{
    private readonly Dictionary<(byte, IpAddress, ushort), PortForward> _forwards = forwards.ToDictionary(forward => (forward.Protocol, forward.Address, forward.Port));

    public IEnumerable<PortForward> All => _forwards.Values;

    public bool TryFind(byte protocol, IpAddress address, ushort port, out PortForward forward)
    {
        if (_forwards.Count > 0)
            return _forwards.TryGetValue((protocol, address, port), out forward);
        forward = default;
        return false;
    }
}
