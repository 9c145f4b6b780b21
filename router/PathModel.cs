using Router.Configuration;
using Router.Nat;
using Router.Op25b;
using Router.Routing;
using Router.Sessions;
using Router.Wire;

namespace Router;

/// <summary>
/// What a data path goes by at a moment, as it was compiled. Nothing in it changes afterwards, so a second, small data path may go by it too, on another thread: <c>explain</c>'s. It is
/// taken on the loop's thread and shares what a reload replaces as a whole; only the list of next hops in use is copied.
/// </summary>
internal sealed record PathModel
{
    public required RouterConfiguration Configuration { get; init; }

    public required KeyedHash Hash { get; init; }

    /// <summary>The interfaces' own addresses on the wire.</summary>
    public required IReadOnlyList<MacAddress> Stations { get; init; }

    public required RouteTable Routes { get; init; }

    public required Firewall Firewall { get; init; }

    /// <summary>Null: nothing is translated.</summary>
    public required PortForwards? Forwards { get; init; }

    public required PrefixTable? ExemptDestinations { get; init; }

    public required Op25bPolicy Policy { get; init; }

    public static PathModel Of(DataPath path, RouterConfiguration configuration) => new()
    {
        Configuration = configuration,
        Hash = path.Hash,
        Stations = [.. path.Interfaces.Select(entry => entry.Mac)],
        Routes = path.Routes.Over(path.Interfaces),
        Firewall = path.Firewall.Copy(),
        Forwards = path.Translator.Forwards,
        ExemptDestinations = path.Translator.ExemptDestinations,
        Policy = path.Filter.Policy,
    };
}
