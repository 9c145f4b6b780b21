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
        Subscribers = new SubscriberTable(QuotasOf(configuration), configuration.Sessions.Capacity, hash);
        Filter = FilterOf(configuration, hash);
        Translator = new Translator(PartsOf(configuration, Filter, hash, random, model, memory));
    }

    public Translator Translator { get; }

    public AddressFilter Filter { get; }

    public SubscriberTable Subscribers { get; }

    /// <summary>What translates; null where the configuration asks for nothing such.</summary>
    public static TranslatorParts? PartsOf(RouterConfiguration configuration, AddressFilter filter, KeyedHash hash, Random random,
        PathModel? model = null, PortMemory memory = PortMemory.Whole) => configuration.Nat is { } nat
        ? new TranslatorParts(
            new MappingTable(configuration.Sessions.Capacity, [.. nat.Addresses.Select(IpAddress.From)], hash, random, TimeSpan.FromSeconds(nat.PortRestSeconds), memory),
            model?.Forwards ?? ForwardsOf(nat),
            filter,
            model?.ExemptDestinations ?? ExemptDestinationsOf(nat))
        : null;

    public static AddressFilter FilterOf(RouterConfiguration configuration, KeyedHash hash) =>
        new(ModeOf(configuration), configuration.Sessions.Capacity, hash);

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

    public static Filtering ModeOf(RouterConfiguration configuration) => (configuration.Nat?.Filtering ?? default) switch
    {
        FilteringMode.EndpointIndependent => Filtering.EndpointIndependent,
        FilteringMode.AddressDependent => Filtering.AddressDependent,
        FilteringMode.AddressAndPortDependent => Filtering.AddressAndPortDependent,
    };
}
