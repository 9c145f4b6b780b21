using Router.Capture;

namespace Router.Telemetry;

/// <summary>What a capture is asked for: the body of <c>POST /v1/captures</c>. What is not given is not restricted.</summary>
internal sealed record CaptureRequest
{
    /// <summary>Names of interfaces.</summary>
    public IReadOnlyList<string>? Interfaces { get; init; }

    public CaptureFilter? Filter { get; init; }

    public bool Drops { get; init; }

    /// <summary>Headers of Ethernet, IP and the transport only.</summary>
    public bool Headers { get; init; }

    /// <summary>Bytes of a frame that are kept.</summary>
    public int? SnapLength { get; init; }

    /// <summary>Bytes of the ring between the forwarding thread and the client.</summary>
    public int? Buffer { get; init; }

    /// <summary>It ends after so many records.</summary>
    public long? Count { get; init; }

    /// <summary>It ends after so many seconds.</summary>
    public double? Seconds { get; init; }

    /// <summary>What is wrong with it, and how to mend that; null: nothing, and these are the options.</summary>
    public string? Judge(IReadOnlyList<string> interfaces, out RecordingOptions options)
    {
        options = new RecordingOptions();
        if (Interfaces?.FirstOrDefault(name => !interfaces.Contains(name, StringComparer.Ordinal)) is { } unknown)
            return $"there is no interface '{unknown}'; there are {string.Join(", ", interfaces)}";
        if (SnapLength is < RecordingOptions.LeastSnapLength or > RecordingOptions.WholeFrame)
            return $"a snap length of {SnapLength} is out of range; use {RecordingOptions.LeastSnapLength} to {RecordingOptions.WholeFrame} bytes";
        if (Buffer is < RecordingOptions.LeastRingBytes or > RecordingOptions.MostRingBytes)
            return $"a buffer of {Buffer} bytes is out of range; use 1 to {RecordingOptions.MostRingBytes >> 20} MiB";
        if (Count is < 1)
            return "a count begins at 1";
        if (Seconds is <= 0 or > MostSeconds or double.NaN)
            return "a duration is more than nothing and at most a year";
        PacketFilter? filter = null;
        if (Filter is { } asked)
        {
            (filter, string? error) = asked.Make();
            if (filter is null)
                return $"the filter is not a program for a packet filter: {error}";
        }

        options = options with
        {
            Interfaces = Interfaces is { Count: > 0 } ? Interfaces.Select(name => interfaces.ToList().IndexOf(name)).ToHashSet() : null,
            Filter = filter,
            DropsOnly = Drops,
            HeadersOnly = Headers,
            SnapLength = SnapLength ?? options.SnapLength,
            RingBytes = Buffer ?? options.RingBytes,
        };
        return null;
    }

    private const double MostSeconds = 366 * 24 * 3600.0;
}

/// <summary>An expression, for people, and the program that it means: four numbers an instruction, as <c>tcpdump -ddd</c> prints them.</summary>
internal sealed record CaptureFilter(string Text, IReadOnlyList<IReadOnlyList<long>> Program)
{
    private const int Numbers = 4;

    public (PacketFilter? Filter, string? Error) Make()
    {
        var program = new List<FilterInstruction>();
        foreach (var step in Program ?? [])
        {
            if (step is not [>= 0 and <= ushort.MaxValue and var code, >= 0 and <= byte.MaxValue and var jumpTrue, >= 0 and <= byte.MaxValue and var jumpFalse, >= 0 and <= uint.MaxValue and var k])
                return (null, $"instruction {program.Count} is not {Numbers} numbers: code, jump if true, jump if false, operand");
            program.Add(new((ushort)code, (byte)jumpTrue, (byte)jumpFalse, (uint)k));
        }

        return PacketFilter.Make(program);
    }
}

/// <summary>The request makes no sense, or cannot be met now; the message says why and what would.</summary>
internal sealed class CaptureException(string message, bool isBusy = false) : Exception(message)
{
    /// <summary>As many run as may.</summary>
    public bool IsBusy { get; } = isBusy;
}
