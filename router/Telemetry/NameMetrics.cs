using Prometheus;

namespace Router.Telemetry;

/// <summary>Own mail servers by name, and tunnels. A name is the configuration's: no address, and no name that a client asked for, is a label.</summary>
internal sealed class NameMetrics(MetricFactory factory)
{
    private static readonly string[] Origins = ["resolved", "learnt"];

    private readonly Gauge _servers = factory.CreateGauge("router_op25b_own_mail_servers", "Addresses of own mail servers, by how they are known.", "origin");
    private readonly Gauge _lastAnswer = factory.CreateGauge(
        "router_op25b_name_last_answer_timestamp_seconds", "When a resolver last answered about a name of Op25b:OwnMailServers:Hosts; 0: never.", "name");

    private readonly Gauge _failing = factory.CreateGauge("router_op25b_name_failing", "1 where the last try to resolve the name failed: the last good answer holds.", "name");
    private readonly Counter _answers = factory.CreateCounter(
        "router_op25b_dns_answers_total", "Answers of trusted resolvers about names under a wildcard, by what they came to.", "outcome");

    private readonly Counter _tunnels = factory.CreateCounter("router_op25b_tunnel_frames_total", "Frames for tunnels that entered by inside interfaces.", "kind");

    public void Update(RouterSnapshot snapshot)
    {
        _servers.WithLabels("configured").Set(snapshot.ConfiguredMailServers);
        foreach (var origin in Origins)
            _servers.WithLabels(origin).Set(snapshot.OwnNames.Addresses.Count(entry => string.Equals(entry.Origin, origin, StringComparison.Ordinal)));
        foreach (var name in snapshot.OwnNames.Resolved)
        {
            _lastAnswer.WithLabels(name.Name).Set(name.LastAnswer?.ToUnixTimeSeconds() ?? 0);
            _failing.WithLabels(name.Name).Set(name.Failure is null ? 0 : 1);
        }

        foreach (var answer in snapshot.OwnNames.Answers) _answers.WithLabels(answer.Outcome).IncTo(answer.Count);
        foreach (var tunnel in snapshot.Tunnels) _tunnels.WithLabels(tunnel.Kind).IncTo(tunnel.Frames);
    }
}
