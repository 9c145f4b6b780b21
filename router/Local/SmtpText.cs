using System.Buffers.Text;
using System.Text;
using Router.Sessions;
using Router.Wire;

namespace Router.Local;

/// <summary>Why the responder ends a conversation.</summary>
internal enum SmtpEnd : byte
{
    /// <summary>It does not yet.</summary>
    None,

    /// <summary>The client asked for it: 221.</summary>
    Quit,

    /// <summary>The client did not stop: 421.</summary>
    TooManyCommands,

    /// <summary>The client said nothing: 421.</summary>
    TimedOut,

    /// <summary>The client hung up.</summary>
    ClientClosed,
}

/// <summary>What the responder says. The greeting's lines are read once; each client's address and port are filled in where the placeholders are.</summary>
internal sealed class SmtpText
{
    /// <summary>Everything that is said at once fits one segment of the size that every host takes (RFC 9293 section 3.7.1).</summary>
    public const int Longest = 536;

    /// <summary>RFC 5321 section 3.1: after this greeting a client may only QUIT.</summary>
    private const string Code = "554", Status = "5.7.1 ";

    private static readonly string[] Placeholders = ["{address}", "{port}", "{server}"];

    private readonly (byte[] Text, Field Field)[] _pieces;

    /// <summary>Takes the greeting's lines without their codes: ASCII, and so short that it fits with the longest addresses, which the configuration sees to.</summary>
    public SmtpText(IReadOnlyList<string> lines)
    {
        var text = new StringBuilder();
        for (int i = 0; i < lines.Count; i++)
            text.Append(Code).Append(i + 1 < lines.Count ? '-' : ' ').Append(Status).Append(lines[i]).Append("\r\n");
        _pieces = [.. Cut(text.ToString())];
    }

    private enum Field : byte
    {
        Address,
        Port,
        Server,
        None,
    }

    /// <summary>Writes the greeting for the client of a connection, and returns its length.</summary>
    public int WriteGreeting(Span<byte> to, in FlowKey client)
    {
        int length = 0;
        foreach ((byte[] text, Field field) in _pieces)
        {
            text.CopyTo(to[length..]);
            length += text.Length;
            length += field switch
            {
                Field.Address => AddressText.Write(to[length..], client.Source),
                Field.Server => AddressText.Write(to[length..], client.Destination),
                Field.Port => Utf8Formatter.TryFormat(client.SourcePort, to[length..], out int written) ? written : 0,
                _ => 0,
            };
        }

        return length;
    }

    /// <summary>Writes the replies to so many commands, and the last word where there is one; returns their length.</summary>
    public static int WriteReplies(Span<byte> to, int refused, SmtpEnd end)
    {
        int length = 0;
        for (int i = 0; i < refused; i++)
            Append(to, ref length, "503 5.5.1 Mail is not accepted here; QUIT\r\n"u8);
        Append(to, ref length, end switch
        {
            SmtpEnd.Quit => "221 2.0.0 Bye\r\n"u8,
            SmtpEnd.TooManyCommands => "421 4.7.0 Too many commands\r\n"u8,
            SmtpEnd.TimedOut => "421 4.4.2 Timeout\r\n"u8,
            _ => default,
        });
        return length;
    }

    private static void Append(Span<byte> to, ref int length, ReadOnlySpan<byte> text)
    {
        text.CopyTo(to[length..]);
        length += text.Length;
    }

    /// <summary>Pieces of plain text, each with the placeholder that follows it.</summary>
    private static IEnumerable<(byte[] Text, Field Field)> Cut(string text)
    {
        while (true)
        {
            var next = Placeholders.Select((name, index) => (At: text.IndexOf(name, StringComparison.Ordinal), Index: index)).Where(found => found.At >= 0).ToArray();
            if (next.Length == 0)
                break;
            (int at, int placeholder) = next.Min();
            yield return (Encoding.ASCII.GetBytes(text[..at]), (Field)placeholder);
            text = text[(at + Placeholders[placeholder].Length)..];
        }

        yield return (Encoding.ASCII.GetBytes(text), Field.None);
    }
}
