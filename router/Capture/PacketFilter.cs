using System.Buffers.Binary;

namespace Router.Capture;

/// <summary>One instruction of a filter, as <c>tcpdump -ddd</c> prints it.</summary>
internal readonly record struct FilterInstruction(ushort Code, byte JumpTrue, byte JumpFalse, uint K);

/// <summary>
/// A packet filter: a program for the machine of McCanne and Jacobson's BSD Packet Filter (1993), which libpcap compiles tcpdump's expressions to. It sees the Ethernet frame.
/// A program is checked when it is made: known instructions, jumps ahead and inside, an end. So running one ends, after <see cref="MostInstructions"/> steps at most, and reads
/// nothing outside the frame.
/// </summary>
internal sealed class PacketFilter
{
    public const int MostInstructions = 1024;

    private const int Cells = 16;

    private readonly FilterInstruction[] _program;

    private PacketFilter(FilterInstruction[] program) => _program = program;

    /// <summary>The filter, or why the program is none.</summary>
    public static (PacketFilter? Filter, string? Error) Make(IReadOnlyList<FilterInstruction> program)
    {
        if (program.Count is 0 or > MostInstructions)
            return (null, $"a program has 1 to {MostInstructions} instructions, and this one {program.Count}");
        for (int i = 0; i < program.Count; i++)
            if (Complain(program, i) is { } complaint)
                return (null, $"instruction {i} {complaint}");
        return (new PacketFilter([.. program]), null);
    }

    /// <summary>Whether the frame is one of those that were asked for.</summary>
    public bool Matches(ReadOnlySpan<byte> frame)
    {
        Span<uint> cells = stackalloc uint[Cells];
        uint a = 0, x = 0;
        for (int at = 0; ; at++)
        {
            ref readonly FilterInstruction step = ref _program[at];
            uint k = step.K;
            switch (step.Code)
            {
                case 0x20 or 0x28 or 0x30 or 0x40 or 0x48 or 0x50:
                    // Beyond the frame there is nothing to match.
                    if (!TryLoad(frame, (step.Code & 0x40) != 0 ? (ulong)x + k : k, step.Code & 0x18, out a))
                        return false;
                    break;
                case 0xB1:
                    if (k >= (uint)frame.Length)
                        return false;
                    x = (frame[(int)k] & 0xFu) << 2;
                    break;
                case 0x80:
                    a = (uint)frame.Length;
                    break;
                case 0x81:
                    x = (uint)frame.Length;
                    break;
                case 0x00:
                    a = k;
                    break;
                case 0x01:
                    x = k;
                    break;
                case 0x60:
                    a = cells[(int)k];
                    break;
                case 0x61:
                    x = cells[(int)k];
                    break;
                case 0x02:
                    cells[(int)k] = a;
                    break;
                case 0x03:
                    cells[(int)k] = x;
                    break;
                case 0x05:
                    at += (int)k;
                    break;
                case 0x15 or 0x25 or 0x35 or 0x45 or 0x1D or 0x2D or 0x3D or 0x4D:
                    at += Holds(step.Code & 0xF0, a, (step.Code & 8) != 0 ? x : k) ? step.JumpTrue : step.JumpFalse;
                    break;
                case 0x06:
                    return k != 0;
                case 0x16:
                    return a != 0;
                case 0x07:
                    x = a;
                    break;
                case 0x87:
                    a = x;
                    break;
                default:
                    if (!TryCompute(step.Code & 0xF0, ref a, (step.Code & 8) != 0 ? x : k))
                        return false;
                    break;
            }
        }
    }

    private static bool TryLoad(ReadOnlySpan<byte> frame, ulong at, int size, out uint value)
    {
        value = 0;
        int bytes = size switch { 0x00 => 4, 0x08 => 2, _ => 1 };
        if (at + (ulong)bytes > (ulong)frame.Length)
            return false;
        ReadOnlySpan<byte> from = frame[(int)at..];
        value = bytes switch
        {
            4 => BinaryPrimitives.ReadUInt32BigEndian(from),
            2 => BinaryPrimitives.ReadUInt16BigEndian(from),
            _ => from[0],
        };
        return true;
    }

    private static bool Holds(int comparison, uint a, uint operand) => comparison switch
    {
        0x10 => a == operand,
        0x20 => a > operand,
        0x30 => a >= operand,
        _ => (a & operand) != 0,
    };

    private static bool TryCompute(int operation, ref uint a, uint operand)
    {
        // A division by zero matches nothing; a shift by all bits or more leaves none.
        if (operation is 0x30 or 0x90 && operand == 0)
            return false;
        a = operation switch
        {
            0x00 => a + operand,
            0x10 => a - operand,
            0x20 => a * operand,
            0x30 => a / operand,
            0x40 => a | operand,
            0x50 => a & operand,
            0x60 => operand < 32 ? a << (int)operand : 0,
            0x70 => operand < 32 ? a >> (int)operand : 0,
            0x80 => 0 - a,
            0x90 => a % operand,
            _ => a ^ operand,
        };
        return true;
    }

    private static string? Complain(IReadOnlyList<FilterInstruction> program, int at)
    {
        FilterInstruction step = program[at];
        int left = program.Count - at - 1;
        return step.Code switch
        {
            0x06 or 0x16 => null,
            _ when left == 0 => "is the last one and does not return",
            0x20 or 0x28 or 0x30 or 0x40 or 0x48 or 0x50 or 0xB1 or 0x80 or 0x81 or 0x00 or 0x01 or 0x07 or 0x87 => null,
            0x60 or 0x61 or 0x02 or 0x03 => step.K < Cells ? null : $"uses cell {step.K}, and there are {Cells}",
            0x05 => step.K < (uint)left ? null : "jumps out of the program",
            0x15 or 0x25 or 0x35 or 0x45 or 0x1D or 0x2D or 0x3D or 0x4D => Math.Max(step.JumpTrue, step.JumpFalse) < left ? null : "jumps out of the program",
            0x34 or 0x94 => step.K != 0 ? null : "divides by zero",
            0x04 or 0x14 or 0x24 or 0x44 or 0x54 or 0x64 or 0x74 or 0x84 or 0xA4
                or 0x0C or 0x1C or 0x2C or 0x3C or 0x4C or 0x5C or 0x6C or 0x7C or 0x9C or 0xAC => null,
            _ => $"has the unknown code {step.Code}",
        };
    }
}
