using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using Router.Names;
using Router.Op25b;

namespace Unit.Names;

public sealed class NameResolverTest
{
    private readonly ObservedTime _time = new();
    private readonly BlockingCollection<(ResolvedHost Known, bool ChangedFailure)> _known = [];
    private NameAnswer _answer = new([IPAddress.Parse("192.0.2.1")], TimeSpan.FromSeconds(300));

    [Fact]
    public async Task It_asks_again_when_the_TTL_is_over_and_tells_each_time_it_fails_or_comes_back()
    {
        using var end = new CancellationTokenSource();
        var asked = new ConcurrentQueue<(string, bool)>();
        Task<NameAnswer> Ask(string name, bool ipv6, CancellationToken cancellation)
        {
            asked.Enqueue((name, ipv6));
            return Task.FromResult(ipv6 ? new NameAnswer([], TimeSpan.Zero) { Failure = _answer.Failure } : _answer);
        }

        var resolver = new NameResolver(3, "mail.seikyou.example", new NameHistory(), Ask, _time, (host, known, changed) =>
        {
            Assert.Equal(3, host);
            _known.Add((known, changed));
        });
        var running = resolver.RunAsync(end.Token);
        Assert.Equal((1, (string?)null, false), Next());
        Assert.Equal([("mail.seikyou.example", false), ("mail.seikyou.example", true)], asked);

        _time.Advance(TimeSpan.FromSeconds(299));
        Assert.Empty(_known);
        _answer = NameAnswer.Failed("timed out");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((1, "timed out", true), Next());
        _time.Advance(NameHistory.RetryAfterFailure);
        Assert.Equal((1, "timed out", false), Next());
        _answer = new([IPAddress.Parse("192.0.2.2")], TimeSpan.Zero);
        _time.Advance(NameHistory.RetryAfterFailure);
        Assert.Equal((2, null, true), Next());

        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private (int Addresses, string? Failure, bool Changed) Next()
    {
        var (known, changed) = _known.Take(TestContext.Current.CancellationToken);
        _time.Timers.Wait(TestContext.Current.CancellationToken);
        return (known.Addresses.Count, known.Failure, changed);
    }

    /// <summary>Virtual time that tells when somebody waits for it.</summary>
    private sealed class ObservedTime() : FakeTimeProvider(new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero))
    {
        public SemaphoreSlim Timers { get; } = new(0);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            Timers.Release();
            return timer;
        }
    }
}
