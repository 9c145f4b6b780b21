using System.Net;
using System.Text;

namespace Support;

/// <summary>DNS messages as resolvers and clients send them, written here by RFC 1035 alone, so that the router's reader is not its own judge.</summary>
internal static class DnsMessages
{
    public const ushort A = 1, Cname = 5, Mx = 15, Aaaa = 28;

    /// <summary>One record; its data as it stands in the message.</summary>
    public sealed record Record(string Name, ushort Type, byte[] Data, uint Ttl = 300, ushort Class = 1);

    public static Record Address(string name, string address, uint ttl = 300)
    {
        byte[] bytes = IPAddress.Parse(address).GetAddressBytes();
        return new Record(name, bytes.Length == 4 ? A : Aaaa, bytes, ttl);
    }

    public static Record Alias(string name, string target, uint ttl = 300) => new(name, Cname, Name(target), ttl);

    public static byte[] Query(string name, ushort id = 0x2525, ushort type = A) => Message(id, 0x0100, [(name, type)], []);

    /// <summary>A response; <paramref name="flags"/> without the bit that says so.</summary>
    public static byte[] Answer(string name, ushort id = 0x2525, ushort type = A, ushort flags = 0x0180, params Record[] records) =>
        Message(id, (ushort)(flags | 0x8000), [(name, type)], records);

    public static byte[] Message(ushort id, ushort flags, (string Name, ushort Type)[] questions, Record[] answers) =>
    [
        .. Word(id), .. Word(flags), .. Word((ushort)questions.Length), .. Word((ushort)answers.Length), .. Word(0), .. Word(0),
        .. questions.SelectMany(question => (byte[])[.. Name(question.Name), .. Word(question.Type), .. Word(1)]),
        .. answers.SelectMany(Bytes),
    ];

    public static byte[] Bytes(Record record) =>
        [.. Name(record.Name), .. Word(record.Type), .. Word(record.Class), .. Word((ushort)(record.Ttl >> 16)), .. Word((ushort)record.Ttl), .. Word((ushort)record.Data.Length), .. record.Data];

    /// <summary>The wire form; <c>@12</c> is a pointer to that offset.</summary>
    public static byte[] Name(string text)
    {
        var bytes = new List<byte>();
        foreach (string label in text.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            if (label[0] == '@')
                return [.. bytes, .. Word((ushort)(0xC000 | int.Parse(label[1..])))];
            bytes.Add((byte)label.Length);
            bytes.AddRange(Encoding.ASCII.GetBytes(label));
        }

        return [.. bytes, 0];
    }

    public static byte[] Word(ushort value) => [(byte)(value >> 8), (byte)value];
}
