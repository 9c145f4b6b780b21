using System.Globalization;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;

namespace Benchmarks;

/// <summary>The table that other machines' figures can be compared with: medians as multiples of M and R of the same run, and bytes allocated.</summary>
internal static class Multiples
{
    public static void Print(IReadOnlyList<Summary> summaries, ILogger logger)
    {
        Dictionary<string, BenchmarkReport> reports = summaries.SelectMany(summary => summary.Reports).Where(report => report.ResultStatistics is not null)
            .ToDictionary(report => report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\''), StringComparer.Ordinal);
        if (!reports.TryGetValue("M", out BenchmarkReport? copy) || !reports.TryGetValue("R", out BenchmarkReport? load))
            return;
        double m = Median(copy), r = Median(load);
        logger.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nM = {m:0} ns (64 KiB copied), R = {r:0} ns (a random load from 128 MB)\n\n| operation | ns | of M | bytes |\n|---|---|---|---|"));
        foreach ((string name, BenchmarkReport report) in reports)
            if (name is not ("M" or "R"))
                logger.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {name} | {Median(report):0} | {(name.Contains("Million", StringComparison.Ordinal) ? $"{(Median(report) - 2 * r) / m:0.00} + 2 R" : $"{Median(report) / m:0.00}")} | {report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase)} |"));
    }

    private static double Median(BenchmarkReport report) => report.ResultStatistics!.Median;
}
