using Spectre.Console;
using Spectre.Console.Rendering;

namespace Router.Cli;

/// <summary>Tables that read well in a terminal and in a pipe.</summary>
internal static class Plain
{
    /// <summary>RFC 3339, to the second, with the offset.</summary>
    public const string Time = "yyyy-MM-dd'T'HH:mm:ssK";

    public static Table Table(params string[] headings)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var heading in headings) table.AddColumn(new TableColumn(new Text(heading)) { NoWrap = true });
        return table;
    }

    /// <summary>An address and, where there is one, its port.</summary>
    public static string EndPoint(string address, int port) => port == 0 ? address : address.Contains(':', StringComparison.Ordinal) ? $"[{address}]:{port}" : $"{address}:{port}";

    /// <summary>Texts, not markup: a name may have brackets in it.</summary>
    public static IEnumerable<IRenderable> Cells(params string[] texts) => texts.Select(text => new Text(text));
}
