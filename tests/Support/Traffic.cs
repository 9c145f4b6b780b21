using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Time.Testing;
using Router;
using Router.Capture;
using Router.Configuration;
using Router.Nat;
using Router.Packets;
using Router.Wire;
using TapDev;

namespace Support;

/// <summary>The real loop over in-memory devices, fed with batches: what a frame costs without the kernel.</summary>
internal sealed class Traffic : IDisposable
{
    public const int Batch = 64, Hosts = 250, PortsPerHost = 250;

    private readonly MemoryDevice[] _devices;
    private readonly ForwardingLoop _loop;
    private readonly DataPath _path;
    private readonly MemoryDevice _lan;
    private long _now = 1_000_000;

    public Traffic(int capacity)
    {
        RouterConfiguration configuration = TestConfiguration.Default with
        {
            Sessions = new() { Capacity = capacity, PerSubscriber = new() { Ports = 65_535, Sessions = capacity } },
        };
        _devices = [.. configuration.Interfaces.Select(entry => new MemoryDevice(entry.Name, new MemoryDeviceOptions { KeepSent = false }))];
        _path = new DataPath(configuration, _devices, new SeededRandom(25));
        _loop = new ForwardingLoop(_path, new PolicyClock(new FakeTimeProvider(TestRouter.Start), asOf: null));
        _lan = _devices[0];
        Introduce();
        Turn();
    }

    private Interface Lan => _path.Interfaces[0];

    public int Sessions => _path.Sessions.Count;

    /// <summary>Where mappings and sessions are written down.</summary>
    public MappingJournal? Journal
    {
        get => _path.Opener.Journal;
        init => _path.Opener.Journal = value;
    }

    public long Sent(int device) => _path.Interfaces[device].Counters.SentFrames;

    /// <summary>Frames of the LAN that left on another interface.</summary>
    public long Forwarded => Lan.Counters.ForwardedFrames;

    public MacAddress RouterMac => Lan.Mac;

    public static string HostAddress(int host) => $"192.168.25.{host + 2}";

    public void Advance(long milliseconds) => _now += milliseconds;

    /// <summary>Puts the frame into the LAN's ring; the next turn forwards it.</summary>
    public void Inject(ReadOnlySpan<byte> frame)
    {
        if (!_lan.Inject(frame))
            throw new InvalidOperationException("No buffer is free.");
    }

    /// <summary>Nobody reads its ring.</summary>
    public void Capture(RecordingOptions options) => _path.Recorder.TryAttach(new Recording(options, _path.Interfaces.Count));

    public void Turn() => _loop.Turn(_now);

    /// <summary>Every session ends. The neighbours are forgotten meanwhile: <see cref="Introduce"/> them again.</summary>
    public void EndSessions()
    {
        Advance(600_000);
        while (_loop.Turn(_now) || Sessions > 0)
            Advance(1);
    }

    public void Dispose()
    {
        foreach (MemoryDevice device in _devices)
            device.Dispose();
    }

    /// <summary>The hosts and the next hop are known.</summary>
    public void Introduce()
    {
        for (int host = 0; host < Hosts; host++)
            Learn(0, HostAddress(host), host);
        Learn(2, "203.0.113.1", 0xffff);
    }

    private void Learn(int device, string address, int number) => _path.Neighbors.Learn(
        _path.Interfaces[device], IpAddress.From(IPAddress.Parse(address)), new MacAddress(0x02_00_00_00_00_00UL + (ulong)number), _now, add: true);
}

/// <summary>A 60-byte UDP frame whose flow is changed by a few stores: the checksum in UDP is absent, and that of IPv4 comes with the flow.</summary>
internal sealed class Datagram
{
    private const int Network = 14, Checksum = Network + 10, Source = Network + 12, Destination = Network + 16, Port = Network + 20;

    private readonly byte[] _frame;

    public Datagram(MacAddress router)
    {
        _frame = Frames.UdpDatagram(Traffic.HostAddress(0), 0, "8.0.0.0", 9, router, new byte[18]);
        _frame.AsSpan(Network + 26, 2).Clear();
    }

    public ReadOnlySpan<byte> Bytes => _frame;

    /// <summary>The flow's fields, as they stand in the frame.</summary>
    public Flow Make(int host, int port, int remote)
    {
        Span<byte> frame = _frame;
        frame[Source + 3] = (byte)(host + 2);
        frame[Destination + 3] = (byte)remote;
        frame[Port] = (byte)(port >> 8);
        frame[Port + 1] = (byte)port;
        frame.Slice(Checksum, 2).Clear();
        ushort sum = (ushort)~InternetSum.Of(frame.Slice(Network, 20));
        frame[Checksum] = (byte)(sum >> 8);
        frame[Checksum + 1] = (byte)sum;
        return new Flow(MemoryMarshal.Read<uint>(frame[Source..]), MemoryMarshal.Read<uint>(frame[Destination..]), MemoryMarshal.Read<ushort>(frame[Port..]), MemoryMarshal.Read<ushort>(frame[Checksum..]));
    }

    public void Set(in Flow flow)
    {
        MemoryMarshal.Write(_frame.AsSpan(Source), flow.Source);
        MemoryMarshal.Write(_frame.AsSpan(Destination), flow.Destination);
        MemoryMarshal.Write(_frame.AsSpan(Port), flow.Port);
        MemoryMarshal.Write(_frame.AsSpan(Checksum), flow.Checksum);
    }
}

internal readonly record struct Flow(uint Source, uint Destination, ushort Port, ushort Checksum);
