using System.Net.Sockets;
using Router.Configuration;
using Router.Nat;

namespace Router.Telemetry;

/// <summary>
/// Records to an IPFIX collector, by UDP. A collector that is away costs its records and nothing else: they are counted, and the next message is tried as if nothing had been.
/// Where the network tells that nobody listened, that is about the message before.
/// </summary>
internal sealed class IpfixExporter : IMappingSink
{
    private readonly IpfixConfiguration _configuration;
    private readonly TimeProvider _time;
    private readonly LossReport _losses;
    private readonly IpfixMessage _message, _template;
    private Socket? _socket;
    private long _templateAt;
    private string _failure = "";
    private uint _sequence;
    private int _recordsBefore;
    private bool _isTemplateDue = true;

    public IpfixExporter(IpfixConfiguration configuration, JournalDetail detail, TimeProvider time, LossReport losses)
    {
        (_configuration, _time, _losses) = (configuration, time, losses);
        _message = new IpfixMessage(detail, (uint)configuration.ObservationDomain);
        _template = new IpfixMessage(detail, (uint)configuration.ObservationDomain);
        _template.AddTemplates();
        // The first look sends it, so that a collector knows it before there is a record.
        _templateAt = time.GetTimestamp() - configuration.TemplateSeconds * time.TimestampFrequency;
    }

    public SinkCounts Counts { get; } = new("ipfix");

    public void Write(ReadOnlySpan<MappingRecord> records)
    {
        foreach (ref readonly var record in records)
        {
            _message.Add(record);
            if (!_message.HasRoom) Send();
        }

        if (_message.Records > 0) Send();
    }

    public void Tick()
    {
        _losses.Tick();
        if (_time.GetElapsedTime(_templateAt).TotalSeconds >= _configuration.TemplateSeconds) Announce();
    }

    /// <summary>Goes on where one has ended that spoke to the same collector of the same domain: it counts one sequence, whoever sends it.</summary>
    public void Follow(IpfixExporter before)
    {
        if (_configuration.Collector.Equals(before._configuration.Collector) && _configuration.ObservationDomain == before._configuration.ObservationDomain) _sequence = before._sequence;
    }

    public void Dispose() => _socket?.Dispose();

    private void Send()
    {
        if (_isTemplateDue) Announce();
        var records = _message.Records;
        var isSent = TrySend(_message);
        if (!isSent && _isTemplateDue)
        {
            Announce();
            isSent = TrySend(_message);
        }

        if (isSent)
        {
            Counts.Keep(records);
            _recordsBefore = records;
        }
        else
        {
            Lose(_failure, records);
        }

        // Of those that were lost here too: the collector is to see that it missed them.
        _sequence += (uint)records;
        _message.Clear();
    }

    private void Announce()
    {
        _templateAt = _time.GetTimestamp();
        _isTemplateDue = !TrySend(_template) && !TrySend(_template);
    }

    /// <summary>False where nothing was sent. Where this told of the message before, whoever listens next knows no template.</summary>
    private bool TrySend(IpfixMessage message)
    {
        try
        {
            Connected().Send(message.Finish(_time.GetUtcNow(), _sequence));
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            _failure = "nobody listens there";
            Lose(_failure, _recordsBefore);
            (_recordsBefore, _isTemplateDue) = (0, true);
        }
        catch (SocketException exception)
        {
            _failure = exception.Message;
            // The address that it was bound to may be gone: the next one gets what the routes say by then.
            _socket?.Dispose();
            _socket = null;
        }

        return false;
    }

    private Socket Connected()
    {
        if (_socket is not null) return _socket;
        var socket = new Socket(_configuration.Collector.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { SendTimeout = 1000 };
        try
        {
            socket.Connect(_configuration.Collector);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return _socket = socket;
    }

    private void Lose(string reason, int records)
    {
        Counts.Lose(records);
        _losses.Lose($"{_configuration.Collector}: {reason}", records);
    }
}
