using System.Net;
using System.Text.Json;
using Router.Configuration;
using Router.Telemetry;

namespace Router.Names;

/// <summary>One address as it is kept from run to run. <see cref="Until"/> is of learnt ones, <see cref="Seen"/> of resolved ones.</summary>
internal sealed record StoredName(string Host, string Name, string Address, DateTimeOffset? Until, DateTimeOffset? Seen);

/// <summary>Where names led, kept in the state directory: clients go on using answers that they cached before our restart.</summary>
internal sealed class NameStore(string directory)
{
    /// <summary>More than every table full of the longest names.</summary>
    private const int LargestFile = 4 << 20;

    public string File { get; } = Path.Combine(directory, "names.json");

    /// <summary>What the file says; null where there is none. Throws <see cref="NameStoreException"/> where it cannot be read.</summary>
    public IReadOnlyList<StoredName>? Load()
    {
        try
        {
            var info = new FileInfo(File);
            if (!info.Exists) return null;
            if (info.Length > LargestFile) throw new NameStoreException($"{File} is too large to be ours; remove it");
            return JsonSerializer.Deserialize(System.IO.File.ReadAllBytes(File), NameStoreJson.Default.Names);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new NameStoreException($"{File} cannot be read, and names are learnt anew: {exception.Message}", exception);
        }
    }

    /// <summary>Writes what is known: beside the file first, so that no crash leaves half of one.</summary>
    public void Save(OwnNamesSnapshot names, DateTimeOffset now)
    {
        var text = JsonSerializer.Serialize([.. names.Addresses.Select(entry => new StoredName(
            entry.Host, entry.Name, entry.Address, entry.SecondsLeft is { } left ? now.AddSeconds(left) : null, entry.Seen))], NameStoreJson.Default.Names);
        try
        {
            Directory.CreateDirectory(directory);
            var temporary = File + ".new";
            System.IO.File.WriteAllText(temporary, text);
            System.IO.File.Move(temporary, File, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NameStoreException($"{File} cannot be written, and names are lost at the next restart: {exception.Message}", exception);
        }
    }

    /// <summary>What of a file still holds under this configuration: removing a name really removes it.</summary>
    public static IEnumerable<(int Host, StoredName Entry, IPAddress Address)> Valid(IReadOnlyList<StoredName?> stored, IReadOnlyList<string> hosts)
    {
        foreach (var entry in stored)
        {
            if (entry?.Host is null || entry.Name is null || entry.Address is null) continue;
            var host = hosts.ToList().FindIndex(candidate => string.Equals(candidate, entry.Host, StringComparison.OrdinalIgnoreCase));
            if (host < 0 || Syntax.HostPattern(entry.Name) is not null || !AddressSyntax.TryAddress(entry.Address, out var address) || !AddressSyntax.IsUnicast(address)) continue;
            yield return (host, entry, address);
        }
    }
}

/// <summary>The file of names cannot be used. The message is one line for people.</summary>
internal sealed class NameStoreException(string message, Exception? inner = null) : Exception(message, inner);
