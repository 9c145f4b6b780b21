using System.Net;
using Router.Configuration;
using Router.Nat;
using Router.Routing;
using Router.Sessions;
using Router.Wire;

namespace Router;

/// <summary>The translation that a configuration asks for: <see cref="DataPath"/>'s part about NAT and quotas.</summary>
internal sealed class NatCompiler
{
    /// <param name="model">What was compiled already; null: nothing.</param>
    public NatCompiler(RouterConfiguration configuration, KeyedHash hash, Random random, PathModel? model = null, PortMemory memory = PortMemory.Whole)
    {
        int capacity = configuration.Sessions.Capacity;
        Subscribers = new SubscriberTable(QuotasOf(configuration), capacity, hash);
        Filter = new AddressFilter(ModeOf(configuration.Nat?.Filtering ?? default), capacity, hash);
        if (configuration.Nat is not { } nat)
        {
            Translator = new Translator(parts: null);
            return;
        }

        IReadOnlyList<IpAddress> outside = [.. nat.Addresses.Select(IpAddress.From)];
        Translator = new Translator(new TranslatorParts(
            new MappingTable(capacity, outside, hash, random, TimeSpan.FromSeconds(nat.PortRestSeconds), memory),
            model?.Forwards ?? ForwardsOf(nat),
            Filter,
            model?.ExemptDestinations ?? ExemptDestinationsOf(nat)));
    }

    public Translator Translator { get; }

    public AddressFilter Filter { get; }

    public SubscriberTable Subscribers { get; }

    public static Quotas QuotasOf(RouterConfiguration configuration)
    {
        PerSubscriberConfiguration quotas = configuration.Sessions.PerSubscriber;
        return new Quotas(quotas.Ports, quotas.Sessions, quotas.CreationsPerSecond, quotas.Ipv6PrefixLength);
    }

    public static PortForwards ForwardsOf(NatConfiguration nat) => new(nat.PortForwards.SelectMany(forward => Expand(forward, [.. nat.Addresses.Select(IpAddress.From)])));

    public static PrefixTable ExemptDestinationsOf(NatConfiguration nat) => new(nat.ExemptDestinations.Select((prefix, index) => (IpPrefix.From(prefix), index)));

    /// <summary>One forward for each port of the range and each address that it listens on.</summary>
    private static IEnumerable<PortForward> Expand(PortForwardConfiguration forward, IReadOnlyList<IpAddress> outside)
    {
        byte protocol = DataPath.NumberOf(forward.Protocol);
        IpAddress to = IpAddress.From(forward.To.Address);
        int ports = (forward.LastPort ?? forward.Port) - forward.Port + 1;
        foreach (IpAddress listen in forward.Address is { } address ? [IpAddress.From(address)] : outside)
            for (int i = 0; i < ports; i++)
                yield return new PortForward(protocol, listen, (ushort)(forward.Port + i), to, (ushort)(forward.To.Port + i));
    }

    private static Filtering ModeOf(FilteringMode mode) => mode switch
    {
        FilteringMode.EndpointIndependent => Filtering.EndpointIndependent,
        FilteringMode.AddressDependent => Filtering.AddressDependent,
        FilteringMode.AddressAndPortDependent => Filtering.AddressAndPortDependent,
    };
}
