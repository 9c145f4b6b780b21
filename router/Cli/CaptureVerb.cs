using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Router.Capture;
using Router.Control;
using Router.Telemetry;

namespace Router.Cli;

/// <summary><c>capture</c>: the running router's packets with their verdicts, into a file, a pipe or a terminal.</summary>
internal sealed class CaptureVerb
{
    private const int Mebibyte = 1 << 20;

    private readonly Argument<string[]> _filter = new("FILTER") { Description = "Only packets that match: an expression as tcpdump takes it, 'port 25 and host 192.168.25.10'.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _write = new("--write", "-w") { Description = "Write pcapng into this file.", HelpName = "FILE" };
    private readonly Option<bool> _stdout = new("--stdout") { Description = "Write pcapng to the standard output: op25b-router capture --stdout | wireshark -k -i -" };
    private readonly Option<string[]> _interfaces = new("--interface", "-i") { Description = "Only what is seen on this interface. Can be given again.", HelpName = "NAME" };
    private readonly Option<bool> _drops = new("--drops") { Description = "Only packets that were dropped." };
    private readonly Option<bool> _headers = new("--headers") { Description = "Only headers, no payload." };
    private readonly Option<int?> _snapLength = new("--snaplen", "-s") { Description = $"Keep so many bytes of a frame. Default: the whole frame ({RecordingOptions.WholeFrame}).", HelpName = "BYTES" };
    private readonly Option<long?> _count = new("--count", "-c") { Description = "End after so many records.", HelpName = "N" };
    private readonly Option<string?> _duration = new("--duration") { Description = "End after this time, as in 30s, 5m, 1h.", HelpName = "TIME" };
    private readonly Option<int?> _buffer = new("--buffer") { Description = $"The router's ring for this capture: 1 to {RecordingOptions.MostRingBytes / Mebibyte} MiB. Default: {RecordingOptions.DefaultRingBytes / Mebibyte}.", HelpName = "MIB" };
    private readonly Option<int?> _fileSize = new("--file-size") { Description = "Of --write: go on in another file after so many MiB.", HelpName = "MIB" };
    private readonly Option<string?> _fileTime = new("--file-time") { Description = "Of --write: go on in another file after this time.", HelpName = "TIME" };
    private readonly Option<int?> _files = new("--files") { Description = "Of --write: keep so many files; the oldest go.", HelpName = "N" };
    private readonly RouterSocket _socket;
    private readonly Terminal _terminal;

    private CaptureVerb(Command verb, Terminal terminal)
    {
        verb.Add(_filter);
        foreach (var option in new Option[] { _write, _stdout, _interfaces, _drops, _headers, _snapLength, _count, _duration, _buffer, _fileSize, _fileTime, _files }) verb.Add(option);
        _socket = new(verb);
        _terminal = terminal;
        verb.SetAction(RunAsync);
    }

    public static Command Create(Terminal terminal)
    {
        var verb = new Command("capture", "Capture a running router's packets, each with its verdict, reason, rule and session, as pcapng or as lines.");
        Examples.Of(verb)
            .Add("capture port 25", "a line for each packet, with its verdict, as they go by")
            .Add("capture --drops --write drops.pcapng", "what is dropped, and why, for Wireshark; Ctrl-C ends it well")
            .Add("capture --stdout host 192.168.25.10 | wireshark -k -i -", "one host's packets live in Wireshark, on both sides of the translation")
            .Add("capture --write day.pcapng --file-size 100 --file-time 1h --files 24", "a ring of files");
        _ = new CaptureVerb(verb, terminal);
        return verb;
    }

    /// <summary>A number with s, m or h behind it; seconds where there is none.</summary>
    internal static bool TryTime(string text, out TimeSpan time)
    {
        time = default;
        double unit = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => char.IsAsciiDigit(text[^1]) ? 1 : 0 };
        if (unit == 0 || !double.TryParse(char.IsAsciiDigit(text[^1]) ? text : text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) || number <= 0 || number * unit > 366 * 24 * 3600.0) return false;
        time = TimeSpan.FromSeconds(number * unit);
        return true;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        TimeSpan? duration = null, fileTime = null;
        var errors = Complaints(parsed).ToList();
        foreach (var option in new[] { _duration, _fileTime })
        {
            if (parsed.GetValue(option) is not { } text) continue;
            if (!TryTime(text, out var time)) errors.Add($"{option.Name}: '{text}' is not a time; write it as 30s, 5m or 1h");
            else if (option == _duration) duration = time;
            else fileTime = time;
        }

        CaptureFilter? filter = null;
        try
        {
            if (parsed.GetValue(_filter) is { Length: > 0 } words) filter = FilterCompiler.Make(string.Join(' ', words), RecordingOptions.WholeFrame);
        }
        catch (FilterException exception)
        {
            errors.Add(exception.Message);
        }

        foreach (var error in errors) _terminal.WriteError(error);
        if (errors.Count > 0) return ExitCode.Usage;
        var request = new CaptureRequest
        {
            Interfaces = parsed.GetValue(_interfaces) is { Length: > 0 } names ? names : null,
            Filter = filter,
            Drops = parsed.GetValue(_drops),
            Headers = parsed.GetValue(_headers),
            SnapLength = parsed.GetValue(_snapLength),
            Buffer = parsed.GetValue(_buffer) * Mebibyte,
            Count = parsed.GetValue(_count),
            Seconds = duration?.TotalSeconds,
        };
        return await _socket.AskAsync(parsed, _terminal, client => CaptureAsync(client, parsed, request, fileTime, cancellation), code => code);
    }

    private IEnumerable<string> Complaints(ParseResult parsed)
    {
        bool toFile = parsed.GetValue(_write) is not null;
        if (toFile && parsed.GetValue(_stdout)) yield return "--write and --stdout: use one of them";
        foreach (var option in new Option[] { _fileSize, _fileTime, _files })
            if (parsed.GetResult(option) is { Implicit: false } && !toFile) yield return $"{option.Name} is about files: give --write FILE too";
        if (parsed.GetValue(_files) is not null && parsed.GetValue(_fileSize) is null && parsed.GetValue(_fileTime) is null) yield return "--files: say when a file is full, with --file-size or --file-time";
        if (parsed.GetValue(_files) is < 1) yield return "--files: use a number from 1 on";
        if (parsed.GetValue(_fileSize) is < 1) yield return "--file-size: use a number of MiB from 1 on";
        if (parsed.GetValue(_buffer) is < 1 or > RecordingOptions.MostRingBytes / Mebibyte) yield return $"--buffer: use 1 to {RecordingOptions.MostRingBytes / Mebibyte} MiB";
    }

    private async Task<int> CaptureAsync(ControlClient client, ParseResult parsed, CaptureRequest request, TimeSpan? fileTime, CancellationToken cancellation)
    {
        CaptureDownload? begun = null;
        bool isAsked = false;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        void End(PosixSignalContext context)
        {
            // The first one asks the router for the statistics, as soon as it captures; a second one ends this at once.
            context.Cancel = !Interlocked.Exchange(ref isAsked, true);
            Volatile.Read(ref begun)?.TryEnd();
        }

        await using var capture = await client.BeginCaptureAsync(request, cancellation);
        Interlocked.Exchange(ref begun, capture);
        if (Volatile.Read(ref isAsked))
            capture.TryEnd();
        using var sink = SinkOf(parsed, fileTime);
        var reader = new CaptureReader(capture.Stream, sink);

        try
        {
            await reader.RunAsync(cancellation);
        }
        catch (IOException exception) when (capture.HasFailed is false)
        {
            // A pipe whose reader went away is an end like another.
            if (sink is CapturePipe) return ExitCode.Success;
            var file = sink is CaptureFiles files ? files.Path : "the output";
            _terminal.WriteError($"capture: cannot write {file}: {exception.Message.TrimEnd('.')}; {reader.Packets} records came before. Free space, or bound it with --file-size and --files. The router goes on");
            return ExitCode.Failed;
        }

        _terminal.Error.WriteLine($"{reader.Packets} records captured, {reader.Lost} lost{(reader.Lost > 0 ? " (a larger --buffer, a filter or --headers helps)" : "")}");
        if (reader.IsWhole) return ExitCode.Success;
        _terminal.WriteError("capture: the router went away before the end");
        return ExitCode.Failed;
    }

    private ICaptureSink SinkOf(ParseResult parsed, TimeSpan? fileTime)
    {
        if (parsed.GetValue(_write) is { } path)
            return new CaptureFiles(path, new(parsed.GetValue(_fileSize) is { } size ? (long)size * Mebibyte : null, fileTime, parsed.GetValue(_files)), _terminal.Time);
        return parsed.GetValue(_stdout) ? new CapturePipe(_terminal.OpenOutput()) : new CaptureLines(_terminal.Output);
    }
}
