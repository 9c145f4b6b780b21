using System.CommandLine;
using Router.Control;
using Router.Telemetry;

namespace Router.Cli;

/// <summary>What <c>explain</c> is asked about: a flow, or a frame of a file.</summary>
internal sealed class FlowArguments
{
    private readonly Argument<string?> _protocol = new("PROTOCOL") { Description = "tcp, udp or icmp.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Argument<string?> _source = new("SOURCE") { Description = "ADDRESS:PORT; IPv6 as [ADDRESS]:PORT; no port for icmp.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Argument<string?> _destination = new("DESTINATION") { Description = "Likewise.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _in = new("--in") { Description = "The interface that the packet enters by (default: the one whose prefixes hold the source; of a pcapng file, the one that it names).", HelpName = "INTERFACE" };
    private readonly Option<string?> _at = new("--at") { Description = "The time to judge at, as in 2008-04-01T11:00:00+09:00 (default: now).", HelpName = "TIME" };
    private readonly Option<string?> _pcap = new("--pcap") { Description = "In the place of a flow: a frame of this pcap or pcapng file, as it arrived.", HelpName = "FILE" };
    private readonly Option<int?> _frame = new("--frame") { Description = "Of --pcap: which frame, counted from 1 (default: the first).", HelpName = "N" };

    public FlowArguments(Command verb)
    {
        foreach (var argument in new Argument[] { _protocol, _source, _destination }) verb.Add(argument);
        foreach (var option in new Option[] { _in, _at, _pcap, _frame }) verb.Add(option);
    }

    /// <summary>The question, or every reason why there is none.</summary>
    public (ExplainQuestion? Question, IReadOnlyList<string> Errors) Question(ParseResult parsed)
    {
        string?[] flow = [parsed.GetValue(_protocol), parsed.GetValue(_source), parsed.GetValue(_destination)];
        if (parsed.GetValue(_pcap) is not { } file)
        {
            if (parsed.GetValue(_frame) is not null) return (null, ["--frame is the number of a frame in a file: name the file with --pcap"]);
            if (flow.Contains(null)) return (null, ["give PROTOCOL SOURCE DESTINATION, as in explain tcp 192.168.25.10:40000 203.0.113.25:25, or --pcap FILE"]);
            return (new() { Protocol = flow[0], Source = flow[1], Destination = flow[2], In = parsed.GetValue(_in), At = parsed.GetValue(_at) }, []);
        }

        if (flow[0] is not null) return (null, ["give a flow or --pcap, and not both"]);
        if (parsed.GetValue(_frame) is < 1) return (null, ["--frame: frames are counted from 1"]);
        return Read(file, parsed.GetValue(_frame) ?? 1, parsed.GetValue(_in), parsed.GetValue(_at));
    }

    private static (ExplainQuestion? Question, IReadOnlyList<string> Errors) Read(string file, int number, string? @in, string? at)
    {
        try
        {
            using var stream = new BufferedStream(File.OpenRead(file), 1 << 16);
            var frame = CaptureFileReader.Read(stream, number);
            return frame.Bytes.Length < frame.OriginalLength
                ? (null, [$"{file}: frame {number} was cut to {frame.Bytes.Length} of {frame.OriginalLength} bytes when it was captured: capture whole frames (tcpdump -s 0)"])
                : (new() { Frame = frame.Bytes, In = @in ?? frame.Interface, At = at }, []);
        }
        catch (Exception exception) when (exception is CaptureFileException or IOException or UnauthorizedAccessException)
        {
            return (null, [$"{file} cannot be read: {exception.Message}"]);
        }
    }
}
