using Support;

namespace Fuzz;

/// <summary>The inputs that are kept: a folder for each target, a file for each input.</summary>
internal static class Corpus
{
    /// <summary>Runs every file. False where one ends in an exception, which is shown.</summary>
    public static bool Replay(string folder)
    {
        int files = 0, failures = 0;
        foreach ((string name, Action<byte[]> target) in FuzzTargets.All)
            foreach (string file in Directory.EnumerateFiles(Path.Combine(folder, name)).Order(StringComparer.Ordinal))
            {
                files++;
                if (Input.FailureOf(target, File.ReadAllBytes(file)) is not { } failure)
                    continue;
                failures++;
                Console.Error.WriteLine($"{file}: {failure}");
            }

        Console.WriteLine($"{files} inputs, {failures} failures");
        return failures == 0;
    }

    public static void WriteSeeds(string folder)
    {
        foreach ((string target, string name, byte[] bytes) in FuzzTargets.Seeds())
        {
            string path = Path.Combine(folder, target, $"seed-{name}");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, bytes);
        }
    }
}
