using System.Globalization;

namespace Router.Cli;

/// <summary>The machine's users, by /etc/passwd.</summary>
internal static class UserNames
{
    private const int NameField = 0, NumberField = 2;

    /// <summary>The number of a user that is said by name or by number.</summary>
    public static bool TryFind(string user, out uint number)
    {
        if (TryRead(user, out number)) return true;
        try
        {
            var entry = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length > NumberField && string.Equals(fields[NameField], user, StringComparison.Ordinal));
            return entry is not null && TryRead(entry[NumberField], out number);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool TryRead(string text, out uint number) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
