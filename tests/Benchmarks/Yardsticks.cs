using BenchmarkDotNet.Attributes;

namespace Benchmarks;

/// <summary>What the machine can do, timed in the same run: the journeys are given as multiples of these two.</summary>
public class Yardsticks
{
    private const int CopiedBytes = 64 << 10, Loads = 1000, Words = 128 << 20 >> 2;

    private readonly byte[] _from = new byte[CopiedBytes], _to = new byte[CopiedBytes];
    private int[] _next = [];
    private int _at;

    /// <summary>One cycle through 128 MB, in random order (Sattolo's algorithm): each load's address is the last one's value.</summary>
    [GlobalSetup(Target = nameof(RandomLoad))]
    public void Link()
    {
        _next = new int[Words];
        for (int i = 0; i < Words; i++)
            _next[i] = i;
        var random = new Random(25);
        for (int i = Words - 1; i > 0; i--)
        {
            int other = random.Next(i);
            (_next[i], _next[other]) = (_next[other], _next[i]);
        }
    }

    /// <summary>M: 64 KiB, hot.</summary>
    [Benchmark(Description = "M")]
    public void Copy() => _from.AsSpan().CopyTo(_to);

    /// <summary>R: one dependent load.</summary>
    [Benchmark(Description = "R", OperationsPerInvoke = Loads)]
    public int RandomLoad()
    {
        int at = _at;
        for (int i = 0; i < Loads; i++)
            at = _next[at];
        return _at = at;
    }
}
