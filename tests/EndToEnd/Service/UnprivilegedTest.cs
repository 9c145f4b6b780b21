using System.Text.RegularExpressions;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>The router needs no capability where root has made its TAPs (ADR 53).</summary>
public sealed class UnprivilegedTest
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Without_a_capability_it_forwards_on_taps_that_root_made_and_leaves_them_there()
    {
        await using var lab = await ServiceLab.CreateAsync();
        var made = await lab.AsRootAsync("taps", "--create", "--user", ServiceLab.User);
        Assert.True(made.ExitCode == 0, $"{made}");
        await lab.StartAsync();

        var status = await lab.ProcessStatusAsync();
        foreach (var set in new[] { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" })
            Assert.Matches($@"{set}:\s+0+\n", status);
        Assert.Matches($@"Uid:(\s+{ServiceLab.User}){{4}}", status);
        foreach (var to in new[] { Topology.External, Topology.External6 })
            await Eventually.TrueAsync(async () => (await Network.PingAsync(lab.Client, to)).ExitCode == 0, Soon, () => $"the client reaches {to}\n{lab.Said}");
        Assert.Matches("(IoUring|Epoll).*; nice level 0\n", (await lab.AskAsync("status")).Output);
        Assert.Contains("stays at nice level 0", lab.Said, StringComparison.Ordinal);

        await lab.StopAsync();
        Assert.True((await lab.Router.RunAsync(["ip", "link", "show", Topology.LanTap])).ExitCode == 0, "the TAP has gone with the router");
        Assert.Contains($"{Topology.LanTap} (lan): removed", (await lab.AsRootAsync("taps", "--remove")).Output, StringComparison.Ordinal);
        Assert.NotEqual(0, (await lab.Router.RunAsync(["ip", "link", "show", Topology.LanTap])).ExitCode);
        Assert.Contains($"{Topology.LanTap} (lan): absent", (await lab.AsRootAsync("taps", "--remove")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ip tuntap del op25b-lan mode tap", "op25b-lan may not be made or taken")]
    [InlineData("ip link set op25b-lan mtu 1400", "takes no MTU of 1500 .*that takes CAP_NET_ADMIN")]
    [InlineData("ip link set op25b-lan nomaster", "cannot be a port of the bridge br-lan .*that takes CAP_NET_ADMIN")]
    [InlineData("ip link set op25b-lan down", "cannot be brought up .*that takes CAP_NET_ADMIN")]
    public async Task What_root_did_not_do_is_one_line(string undo, string complaint)
    {
        await using var lab = await ServiceLab.CreateAsync();
        Assert.Equal(0, (await lab.AsRootAsync("taps", "--create", "--user", ServiceLab.User)).ExitCode);
        await lab.Router.ShellAsync(undo.Replace("op25b-lan", Topology.LanTap, StringComparison.Ordinal));

        var end = await lab.Router.RunAsync(lab.Unprivileged([.. ServiceLab.WithoutCapabilities, UserspaceRouter.Binary, "run", "--config", lab.Configuration]), Soon);

        Assert.Equal(1, end.ExitCode);
        Assert.Matches(new Regex(complaint.Replace("op25b-lan", Topology.LanTap, StringComparison.Ordinal), RegexOptions.None, TimeSpan.FromSeconds(1)), Assert.Single(end.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }
}
