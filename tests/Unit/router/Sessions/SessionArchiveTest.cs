using System.Security.Cryptography;
using CsCheck;
using Router.Packets;
using Router.Sessions;
using Router.Wire;
using Support;

namespace Tests.Sessions;

public sealed class SessionArchiveTest
{
    private const int HeaderSize = 128, SumAt = 96, SumSize = 32, LayoutAt = 8, WriterAt = 16, SavedAt = 48;

    private const long Now = 5_000_000;

    private static readonly IpAddress Inside = IpAddress.FromIpv4(0xC0A8190A), Outside = IpAddress.FromIpv4(0xCB007102), Remote = IpAddress.FromIpv4(0xCB007119), Inside6 = new(0x20010DB8_00250001, 0x10), Remote6 = new(0x20010DB8_00250003, 0x25);

    [Fact]
    public void What_was_written_is_read()
    {
        byte[] bytes = Write(out SessionTable table);
        SessionArchive archive = Open(bytes)!;
        Assert.Equal(("1.2.3", Now, 3), (archive.Writer, archive.SavedMilliseconds, archive.Count));
        SavedSession?[] read = [.. archive.Read()];
        Assert.Equal(3, read.Length);
        foreach (int number in Enumerable.Range(0, 3))
        {
            SavedSession saved = read[number]!.Value;
            ref Session session = ref table[number];
            Assert.Equal((session.Key(Direction.Original), session.Key(Direction.Reply), session.State, session.Traits), (saved.Original, saved.Reply, saved.State, saved.Traits));
            Assert.Equal((session.Mapping >= 0, (uint)Now - session.LastSeen), (saved.HasMapping, saved.Age));
            if (session.IsTcp)
                Assert.Equal(table.SequencesOf(number), saved.Sequences);
        }
    }

    [Fact]
    public void What_another_version_wrote_is_dropped_and_said()
    {
        byte[] bytes = Write(out _);
        bytes[LayoutAt] ^= 1;
        Assert.Equal("op25b-router 1.2.3 lays it out in another way than this version", Problem(bytes));
        "\u001b[2J\n"u8.CopyTo(bytes.AsSpan(WriterAt));
        Assert.DoesNotContain(Problem(bytes), char.IsControl);
    }

    [Fact]
    public void A_table_of_another_boot_is_dropped()
    {
        byte[] bytes = Write(out _);
        bytes[SavedAt + 3] ^= 0x40;
        Sum(bytes);
        Assert.Equal("it is of another time than this machine's", Problem(bytes));
    }

    [Fact]
    public void Whatever_bit_changes_and_wherever_it_is_cut_it_is_dropped_whole()
    {
        byte[] bytes = Write(out _);
        for (int place = 0; place < bytes.Length; place++)
        {
            byte[] other = [.. bytes];
            other[place] ^= (byte)(1 << place % 8);
            Assert.NotEqual("", Problem(other));
            Assert.NotEqual("", Problem(bytes[..place]));
        }

        Assert.NotEqual("", Problem([.. bytes, 0]));
        Assert.NotEqual("", Problem([]));
    }

    /// <summary>Who can make the sum right still gets nothing in but sessions that a router could have.</summary>
    [Fact]
    public void Records_of_any_bytes_are_sound_or_nothing() =>
        Gen.Select(Gen.Byte.Array[SavedSession.Size], Gen.Int[0, SavedSession.Size - 1], Gen.Byte).Sample((random, place, value) =>
        {
            byte[] bytes = Write(out _);
            random.CopyTo(bytes.AsSpan(HeaderSize));
            bytes[HeaderSize + SavedSession.Size + place] = value;
            Sum(bytes);
            foreach (SavedSession? read in Open(bytes)!.Read())
            {
                if (read is not { } session)
                    continue;
                Assert.True(Enum.IsDefined(session.State) && session.State != SessionState.Free);
                Assert.Equal(session.IsIpv6, !session.Original.Source.IsIpv4);
                Assert.Equal(session.Original.Source.IsIpv4, session.Reply.Destination.IsIpv4);
                Assert.True(!session.IsIpv6 || session.Reply == session.Original.Reversed);
                byte[] again = new byte[SavedSession.Size];
                session.Write(again);
                Assert.True(SavedSession.TryRead(again, out SavedSession same));
                Assert.Equal((session.Original, session.Reply, session.State, session.Traits, session.Age), (same.Original, same.Reply, same.State, same.Traits, same.Age));
            }
        });

    [Fact]
    public void The_hash_goes_along()
    {
        var hash = new KeyedHash(new SeededRandom(1));
        Span<byte> key = stackalloc byte[32];
        hash.Write(key);
        KeyedHash read = KeyedHash.Read(key);
        for (ulong i = 0; i < 100; i++)
            Assert.Equal(hash.Of(i, i << 32), read.Of(i, i << 32));
    }

    private static byte[] Write(out SessionTable table)
    {
        var hash = new KeyedHash(new SeededRandom(25));
        table = new SessionTable(16, new SessionTimeouts(), hash, hasIpv6: true);
        var tcp = new FlowKey(Inside, 40000, Remote, 25, Ipv4Header.Tcp, zone: 0);
        Assert.True(table.TryAdd(tcp, new FlowKey(Remote, 25, Outside, 1234, Ipv4Header.Tcp, zone: 0), SessionState.Established, (uint)Now - 7, out int number));
        table[number].Mapping = 3;
        table[number].Traits |= SessionTraits.CountsForSource | SessionTraits.OriginalUnanswered;
        table.SequencesOf(number) = Sequences(1);
        var tcp6 = new FlowKey(Inside6, 40000, Remote6, 587, Ipv4Header.Tcp, zone: 0);
        Assert.True(table.TryAdd(tcp6, tcp6.Reversed, SessionState.Opening, (uint)Now, out number));
        table.SequencesOf(number) = Sequences(5);
        var udp = new FlowKey(Inside, 53, Remote, 53, Ipv4Header.Udp, zone: 0);
        Assert.True(table.TryAdd(udp, udp.Reversed, SessionState.DnsQuery, (uint)Now - 1000, out _));

        // Its time is over, and it is only not swept yet.
        var old = new FlowKey(Inside, 54, Remote, 9, Ipv4Header.Udp, zone: 0);
        Assert.True(table.TryAdd(old, old.Reversed, SessionState.Udp, (uint)Now - 301_000, out _));
        using var stream = new MemoryStream();
        Assert.Equal(3, SessionArchive.Write(stream, table, hash, "1.2.3", Now));
        return stream.ToArray();
    }

    private static TcpSequences Sequences(uint first) => new()
    {
        Original = new TcpStream { Acknowledged = first, End = first + 1 },
        Reply = new TcpStream { Acknowledged = first + 2, End = first + 3 },
    };

    private static void Sum(byte[] bytes) => SHA256.HashData([.. bytes[HeaderSize..], .. bytes[..SumAt]]).CopyTo(bytes.AsSpan(SumAt, SumSize));

    private static SessionArchive? Open(byte[] bytes) => SessionArchive.Open(new MemoryStream(bytes), Now, out _);

    private static string Problem(byte[] bytes)
    {
        _ = SessionArchive.Open(new MemoryStream(bytes), Now, out string problem);
        return problem;
    }
}
