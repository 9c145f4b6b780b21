using Router.Nat;
using Router.Packets;
using Router.Sessions;
using Router.Wire;
using Support;

namespace Tests.Nat;

public sealed class SubscriberTableTest
{
    private static readonly IpAddress Host = IpAddress.FromIpv4(0xC0A81901), Other = IpAddress.FromIpv4(0xC0A81902);

    [Fact]
    public void A_host_has_as_many_sessions_as_the_quota_says_and_half_of_them_by_others()
    {
        SubscriberTable table = Make(new Quotas(Ports: 2, Sessions: 4, CreationsPerSecond: 0));
        table.SessionOpened(Host, now: 0);
        Assert.Equal(Verdict.Continue, table.Check(Host, isOpenedByHost: false, now: 0));
        table.SessionOpened(Host, now: 0);
        Assert.Equal(DropReason.SessionQuotaExceeded, table.Check(Host, isOpenedByHost: false, now: 0).Reason);
        table.SessionOpened(Host, now: 0);
        Assert.Equal(Verdict.Continue, table.Check(Host, isOpenedByHost: true, now: 0));
        table.SessionOpened(Host, now: 0);
        Assert.Equal(DropReason.SessionQuotaExceeded, table.Check(Host, isOpenedByHost: true, now: 0).Reason);
        Assert.Equal(Verdict.Continue, table.Check(Other, isOpenedByHost: true, now: 0));
        table.SessionEnded(Host);
        Assert.Equal(Verdict.Continue, table.Check(Host, isOpenedByHost: true, now: 0));
    }

    [Fact]
    public void A_host_opens_as_many_in_a_second_as_the_quota_says()
    {
        SubscriberTable table = Make(new Quotas(Ports: 9, Sessions: 9, CreationsPerSecond: 2));
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(Verdict.Continue, table.Check(Host, isOpenedByHost: true, now: 0));
            table.SessionOpened(Host, now: 0);
        }

        Assert.Equal(DropReason.CreationRateExceeded, table.Check(Host, isOpenedByHost: true, now: 499).Reason);
        Assert.Equal(Verdict.Continue, table.Check(Host, isOpenedByHost: false, now: 499));
        Assert.Equal(Verdict.Continue, table.Check(Host, isOpenedByHost: true, now: 500));
    }

    [Fact]
    public void A_host_is_forgotten_with_its_last_session_and_port_and_the_table_has_room_again()
    {
        SubscriberTable table = Make(new Quotas(Ports: 1, Sessions: 9, CreationsPerSecond: 0), capacity: 1);
        table.SessionOpened(Host, now: 0);
        table.PortTaken(Host);
        Assert.False(table.MayTakePort(Host));
        Assert.True(table.MayTakePort(Other));
        Assert.Equal(DropReason.SessionTableFull, table.Check(Other, isOpenedByHost: true, now: 0).Reason);
        table.SessionEnded(Host);
        Assert.Equal((1, 0, 1), (table.Count, table.SessionsOf(Host), table.PortsOf(Host)));
        table.PortReturned(Host);
        Assert.Equal(0, table.Count);
        table.SessionOpened(Other, now: 0);
        Assert.Equal((1, 1, 0), (table.Count, table.SessionsOf(Other), table.PortsOf(Other)));
    }

    private static SubscriberTable Make(Quotas quotas, int capacity = 8) => new(quotas, capacity, new KeyedHash(new SeededRandom(5)));
}
