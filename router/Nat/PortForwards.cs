using Router.Wire;

namespace Router.Nat;

/// <summary>An outside endpoint that stands for an inside one.</summary>
internal readonly record struct PortForward(byte Protocol, IpAddress Address, ushort Port, IpAddress To, ushort ToPort);

/// <summary>The port forwards, by their outside endpoint and by their inside one.</summary>
internal sealed class PortForwards
{
    private readonly Dictionary<(byte, IpAddress, ushort), PortForward> _byOutside = [], _byInside = [];

    public PortForwards(IEnumerable<PortForward> forwards)
    {
        foreach (PortForward forward in forwards)
        {
            _byOutside.Add((forward.Protocol, forward.Address, forward.Port), forward);
            _byInside.TryAdd((forward.Protocol, forward.To, forward.ToPort), forward);
        }
    }

    public IEnumerable<PortForward> All => _byOutside.Values;

    public bool TryFind(byte protocol, in IpAddress address, ushort port, out PortForward forward)
    {
        if (_byOutside.Count > 0)
            return _byOutside.TryGetValue((protocol, address, port), out forward);
        forward = default;
        return false;
    }

    /// <summary>The forward that leads to the inside endpoint; the one that listens on the outside address, where there are several.</summary>
    public bool TryFindSource(byte protocol, in IpAddress inside, ushort port, in IpAddress outside, out PortForward forward)
    {
        if (_byInside.Count == 0 || !_byInside.TryGetValue((protocol, inside, port), out forward))
        {
            forward = default;
            return false;
        }

        if (TryFind(protocol, outside, forward.Port, out PortForward preferred) && preferred.To == inside && preferred.ToPort == port)
            forward = preferred;
        return true;
    }
}
