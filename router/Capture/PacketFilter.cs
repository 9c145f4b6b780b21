using System.Buffers.Binary;

namespace Router.Capture;

/// <summary>One instruction of a filter, as <c>tcpdump -ddd</c> prints it.</summary>
internal readonly record struct FilterInstruction(ushort Code, byte JumpTrue, byte JumpFalse, uint K);

/// <summary>How far a filter came with a packet.</summary>
internal struct FilterState
{
    public const int Accepted = -1, Rejected = -2;

    /// <summary>The next instruction, or one of those two.</summary>
    public int At;
    public uint A, X;
}

/// <summary>
/// A packet filter: a program for the machine of McCanne and Jacobson's BSD Packet Filter (1993), which libpcap compiles tcpdump's expressions to. It sees the Ethernet frame.
/// A program is checked when it is made: known instructions, jumps ahead and inside, an end. So running one ends, after <see cref="MostInstructions"/> steps at most, and reads
/// nothing outside the frame.
/// </summary>
internal sealed class PacketFilter
{
    public const int MostInstructions = 1024;

    private const int Cells = 16;

    /// <summary>What of a frame is fixed lies before this.</summary>
    private const int FixedEnd = 24;

    /// <summary>A step for each instruction, and they have the same numbers: where a jump leads is the same in both.</summary>
    private readonly Step[] _steps;

    /// <summary>The same steps up to those that depend on something else: they stop.</summary>
    private readonly Step[] _fixedSteps;
    private readonly ulong _fixedMask;
    private readonly uint[] _cells;

    /// <summary>No frame has it: a bit is set that is in no mask.</summary>
    private ulong _begunWith = ulong.MaxValue;
    private FilterState _begun;

    private PacketFilter(FilterInstruction[] program)
    {
        _steps = [.. Enumerable.Range(0, program.Length).Select(at => StepAt(program, at))];
        bool usesCells = program.Any(step => step.Code is 0x60 or 0x61 or 0x02 or 0x03);
        _cells = usesCells ? new uint[Cells] : [];
        _fixedSteps = [.. _steps.Select(step => usesCells || FixedBitsOf(step) is null ? new Step { Action = Action.Stop } : step)];
        _fixedMask = _fixedSteps.Aggregate(0UL, (mask, step) => mask | FixedBitsOf(step)!.Value);
    }

    private enum Action : byte
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

    /// <summary>Whether the frame is one of those that were asked for. For one thread at a time, as the others are.</summary>
    public bool Matches(ReadOnlySpan<byte> frame) => Finish(frame, Begin(frame));

    /// <summary>
    /// Begins with a packet that may be rewritten, and asked about again: up to what may differ then. What it reads so far is a few bytes, and where they are the same as the last packet's, so is the end.
    /// </summary>
    /// <returns>What <see cref="Finish"/> goes on from.</returns>
    public FilterState Begin(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < FixedEnd)
            return default;
        ulong bytes = Fixed(frame) & _fixedMask;
        if (bytes == _begunWith)
            return _begun;
        FilterState state = default;
        if (!Run(_fixedSteps, frame, ref state, out bool matches))
            state.At = matches ? FilterState.Accepted : FilterState.Rejected;
        (_begunWith, _begun) = (bytes, state);
        return state;
    }

    /// <summary>Whether the frame is one of those that were asked for, from where <see cref="Begin"/> came to, before or after the frame was rewritten.</summary>
    public bool Finish(ReadOnlySpan<byte> frame, FilterState state)
    {
        if (state.At < 0)
            return state.At == FilterState.Accepted;
        if (_cells.Length > 0)
            _cells.AsSpan().Clear();
        Run(_steps, frame, ref state, out bool matches);
        return matches;
    }

    /// <summary>True where it stopped before it knew. Each test is a conditional jump of the machine's: the processor foresees where a program goes.</summary>
    private bool Run(Step[] steps, ReadOnlySpan<byte> frame, ref FilterState state, out bool matches)
    {
        (uint a, uint x) = (state.A, state.X);
        matches = false;
        for (int at = state.At; ;)
        {
            ref readonly Step step = ref steps[at];
            if (step.Bytes != 0)
            {
                ulong from = step.From + (step.IsFromX ? (ulong)x : 0);

                // Beyond the frame there is nothing to match.
                if (from + step.Bytes > (ulong)frame.Length)
                    return false;
                ReadOnlySpan<byte> bytes = frame[(int)from..];
                a = step.Bytes switch
                {
                    2 => BinaryPrimitives.ReadUInt16BigEndian(bytes),
                    1 => bytes[0],
                    _ => BinaryPrimitives.ReadUInt32BigEndian(bytes),
                };
            }

            switch (step.Action)
            {
                case Action.Equal:
                    if (a == step.K)
                        goto True;
                    break;
                case Action.AnyBit:
                    if ((a & step.K) != 0)
                        goto True;
                    break;
                case Action.Greater:
                    if (a > step.K)
                        goto True;
                    break;
                case Action.NotLess:
                    if (a >= step.K)
                        goto True;
                    break;
                case Action.TestX:
                    if (Holds(step.Code & 0xF0, a, x))
                        goto True;
                    break;
                case Action.Jump:
                    goto True;
                case Action.HeaderLength:
                    if (step.K >= (uint)frame.Length)
                        return false;
                    x = (frame[(int)step.K] & 0xFu) << 2;
                    goto True;
                case Action.Reject:
                    return false;
                case Action.Accept:
                    matches = true;
                    return false;
                case Action.AcceptA:
                    matches = a != 0;
                    return false;
                case Action.Stop:
                    state = new FilterState { At = at, A = a, X = x };
                    return true;
                default:
                    if (!TryCompute(step, (uint)frame.Length, a, x, out (uint A, uint X) left))
                        return false;
                    (a, x) = left;
                    goto True;
            }

            at = step.False;
            continue;
        True:
            at = step.True;
        }
    }

    /// <summary>A load and the test behind it are one step. Who jumps to the test finds a step of its own there.</summary>
    private static Step StepAt(FilterInstruction[] program, int at)
    {
        FilterInstruction instruction = program[at];
        Step step = new() { True = at + 1 };
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
                0x15 => Action.Equal,
                0x25 => Action.Greater,
                0x35 => Action.NotLess,
                0x45 => Action.AnyBit,
                0x1D or 0x2D or 0x3D or 0x4D => Action.TestX,
                0x05 => Action.Jump,
                0x06 => instruction.K == 0 ? Action.Reject : Action.Accept,
                0x16 => Action.AcceptA,
                0xB1 => Action.HeaderLength,
                _ => Action.Compute,
            },
            True = at + 1 + instruction.Code switch { 0x05 => (int)instruction.K, var code when IsTest(code) => instruction.JumpTrue, _ => 0 },
            False = at + 1 + instruction.JumpFalse,
        };
    }

    /// <summary>The bytes of <see cref="PlaceOf"/>, the first one highest, and the TTL.</summary>
    private static ulong Fixed(ReadOnlySpan<byte> frame) =>
        (ulong)BinaryPrimitives.ReadUInt32BigEndian(frame[12..]) << 32 | BinaryPrimitives.ReadUInt32BigEndian(frame[20..FixedEnd]);

    /// <summary>
    /// What of a frame a rewrite leaves as it is. Only IPv4 is translated: the type of the frame, the first two bytes of the header, flags and offset, and the protocol behind the TTL.
    /// </summary>
    private static int? PlaceOf(uint offset) => offset switch
    {
        >= 12 and < 16 => (int)offset - 12,
        20 or 21 or 23 => (int)offset - 16,
        _ => null,
    };

    /// <summary>Which bits of <see cref="Fixed"/> the step looks at. Null where it looks at something else, too.</summary>
    private static ulong? FixedBitsOf(in Step step)
    {
        if (step.IsFromX || step.Code is 0x80 or 0x81)
            return null;
        (uint from, int bytes) = step.Action == Action.HeaderLength ? (step.K, 1) : (step.From, step.Bytes);
        ulong bits = 0;
        for (uint i = 0; i < bytes; i++)
        {
            if (PlaceOf(from + i) is not { } place)
                return null;
            bits |= 0xFFUL << 56 - 8 * place;
        }

        return bits;
    }

    private static bool IsTest(ushort code) => code is 0x15 or 0x25 or 0x35 or 0x45 or 0x1D or 0x2D or 0x3D or 0x4D;

    private static bool Holds(int comparison, uint a, uint operand) => comparison switch
    {
        0x10 => a == operand,
        0x20 => a > operand,
        0x30 => a >= operand,
        _ => (a & operand) != 0,
    };

    private bool TryCompute(in Step step, uint length, uint a, uint x, out (uint A, uint X) left)
    {
        left = (a, x);
        switch (step.Code)
        {
            case 0x80:
                left.A = length;
                return true;
            case 0x81:
                left.X = length;
                return true;
            case 0x00:
                left.A = step.K;
                return true;
            case 0x01:
                left.X = step.K;
                return true;
            case 0x60:
                left.A = _cells[step.K];
                return true;
            case 0x61:
                left.X = _cells[step.K];
                return true;
            case 0x02:
                _cells[step.K] = a;
                return true;
            case 0x03:
                _cells[step.K] = x;
                return true;
            case 0x07:
                left.X = a;
                return true;
            case 0x87:
                left.A = x;
                return true;
            default:
                return TryCompute(step.Code & 0xF0, ref left.A, (step.Code & 8) != 0 ? x : step.K);
        }
    }

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

    /// <summary>Loads A first where it has <see cref="Bytes"/> to load, then acts, and goes on with the step that it names.</summary>
    private struct Step
    {
        public Action Action;
        public byte Bytes;
        public bool IsFromX;
        public ushort Code;
        public int True, False;
        public uint From, K;
    }
}
