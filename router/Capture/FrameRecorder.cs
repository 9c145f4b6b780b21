using Router.Packets;
using Router.Sessions;
using Router.Wire;
using TapDev;

namespace Router.Capture;

/// <summary>
/// Sees every frame's end for the captures that run, and copies what they ask for into their rings, with the facts that a comment is made of.
/// <para>Theory of operation. A packet in transit is rewritten in place, so its headers are kept aside before that; behind them the bytes stay what they were. Its two records are written
/// between rewrite and queue, the last moment at which it is whole, and published when the queue has taken it. Of everything else there is one record, written with the verdict. What waits has no
/// end yet: its record is made when it sets out again. While no capture runs, all of this is one test of <see cref="IsOn"/> a frame.</para>
/// </summary>
internal sealed class FrameRecorder(SessionTable sessions, WriteAccounts accounts)
{
    /// <summary>Captures at once.</summary>
    public const int Most = 4;

    /// <summary>Behind the transport header's beginning a rewrite reaches no further: TCP with options, or an ICMP error's quote of one.</summary>
    private const int RewrittenTransport = 192;

    private byte[] _kept = [];
    private Recording[] _recordings = [];
    private long _time, _packet;
    private short _phase;
    private int _keptLength;
    private bool _isPending;

    public bool IsOn { get; private set; }

    /// <summary>How many other configurations came into force before: numbers in records mean what they mean there.</summary>
    public int Configuration { get; set; }

    /// <summary>False where as many run as may.</summary>
    public bool TryAttach(Recording recording)
    {
        if (_recordings.Length == Most)
            return false;
        if (_kept.Length == 0)
            _kept = new byte[VirtioHeader.Size + ushort.MaxValue + RewrittenTransport];
        Use([.. _recordings, recording]);
        return true;
    }

    public void Detach(Recording recording) => Use([.. _recordings.Where(other => other != recording)]);

    /// <summary>A turn begins, at a time in ticks of UTC, while a phase rules.</summary>
    public void BeginTurn(long time, int phase) => (_time, _phase) = (time, (short)phase);

    /// <summary>Sends the packet as the departure would, and sees it before and after its rewrite.</summary>
    public Verdict Send(ref Packet packet, Departure departure, MacAddress nextHop)
    {
        Verdict verdict = Departure.CheckEgress(packet);
        if (verdict.IsFinal)
            return verdict;
        See(packet);
        bool isInPieces = departure.Rewrite(ref packet, nextHop);
        bool isTaken = Write(packet, isInPieces);
        verdict = Departure.Enqueue(packet, isInPieces);
        if (verdict.Outcome == Outcome.Forwarded)
            Publish(packet.Egress!.Index, isTaken);
        else
            _isPending = true;
        return verdict;
    }

    /// <summary>The packet will leave, and its bytes are as they arrived for the last time.</summary>
    private void See(in Packet packet)
    {
        _keptLength = Math.Min(packet.Bytes.Length, Math.Min(packet.TransportOffset + RewrittenTransport, _kept.Length));
        packet.Bytes[.._keptLength].CopyTo(_kept);
        ReadOnlySpan<byte> frame = packet.Bytes[VirtioHeader.Size..];
        foreach (Recording recording in _recordings)
            recording.Begin(frame);
    }

    /// <summary>It was rewritten, and is about to be queued, whole or in pieces: which may fail, and uses its bytes up. False where no capture takes it.</summary>
    private bool Write(in Packet packet, bool isInPieces)
    {
        bool isTaken = false;
        foreach (Recording recording in _recordings)
        {
            recording.See(packet.Ingress.Index);

            // Whoever asks for an outside address means the packets that get it here, too.
            recording.Matched = (!recording.DropsOnly || isInPieces) && (recording.Matched || packet.IsTranslated && recording.MatchesRewritten(packet.Bytes[VirtioHeader.Size..]));
            isTaken |= recording.Matched;
        }

        _packet++;
        if (isTaken)
            WriteBoth(packet);
        return isTaken;
    }

    private void WriteBoth(in Packet packet)
    {
        RecordHeader header = Describe(packet, Verdict.Forwarded);
        header.Packet = _packet;
        int headers = FrameHeaders.LengthOf(packet);
        ReadOnlySpan<byte> kept = _kept.AsSpan(VirtioHeader.Size, _keptLength - VirtioHeader.Size), rest = packet.Bytes[_keptLength..], frame = packet.Bytes[VirtioHeader.Size..];
        foreach (Recording recording in _recordings)
        {
            if (!recording.Matched)
                continue;
            (header.Kind, header.Interface) = (RecordKind.Arrived, header.Ingress);
            recording.Write(ref header, kept, rest, headers);
            if (recording.DropsOnly)
                continue;
            (header.Kind, header.Interface) = (RecordKind.Left, header.Egress);
            recording.Write(ref header, frame, [], headers);
        }
    }

    /// <summary>The end of a packet that does not leave.</summary>
    public void Conclude(in Packet packet, Verdict verdict)
    {
        if (_isPending)
        {
            _isPending = false;
            foreach (Recording recording in _recordings)
                recording.Ring.KeepFirst(verdict);
            return;
        }

        _packet++;
        RecordHeader header = default;
        bool isDescribed = false;
        foreach (Recording recording in _recordings)
        {
            recording.See(packet.Ingress.Index);
            ReadOnlySpan<byte> frame = packet.Bytes[VirtioHeader.Size..];
            if (recording.DropsOnly && verdict.Outcome != Outcome.Dropped || !recording.Matches(frame))
                continue;
            if (!isDescribed)
            {
                header = Describe(packet, verdict);
                (header.Packet, header.Kind, header.Interface, header.Egress) = (_packet, RecordKind.Arrived, header.Ingress, -1);
                isDescribed = true;
            }

            recording.Write(ref header, frame, [], FrameHeaders.LengthOf(packet));
            recording.Ring.Publish();
        }
    }

    private void Publish(int egress, bool isTaken)
    {
        foreach (Recording recording in _recordings)
        {
            recording.See(egress);
            if (!isTaken)
                continue;
            if (recording.DropsOnly)
                recording.Ring.TakeBack();
            else
                recording.Ring.Publish();
        }
    }

    /// <summary>A frame of the router's own left. Pieces of a packet in transit are none.</summary>
    private void Said(Interface egress, ReadOnlySpan<byte> headerAndFrame)
    {
        var header = new RecordHeader
        {
            Time = _time,
            Packet = ++_packet,
            Kind = RecordKind.Said,
            Interface = (short)egress.Index,
            Ingress = -1,
            Egress = (short)egress.Index,
            Session = Packet.NoSession,
        };
        ReadOnlySpan<byte> frame = headerAndFrame[VirtioHeader.Size..];
        foreach (Recording recording in _recordings)
        {
            recording.See(egress.Index);
            if (recording.DropsOnly || !recording.Matches(frame))
                continue;
            recording.Write(ref header, frame, [], FrameHeaders.LengthOf(frame));
            recording.Ring.Publish();
        }
    }

    private RecordHeader Describe(in Packet packet, Verdict verdict)
    {
        bool hasSession = packet.Session >= 0;
        return new RecordHeader
        {
            Time = _time,
            Ingress = (short)packet.Ingress.Index,
            Egress = (short)(packet.Egress?.Index ?? -1),
            Outcome = verdict.Outcome,
            Reason = verdict.Reason,
            Op25b = packet.Op25b,
            Entry = packet.Entry,
            Group = (short)packet.Group,
            Phase = _phase,
            Configuration = Configuration,
            Session = packet.Session,
            Direction = packet.Direction,
            State = hasSession ? sessions[packet.Session].State : SessionState.Free,
            NeedsChecksum = packet.NeedsChecksum,
            IsParsed = packet.Protocol != 0 || !packet.Source.IsUnspecified,
            IsTranslated = packet.IsTranslated,
            HasWaited = packet.HasWaited,
            TransportOffset = packet.TransportOffset - VirtioHeader.Size,
            Flow = FlowKey.Of(packet),
            Rewritten = new FlowKey(packet.RealSource, packet.RealSourcePort, packet.RealDestination, packet.RealDestinationPort, packet.Protocol, zone: 0),
        };
    }

    private void Use(Recording[] recordings)
    {
        _recordings = recordings;
        IsOn = recordings.Length > 0;
        _isPending = false;
        accounts.GeneratedSent = IsOn ? Said : null;
    }
}
