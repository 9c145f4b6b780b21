using Support;

namespace Simulation;

public sealed class ExpiryTest
{
    private const int Million = 1_000_000, MostATurn = 33;

    /// <summary>However many sessions end in one second, a turn ends no more than 32 of them and one for each frame that it forwards.</summary>
    [Fact]
    public void A_million_sessions_that_end_at_once_hold_up_no_turn()
    {
        using var traffic = new Traffic(1_048_576);
        var datagram = new Datagram(traffic.RouterMac);
        for (int i = 0; i < Million; i++)
        {
            Send(traffic, datagram, i);
            if (i % Traffic.Batch == Traffic.Batch - 1)
                traffic.Turn();
        }

        traffic.Turn();
        Assert.Equal(Million, traffic.Sessions);

        // The neighbours are forgotten in so long a time.
        traffic.Advance(302_000);
        traffic.Introduce();
        int turns = 0, before = traffic.Sessions;
        long forwarded = traffic.Forwarded;
        for (; traffic.Sessions > 1 && turns < 20 * Million / MostATurn; turns++)
        {
            Send(traffic, datagram, Million);
            traffic.Turn();
            Assert.InRange(before - traffic.Sessions, -1, MostATurn);
            before = traffic.Sessions;
            traffic.Advance(1);
        }

        Assert.Equal(1, traffic.Sessions);
        Assert.InRange(turns, Million / MostATurn, int.MaxValue);
        Assert.Equal(turns, traffic.Forwarded - forwarded);
    }

    /// <summary>A lonely frame leaves what is due to a turn without frames. Where none comes, it is looked at all the same.</summary>
    [Fact]
    public void Lonely_frames_do_not_keep_a_session_alive()
    {
        const int TimeOut = 300_000, Gap = 45, TimerStep = 1000, LongestUnswept = 50;
        using var traffic = new Traffic(4096);
        var datagram = new Datagram(traffic.RouterMac);
        Send(traffic, datagram, 0);
        traffic.Turn();
        traffic.Advance(TimeOut - TimerStep);
        traffic.Introduce();
        traffic.Turn();
        Assert.Equal(1, traffic.Sessions);
        int waited = 0;
        do
        {
            Send(traffic, datagram, 1);
            traffic.Turn();
            traffic.Advance(Gap);
            waited += Gap;
        }
        while (traffic.Sessions == 2 && waited < TimeOut);

        Assert.InRange(waited, TimerStep, TimerStep + LongestUnswept + 2 * Gap);
    }

    private static void Send(Traffic traffic, Datagram datagram, int number)
    {
        datagram.Set(datagram.Make(number % Traffic.Hosts, 10_000 + number / Traffic.Hosts % Traffic.PortsPerHost, number / (Traffic.Hosts * Traffic.PortsPerHost)));
        traffic.Inject(datagram.Bytes);
    }
}
