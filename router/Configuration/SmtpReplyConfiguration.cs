namespace Router.Configuration;

internal enum ReplyLanguage
{
    English,
    Japanese,
    Both,
}

/// <summary>
/// What the action SmtpReply says. An SMTP reply is ASCII (RFC 5321 section 4.2; RFC 6531 section 3.7.4 lets in UTF-8 only once a client has asked for SMTPUTF8,
/// which it cannot do before the greeting): Japanese is in Latin letters, and <see cref="HelpUrl"/> leads to the page that is not.
/// </summary>
internal sealed record SmtpReplyConfiguration
{
    /// <summary>RFC 5321 section 4.5.3.1.5, here of all lines together: one segment carries them.</summary>
    public const int LongestGreeting = 512;

    /// <summary>What each line needs around its text: 554, a blank or -, 5.7.1 and a blank; and the end of the line.</summary>
    private const int AroundLine = 12;

    private static readonly string[] English =
        ["Port 25 is blocked for {address} by its provider.", "Send mail on port 587 or 465 with a password (SMTP AUTH)."];

    private static readonly string[] Japanese =
        ["Port 25 e no chokusetsu no soushin wa dekimasen ({address}).", "Port 587 ka 465 to SMTP ninshou (SMTP AUTH) o o-tsukai kudasai."];

    /// <summary>Which of the built-in texts.</summary>
    public ReplyLanguage Language { get; init; } = ReplyLanguage.English;

    /// <summary>Lines in place of the built-in ones; empty: those.</summary>
    public IReadOnlyList<string> Text { get; init; } = [];

    /// <summary>The last line; null: there is none.</summary>
    public string? HelpUrl { get; init; }

    /// <summary>All lines, without their codes and with the placeholders.</summary>
    public IReadOnlyList<string> Lines => [.. Text.Count > 0 ? Text : BuiltIn, .. HelpUrl is { } url ? [$"See {url}"] : (string[])[]];

    /// <summary>The greeting's length with the longest addresses.</summary>
    public int LongestLength => Lines.Sum(line => AroundLine + line
        .Replace("{address}", new string('a', 39), StringComparison.Ordinal)
        .Replace("{server}", new string('a', 39), StringComparison.Ordinal)
        .Replace("{port}", "65535", StringComparison.Ordinal).Length);

    private string[] BuiltIn => Language switch
    {
        ReplyLanguage.English => English,
        ReplyLanguage.Japanese => Japanese,
        ReplyLanguage.Both => [.. English, .. Japanese],
    };
}
