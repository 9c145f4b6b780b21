namespace Support;

/// <summary>Random numbers that are the same in every run.</summary>
internal sealed class SeededRandom(int seed) : Random(seed);
