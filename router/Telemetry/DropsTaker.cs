using Router.Packets;
using Router.Wire;

namespace Router.Telemetry;

/// <summary>Copies counters and samples on the loop's thread, some hundred records, and makes text of them elsewhere.</summary>
internal sealed class DropsTaker
{
    private readonly List<(string Interface, DropReason Reason, long Frames, DropSample Sample)> _drops = [];
    private readonly DateTimeOffset _time;
    private readonly long _now;

    /// <summary>On the loop's thread, at its milliseconds.</summary>
    public DropsTaker(DataPath path, DateTimeOffset time, long now)
    {
        (_time, _now) = (time, now);
        foreach (Interface entry in path.Interfaces)
            foreach (DropReason reason in DropCatalogue.All)
                if (entry.Counters.Dropped(reason) is > 0 and var frames)
                    _drops.Add((entry.Name, reason, frames, entry.Counters.LastDropped(reason)));
    }

    /// <summary>On any thread.</summary>
    public DropsSnapshot Take() => new()
    {
        Time = _time,
        Drops = [.. _drops.OrderByDescending(drop => drop.Frames).Select(drop => new DropSnapshot
        {
            Interface = drop.Interface,
            Reason = drop.Reason.ToString(),
            Stage = DropCatalogue.Of(drop.Reason).Stage.ToString(),
            Frames = drop.Frames,
            Text = DropCatalogue.Of(drop.Reason).Text,
            Mend = DropCatalogue.Of(drop.Reason).Mend,
            Last = drop.Sample.IsTaken ? Describe(drop.Sample) : null,
        })],
    };

    private DropSampleSnapshot Describe(in DropSample sample) => new()
    {
        Time = _time - TimeSpan.FromMilliseconds(_now - sample.At),
        Protocol = ProtocolOf(sample),
        Flow = sample.Source == default && sample.Destination == default ? null : new($"{sample.Source}", sample.SourcePort, $"{sample.Destination}", sample.DestinationPort),
        Station = sample.Station.ToString(),
    };

    private static string ProtocolOf(in DropSample sample) => (sample.Protocol, sample.EtherType) switch
    {
        (Ipv4Header.Tcp, _) => "tcp",
        (Ipv4Header.Udp, _) => "udp",
        (Ipv4Header.Icmp or Icmpv6.Protocol, _) => "icmp",
        (not 0, _) => $"{sample.Protocol}",
        (_, EthernetHeader.Arp) => "arp",
        (_, EthernetHeader.Ipv4) => "ipv4",
        (_, EthernetHeader.Ipv6) => "ipv6",
        _ => $"ethernet 0x{sample.EtherType:x4}",
    };
}
