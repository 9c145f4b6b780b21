using System.Globalization;
using System.Text.RegularExpressions;

namespace Router.Telemetry;

/// <summary>
/// The files of a log that is rotated: their names, and which of them go. Names begin with a number that only grows, so that their order is that of writing whatever the clock did;
/// the time in them is for people. Files of other names are never touched.
/// </summary>
internal sealed partial class LogFolder
{
    /// <summary>A file's time may be so far ahead of the clock before the clock must have been set back.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    // Who spoke when is for the owner, and for the group to read.
    private const UnixFileMode FileModeOfLogs = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
    private const UnixFileMode DirectoryMode = FileModeOfLogs | UnixFileMode.UserExecute | UnixFileMode.GroupExecute;

    private readonly string _directory;
    private readonly TimeSpan _age;
    private readonly long _bytes;
    private long _last;

    /// <summary>Makes the directory where it lacks, and looks which number comes next. Throws what files throw.</summary>
    public LogFolder(string directory, TimeSpan age, long bytes)
    {
        (_directory, _age, _bytes) = (directory, age, bytes);
        if (OperatingSystem.IsLinux() && !Directory.Exists(directory)) Directory.CreateDirectory(directory, DirectoryMode);
        Renumber();
    }

    /// <summary>Looks again which number comes next.</summary>
    public void Renumber() => _last = Files().Select(file => file.Number).DefaultIfEmpty().Max();

    /// <summary>Makes the next file.</summary>
    public FileStream Create(DateTimeOffset now)
    {
        // Where a reload changes the log, two write here for a moment.
        while (File.Exists(NextName(now))) _last++;
        var name = NextName(now);
        _last++;
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 };
        if (OperatingSystem.IsLinux()) options.UnixCreateMode = FileModeOfLogs;
        return new(name, options);
    }

    private string NextName(DateTimeOffset now) =>
        Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"mappings-{_last + 1:D10}-{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}.jsonl"));

    /// <summary>Removes what is too old, and the oldest where all are too large; <paramref name="current"/> stays. Returns how many went. Throws what files throw.</summary>
    public int Purge(DateTimeOffset now, string? current)
    {
        var gone = 0;
        var kept = new List<LogFile>();
        foreach (var file in Files().OrderBy(file => file.Number))
        {
            if (string.Equals(file.Info.FullName, current, StringComparison.Ordinal) || !IsOver(file, now)) kept.Add(file);
            else gone += Remove(file);
        }

        var bytes = kept.Sum(file => file.Info.Length);
        foreach (var file in kept.TakeWhile(file => bytes > _bytes && !string.Equals(file.Info.FullName, current, StringComparison.Ordinal)))
        {
            bytes -= file.Info.Length;
            gone += Remove(file);
        }

        return gone;
    }

    /// <summary>What has a time to come was written before the clock was set back: its age counts from now, or it would be kept for as long as the clock was wrong.</summary>
    private bool IsOver(LogFile file, DateTimeOffset now)
    {
        if (file.Info.LastWriteTimeUtc > now.UtcDateTime + Tolerance)
        {
            file.Info.LastWriteTimeUtc = now.UtcDateTime;
            return false;
        }

        return now.UtcDateTime - file.Info.LastWriteTimeUtc >= _age;
    }

    private static int Remove(LogFile file)
    {
        file.Info.Delete();
        return 1;
    }

    private IEnumerable<LogFile> Files() =>
        from info in new DirectoryInfo(_directory).EnumerateFiles("mappings-*.jsonl")
        let match = Name().Match(info.Name)
        where match.Success
        select new LogFile(long.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture), info);

    [GeneratedRegex(@"^mappings-(?<number>[0-9]{10,18})-[0-9]{8}T[0-9]{6}Z\.jsonl$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();

    private sealed record LogFile(long Number, FileInfo Info);
}
