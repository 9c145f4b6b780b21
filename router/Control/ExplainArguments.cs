using System.Net;
using System.Net.Sockets;
using Router.Configuration;

namespace Router.Control;

/// <summary>Reads <c>explain</c>'s command line: <c>tcp 192.168.25.10:40000 [2001:db8::25]:25</c>, <c>icmp 192.168.25.10 203.0.113.25</c>.</summary>
internal static class ExplainArguments
{
    /// <summary>An Ethernet header, and the largest packet behind it.</summary>
    public const int LargestFrame = 65_549;

    /// <summary>The request, or every reason why there is none.</summary>
    public static (ExplainRequest? Request, IReadOnlyList<string> Errors) Parse(
        string protocol, string source, string destination, string? @in, string? at)
    {
        var errors = new List<string>();
        var known = Enum.TryParse<ExplainProtocol>(protocol, ignoreCase: true, out var parsed) && protocol.All(char.IsAsciiLetter);
        if (!known) errors.Add($"'{protocol}' is not a protocol: use tcp, udp or icmp");
        var from = known ? EndPoint("the source", source, parsed, errors) : null;
        var to = known ? EndPoint("the destination", destination, parsed, errors) : null;
        if (from is not null && to is not null && from.AddressFamily != to.AddressFamily)
            errors.Add($"{from.Address} and {to.Address} are of different families");

        var time = Time(at, errors);
        if (errors.Count > 0 || from is null || to is null) return (null, errors);
        return (new() { Protocol = parsed, Source = from, Destination = to, In = @in, At = time }, errors);
    }

    /// <summary>A question that came over the socket.</summary>
    public static (ExplainRequest? Request, IReadOnlyList<string> Errors) Parse(ExplainQuestion question)
    {
        if (question.Frame is null)
            return question is { Protocol: { } protocol, Source: { } source, Destination: { } destination }
                ? Parse(protocol, source, destination, question.In, question.At)
                : (null, ["give protocol, source and destination, or a frame"]);
        if (question.Protocol is not null || question.Source is not null || question.Destination is not null)
            return (null, ["give a frame, or protocol, source and destination, and not both"]);
        return Parse(question.Frame, question.In, question.At);
    }

    /// <summary>A frame as it arrived by an interface.</summary>
    public static (ExplainRequest? Request, IReadOnlyList<string> Errors) Parse(byte[] frame, string? @in, string? at)
    {
        var errors = new List<string>();
        if (frame.Length > LargestFrame) errors.Add($"the frame has {frame.Length} bytes; {LargestFrame} are the most");
        if (string.IsNullOrEmpty(@in)) errors.Add("a frame does not say which interface it came in by: give --in INTERFACE");
        var time = Time(at, errors);
        return errors.Count > 0 ? (null, errors) : (new() { Frame = frame, In = @in, At = time }, errors);
    }

    public static string TimeError(string option, string text)
    {
        var complaint = TimeSyntax.Judge(text)!;
        return $"{option}: {complaint.Message}; {complaint.Mend}";
    }

    private static DateTimeOffset? Time(string? at, List<string> errors)
    {
        if (at is null) return null;
        if (TimeSyntax.TryParse(at, out var moment)) return moment;
        errors.Add(TimeError("--at", at));
        return null;
    }

    private static IPEndPoint? EndPoint(string role, string text, ExplainProtocol protocol, List<string> errors)
    {
        var hasPort = AddressSyntax.TryEndPoint(text, out var endPoint);
        if (AddressSyntax.TryAddress(Unbracketed(text), out var address)) (hasPort, endPoint) = (false, new(address, 0));
        else if (!hasPort)
        {
            errors.Add($"{role} '{text}' is not an address{(protocol == ExplainProtocol.Icmp ? "" : " and port")}: write it as {Example(protocol)}");
            return null;
        }

        if (protocol == ExplainProtocol.Icmp && hasPort) errors.Add($"{role} '{text}' has a port, and icmp has none: write {endPoint.Address}");
        else if (protocol != ExplainProtocol.Icmp && endPoint.Port == 0)
        {
            var bare = endPoint.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{endPoint.Address}]" : $"{endPoint.Address}";
            errors.Add($"{role} '{text}' has no port: write it as {bare}:{(role.EndsWith("source", StringComparison.Ordinal) ? 40000 : 25)}");
        }

        return endPoint;
    }

    private static string Unbracketed(string text) => text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;

    private static string Example(ExplainProtocol protocol) =>
        protocol == ExplainProtocol.Icmp ? "192.168.25.10 or 2001:db8::10" : "192.168.25.10:40000 or [2001:db8::10]:40000";
}
