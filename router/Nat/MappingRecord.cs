using System.Runtime.InteropServices;

namespace Router.Nat;

/// <summary>What the mapping log is about.</summary>
internal enum JournalDetail
{
    /// <summary>One record when an inside endpoint gets an outside one, and one when it loses it: no destinations (RFC 6888 REQ-12).</summary>
    Mappings,

    /// <summary>The same for each translated session, with both of its ends.</summary>
    Sessions,
}

internal enum MappingEvent : byte
{
    Created,
    Deleted,

    /// <summary>A subscriber has as many sessions as it may; another one was refused.</summary>
    SubscriberSessionsExceeded,

    /// <summary>A subscriber has as many outside ports as it may.</summary>
    SubscriberPortsExceeded,

    /// <summary>The session table is full, or the half of it for sessions from outside.</summary>
    SessionsExceeded,
}

/// <summary>
/// A mapping, or a translated session, that began or ended: the source as it is inside and as the peer sees it, and of a session the destination as its opener names it and as it
/// really is. Addresses are IPv4 in host order; a protocol without ports has zeros. Or a limit that refused a session: its subscriber as the source, and the limit.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MappingRecord
{
    /// <summary>UTC, in ticks.</summary>
    public long Time;

    public uint Source, TranslatedSource, Destination, TranslatedDestination;
    public ushort SourcePort, TranslatedSourcePort, DestinationPort, TranslatedDestinationPort;
    public byte Protocol;
    public MappingEvent Event;

    /// <summary>How many the limit allows, in a record of one.</summary>
    public uint Limit;

    public readonly bool IsOfLimit => Event > MappingEvent.Deleted;

    /// <summary>A session that was opened to an inside host by an outside endpoint: its destination alone is translated.</summary>
    public readonly bool IsInbound => Source == TranslatedSource && SourcePort == TranslatedSourcePort;
}
