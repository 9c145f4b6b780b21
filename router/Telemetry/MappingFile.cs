using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Router.Configuration;
using Router.Nat;
using Router.Wire;

namespace Router.Telemetry;

/// <summary>
/// Records as JSON lines, in files that are rotated and purged. What cannot be written, because the disk is full for instance, is lost and counted; a line that was written in
/// part is cut off, so that every line is whole.
/// </summary>
internal sealed class MappingFile : IMappingSink
{
    private const int FlushAfter = 64 * 1024;

    private static readonly TimeSpan PurgeInterval = TimeSpan.FromMinutes(1);

    private readonly MappingFileConfiguration _configuration;
    private readonly JournalDetail _detail;
    private readonly TimeProvider _time;
    private readonly LogFolder _folder;
    private readonly LossReport _losses;
    private readonly ArrayBufferWriter<byte> _lines = new(FlushAfter + 1024);
    private readonly Utf8JsonWriter _json;
    private FileStream? _file;
    private long _length, _openedAt, _purgedAt, _purged;
    private int _records;
    private bool _hasRotated;

    /// <summary>Makes the directory, and purges it. Throws <see cref="ApplianceException"/> where nothing can be written there.</summary>
    /// <param name="before">Whose last file is still written to.</param>
    public MappingFile(MappingFileConfiguration configuration, JournalDetail detail, TimeProvider time, LossReport losses, MappingFile? before = null)
    {
        (_configuration, _detail, _time, _losses) = (configuration, detail, time, losses);
        _json = new Utf8JsonWriter(_lines);
        try
        {
            _folder = new LogFolder(configuration.Directory, TimeSpan.FromDays(configuration.KeepDays), (long)configuration.KeepMebibytes << 20);
            Purge(before?._file?.Name);
            Open();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ApplianceException($"mapping log: {exception.Message.TrimEnd('.')}; name a directory that can be written to in MappingLog:File:Directory, or leave File out", exception) { Part = SidePart.MappingLog };
        }
    }

    public SinkCounts Counts { get; } = new("file");

    /// <summary>Files that were removed because they were too old, or all of them too large. Any thread may ask.</summary>
    public long Purged => Volatile.Read(ref _purged);

    public void Write(ReadOnlySpan<MappingRecord> records)
    {
        foreach (ref readonly var record in records)
        {
            WriteLine(record);
            _records++;
            if (_lines.WrittenCount >= FlushAfter) Flush();
        }

        Flush();
    }

    public void Tick()
    {
        _losses.Tick();
        // A file that somebody has moved away, or removed, is not written to any further.
        if (_file is { } file && (_length > 0 && _time.GetElapsedTime(_openedAt).TotalMinutes >= _configuration.RotateMinutes || !File.Exists(file.Name))) Rotate();
        if (!_hasRotated && _time.GetElapsedTime(_purgedAt) < PurgeInterval) return;
        try
        {
            Purge(_file?.Name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _losses.Lose($"old files cannot be removed: {exception.Message}", 0);
        }
    }

    public void Dispose()
    {
        Close();
        _json.Dispose();
    }

    /// <summary>Somebody else may have made files in the folder until now; those of this log come after them.</summary>
    public void Renumber()
    {
        Rotate();
        _folder.Renumber();
    }

    private void WriteLine(in MappingRecord record)
    {
        Span<byte> text = stackalloc byte[32];
        _json.Reset(_lines);
        _json.WriteStartObject();
        new DateTime(record.Time, DateTimeKind.Utc).TryFormat(text, out var length, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
        _json.WriteString("time"u8, text[..length]);
        if (record.IsOfLimit) WriteLimit(record);
        else WriteMapping(record);
        _json.WriteEndObject();
        _json.Flush();
        _lines.Write("\n"u8);
    }

    private void WriteMapping(in MappingRecord record)
    {
        _json.WriteString("event"u8, record.Event == MappingEvent.Created ? "create"u8 : "delete"u8);
        WriteProtocol(record.Protocol);
        // Outside is what the world sees, whoever began: that is what a complaint names.
        WriteEndPoint("insideAddress"u8, "insidePort"u8, record.IsInbound ? record.TranslatedDestination : record.Source, record.IsInbound ? record.TranslatedDestinationPort : record.SourcePort);
        WriteEndPoint("outsideAddress"u8, "outsidePort"u8, record.IsInbound ? record.Destination : record.TranslatedSource, record.IsInbound ? record.DestinationPort : record.TranslatedSourcePort);
        if (_detail == JournalDetail.Sessions)
        {
            WriteEndPoint("peerAddress"u8, "peerPort"u8, record.IsInbound ? record.Source : record.Destination, record.IsInbound ? record.SourcePort : record.DestinationPort);
            _json.WriteString("openedFrom"u8, record.IsInbound ? "outside"u8 : "inside"u8);
        }
    }

    private void WriteLimit(in MappingRecord record)
    {
        _json.WriteString("event"u8, "quotaExceeded"u8);
        _json.WriteString("quota"u8, record.Event switch
        {
            MappingEvent.SubscriberSessionsExceeded => "subscriberSessions"u8,
            MappingEvent.SubscriberPortsExceeded => "subscriberPorts"u8,
            _ => "sessions"u8,
        });
        _json.WriteNumber("limit"u8, record.Limit);
        if (record.Event != MappingEvent.SessionsExceeded) WriteAddress("insideAddress"u8, record.Source);
    }

    private void WriteProtocol(byte protocol)
    {
        switch (protocol)
        {
            case Ipv4Header.Tcp: _json.WriteString("protocol"u8, "tcp"u8); break;
            case Ipv4Header.Udp: _json.WriteString("protocol"u8, "udp"u8); break;
            case Ipv4Header.Icmp: _json.WriteString("protocol"u8, "icmp"u8); break;
            default: _json.WriteNumber("protocol"u8, protocol); break;
        }
    }

    private void WriteEndPoint(ReadOnlySpan<byte> addressName, ReadOnlySpan<byte> portName, uint address, ushort port)
    {
        WriteAddress(addressName, address);
        _json.WriteNumber(portName, port);
    }

    private void WriteAddress(ReadOnlySpan<byte> name, uint address)
    {
        Span<byte> text = stackalloc byte[16];
        Utf8.TryWrite(text, $"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}", out var length);
        _json.WriteString(name, text[..length]);
    }

    private void Flush()
    {
        if (_records == 0) return;
        try
        {
            if (_file is null) Open();
            RandomAccess.Write(_file!.SafeFileHandle, _lines.WrittenSpan, _length);
            _length += _lines.WrittenCount;
            Counts.Keep(_records);
            if (_length >= (long)_configuration.RotateMebibytes << 20) Rotate();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Counts.Lose(_records);
            _losses.Lose(exception.Message, _records);
            CutOff();
        }

        _lines.ResetWrittenCount();
        _records = 0;
    }

    private void CutOff()
    {
        try
        {
            if (_file is { } file) RandomAccess.SetLength(file.SafeFileHandle, _length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Close();
        }
    }

    private void Open()
    {
        _file = _folder.Create(_time.GetUtcNow());
        (_length, _openedAt) = (0, _time.GetTimestamp());
    }

    private void Rotate()
    {
        Close();
        _hasRotated = true;
    }

    private void Close()
    {
        if (_file is not { } file) return;
        _file = null;
        try
        {
            // Its age counts from here, by the clock that purges it.
            if (_length > 0) File.SetLastWriteTimeUtc(file.SafeFileHandle, _time.GetUtcNow().UtcDateTime);
            else File.Delete(file.Name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has the time of its last record then.
        }

        file.Dispose();
    }

    private void Purge(string? current)
    {
        (_purgedAt, _hasRotated) = (_time.GetTimestamp(), false);
        var gone = _folder.Purge(_time.GetUtcNow(), current);
        Volatile.Write(ref _purged, _purged + gone);
    }
}
