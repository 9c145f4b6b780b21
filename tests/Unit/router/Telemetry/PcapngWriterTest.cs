using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Router.Telemetry;

namespace Unit.Telemetry;

/// <summary>The blocks of draft-ietf-opsawg-pcapng, read again by the draft's letter. What tshark makes of them is a test from end to end.</summary>
public sealed class PcapngWriterTest
{
    private static readonly DateTimeOffset Time = new(2026, 12, 1, 10, 20, 30, 456, TimeSpan.Zero);

    [Fact]
    public void Every_packet_comes_out_as_it_went_in() =>
        Gen.Select(Gen.Byte.Array[0, 300], Gen.String[0, 60], Gen.Int[0, 7], Gen.Long[0, long.MaxValue], Gen.Bool, Gen.Long[0, 5], Gen.Int[0, 70000]).Sample((bytes, comment, number, id, isOutbound, lost, more) =>
        {
            comment = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(comment));
            byte[] block = Written(writer => writer.Packet(
                new PcapngPacket(number, Time, bytes.Length + more) { Id = id, IsOutbound = isOutbound, Lost = lost, Comment = comment }, bytes));
            Assert.Equal(6u, TypeOfWhole(block));
            Assert.Equal(number, Read(block, 8));
            ulong nanoseconds = (ulong)(uint)Read(block, 12) << 32 | (uint)Read(block, 16);
            Assert.Equal(Time, DateTimeOffset.UnixEpoch.AddTicks((long)(nanoseconds / 100)));
            Assert.Equal((bytes.Length, bytes.Length + more), (Read(block, 20), Read(block, 24)));
            Assert.Equal(bytes, block[28..(28 + bytes.Length)]);
            var options = Options(block, 28 + Padded(bytes.Length));
            Assert.Equal(comment, Encoding.UTF8.GetString(options[1]));
            Assert.Equal(isOutbound ? 2u : 1, BinaryPrimitives.ReadUInt32LittleEndian(options[2]));
            Assert.Equal(id, BinaryPrimitives.ReadInt64LittleEndian(options[5]));
            Assert.Equal(lost, options.TryGetValue(4, out byte[]? dropped) ? BinaryPrimitives.ReadInt64LittleEndian(dropped) : 0);
        });

    [Fact]
    public void A_section_is_little_endian_version_1_and_says_who_wrote_it()
    {
        byte[] block = Written(writer => writer.SectionHeader("op25b-router 1", "private"));
        Assert.Equal(0x0A0D0D0Au, TypeOfWhole(block));
        Assert.Equal((0x1A2B3C4D, 1, -1L), (Read(block, 8), Read(block, 12), BinaryPrimitives.ReadInt64LittleEndian(block.AsSpan(16))));
        var options = Options(block, 24);
        Assert.Equal(("op25b-router 1", "private"), (Encoding.UTF8.GetString(options[4]), Encoding.UTF8.GetString(options[1])));
    }

    [Fact]
    public void An_interface_is_Ethernet_with_nanoseconds_a_name_and_its_filter()
    {
        byte[] block = Written(writer => writer.Interface(new PcapngInterface("lan", "Lan, 192.168.25.1/24", 262144) { Filter = "port 25", Mac = new byte[] { 2, 0, 0, 0, 0, 1 } }));
        Assert.Equal(1u, TypeOfWhole(block));
        Assert.Equal((1, 262144), (Read(block, 8), Read(block, 12)));
        var options = Options(block, 16);
        Assert.Equal(("lan", "Lan, 192.168.25.1/24", "\0port 25"), (Encoding.UTF8.GetString(options[2]), Encoding.UTF8.GetString(options[3]), Encoding.UTF8.GetString(options[11])));
        Assert.Equal([9], options[9]);
        Assert.Equal([2, 0, 0, 0, 0, 1], options[6]);
    }

    [Fact]
    public void Statistics_count_what_was_seen_wanted_lost_and_delivered()
    {
        byte[] block = Written(writer => writer.Statistics(2, Time, Time.AddSeconds(1), seen: 100, accepted: 40, lost: 3, delivered: 37));
        Assert.Equal(5u, TypeOfWhole(block));
        Assert.Equal(2, Read(block, 8));
        var options = Options(block, 20);
        Assert.Equal((100, 3, 40, 37), (Number(options[4]), Number(options[5]), Number(options[6]), Number(options[8])));
    }

    private static byte[] Written(Action<PcapngWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(new PcapngWriter(output));
        return output.WrittenSpan.ToArray();
    }

    private static uint TypeOfWhole(byte[] block)
    {
        Assert.Equal(0, block.Length % 4);
        Assert.Equal((block.Length, block.Length), (Read(block, 4), Read(block, block.Length - 4)));
        return (uint)Read(block, 0);
    }

    private static Dictionary<int, byte[]> Options(byte[] block, int at)
    {
        var options = new Dictionary<int, byte[]>();
        while (true)
        {
            int code = BinaryPrimitives.ReadUInt16LittleEndian(block.AsSpan(at)), length = BinaryPrimitives.ReadUInt16LittleEndian(block.AsSpan(at + 2));
            if (code == 0)
            {
                Assert.Equal((0, block.Length - 4), (length, at + 4));
                return options;
            }

            options.Add(code, block[(at + 4)..(at + 4 + length)]);
            at += 4 + Padded(length);
        }
    }

    private static int Padded(int length) => (length + 3) & -4;

    private static int Read(byte[] bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));

    private static long Number(byte[] bytes) => BinaryPrimitives.ReadInt64LittleEndian(bytes);
}
