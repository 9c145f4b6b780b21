using Router.Control;
using Spectre.Console;

namespace Router.Cli;

/// <summary>The probes of <c>check</c>, a line for each segment and a column for each phase.</summary>
internal static class ProbeTable
{
    public static Table Of(IReadOnlyList<PolicyProbe> probes)
    {
        var phases = probes.Select(probe => probe.Phase).Distinct(StringComparer.Ordinal).ToArray();
        var table = Plain.Table(["Enters", "Group", "Segment", "From", "To", .. phases]);
        foreach (var row in probes.GroupBy(probe => (probe.Interface, probe.Group, probe.Segment, probe.Source, probe.Destination)))
            table.AddRow(Plain.Cells([row.Key.Interface, row.Key.Group, row.Key.Segment, $"{row.Key.Source}", $"{row.Key.Destination}", .. phases.Select(phase => Cell(row, phase))]));
        return table;
    }

    private static string Cell(IEnumerable<PolicyProbe> row, string phase) =>
        row.FirstOrDefault(probe => string.Equals(probe.Phase, phase, StringComparison.Ordinal)) is not { } probe ? ""
        : probe.IsAsExpected ? probe.Seen
        : $"{probe.Seen}, NOT {probe.Expected}";
}
