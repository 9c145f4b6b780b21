using System.Text.Json.Nodes;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>
/// What only real machines show, over vagrant/lab; the mail scenarios are <see cref="MailTest"/>'s, run against the machines too. vagrant/e2e.sh brings the machines up and
/// asks for these tests; elsewhere they are not run.
/// </summary>
[Collection(MailLab.Collection)]
public sealed class MachinesTest(MailLab lab) : IClassFixture<MailLab>, IAsyncLifetime
{
    readonly string _word = "w" + Guid.NewGuid().ToString("N");

    [Fact(Explicit = true)]
    public async Task Without_our_process_nothing_crosses_and_with_it_everything_does()
    {
        Assert.Equal("0", (await OnRouterAsync("sysctl", "-n", "net.ipv4.ip_forward")).Trim());
        Assert.Equal("0", (await OnRouterAsync("sysctl", "-n", "net.ipv6.conf.all.forwarding")).Trim());
        await AssertCrossesAsync(true);

        await OnRouterAsync("systemctl", "stop", "op25b-router");
        await AssertCrossesAsync(false);

        await OnRouterAsync("systemctl", "start", "op25b-router");
        await AssertReachesAsync("client", Topology.External);
        await AssertReachesAsync("phone", Topology.External6);
        await AssertCrossesAsync(true);
    }

    /// <summary>Debian 12 has kernel 6.1: io_uring, and no multishot reads of TAPs (6.7).</summary>
    [Fact(Explicit = true)]
    public async Task Status_names_the_back_end_of_the_machine_s_kernel()
    {
        var kernel = (await OnRouterAsync("uname", "-r")).Split('.');
        var hasMultishot = new Version(int.Parse(kernel[0]), int.Parse(kernel[1])) >= new Version(6, 7);
        var status = JsonNode.Parse(await MailLab.LabCheckedAsync("status", "--json"))!;
        Assert.Equal(-10, status["niceLevel"]!.GetValue<int>());
        Assert.Contains(hasMultishot ? "\"IoUringMultishot\"" : "\"IoUring\"", status.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public async Task After_a_reboot_the_service_is_there_by_itself()
    {
        await MailLab.LabCheckedAsync("reboot", "router");
        await AssertReachesAsync("client", Topology.External);
        await AssertReachesAsync("phone", Topology.External6);
        await AssertCrossesAsync(true);
        Assert.Equal("active", (await OnRouterAsync("systemctl", "is-active", "op25b-router")).Trim());
        Assert.NotEmpty((await MailLab.MetricsAsync()).Interfaces);
        await AssertHasNoCapabilityAsync();
    }

    [Fact(Explicit = true)]
    public async Task The_package_s_service_runs_as_a_user_without_a_capability()
    {
        Assert.Contains("ii  op25b-router", await OnRouterAsync("dpkg", "-l", "op25b-router"), StringComparison.Ordinal);
        await AssertHasNoCapabilityAsync();
    }

    /// <summary>A minute at least; the sender goes on until all three are over.</summary>
    [Fact(Explicit = true)]
    public async Task A_transfer_survives_a_reload_a_restart_and_an_upgrade()
    {
        await AssertReachesAsync("client", Topology.External);
        await MailLab.LabAsync("exec", "client", "rm", "-f", "/run/op25b-stop");
        var received = MailLab.LabAsync("exec", "external", "perl", "-e", Receiver);
        await Eventually.TrueAsync(async () => (await MailLab.LabAsync("exec", "external", "sh", "-c", "ss -Hltn | grep -q :5001")).ExitCode == 0, MailLab.Soon, () => "the receiver listens");
        var sent = MailLab.LabAsync("exec", "client", "perl", "-e", Sender, $"{Topology.External}", "/run/op25b-stop");
        await Eventually.TrueAsync(async () => (await MailLab.LabAsync("exec", "external", "sh", "-c", "ss -Htn | grep -q :5001")).ExitCode == 0, MailLab.Soon, () => "the connection stands");

        await OnRouterAsync("systemctl", "reload", "op25b-router");
        await OnRouterAsync("systemctl", "restart", "op25b-router");
        await AssertTookOverAsync();
        var before = await ProcessAsync();
        await OnRouterAsync("sh", "-c", "DEBIAN_FRONTEND=noninteractive dpkg --force-confold -i /var/cache/op25b/*.deb");
        Assert.NotEqual(before, await ProcessAsync());
        await AssertTookOverAsync();

        await MailLab.LabCheckedAsync("exec", "client", "touch", "/run/op25b-stop");
        var (there, here) = (await received, await sent);
        Assert.True(there.ExitCode == 0 && here.ExitCode == 0, $"{there}\n{here}");
        Assert.Equal(here.Output, there.Output);
        Assert.NotEmpty(here.Output);
    }

    const string Receiver = """
        use IO::Socket::INET; use Digest::SHA;
        my $listener = IO::Socket::INET->new(LocalPort => 5001, Listen => 1, ReuseAddr => 1) or die "no listener: $!\n";
        my $connection = $listener->accept;
        my ($digest, $bytes) = (Digest::SHA->new(256), 0);
        while (my $read = sysread($connection, my $buffer, 65536)) { $digest->add($buffer); $bytes += $read }
        print "$bytes ", $digest->hexdigest, "\n";
        """;

    const string Sender = """
        use IO::Socket::INET; use Digest::SHA;
        my $connection = IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => 5001) or die "no connection: $!\n";
        my ($digest, $bytes, $end) = (Digest::SHA->new(256), 0, time + 60);
        while (time < $end or not -e $ARGV[1]) {
            my $chunk = pack("N*", map { int rand 2 ** 32 } 1 .. 512);
            for (my $at = 0; $at < length $chunk;) { $at += syswrite($connection, $chunk, length($chunk) - $at, $at) // die "sending: $!\n" }
            $digest->add($chunk);
            $bytes += length $chunk;
            select(undef, undef, undef, 0.02);
        }
        print "$bytes ", $digest->hexdigest, "\n";
        """;

    static async Task AssertHasNoCapabilityAsync()
    {
        var status = await OnRouterAsync("cat", $"/proc/{await ProcessAsync()}/status");
        foreach (var set in new[] { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" })
            Assert.Matches($@"{set}:\s+0+\n", status);
        Assert.Matches(@"NoNewPrivs:\s+1\n", status);
        Assert.Matches(@"Seccomp:\s+2\n", status);
        Assert.DoesNotMatch(@"Uid:\s+0\s", status);
    }

    static async Task<string> ProcessAsync() => (await OnRouterAsync("systemctl", "show", "--property=MainPID", "--value", "op25b-router")).Trim();

    /// <summary>The running process says so in the journal, where its lines come a little later.</summary>
    static async Task AssertTookOverAsync()
    {
        var process = await ProcessAsync();
        var said = "";
        await Eventually.TrueAsync(async () => (said = await OnRouterAsync("journalctl", "--no-pager", $"_PID={process}")).Contains(" sessions taken over from ", StringComparison.Ordinal), MailLab.Soon, () => said);
        Assert.DoesNotContain(" 0 sessions taken over", said, StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public async Task A_network_card_that_goes_down_takes_its_network_along_and_comes_up_again()
    {
        var card = (await OnRouterAsync("sh", "-c", "basename $(ls -d /sys/class/net/br-wan/brif/eth*)")).Trim();
        await OnRouterAsync("ip", "link", "set", card, "down");
        Assert.False(await ReachesAsync("client", Topology.External));
        await AssertReachesAsync("client", Topology.Mta);

        await OnRouterAsync("ip", "link", "set", card, "up");
        await AssertReachesAsync("client", Topology.External);
    }

    [Fact(Explicit = true)]
    public async Task A_new_subscriber_gets_a_lease_on_the_router_s_bridge_and_reaches_the_outside()
    {
        var lease = (await MailLab.LabCheckedAsync("machine", "client", "op25b-machine", "lease")).Split('\n').Select(line => line.Split(' ')).Where(words => words.Length == 2).ToDictionary(words => words[0], words => words[1]);
        Assert.InRange(int.Parse(lease["address"].Split('.')[3]), 100, 150);
        Assert.StartsWith("192.168.25.", lease["address"], StringComparison.Ordinal);
        Assert.Equal(Topology.RouterLan.ToString(), lease["gateway"]);
        Assert.NotEqual("0", lease["answers"]);
    }

    [Theory(Explicit = true)]
    [InlineData("ipv4", "No route to host")]
    [InlineData("ipv6", "Permission denied")]
    public async Task At_the_cut_over_a_sender_that_was_let_through_is_refused(string family, string text)
    {
        await MailLab.RestartRouterAsync("--as-of", "2008-04-01T10:58:00+09:00");
        try
        {
            Assert.Equal(0, (await MailLab.MailAsync("client", family, "info@example.net", _word, "--server", "mx.example.net")).ExitCode);
            await MailLab.ArrivedAsync("external", _word);
            await Eventually.TrueAsync(async () => (await MailLab.MetricsAsync())[Series.Of("router_op25b_phase_info", ("phase", "op25b"), ("mode", "Block"))] == 1, MailLab.Soon, () => "the phase op25b begins");

            var refused = await MailLab.MailAsync("client", family, "info@example.net", _word, "--server", "mx.example.net");
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains(text, refused.Output + refused.Error, StringComparison.Ordinal);
            await MailLab.ArrivedAsync("external", _word);
        }
        finally
        {
            await MailLab.RestartRouterAsync("--as-of", MailLab.WhileBlocking);
        }
    }

    public async ValueTask InitializeAsync() => await lab.UpAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    static Task<string> OnRouterAsync(params string[] command) => MailLab.LabCheckedAsync(["machine", "router", .. command]);

    static async Task<bool> ReachesAsync(string host, System.Net.IPAddress address) =>
        (await MailLab.LabAsync("exec", host, "ping", "-q", "-n", "-c", "1", "-W", "5", address.ToString())).ExitCode == 0;

    static Task AssertReachesAsync(string host, System.Net.IPAddress address) =>
        Eventually.TrueAsync(() => ReachesAsync(host, address), MailLab.Soon, () => $"{host} reaches {address}");

    /// <summary>From each network to another one, as far as the firewall lets: subscribers to servers and outside, the servers to the outside.</summary>
    static async Task AssertCrossesAsync(bool expected)
    {
        foreach (var (host, address) in new[]
        {
            ("client", Topology.Mta), ("client", Topology.External), ("home", Topology.External), ("mta", Topology.External),
            ("client", Topology.Mta6), ("phone", Topology.External6), ("mta", Topology.External6),
        })
            Assert.True(await ReachesAsync(host, address) == expected, $"{host} to {address}: {(expected ? "no answer" : "an answer")}");
    }
}
