using System.Globalization;

namespace Router.Configuration;

/// <summary>Absolute, zoned times: <c>2008-04-01T11:00:00+09:00</c>. A time without a zone would move with the machine's settings.</summary>
internal static class TimeSyntax
{
    private static readonly string[] Formats =
        ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mmK"];

    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        return HasZone(text)
            && DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
    }

    public static Complaint? Judge(string text)
    {
        if (TryParse(text, out _)) return null;
        var zoned = $"{text}+09:00";
        return !HasZone(text) && TryParse(zoned, out _)
            ? new($"'{text}' has no zone", $"add the offset, as in {zoned}, or Z")
            : new($"'{text}' is not a time", "write it as 2008-04-01T11:00:00+09:00, with the offset or Z");
    }

    private static bool HasZone(string text) =>
        text.EndsWith('Z') || (text.Length > 6 && text[^3] == ':' && text[^6] is '+' or '-');
}
