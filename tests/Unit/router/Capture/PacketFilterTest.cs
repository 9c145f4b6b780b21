using System.Runtime.InteropServices;
using CsCheck;
using Router.Capture;
using Router.Cli;
using Router.Telemetry;
using Support;

namespace Unit.Capture;

/// <summary>Our machine for packet filters beside libpcap's own.</summary>
public sealed class PacketFilterTest
{
    private static readonly string[] Expressions =
    [
        "tcp port 25", "port 25 and host 192.168.25.10", "ip6 and tcp dst port 587", "icmp or icmp6", "arp", "not tcp", "net 203.0.113.0/24", "greater 100", "less 64",
        "tcp[tcpflags] & tcp-syn != 0", "ip[2:2] > 100", "ether host 02:00:c0:a8:19:0a", "vlan", "portrange 20-30", "ip6 proto 6", "len % 3 = 1", "ip[0] & 0xf != 5", "udp[4:2] * 2 > len - 20",
    ];

    private static readonly byte[][] Whole =
    [
        Frames.TcpSegment("192.168.25.10", 40000, "203.0.113.25", 25, new(0x02_00_00_00_00_01)),
        Frames.TcpSegment("2001:db8:25:1::10", 40000, "2001:db8:25:3::25", 587, new(0x02_00_00_00_00_01)),
        Frames.UdpDatagram("192.168.25.10", 40000, "203.0.113.25", 53, new(0x02_00_00_00_00_01)),
    ];

    private static readonly ushort[] Codes =
        [0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0xB1, 0x80, 0x81, 0, 1, 0x60, 0x61, 2, 3, 5, 0x15, 0x25, 0x35, 0x45, 0x1D, 4, 0x14, 0x24, 0x34, 0x3C, 0x9C, 0x6C, 0x7C, 0x84, 7, 0x87, 6, 0x16];

    /// <summary>Anything, or a packet with one byte changed.</summary>
    private static readonly Gen<byte[]> Frame = Gen.OneOf(
        Gen.Byte.Array[0, 120],
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 200], Gen.Byte, (number, at, value) =>
        {
            byte[] changed = [.. Whole[number]];
            if (at < changed.Length)
                changed[at] = value;
            return changed;
        }));

    [Fact]
    public void It_matches_what_libpcap_matches()
    {
        CaptureFilter[] compiled = [.. Expressions.Select(expression => FilterCompiler.Make(expression, RecordingOptions.WholeFrame))];
        Gen.Select(Gen.Int[0, Expressions.Length - 1], Frame).Sample((number, frame) => Ours(compiled[number], frame) == Libpcaps(compiled[number], frame), iter: 3000);
    }

    /// <summary>As <see cref="Router.Packets.PacketRewriter"/> does: everything but the type, version and length of the header, traffic class, flags and offset, and the protocol.</summary>
    [Fact]
    public void What_it_began_with_before_a_rewrite_holds_after_it()
    {
        CaptureFilter[] compiled = [.. Expressions.Select(expression => FilterCompiler.Make(expression, RecordingOptions.WholeFrame))];
        PacketFilter[] filters = [.. compiled.Select(filter => filter.Make().Filter!)];
        var rewrites = Gen.Select(Gen.Int[0, 80], Gen.Byte).Array[0, 12];
        Gen.Select(Gen.Int[0, Expressions.Length - 1], Frame, rewrites).Sample((number, frame, changes) =>
        {
            bool before = Libpcaps(compiled[number], frame);
            byte[] rewritten = [.. frame];
            foreach ((int at, byte value) in changes)
                if (at < rewritten.Length && at is not ((>= 12 and < 16) or 20 or 21 or 23))
                    rewritten[at] = value;
            FilterState state = filters[number].Begin(frame);
            return filters[number].Finish(frame, state) == before && filters[number].Finish(rewritten, state) == Libpcaps(compiled[number], rewritten);
        }, iter: 20_000, threads: 1);
    }

    [Fact]
    public void Every_program_is_refused_or_ends_and_reads_nothing_outside()
    {
        var codes = Gen.OneOf(Gen.UShort, Gen.Int[0, Codes.Length - 1].Select(number => Codes[number]));
        var instruction = Gen.Select(codes, Gen.Byte[0, 8], Gen.Byte[0, 8], Gen.OneOf(Gen.UInt[0, 40], Gen.UInt), (code, jumpTrue, jumpFalse, k) => new FilterInstruction(code, jumpTrue, jumpFalse, k));
        Gen.Select(instruction.Array[0, 12], Frame).Sample((program, frame) =>
        {
            if (PacketFilter.Make([.. program, new(6, 0, 0, 1)]).Filter is { } filter)
                filter.Matches(frame);
        }, iter: 20_000);
    }

    [Theory]
    [InlineData("a program has 1 to 1024 instructions, and this one 0")]
    [InlineData("instruction 0 is the last one and does not return", 0x20, 0, 0, 0)]
    [InlineData("instruction 0 jumps out of the program", 0x15, 1, 0, 0, 6, 0, 0, 1)]
    [InlineData("instruction 0 has the unknown code 255", 0xFF, 0, 0, 0, 6, 0, 0, 1)]
    [InlineData("instruction 0 divides by zero", 0x34, 0, 0, 0, 6, 0, 0, 1)]
    [InlineData("instruction 0 uses cell 16, and there are 16", 0x02, 0, 0, 16, 6, 0, 0, 1)]
    public void What_is_no_program_is_refused_with_its_place(string error, params int[] numbers) =>
        Assert.Equal(error, PacketFilter.Make([.. numbers.Chunk(4).Select(step => new FilterInstruction((ushort)step[0], (byte)step[1], (byte)step[2], (uint)step[3]))]).Error);

    [Fact]
    public void What_libpcap_does_not_understand_is_said_in_its_words() =>
        Assert.StartsWith("'port smpt' is no filter: ", Assert.Throws<FilterException>(() => FilterCompiler.Make("port smpt", RecordingOptions.WholeFrame)).Message, StringComparison.Ordinal);

    private static bool Ours(CaptureFilter filter, byte[] frame)
    {
        (PacketFilter? made, string? error) = filter.Make();
        Assert.Null(error);
        return made!.Matches(frame);
    }

    private static bool Libpcaps(CaptureFilter filter, byte[] frame)
    {
        nint program = Marshal.AllocHGlobal(8 * filter.Program.Count);
        for (int i = 0; i < filter.Program.Count; i++)
        {
            Marshal.WriteInt16(program, 8 * i, (short)filter.Program[i][0]);
            Marshal.WriteByte(program, 8 * i + 2, (byte)filter.Program[i][1]);
            Marshal.WriteByte(program, 8 * i + 3, (byte)filter.Program[i][2]);
            Marshal.WriteInt32(program, 8 * i + 4, (int)filter.Program[i][3]);
        }

        bool matches = bpf_filter(program, frame, (uint)frame.Length, (uint)frame.Length) != 0;
        Marshal.FreeHGlobal(program);
        return matches;
    }

#pragma warning disable CA5392, SYSLIB1054, CA2101, IDE1006, MA0055
    [DllImport("libpcap.so.0.8")]
    private static extern uint bpf_filter(nint program, byte[] frame, uint wireLength, uint length);
#pragma warning restore
}
