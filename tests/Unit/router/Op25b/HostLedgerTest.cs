using Router.Op25b;
using Router.Packets;
using Router.Sessions;
using Router.Wire;
using Support;
using Tests.Packets;

namespace Tests.Op25b;

/// <summary>F20: what is remembered of hosts is bounded, whatever is thrown at it.</summary>
public sealed class HostLedgerTest
{
    private const long Start = 1_000_000_000;
    private const uint Client = 0xC0A8190A, Remote = 0xCB007119;

    private static readonly Interface Lan = new Network()["lan"];

    private readonly HostLedger _hosts = new(64, new HashSet<IpAddress> { Network.Address("192.168.25.20") }, new KeyedHash(new SeededRandom(1)));

    [Fact]
    public void Attempts_and_what_became_of_them_are_the_hosts()
    {
        Attempt(Client, Remote, Start, Op25bOutcome.Monitored);
        Attempt(Client, Remote, Start + 1000, Op25bOutcome.Limited);
        Attempt(Client, Remote + 1, Start + 2000, Op25bOutcome.Blocked);
        Attempt(Client + 1, Remote, Start, Op25bOutcome.Blocked);
        ref HostRecord record = ref RecordOf(Client);
        Assert.Equal((3u, 1u, 1u, 1u, 1u), (record.Attempts, record.Monitored, record.Limited, record.Blocked, record.Repeats));
        Assert.Equal((Start, Start + 2000, 2), (record.First, record.Last, record.TriedDestinations.Length));
        Assert.False(record.ReceivesMail);
        Attempt(0xC0A81914, Remote, Start);
        Assert.True(RecordOf(0xC0A81914).ReceivesMail);
    }

    [Fact]
    public void A_destination_tried_again_after_half_an_hour_is_a_queues()
    {
        Attempt(Client, Remote, Start);
        Attempt(Client, Remote, Start + 5 * 60_000);
        Attempt(Client, Remote, Start + 35 * 60_000);
        Assert.Equal((2u, 1u), (RecordOf(Client).Repeats, RecordOf(Client).LongRepeats));
    }

    [Fact]
    public void More_destinations_than_places_keep_where_mail_is_read()
    {
        Attempt(Client, Remote, Start);
        RecordOf(Client).UsesMailOf(IpAddress.FromIpv4(Remote));
        for (uint i = 1; i < 1000; i++)
            Attempt(Client, Remote + i, Start + i);
        ref HostRecord record = ref RecordOf(Client);
        Assert.Equal(HostRecord.MostDestinations, record.TriedDestinations.Length);
        Assert.Contains(record.TriedDestinations.ToArray(), destination => destination.Address == IpAddress.FromIpv4(Remote) && destination.IsMailProvider);
        Assert.Contains(record.TriedDestinations.ToArray(), destination => destination.Address == IpAddress.FromIpv4(Remote + 999));
        Assert.Equal(1000u, record.Attempts);
    }

    [Fact]
    public void A_flood_of_sources_does_not_make_it_grow_or_forget_who_tries_a_lot()
    {
        for (uint i = 0; i < 5; i++)
            Attempt(Client, Remote, Start + i);
        var allocated = new long[5];

        // On a thread of its own, which has allocated nothing. A collection that another test makes meanwhile takes what is left of this thread's buffer, and that counts: so four of five parts are exact.
        var flood = new Thread(() =>
        {
            for (uint part = 0; part < 5; part++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (uint i = 0; i < 200_000; i++)
                    Attempt(0x0A000000 + part * 200_000 + i, Remote, Start + 10);
                allocated[part] = GC.GetAllocatedBytesForCurrentThread() - before;
            }
        });
        flood.Start();
        flood.Join();
        Assert.InRange(allocated.Count(bytes => bytes != 0), 0, 1);
        Assert.Equal(64, _hosts.Records.Length);
        Assert.Equal(5u, RecordOf(Client).Attempts);
    }

    [Fact]
    public void A_quiet_hour_ends_what_counted_toward_an_alarm()
    {
        long now = Start;
        for (uint i = 0; i < 200; i++)
            Attempt(Client, Remote + i, now += 50);
        Assert.NotNull(HostSigns.Of(ref RecordOf(Client), now).Rate);
        Attempt(Client, Remote, now += 3_600_000);
        Assert.Null(HostSigns.Of(ref RecordOf(Client), now).Rate);
        Assert.Equal(0, HostSigns.Of(ref RecordOf(Client), now).WideWindows);
    }

    [Fact]
    public void An_IPv6_prefix_is_one_host()
    {
        _hosts.UnaskedReply(new Packet(Lan, [], frame: null) { RealDestination = Network.Address("2001:db8:25:1::1"), Source = Network.Address("2001:db8::25") }, Start);
        _hosts.UnaskedReply(new Packet(Lan, [], frame: null) { RealDestination = Network.Address("2001:db8:25:1:2::2"), Source = Network.Address("2001:db8::25") }, Start);
        Assert.Equal(2u, _hosts.Records[_hosts.Find(Network.Address("2001:db8:25:1::9"))].Unasked);
    }

    private ref HostRecord RecordOf(uint host) => ref _hosts.Records[_hosts.Find(IpAddress.FromIpv4(host))];

    private void Attempt(uint source, uint destination, long now, Op25bOutcome outcome = Op25bOutcome.Blocked) => _hosts.Attempt(
        new Packet(Lan, [], frame: null) { Source = IpAddress.FromIpv4(source), Destination = IpAddress.FromIpv4(destination), Op25b = outcome }, now);
}
