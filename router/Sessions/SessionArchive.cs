using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Router.Sessions;

/// <summary>
/// The session table as a router leaves it to the next one: a header, then records of <see cref="SavedSession.Size"/> bytes, all little-endian.
/// <para>Theory of operation. The header says which program wrote it, when by the machine's monotonic clock, the key of the hash that its tables went by (so that each host keeps its
/// outside address), and how many records follow; a SHA-256 covers all of it. The layout is a fingerprint over this version's number and the names of states and traits, so
/// one who changes those cannot forget that. What is read is a stranger's: length, layout and sum are held against it before anything is believed, and each record by itself after that.</para>
/// </summary>
internal sealed class SessionArchive
{
    private const int Version = 1, HeaderSize = 128, WriterSize = 32, BatchSize = 1024 * SavedSession.Size;

    private const int LayoutAt = 8, WriterAt = 16, SavedAt = 48, KeysAt = 56, CountAt = 88, SumAt = 96;

    private static readonly ulong Layout = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(
        $"{Version} {SavedSession.Size} {string.Join(',', Enum.GetNames<SessionState>())} {string.Join(',', Enum.GetValues<SessionTraits>().Select(trait => $"{trait}={(int)trait}"))}")));

    private readonly Stream _stream;

    private SessionArchive(Stream stream, ReadOnlySpan<byte> header)
    {
        _stream = stream;
        Writer = WriterOf(header);
        SavedMilliseconds = BinaryPrimitives.ReadInt64LittleEndian(header[SavedAt..]);
        Count = BinaryPrimitives.ReadInt32LittleEndian(header[CountAt..]);
        Hash = KeyedHash.Read(header[KeysAt..]);
    }

    private static ReadOnlySpan<byte> Magic => "OP25BSES"u8;

    /// <summary>The version of the program that wrote it.</summary>
    public string Writer { get; }

    /// <summary>The machine's monotonic milliseconds at which the sessions' ages are true.</summary>
    public long SavedMilliseconds { get; }

    public int Count { get; }

    public KeyedHash Hash { get; }

    /// <summary>Writes the live sessions of a table from the beginning of a stream that can seek. Gives how many.</summary>
    public static int Write(Stream stream, SessionTable sessions, KeyedHash hash, string writer, long now)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        header.Clear();
        stream.Position = HeaderSize;
        byte[] batch = new byte[BatchSize];
        int count = 0, filled = 0;
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int number = 0; number < sessions.Used; number++)
        {
            ref readonly Session session = ref sessions[number];
            if (session.State == SessionState.Free || (int)(sessions.EndOf(session) - (uint)now) <= 0)
                continue;
            SavedSession.Of(session, session.IsTcp ? sessions.SequencesOf(number) : default, (uint)now).Write(batch.AsSpan(filled));
            count++;
            filled += SavedSession.Size;
            if (filled < batch.Length)
                continue;
            Append(filled);
            filled = 0;
        }

        Append(filled);
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header[LayoutAt..], Layout);
        Encoding.ASCII.GetBytes(writer.AsSpan(0, Math.Min(writer.Length, WriterSize)), header[WriterAt..]);
        BinaryPrimitives.WriteInt64LittleEndian(header[SavedAt..], now);
        hash.Write(header[KeysAt..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[CountAt..], count);
        sum.AppendData(header[..SumAt]);
        sum.GetHashAndReset(header[SumAt..]);
        stream.Position = 0;
        stream.Write(header);
        stream.Flush();
        return count;

        void Append(int length)
        {
            sum.AppendData(batch, 0, length);
            stream.Write(batch, 0, length);
        }
    }

    /// <summary>What another router left; null, and why, where it is none that this version can read.</summary>
    public static SessionArchive? Open(Stream stream, long now, out string problem)
    {
        byte[] header = new byte[HeaderSize];
        problem = "it is no table of sessions";
        if (!stream.CanSeek)
            return null;
        stream.Position = 0;
        if (stream.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize || !header.AsSpan().StartsWith(Magic))
            return null;
        if (BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(LayoutAt)) != Layout)
        {
            problem = $"op25b-router {WriterOf(header)} lays it out in another way than this version";
            return null;
        }

        int count = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(CountAt));
        problem = "it is damaged";
        if (count < 0 || stream.Length != HeaderSize + (long)count * SavedSession.Size || !SumOf(stream, header).AsSpan().SequenceEqual(header.AsSpan(SumAt)))
            return null;
        if (BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(SavedAt)) is var saved && (saved < 0 || saved > now))
        {
            problem = "it is of another time than this machine's";
            return null;
        }

        problem = "";
        return new SessionArchive(stream, header);
    }

    /// <summary>Its sessions, and null in the place of one that no router would have. Once.</summary>
    public IEnumerable<SavedSession?> Read()
    {
        _stream.Position = HeaderSize;
        byte[] batch = new byte[BatchSize];
        for (int left = Count; left > 0;)
        {
            int wanted = Math.Min(left, BatchSize / SavedSession.Size), read = _stream.ReadAtLeast(batch.AsSpan(0, wanted * SavedSession.Size), wanted * SavedSession.Size, throwOnEndOfStream: false) / SavedSession.Size;
            for (int i = 0; i < read; i++)
                yield return SavedSession.TryRead(batch.AsSpan(i * SavedSession.Size, SavedSession.Size), out SavedSession session) ? session : null;
            left = read < wanted ? 0 : left - read;
        }
    }

    private static byte[] SumOf(Stream stream, ReadOnlySpan<byte> header)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] batch = new byte[BatchSize];
        for (int read; (read = stream.Read(batch)) > 0;)
            sum.AppendData(batch, 0, read);
        sum.AppendData(header[..SumAt]);
        return sum.GetHashAndReset();
    }

    /// <summary>It is shown to people: printable characters only.</summary>
    private static string WriterOf(ReadOnlySpan<byte> header) =>
        string.Concat(Encoding.ASCII.GetString(header.Slice(WriterAt, WriterSize)).TakeWhile(letter => letter != '\0').Where(letter => letter is > ' ' and <= '~'));
}
