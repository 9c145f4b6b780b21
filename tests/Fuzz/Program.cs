using Fuzz;
using SharpFuzz;
using Support;

const int Success = 0, Failed = 1, WrongUsage = 2;

switch (args)
{
    case [var name] when FuzzTargets.All.TryGetValue(name, out Action<byte[]>? target):
        // Under afl-fuzz (README.md) inputs come through its fork server, otherwise one comes from standard input.
        Fuzzer.Run(stream => target(Input.ReadAll(stream)));
        return Success;
    case ["replay", .. var folder]:
        return Corpus.Replay(folder is [var given] ? given : Repository.PathOf("tests/Fuzz/corpus")) ? Success : Failed;
    case ["seeds"]:
        Corpus.WriteSeeds(Repository.PathOf("tests/Fuzz/corpus"));
        return Success;
    case ["mutate", var name, var seconds, .. var seed] when FuzzTargets.All.TryGetValue(name, out Action<byte[]>? target):
        var mutator = new Mutator(Repository.PathOf($"tests/Fuzz/corpus/{name}"), seed is [var number] ? int.Parse(number) : 25);
        return mutator.Run(target, TimeSpan.FromSeconds(double.Parse(seconds))) ? Success : Failed;
    default:
        Console.Error.WriteLine("Fuzz parse|forward|quote|fragments|options|chain|quote6|fragments6|discovery|smtp|dns < FILE\nFuzz replay [FOLDER]\nFuzz seeds\nFuzz mutate TARGET SECONDS [SEED]");
        return WrongUsage;
}
