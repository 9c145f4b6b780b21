using System.Runtime.CompilerServices;
using Router.Packets;
using Router.Wire;
using TapDev;

namespace Router.Sessions;

/// <summary>
/// Fetches the sessions of a batch's later frames into the cache while earlier ones are forwarded, for where many sessions live each of them is two waits for memory:
/// the index slot, then the record. It only guesses by the addresses and ports, decides nothing, and the look-up that follows does not know of it.
/// </summary>
internal sealed class SessionPrefetcher(SessionTable sessions)
{
    /// <summary>Fewer sessions are in the cache anyway.</summary>
    private const int Worthwhile = 4096;

    // How many frames ahead. A slot has to be there when its record is fetched, and the record when its frame is forwarded.
    private const int SlotsAhead = 8, RecordsAhead = 4;

    private Hashes _hashes;
    private Frame? _ahead;
    private uint _hashed, _fetched;

    /// <summary>A batch begins.</summary>
    public void Begin(Frame first)
    {
        _ahead = sessions.Count < Worthwhile ? null : first;
        _hashed = _fetched = 0;
        for (int i = 0; i < SlotsAhead && _ahead is not null; i++)
            FetchSlot();
        for (int i = 0; i < RecordsAhead && _fetched < _hashed; i++)
            FetchRecord();
    }

    /// <summary>One of its frames will be forwarded now, before it is handed on.</summary>
    public void Advance()
    {
        if (_fetched < _hashed)
            FetchRecord();
        if (_ahead is not null)
            FetchSlot();
    }

    private void FetchSlot()
    {
        uint hash = TryRead(_ahead!.Bytes, out FlowKey key) ? sessions.PrefetchSlot(key) : 0;
        _hashes[(int)(_hashed++ % SlotsAhead)] = hash;
        _ahead = _ahead.NextInBatch;
    }

    private void FetchRecord() => sessions.PrefetchRecord(_hashes[(int)(_fetched++ % SlotsAhead)]);

    /// <summary>The tuple of most packets: TCP or UDP right behind a header without options.</summary>
    private static bool TryRead(ReadOnlySpan<byte> frame, out FlowKey key)
    {
        const int Ipv4Start = Packet.NetworkOffset, Ipv4Protocol = Ipv4Start + 9, Ipv4Source = Ipv4Start + 12, Ipv4Destination = Ipv4Start + 16, Ipv4Ports = Ipv4Start + 20;
        const int Ipv6Protocol = Ipv4Start + 6, Ipv6Source = Ipv4Start + 8, Ipv6Destination = Ipv4Start + 24, Ipv6Ports = Ipv4Start + 40;
        const byte VersionAndLength = 0x45, Version6 = 6;
        key = default;
        if (frame.Length >= Ipv4Ports + Ports.Size && frame[Ipv4Start] == VersionAndLength && frame[Ipv4Protocol] is (Ipv4Header.Udp or Ipv4Header.Tcp))
        {
            key = new FlowKey(IpAddress.ReadIpv4(frame[Ipv4Source..]), Ports.Source(frame[Ipv4Ports..]), IpAddress.ReadIpv4(frame[Ipv4Destination..]), Ports.Destination(frame[Ipv4Ports..]),
                frame[Ipv4Protocol], zone: 0);
            return true;
        }

        if (frame.Length < Ipv6Ports + Ports.Size || frame[Ipv4Start] >> 4 != Version6 || frame[Ipv6Protocol] is not (Ipv4Header.Udp or Ipv4Header.Tcp))
            return false;
        key = new FlowKey(IpAddress.ReadIpv6(frame[Ipv6Source..]), Ports.Source(frame[Ipv6Ports..]), IpAddress.ReadIpv6(frame[Ipv6Destination..]), Ports.Destination(frame[Ipv6Ports..]),
            frame[Ipv6Protocol], zone: 0);
        return true;
    }

    [InlineArray(SlotsAhead)]
    private struct Hashes
    {
        private uint _first;
    }
}
