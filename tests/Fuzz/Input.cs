namespace Fuzz;

/// <summary>One input and what becomes of it.</summary>
internal static class Input
{
    public static byte[] ReadAll(Stream stream)
    {
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <summary>The exception that the target ended with; null where it came to a good end.</summary>
    public static Exception? FailureOf(Action<byte[]> target, byte[] input)
    {
        try
        {
            target(input);
            return null;
        }
#pragma warning disable CA1031 // Whatever it is, it is what the fuzzer looks for.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return failure;
        }
    }
}
