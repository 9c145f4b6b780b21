using CsCheck;
using Router.Op25b;
using Router.Wire;
using Tests.Packets;

namespace Tests.Op25b;

public sealed class Op25bPolicyTest
{
    private const long Notice = 1_204_556_400_000, CutOver = 1_207_015_200_000;

    private static readonly Op25bPolicy Policy = new(
        [
            new Group("dynamic", IsExempt: false, [Prefix("192.168.25.0", 24), Prefix("2001:db8:25:1::", 64)]),
            new Group("fixed-ip", IsExempt: true, [Prefix("192.168.25.200", 32)]),
            new Group("campus", IsExempt: false, [Prefix("192.168.0.0", 16)]),
        ],
        [Network.Address("198.51.100.25"), Network.Address("2001:db8:25:2::25")],
        [new Phase("op25b", CutOver, Mode.Block, BlockAction.Icmp), new Phase("notice", Notice, Mode.Monitor, BlockAction.Drop)]);

    [Theory]
    [InlineData(Notice - 1, "none", "Off")]
    [InlineData(Notice, "notice", "Monitor")]
    [InlineData(CutOver - 1, "notice", "Monitor")]
    [InlineData(CutOver, "op25b", "Block")]
    [InlineData(long.MaxValue, "op25b", "Block")]
    public void A_phase_rules_from_its_start_to_the_millisecond(long at, string name, string mode)
    {
        int phase = Policy.PhaseAt(at);
        Assert.Equal((name, mode), (phase == Op25bPolicy.NoPhase ? "none" : Policy.Phases[phase].Name, Policy.ModeOf(phase).ToString()));
    }

    [Fact]
    public void The_phase_in_force_is_the_last_one_that_began() =>
        Gen.Select(Gen.Long[0, 100].Array[0, 8], Gen.Long[0, 100]).Sample((starts, at) =>
            new Op25bPolicy([], [], [.. starts.Select(from => new Phase("p", from, Mode.Block, BlockAction.Drop))]).PhaseAt(at) == starts.Count(from => from <= at) - 1);

    /// <summary>Whoever looks again at that moment, and not before, misses nothing.</summary>
    [Fact]
    public void Nothing_changes_before_the_next_change_and_something_does_then() =>
        Gen.Select(Gen.Select(Gen.Long[0, 100], Gen.Long[0, 50]).Array[0, 6], Gen.Long[-1, 120]).Sample((phases, at) =>
        {
            var policy = new Op25bPolicy([], [], [.. phases.Select(phase => new Phase("p", phase.Item1, Mode.Block, BlockAction.Drop) { Drain = phase.Item2 })]);
            (int, bool) StateAt(long moment) => policy.PhaseAt(moment) is var phase && phase == Op25bPolicy.NoPhase ? (phase, false) : (phase, policy.Phases[phase].DrainsAt(moment));
            long change = policy.NextChange(at), last = Math.Min(change, 200) - 1;
            for (long moment = at; moment <= last; moment++)
                Assert.Equal(StateAt(at), StateAt(moment));
            Assert.True(change == long.MaxValue || StateAt(change) != StateAt(at));
        });

    [Theory]
    [InlineData("192.168.25.10", "dynamic")]
    [InlineData("192.168.25.200", "fixed-ip")]
    [InlineData("192.168.26.1", "campus")]
    [InlineData("10.0.0.1", "ungrouped")]
    [InlineData("2001:db8:25:1::10", "dynamic")]
    [InlineData("2001:db8:25:9::10", "ungrouped")]
    public void The_longest_prefix_says_which_group_a_source_is_in(string source, string group) =>
        Assert.Equal(group, Policy.Groups[Policy.GroupOf(Network.Address(source))].Name);

    [Theory]
    [InlineData("192.168.25.10", "203.0.113.25", "203.0.113.25", "NotConcerned", "Monitored", "Blocked")]
    [InlineData("192.168.25.200", "203.0.113.25", "203.0.113.25", "AllowedExempt", "AllowedExempt", "AllowedExempt")]
    [InlineData("10.0.0.1", "203.0.113.25", "203.0.113.25", "NotConcerned", "Monitored", "Blocked")]
    [InlineData("192.168.25.10", "198.51.100.25", "198.51.100.25", "AllowedOwn", "AllowedOwn", "AllowedOwn")]
    [InlineData("192.168.25.10", "203.0.113.2", "198.51.100.25", "AllowedOwn", "AllowedOwn", "AllowedOwn")]
    [InlineData("198.51.100.25", "203.0.113.25", "203.0.113.25", "AllowedOwn", "AllowedOwn", "AllowedOwn")]
    [InlineData("2001:db8:25:1::10", "2001:db8:25:2::25", "2001:db8:25:2::25", "AllowedOwn", "AllowedOwn", "AllowedOwn")]
    [InlineData("2001:db8:25:1::10", "2001:db8:25:3::25", "2001:db8:25:3::25", "NotConcerned", "Monitored", "Blocked")]
    public void Own_servers_and_exempt_sources_pass_and_the_others_go_by_the_mode(string source, string destination, string real, string off, string monitor, string block)
    {
        IpAddress from = Network.Address(source);
        Assert.Equal([off, monitor, block], new[] { Op25bPolicy.NoPhase, 0, 1 }.Select(phase =>
            Policy.Decide(Policy.GroupOf(from), from, Network.Address(destination), Network.Address(real), phase).ToString()));
    }

    /// <summary>F16: a phase may be about some destinations, and some groups; who is exempt or goes to an own server is counted all the same.</summary>
    [Theory]
    [InlineData("192.168.25.10", "203.0.113.26", "203.0.113.26", "Blocked")]
    [InlineData("192.168.25.10", "198.51.100.7", "203.0.113.26", "Blocked")]
    [InlineData("192.168.25.10", "203.0.113.25", "203.0.113.25", "NotConcerned")]
    [InlineData("10.0.0.1", "203.0.113.26", "203.0.113.26", "Blocked")]
    [InlineData("192.168.26.1", "203.0.113.26", "203.0.113.26", "NotConcerned")]
    [InlineData("192.168.25.200", "203.0.113.26", "203.0.113.26", "AllowedExempt")]
    [InlineData("192.168.25.10", "198.51.100.25", "198.51.100.25", "AllowedOwn")]
    [InlineData("2001:db8:25:1::10", "2001:db8:26::1", "2001:db8:26::1", "Blocked")]
    [InlineData("2001:db8:25:1::10", "2001:db8:27::1", "2001:db8:27::1", "NotConcerned")]
    public void A_phase_may_be_about_some_destinations_and_groups_only(string source, string destination, string real, string expected)
    {
        var policy = new Op25bPolicy(Policy.Groups.Take(3).ToList(), [Network.Address("198.51.100.25")],
            [new Phase("carriers", 0, Mode.Block, BlockAction.Icmp) { Only = [Prefix("203.0.113.26", 32), Prefix("2001:db8:26::", 48)], Groups = ["dynamic", "ungrouped"] }]);
        IpAddress from = Network.Address(source);
        Assert.Equal(expected, policy.Decide(policy.GroupOf(from), from, Network.Address(destination), Network.Address(real), phase: 0).ToString());
    }

    private static IpPrefix Prefix(string address, int length) => new(Network.Address(address), length);
}
