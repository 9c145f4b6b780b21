using Router.Configuration;
using Support;
using static Support.Frames.Tcp;

namespace Simulation;

/// <summary>What other threads ask of the loop.</summary>
public sealed class QuestionsTest
{
    [Fact]
    public async Task A_question_that_fails_is_its_askers_alone()
    {
        using var router = new TestRouter(TestConfiguration.With(PhaseMode.Monitor));
        router.Host("lan", "192.168.25.10");
        router.Host("wan", "203.0.113.25");
        List<Exception> told = [];

        Task<int> failed = router.Ask<int>(() => throw new FormatException("a mistake"), told.Add);
        Task<int> answered = router.Ask(() => router.Path.Sessions.Count);

        var seen = await Assert.ThrowsAsync<InvalidOperationException>(() => failed);
        Assert.Contains("a mistake", seen.Message, StringComparison.Ordinal);
        Assert.IsType<FormatException>(Assert.Single(told));
        Assert.Equal(0, await answered);
        router.Receive("lan", Frames.TcpSegment("192.168.25.10", 40000, "203.0.113.25", 587, router.Interface("lan").Mac, Syn));
        AssertPacket.That(router.SentOne("wan")).FromTo("203.0.113.2", "203.0.113.25");
    }
}
