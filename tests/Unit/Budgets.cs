namespace Tests;

/// <summary>
/// Measures what a thread allocates, alone: where another test brings about a collection, what is left of the thread's allocation buffer counts as allocated.
/// </summary>
[CollectionDefinition(nameof(Budgets), DisableParallelization = true)]
public sealed class Budgets;
