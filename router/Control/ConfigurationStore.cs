using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.Json;
using Router.Configuration;

namespace Router.Control;

/// <summary>The history cannot be kept. The message is one line for people.</summary>
internal sealed class ConfigurationStoreException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// The configurations that were in force, newest last, with their texts: a bounded number. In the state directory they outlive the process; without one they are in memory only.
/// Every file is written beside its place, synced and moved, so that no crash leaves half of one.
/// </summary>
internal sealed class ConfigurationStore
{
    public const int MostEntries = 20, LargestText = 4 << 20;

    private const int LargestHistory = 1 << 20, MostPlacesBefore = 4;

    private static readonly ControlJson Json = new(new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true });

    private readonly List<string> _before = [];
    private readonly Dictionary<string, byte[]> _texts = new(StringComparer.Ordinal);
    private string? _directory;

    public ConfigurationStore(string? stateDirectory) => _directory = PathOf(stateDirectory);

    public bool IsLasting => _directory is not null;

    public IReadOnlyList<AppliedConfiguration> History { get; private set; } = [];

    public static string HashOf(ReadOnlySpan<byte> text) => Convert.ToHexStringLower(SHA256.HashData(text));

    /// <summary>Where the text of a configuration is kept.</summary>
    public string FileOf(string hash) => Path.Combine(_directory ?? "(memory)", $"{hash}.jsonc");

    /// <summary>The newest entry of a text; null: it was never in force, or that is forgotten.</summary>
    public AppliedConfiguration? Find(string hash) => History.LastOrDefault(entry => string.Equals(entry.Hash, hash, StringComparison.Ordinal));

    /// <summary>Takes up what an earlier run left. Throws <see cref="ConfigurationStoreException"/> where it cannot be read; the history is empty then.</summary>
    public void Load()
    {
        if (_directory is null) return;
        try
        {
            var file = new FileInfo(HistoryFile);
            if (!file.Exists) return;
            if (file.Length > LargestHistory) throw new ConfigurationStoreException($"{HistoryFile} is too large to be ours; remove it");
            var entries = JsonSerializer.Deserialize(File.ReadAllBytes(HistoryFile), Json.History) ?? [];
            History = [.. entries.OfType<AppliedConfiguration>().Where(entry => IsHash(entry.Hash)).TakeLast(MostEntries)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new ConfigurationStoreException($"{HistoryFile} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>The text of an entry; null where it is lost, or is not what was kept.</summary>
    public byte[]? TextOf(string hash)
    {
        if (_texts.TryGetValue(hash, out var text)) return text;
        try
        {
            var file = new FileInfo(FileOf(hash));
            if (_directory is null || !file.Exists || file.Length > LargestText) return null;
            text = File.ReadAllBytes(file.FullName);
            return string.Equals(HashOf(text), hash, StringComparison.Ordinal) ? text : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Replaces the history; <paramref name="text"/> is the newest entry's. Throws <see cref="ConfigurationStoreException"/> where it cannot be written: it holds in memory then.</summary>
    public void Save(IReadOnlyList<AppliedConfiguration> history, ReadOnlySpan<byte> text)
    {
        History = [.. history.TakeLast(MostEntries)];
        var hashes = History.Select(entry => entry.Hash).ToHashSet(StringComparer.Ordinal);
        if (!text.IsEmpty) _texts[HashOf(text)] = text.ToArray();
        foreach (var forgotten in _texts.Keys.Except(hashes, StringComparer.Ordinal).ToArray()) _texts.Remove(forgotten);
        if (!OperatingSystem.IsLinux()) return;
        if (_directory is not null) Write(_directory, hashes);
        foreach (var directory in _before) Write(directory, hashes);
    }

    /// <summary>The same; gives what is wrong, null: nothing.</summary>
    public string? TrySave(IReadOnlyList<AppliedConfiguration> history, ReadOnlySpan<byte> text)
    {
        try
        {
            Save(history, text);
            return null;
        }
        catch (ConfigurationStoreException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>
    /// Keeps the history where a configuration says from now on, and for as long as this process lives where it was too: whichever of the two the file names when the router is started the
    /// next time, there is what became of it. Gives why it cannot be written there, and stays where it is then; null: it is.
    /// </summary>
    public string? TryFollow(RouterConfiguration configuration)
    {
        var next = PathOf(configuration.State.Directory);
        if (string.Equals(next, _directory, StringComparison.Ordinal)) return null;
        foreach (var entry in History)
            if (TextOf(entry.Hash) is { } text) _texts[entry.Hash] = text;
        var last = _directory;
        _directory = next;
        try
        {
            if (next is not null && OperatingSystem.IsLinux()) Write(next, History.Select(entry => entry.Hash).ToHashSet(StringComparer.Ordinal));
        }
        catch (ConfigurationStoreException exception)
        {
            _directory = last;
            return exception.Message;
        }

        if (next is not null) _before.Remove(next);
        if (last is not null) _before.Add(last);
        if (_before.Count > MostPlacesBefore) _before.RemoveAt(0);
        return null;
    }

    /// <summary>Takes back what could not be saved.</summary>
    public void Forget(IReadOnlyList<AppliedConfiguration> before) => History = before;

    private string HistoryFile => HistoryOf(_directory!);

    private static string HistoryOf(string directory) => Path.Combine(directory, "history.json");

    private static string? PathOf(string? stateDirectory) => stateDirectory is null ? null : Path.Combine(stateDirectory, "configurations");

    [SupportedOSPlatform("linux")]
    private void Write(string directory, HashSet<string> hashes)
    {
        try
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            // The text first: an entry without one is of no use.
            foreach (var (hash, text) in _texts)
                if (Path.Combine(directory, $"{hash}.jsonc") is var path && !File.Exists(path)) WriteFile(path, text);
            WriteFile(HistoryOf(directory), JsonSerializer.SerializeToUtf8Bytes(History, Json.History));
            foreach (var file in Directory.EnumerateFiles(directory, "*.jsonc"))
                if (IsHash(Path.GetFileNameWithoutExtension(file)) && !hashes.Contains(Path.GetFileNameWithoutExtension(file))) File.Delete(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationStoreException($"{directory} cannot be written: {exception.Message}", exception);
        }
    }

    /// <summary>A configuration may name what is nobody else's business: it is for its owner to read.</summary>
    [SupportedOSPlatform("linux")]
    private static void WriteFile(string path, byte[] content)
    {
        var temporary = path + ".new";
        using (var stream = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static bool IsHash(string? text) => text is { Length: 64 } && text.All(char.IsAsciiHexDigitLower);
}
