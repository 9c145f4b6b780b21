using System.Diagnostics;
using Support;

namespace Fuzz;

/// <summary>
/// Random changes of the corpus without afl-fuzz: blind to coverage, but it needs nothing installed. The same seed gives the same inputs.
/// </summary>
internal sealed class Mutator(string corpus, int seed)
{
    private const int MostChanges = 8;

    private readonly byte[][] _inputs = [.. Directory.EnumerateFiles(corpus).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
    private readonly SeededRandom _random = new(seed);

    /// <summary>Goes on for so long, or until the target fails: then the input is written to the current folder. True where it never did.</summary>
    public bool Run(Action<byte[]> target, TimeSpan time)
    {
        long inputs = 0;
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < time; inputs++)
        {
            byte[] input = Next();
            if (Input.FailureOf(target, input) is not { } failure)
                continue;
            string file = $"crash-{seed}-{inputs}";
            File.WriteAllBytes(file, input);
            Console.Error.WriteLine($"{file}: {failure}");
            return false;
        }

        Console.WriteLine($"{inputs} inputs, no failure");
        return true;
    }

    private byte[] Next()
    {
        byte[] input = [.. _inputs[_random.Next(_inputs.Length)]];
        if (_random.Next(4) == 0)
            Array.Resize(ref input, _random.Next(input.Length + 32));
        for (int left = input.Length == 0 ? 0 : _random.Next(MostChanges); left > 0; left--)
        {
            // Headers are where the decisions are.
            int at = _random.Next(Math.Min(input.Length, _random.Next(4) == 0 ? input.Length : 100));
            input[at] = _random.Next(3) switch
            {
                0 => (byte)_random.Next(256),
                1 => (byte)(input[at] ^ 1 << _random.Next(8)),
                _ => _random.Next(2) == 0 ? byte.MinValue : byte.MaxValue,
            };
        }

        return input;
    }
}
