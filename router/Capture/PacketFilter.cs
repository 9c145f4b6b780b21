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

    /// <summary>A step for each instruction, and they have the same numbers: where a jump leads is the same in both.</summary>
    private readonly FilterStep[] _steps;

    /// <summary>The same steps up to those that depend on something else: they stop.</summary>
    private readonly FilterStep[] _fixedSteps;
    private readonly ulong _fixedMask;
    private readonly uint[] _cells;

    /// <summary>No frame has it: a bit is set that is in no mask.</summary>
    private ulong _begunWith = ulong.MaxValue;
    private FilterState _begun;

    private PacketFilter(FilterInstruction[] program)
    {
        _steps = [.. Enumerable.Range(0, program.Length).Select(at => FilterStep.At(program, at))];
        bool usesCells = program.Any(step => step.Code is 0x60 or 0x61 or 0x02 or 0x03);
        _cells = usesCells ? new uint[Cells] : [];
        _fixedSteps = [.. _steps.Select(step => usesCells || step.FixedBits is null ? new FilterStep { Action = FilterAction.Stop } : step)];
        _fixedMask = _fixedSteps.Aggregate(0UL, (mask, step) => mask | step.FixedBits!.Value);
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
        if (frame.Length < FilterStep.FixedEnd)
            return default;
        ulong bytes = FilterStep.Fixed(frame) & _fixedMask;
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
    private bool Run(FilterStep[] steps, ReadOnlySpan<byte> frame, ref FilterState state, out bool matches)
    {
        (uint a, uint x) = (state.A, state.X);
        matches = false;
        for (int at = state.At; ;)
        {
            ref readonly FilterStep step = ref steps[at];
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
                case FilterAction.Equal:
                    if (a == step.K)
                        goto True;
                    break;
                case FilterAction.AnyBit:
                    if ((a & step.K) != 0)
                        goto True;
                    break;
                case FilterAction.Greater:
                    if (a > step.K)
                        goto True;
                    break;
                case FilterAction.NotLess:
                    if (a >= step.K)
                        goto True;
                    break;
                case FilterAction.TestX:
                    if (Holds(step.Code & 0xF0, a, x))
                        goto True;
                    break;
                case FilterAction.Jump:
                    goto True;
                case FilterAction.HeaderLength:
                    if (step.K >= (uint)frame.Length)
                        return false;
                    x = (frame[(int)step.K] & 0xFu) << 2;
                    goto True;
                case FilterAction.Reject:
                    return false;
                case FilterAction.Accept:
                    matches = true;
                    return false;
                case FilterAction.AcceptA:
                    matches = a != 0;
                    return false;
                case FilterAction.Stop:
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

    private static bool Holds(int comparison, uint a, uint operand) => comparison switch
    {
        0x10 => a == operand,
        0x20 => a > operand,
        0x30 => a >= operand,
        _ => (a & operand) != 0,
    };

    private bool TryCompute(in FilterStep step, uint length, uint a, uint x, out (uint A, uint X) left)
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
}
