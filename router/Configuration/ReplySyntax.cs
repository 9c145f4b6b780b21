using System.Text.RegularExpressions;

namespace Router.Configuration;

/// <summary>Judges what the action SmtpReply is to say.</summary>
internal static partial class ReplySyntax
{
    private const string Placeholders = "use {address}, {port} or {server}";

    /// <summary>RFC 5321 section 4.2: a reply's text is printable ASCII.</summary>
    public static Complaint? Line(string text)
    {
        if (!IsAscii(text))
            return new("has characters that are not ASCII, which an SMTP greeting cannot carry (RFC 5321 section 4.2)", "write it in Latin letters, and let HelpUrl lead to a page in your language");
        if (text.Length == 0 || !string.Equals(text.Trim(), text, StringComparison.Ordinal) || text.Any(char.IsControl))
            return new($"'{text}' is not a line", "use printable characters, without spaces at its ends");
        return Unknown(text);
    }

    public static Complaint? HelpUrl(string text)
    {
        var valid = IsAscii(text) && text.All(c => c > ' ' && !char.IsControl(c)) && Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https" && uri.Host.Length > 0;
        return valid ? Unknown(text) : new($"'{text}' is not a URL", "write it as https://www.seikyou.example/port25, in ASCII");
    }

    private static Complaint? Unknown(string text) =>
        Braces().Matches(text).Select(match => match.Value).FirstOrDefault(name => name is not ("{address}" or "{port}" or "{server}")) is { } unknown
            ? new($"'{unknown}' is not a placeholder", Placeholders)
            : null;

    private static bool IsAscii(string text) => text.All(char.IsAscii);

    [GeneratedRegex(@"\{[^{}]*\}|[{}]", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Braces();
}
