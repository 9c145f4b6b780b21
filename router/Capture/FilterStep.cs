using System.Buffers.Binary;

namespace Router.Capture;

internal enum FilterAction : byte
{
    Jump,
    Equal,
    Greater,
    NotLess,
    AnyBit,
    TestX,
    HeaderLength,
    Accept,
    AcceptA,
    Reject,
    Stop,

    /// <summary>What is rare, or needs only the registers.</summary>
    Compute,
}

/// <summary>
/// What a <see cref="PacketFilter"/> does at an instruction: it loads A first where there are <see cref="Bytes"/> to load, then acts, and goes on with the step that it names. A load and the test
/// behind it are one step; who jumps to the test finds a step of its own there.
/// </summary>
internal struct FilterStep
{
    /// <summary>What of a frame is fixed lies before this.</summary>
    public const int FixedEnd = 24;

    public FilterAction Action;
    public byte Bytes;
    public bool IsFromX;
    public ushort Code;
    public int True, False;
    public uint From, K;

    /// <summary>The bytes of <see cref="PlaceOf"/>, the first one highest, and the TTL.</summary>
    public static ulong Fixed(ReadOnlySpan<byte> frame) =>
        (ulong)BinaryPrimitives.ReadUInt32BigEndian(frame[12..]) << 32 | BinaryPrimitives.ReadUInt32BigEndian(frame[20..FixedEnd]);

    /// <summary>Which bits of <see cref="Fixed"/> it looks at. Null where it looks at something else, too.</summary>
    public readonly ulong? FixedBits
    {
        get
        {
            if (IsFromX || Code is 0x80 or 0x81)
                return null;
            (uint from, int bytes) = Action == FilterAction.HeaderLength ? (K, 1) : (From, Bytes);
            ulong bits = 0;
            for (uint i = 0; i < bytes; i++)
            {
                if (PlaceOf(from + i) is not { } place)
                    return null;
                bits |= 0xFFUL << 56 - 8 * place;
            }

            return bits;
        }
    }

    public static FilterStep At(FilterInstruction[] program, int at)
    {
        FilterInstruction instruction = program[at];
        FilterStep step = new() { True = at + 1 };
        if (instruction.Code is 0x20 or 0x28 or 0x30 or 0x40 or 0x48 or 0x50)
        {
            step.From = instruction.K;
            step.Bytes = (instruction.Code & 0x18) switch { 0x00 => 4, 0x08 => 2, _ => 1 };
            step.IsFromX = (instruction.Code & 0x40) != 0;
            instruction = program[at + 1];
            if (!IsTest(instruction.Code))
                return step;
            at++;
        }

        return step with
        {
            Code = instruction.Code,
            K = instruction.K,
            Action = instruction.Code switch
            {
                0x15 => FilterAction.Equal,
                0x25 => FilterAction.Greater,
                0x35 => FilterAction.NotLess,
                0x45 => FilterAction.AnyBit,
                0x1D or 0x2D or 0x3D or 0x4D => FilterAction.TestX,
                0x05 => FilterAction.Jump,
                0x06 => instruction.K == 0 ? FilterAction.Reject : FilterAction.Accept,
                0x16 => FilterAction.AcceptA,
                0xB1 => FilterAction.HeaderLength,
                _ => FilterAction.Compute,
            },
            True = at + 1 + instruction.Code switch { 0x05 => (int)instruction.K, var code when IsTest(code) => instruction.JumpTrue, _ => 0 },
            False = at + 1 + instruction.JumpFalse,
        };
    }

    /// <summary>
    /// What of a frame a rewrite leaves as it is. Only IPv4 is translated: the type of the frame, the first two bytes of the header, flags and offset, and the protocol behind the TTL.
    /// </summary>
    private static int? PlaceOf(uint offset) => offset switch
    {
        >= 12 and < 16 => (int)offset - 12,
        20 or 21 or 23 => (int)offset - 16,
        _ => null,
    };

    private static bool IsTest(ushort code) => code is 0x15 or 0x25 or 0x35 or 0x45 or 0x1D or 0x2D or 0x3D or 0x4D;
}
