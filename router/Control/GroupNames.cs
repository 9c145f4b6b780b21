using System.Globalization;

namespace Router.Control;

/// <summary>The machine's groups, by /etc/group.</summary>
internal static class GroupNames
{
    private const int NameField = 0, NumberField = 2;

    /// <summary>The number of a group that is said by name or by number.</summary>
    public static bool TryFind(string group, out uint number)
    {
        if (TryRead(group, out number)) return true;
        try
        {
            var entry = File.ReadLines("/etc/group").Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length > NumberField && string.Equals(fields[NameField], group, StringComparison.Ordinal));
            return entry is not null && TryRead(entry[NumberField], out number);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool TryRead(string text, out uint number) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
