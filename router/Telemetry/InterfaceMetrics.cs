using Prometheus;
using TapDev;

namespace Router.Telemetry;

/// <summary>The counters of the interfaces. received = forwarded + delivered + held + dropped, for each, in every scrape.</summary>
internal sealed class InterfaceMetrics(MetricFactory factory)
{
    private static readonly Offloads[] Kinds = [.. Enum.GetValues<Offloads>().Where(offload => offload is not (Offloads.None or Offloads.All))];

    private readonly Counter _receivedFrames = Of(factory, "router_received_frames_total", "Frames received.");
    private readonly Counter _receivedBytes = Of(factory, "router_received_bytes_total", "Bytes of the frames received.");
    private readonly Counter _batches = Of(factory, "router_received_batches_total", "Batches that frames were received in: frames over batches is the size of one.");
    private readonly Counter _forwarded = Of(factory, "router_forwarded_frames_total", "Received frames that were forwarded, by the interface that they came in by.");
    private readonly Counter _delivered = Of(factory, "router_delivered_frames_total", "Received frames that were for the router itself.");
    private readonly Gauge _held = factory.CreateGauge("router_held_frames", "Received frames that wait, for a neighbour say.", "interface");
    private readonly Counter _dropped = factory.CreateCounter(
        "router_dropped_frames_total", "Received frames that were dropped, by the interface that they came in by.", "interface", "reason");

    private readonly Counter _generated = Of(factory, "router_generated_frames_total", "Frames that the router made itself, by the interface that they leave by.");
    private readonly Counter _sentFrames = Of(factory, "router_sent_frames_total", "Frames sent.");
    private readonly Counter _sentBytes = Of(factory, "router_sent_bytes_total", "Bytes of the frames sent.");
    private readonly Gauge _up = factory.CreateGauge("router_interface_up", "1 while the interface carries frames.", "interface");
    private readonly Gauge _offload = factory.CreateGauge("router_interface_offload", "1 for an offload that may be used on the way out.", "interface", "offload");
    private readonly Counter _offloadsRefused = Of(factory, "router_offloads_refused_total", "Super-frames that the kernel did not take as they were.");

    public void Update(InterfaceSnapshot snapshot)
    {
        _receivedFrames.WithLabels(snapshot.Name).IncTo(snapshot.ReceivedFrames);
        _receivedBytes.WithLabels(snapshot.Name).IncTo(snapshot.ReceivedBytes);
        _batches.WithLabels(snapshot.Name).IncTo(snapshot.ReceivedBatches);
        _forwarded.WithLabels(snapshot.Name).IncTo(snapshot.ForwardedFrames);
        _delivered.WithLabels(snapshot.Name).IncTo(snapshot.DeliveredFrames);
        _held.WithLabels(snapshot.Name).Set(snapshot.HeldFrames);
        foreach (var drop in snapshot.Dropped) _dropped.WithLabels(snapshot.Name, drop.Reason).IncTo(drop.Frames);
        _generated.WithLabels(snapshot.Name).IncTo(snapshot.GeneratedFrames);
        _sentFrames.WithLabels(snapshot.Name).IncTo(snapshot.SentFrames);
        _sentBytes.WithLabels(snapshot.Name).IncTo(snapshot.SentBytes);
        _up.WithLabels(snapshot.Name).Set(snapshot.State == nameof(DeviceState.Up) ? 1 : 0);
        _ = Enum.TryParse<Offloads>(snapshot.Offloads, out var offloads);
        foreach (var kind in Kinds) _offload.WithLabels(snapshot.Name, kind.ToString()).Set((offloads & kind) != 0 ? 1 : 0);
        _offloadsRefused.WithLabels(snapshot.Name).IncTo(snapshot.OffloadsRefused);
    }

    private static Counter Of(MetricFactory factory, string name, string help) => factory.CreateCounter(name, help, "interface");
}
