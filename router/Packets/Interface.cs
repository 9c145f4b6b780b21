using Router.Wire;
using TapDev;

namespace Router.Packets;

/// <summary>What an interface is to the network: it decides who may open sessions, what is translated and where the port-25 filter stands.</summary>
internal enum Role : byte
{
    /// <summary>Subscribers. Inside.</summary>
    Lan,

    /// <summary>The provider's servers, never translated. Inside.</summary>
    Servers,

    /// <summary>The rest of the world.</summary>
    Wan,
}

/// <summary>One interface of the router: what it is, the device that carries its frames, and its accounts.</summary>
internal sealed class Interface(int index, string name, Role role, MacAddress mac, int mtu, IReadOnlyList<(IpAddress Address, int PrefixLength)> addresses, FrameDevice device)
{
    public int Index { get; } = index;

    public string Name { get; } = name;

    public Role Role { get; } = role;

    /// <summary>Lan and Servers: the side that the port-25 filter guards.</summary>
    public bool IsInside { get; } = role != Role.Wan;

    /// <summary>The router's own address on the wire.</summary>
    public MacAddress Mac { get; } = mac;

    /// <summary>The largest IP packet, in bytes.</summary>
    public int Mtu { get; } = mtu;

    public IReadOnlyList<(IpAddress Address, int PrefixLength)> Addresses { get; private set; } = addresses;

    /// <summary>The source of what the router itself says here over IPv4; unspecified where there is none.</summary>
    public IpAddress Ipv4Address { get; private set; } = addresses.Select(entry => entry.Address).FirstOrDefault(address => address.IsIpv4);

    /// <summary>The same over IPv6: a global address, or at least a link-local one.</summary>
    public IpAddress Ipv6Address { get; private set; } = addresses.Select(entry => entry.Address).Where(address => !address.IsIpv4).OrderBy(address => address.IsLinkLocal).FirstOrDefault();

    public IpAddress LinkLocalAddress { get; private set; } = addresses.Select(entry => entry.Address).FirstOrDefault(address => address.IsLinkLocal);

    public FrameDevice Device { get; } = device;

    /// <summary>The super-frames that may leave here; taken back where the kernel refuses one.</summary>
    public Offloads Offloads { get; set; } = device.Offloads;

    public InterfaceCounters Counters { get; } = new();

    public bool Owns(in IpAddress address)
    {
        for (int i = 0; i < Addresses.Count; i++)
            if (Addresses[i].Address == address)
                return true;
        return false;
    }

    /// <summary>Whether an own address is in use. One is not while nobody knows that no other station has it (RFC 4862).</summary>
    public bool Uses(in IpAddress address) => Owns(address) && !_suspended.Contains(address);

    /// <summary>Has other addresses from now on. New ones of IPv6 are to be tested before they are used.</summary>
    public void Readdress(IReadOnlyList<(IpAddress Address, int PrefixLength)> others)
    {
        Addresses = others;
        Ipv4Address = others.Select(entry => entry.Address).FirstOrDefault(address => address.IsIpv4);
        _suspended.RemoveWhere(address => !Owns(address));
        ChooseIpv6();
    }

    /// <summary>From now on the address is not used.</summary>
    public void Suspend(IpAddress address)
    {
        _suspended.Add(address);
        ChooseIpv6();
    }

    public void Resume(IpAddress address)
    {
        _suspended.Remove(address);
        ChooseIpv6();
    }

    private readonly HashSet<IpAddress> _suspended = [];

    public IReadOnlyCollection<IpAddress> Suspended => _suspended;

    private void ChooseIpv6()
    {
        IpAddress[] used = [.. Addresses.Select(entry => entry.Address).Where(address => !address.IsIpv4 && !_suspended.Contains(address))];
        LinkLocalAddress = Array.Find(used, address => address.IsLinkLocal);
        Ipv6Address = used.OrderBy(address => address.IsLinkLocal).FirstOrDefault();
    }

    public override string ToString() => Name;
}
