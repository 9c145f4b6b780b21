using System.Net;

namespace Router.Configuration;

/// <summary>F10: sites leaked because an interface, or a network behind one, was forgotten. Warns of every subscriber's network that the groups do not cover.</summary>
internal sealed class CoverageRules(Draft draft, LayeredConfiguration layers, Problems problems)
{
    public void Warn()
    {
        if (problems.HasUnder("Op25b:Groups")) return;
        foreach (var connected in draft.Connected.Where(connected => connected.Interface.Role == InterfaceRole.Lan && !connected.IsLinkLocal))
            Warn(connected.Path, connected.Prefix, connected.Interface.Name);
        foreach (var (path, route) in draft.Routes)
            if (route.Destination.PrefixLength > 0 && draft.EgressOf(route) is { Role: InterfaceRole.Lan, Name: var name })
                Warn($"{path}:Destination", route.Destination, name);
    }

    private void Warn(string path, IPNetwork prefix, string name)
    {
        if (!IsCovered(prefix))
            problems.Warn(layers.PlaceOf(path), path, new(
                $"no group covers {prefix} of '{name}': the sources there that are in no group are 'ungrouped', not exempt", "add the prefix to a group in Op25b:Groups"));
    }

    /// <summary>By one source, or by several in it that leave no gap.</summary>
    private bool IsCovered(IPNetwork prefix)
    {
        if (draft.Sources.Any(source => source.Prefix.PrefixLength <= prefix.PrefixLength && source.Prefix.Contains(prefix.BaseAddress))) return true;
        if (!draft.Sources.Any(source => source.Prefix.PrefixLength > prefix.PrefixLength && prefix.Contains(source.Prefix.BaseAddress))) return false;
        var length = prefix.PrefixLength + 1;
        return IsCovered(new IPNetwork(prefix.BaseAddress, length)) && IsCovered(AddressSyntax.PrefixOf(AddressSyntax.LastOf(prefix), length));
    }
}
