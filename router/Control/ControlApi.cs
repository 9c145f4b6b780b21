using Router.Telemetry;

namespace Router.Control;

/// <summary>Everything that the control socket answers. <see cref="ControlDocument"/> writes it as OpenAPI; a test holds it against what the server has mapped.</summary>
internal static class ControlApi
{
    private const string Ended = "the router starts or ends, or its loop does not answer in time";

    public static IReadOnlyList<ControlOperation> Operations { get; } =
    [
        Get(ControlServer.StatusPath, "Interfaces, counters, sessions, the phase and the configuration in force.", "status", typeof(StatusReport)),
        Get(ControlServer.AttemptsPath, "Who tried TCP port 25, and who forged sources toward it.", "attempts", typeof(AttemptsSnapshot)),
        Get(ControlServer.DropsPath, "What was dropped, by interface and reason, with the last packet of each.", "drops", typeof(DropsSnapshot)),
        Get(ControlServer.SessionsPath, "The open sessions, filtered and sorted.", "sessions", typeof(SessionsSnapshot)) with
        {
            Parameters = [.. SessionFilters, .. SessionOrders],
            Refusals = Refusals((400, "a parameter makes no sense"), (503, $"{Ended}, or others walk through the table too")),
        },
        new("delete", ControlServer.SessionsPath, "Ends the sessions that a filter means; at least one part of it has to be given.", "sessions")
        {
            Parameters = SessionFilters,
            Answer = typeof(SessionsEnded),
            Refusals = Refusals((400, "a parameter makes no sense, or none was given"), (503, $"{Ended}, or others walk through the table too")),
        },
        new("post", ExplainEndpoint.Path, $"What the router would do with a packet, and why. Nothing is changed. No more than {ExplainDesk.PerSecond} questions a second are answered.", "explain")
        {
            Request = typeof(ExplainQuestion),
            IsRequestRequired = true,
            Answer = typeof(Explanation),
            Refusals = Refusals((400, "the question makes no sense; a line for each reason"), (503, $"{Ended}, or too many ask")),
        },
        new("post", CaptureEndpoint.Path, "Begins a capture; the answer is pcapng until it ends. It ends with the connection too.", "capture")
        {
            Request = typeof(CaptureRequest),
            AnswerMedia = CaptureEndpoint.MediaType,
            Headers = new Dictionary<string, string>(StringComparer.Ordinal) { [CaptureEndpoint.NumberHeader] = "the capture's number, to end it by" },
            Refusals = Refusals((400, "the request makes no sense"), (503, $"{Ended}, or as many captures run as may")),
        },
        new("delete", CaptureEndpoint.Path + "/{number}", "Ends a capture well: its file is whole.", "capture")
        {
            Parameters = [new("number", "path", "As the capture's answer has it in Capture-Number.", "integer")],
            Status = 204,
            Refusals = Refusals((404, "no such capture runs")),
        },
        Get(ControlServer.HistoryPath, "The configurations that were in force, the newest last.", "rollback", typeof(IReadOnlyList<AppliedConfiguration>)),
        Change(ControlServer.ReloadPath, "Reads the configuration file again, and takes it whole or not at all.", "reload"),
        Change(ControlServer.ConfirmPath, "Keeps the configuration that is on trial.", "confirm"),
        Change(ControlServer.RollBackPath, "Goes back to the configuration before.", "rollback"),
        new("get", ControlDocument.Path, "This document."),
    ];

    private static IReadOnlyList<ControlParameter> SessionFilters =>
    [
        new("protocol", "query", "Only this protocol.") { Values = SessionsRequest.Protocols },
        new("address", "query", "Only those with this address, or one of this prefix, at either end, translated or not."),
        new("port", "query", "Only those with this port at either end, translated or not.", "integer"),
        new("state", "query", "Only those in this state.") { Values = SessionsRequest.States },
        new("family", "query", "Only this family.") { Values = SessionsRequest.Families },
    ];

    private static IReadOnlyList<ControlParameter> SessionOrders =>
    [
        new("sort", "query", "The order; idle, the last used first, where nothing is said.") { Values = SessionsRequest.Orders },
        new("reverse", "query", "In the other order.", "boolean"),
        new("top", "query", $"The first so many, from 1 to {SessionQuery.Most}.", "integer"),
    ];

    private static ControlOperation Get(string path, string summary, string verb, Type answer) => new("get", path, summary, verb) { Answer = answer, Refusals = Refusals((503, Ended)) };

    private static ControlOperation Change(string path, string summary, string verb) => new("post", path, summary, verb)
    {
        Request = typeof(ReloadRequest),
        Answer = typeof(ReloadReport),
        IsRefusalAnAnswer = true,
        Refusals = Refusals((400, "the request is not JSON as expected"), (409, "it was refused; the message says why"), (503, Ended)),
    };

    private static Dictionary<int, string> Refusals(params (int Status, string Why)[] refusals) => refusals.ToDictionary(refusal => refusal.Status, refusal => refusal.Why);
}
