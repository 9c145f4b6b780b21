using System.Globalization;
using Router.Configuration;
using Router.Sessions;
using Router.Telemetry;
using Router.Wire;

namespace Router.Control;

/// <summary>A question about sessions as text: the parameters of <c>/v1/sessions</c>, which are the options of <c>sessions</c> too.</summary>
internal static class SessionsRequest
{
    public static readonly string[] Filters = ["protocol", "address", "port", "state", "family"], Others = ["sort", "reverse", "top"];

    public static readonly string[] Protocols = Names<SessionProtocol>(), Orders = Names<SessionOrder>(), Families = ["ipv4", "ipv6"];

    public static readonly string[] States = [.. Enum.GetValues<SessionState>().Where(state => state != SessionState.Free).Select(state => state.ToString())];

    /// <summary>The question, or every reason why there is none, each with how to write it.</summary>
    public static (SessionQuery? Query, IReadOnlyList<string> Errors) Parse(IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var errors = new List<string>();
        var query = new SessionQuery();
        foreach (var (name, text) in parameters) query = Apply(query, name, text, errors);
        return errors.Count > 0 ? (null, errors) : (query, []);
    }

    private static SessionQuery Apply(SessionQuery query, string name, string text, List<string> errors)
    {
        var filter = query.Filter;
        switch (name)
        {
            case "protocol": return query with { Filter = filter with { Protocol = Named<SessionProtocol>(name, text, Protocols, errors) } };
            case "address": return query with { Filter = filter with { Address = Prefix(text, errors) } };
            case "port": return query with { Filter = filter with { Port = (ushort)Number(name, text, 0, ushort.MaxValue, errors) } };
            case "state": return query with { Filter = filter with { State = Named<SessionState>(name, text, States, errors) } };
            case "family": return query with { Filter = filter with { IsIpv6 = Choose(name, text, Families, errors) == "ipv6" } };
            case "sort": return query with { Order = Named<SessionOrder>(name, text, Orders, errors) };
            case "reverse": return query with { IsReversed = Choose(name, text, ["true", "false"], errors) == "true" };
            case "top": return query with { Top = Number(name, text, 1, SessionQuery.Most, errors) };
            default:
                errors.Add($"'{name}' is not a parameter: use {Wording.OneOf([.. Filters, .. Others])}");
                return query;
        }
    }

    private static T Named<T>(string name, string text, string[] names, List<string> errors)
        where T : struct, Enum => Choose(name, text, names, errors) is { } chosen ? Enum.Parse<T>(chosen, ignoreCase: true) : default;

    private static string? Choose(string name, string text, string[] names, List<string> errors)
    {
        var chosen = Array.Find(names, candidate => string.Equals(candidate, text, StringComparison.OrdinalIgnoreCase));
        if (chosen is null) errors.Add($"{name}: '{text}' is none: use {Wording.OneOf(names)}");
        return chosen;
    }

    private static IpPrefix? Prefix(string text, List<string> errors)
    {
        if (AddressSyntax.TryPrefix(text, out var address, out var length)) return IpPrefix.From(AddressSyntax.PrefixOf(address, length));
        errors.Add($"address: '{text}' is not an address or a prefix: write it as 192.168.25.10 or 2001:db8:25:1::/64");
        return null;
    }

    private static int Number(string name, string text, int least, int most, List<string> errors)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
        errors.Add($"{name}: '{text}' is no number from {least} to {most}");
        return least;
    }

    private static string[] Names<T>()
        where T : struct, Enum => [.. Enum.GetNames<T>().Select(name => name.ToLowerInvariant())];
}
