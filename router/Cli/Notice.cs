using System.Globalization;
using Router.Telemetry;

namespace Router.Cli;

/// <summary>The notice to a subscriber, with the advice that fits his case.</summary>
internal static class Notice
{
    private const string English = """
        To the subscriber at {host}

        {effective}, we do not let mail leave our network on TCP port 25 except through our own mail servers
        (Outbound Port 25 Blocking), to keep spam from going out unseen. Ports 587 and 465 stay open.

        From {first} to {last} we counted {attempts} connections to port 25 from your line, to:
        {destinations}

        What to do:
        {advice}

        Only the headers of the connections were looked at, never the contents of mail.

        """;

    private const string Japanese = """
        {host} をお使いのお客様へ

        {effective}、迷惑メール対策として、当社のメールサーバー以外への TCP ポート 25 番による送信を制限します
        （Outbound Port 25 Blocking、OP25B）。ポート 587 番と 465 番は引き続きご利用いただけます。

        {first} から {last} までに、お客様の回線からポート 25 番への接続を {attempts} 回確認しました。宛先：
        {destinations}

        お客様へのお願い：
        {advice}

        確認したのは通信のヘッダー情報のみで、メールの内容は見ておりません。

        """;

    /// <summary>What a template may have in it.</summary>
    public static readonly string[] Fields = ["{host}", "{effective}", "{first}", "{last}", "{attempts}", "{destinations}", "{advice}"];

    public static string Template(string language) => language == "ja" ? Japanese : English;

    public static string Fill(string template, string language, HostSnapshot host, AttemptsSnapshot report)
    {
        bool isJapanese = language == "ja";
        var zone = (report.EffectiveFrom ?? report.PolicyTime).Offset;
        string[] values =
        [
            host.Host, Effective(report, isJapanese), Time(host.First.ToOffset(zone), isJapanese), Time(host.Last.ToOffset(zone), isJapanese), $"{host.Attempts}",
            string.Join(Environment.NewLine, host.Destinations.Select(destination => $"  {destination.Address} ({destination.Attempts})")),
            isJapanese ? Advice.Japanese(host.Case) : Advice.English(host.Case),
        ];
        foreach (var (field, value) in Fields.Zip(values)) template = template.Replace(field, value, StringComparison.Ordinal);
        return template;
    }

    private static string Effective(AttemptsSnapshot report, bool isJapanese) => report.EffectiveFrom is not { } from
        ? isJapanese ? "近日中に" : "Soon"
        : report.PolicyTime < from
            ? isJapanese ? $"{Time(from, isJapanese)} より" : $"From {Time(from, isJapanese)} on"
            : isJapanese ? $"{Time(from, isJapanese)} から" : $"Since {Time(from, isJapanese)}";

    private static string Time(DateTimeOffset time, bool isJapanese) =>
        time.ToString(isJapanese ? "yyyy'年'M'月'd'日' HH:mm (zzz)" : "d MMMM yyyy HH:mm (zzz)", CultureInfo.InvariantCulture);
}
