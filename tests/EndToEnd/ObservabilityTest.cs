using System.Text.Json.Nodes;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>What the running router says of itself.</summary>
public sealed class ObservabilityTest(Lab lab) : RouterTest(lab)
{
    [Theory, MemberData(nameof(Routers.Ours), MemberType = typeof(Routers))]
    public async Task The_metrics_pass_promtools_lint(RouterKind kind)
    {
        Needs.Tool("promtool");
        var router = await RouterAsync(kind);
        var scrape = Path.Combine(router.Network.WorkFolder.FullName, "metrics.txt");
        await File.WriteAllTextAsync(scrape, (await router.ReadMetricsAsync())!.Text, TestContext.Current.CancellationToken);

        var lint = await HostProcess.RunAsync("sh", "-c", $"promtool check metrics <{scrape}");

        Assert.True(lint.ExitCode == 0, lint.ToString());
    }

    [Theory, MemberData(nameof(Routers.Ours), MemberType = typeof(Routers))]
    public async Task Every_published_metric_is_there(RouterKind kind)
    {
        var metrics = (await (await RouterAsync(kind)).ReadMetricsAsync())!;
        Assert.Equal("lan servers wan", string.Join(" ", metrics.Interfaces.Order(StringComparer.Ordinal)));
        foreach (var name in new[]
        {
            "router_received_frames_total", "router_received_bytes_total", "router_forwarded_frames_total", "router_delivered_frames_total", "router_held_frames",
            "router_generated_frames_total", "router_sent_frames_total", "router_sent_bytes_total", "router_sessions", "router_session_capacity", "router_nat_mappings",
            "router_nat_ports_in_use", "router_op25b_phase_info", "router_config_last_reload_success", "router_build_info",
        })
            Assert.Contains(metrics.Values.Keys, series => series.Name == name);
    }

    [Theory, MemberData(nameof(Routers.Ours), MemberType = typeof(Routers))]
    public async Task No_address_is_ever_a_label(RouterKind kind)
    {
        var router = await RouterAsync(kind);
        await Network.PingAsync(router.Network.Client, Topology.External);
        await Network.PingAsync(router.Network.Client, Topology.External6);
        Assert.DoesNotContain((await router.ReadMetricsAsync())!.Values.Keys, series => Topology.All.Any(address => series.Labels.Contains($"\"{address}\"", StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(Routers.Ours), MemberType = typeof(Routers))]
    public async Task Status_names_the_back_end_in_use(RouterKind kind)
    {
        var router = (UserspaceRouter)await RouterAsync(kind);
        var status = await router.StatusAsync();
        Assert.Equal(0, status.ExitCode);
        Assert.NotNull(JsonNode.Parse(status.Output));
        Assert.Contains($"\"{kind}\"", status.Output, StringComparison.Ordinal);
    }

    /// <summary>F19: who tried, where, and what became of it; and the notice to him.</summary>
    [Theory, MemberData(nameof(Routers.OursFamilies), MemberType = typeof(Routers))]
    public async Task Attempts_and_report_name_the_host_that_tried(RouterKind kind, Family family)
    {
        var router = (UserspaceRouter)await OwnRouterAsync(kind, Scenario.Default with { Ipv6 = family.IsIpv6 });
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => Sockets.ConnectAsync(router.Network.Client, family.External, 25));

        var attempts = await router.AskAsync("attempts", "--json");
        Assert.Equal(0, attempts.ExitCode);
        var host = Assert.Single(JsonNode.Parse(attempts.Output)!["hosts"]!.AsArray())!;
        // In IPv6 a subscriber is a prefix.
        var subscriber = family.IsIpv6 ? Topology.LanPrefix6 : $"{family.Client}";
        Assert.Equal((subscriber, "dynamic", "direct_sender", 1, 1), (host["host"]!.GetValue<string>(), host["group"]!.GetValue<string>(),
            host["case"]!.GetValue<string>(), host["attempts"]!.GetValue<int>(), host["blocked"]!.GetValue<int>()));
        Assert.Equal(family.External.ToString(), host["destinations"]![0]!["address"]!.GetValue<string>());

        var report = await router.AskAsync("report");
        Assert.Equal(0, report.ExitCode);
        Assert.Contains("Case 2", report.Output, StringComparison.Ordinal);
        var notice = await router.AskAsync("report", "--notice", "ja");
        Assert.Contains($"{subscriber} をお使いのお客様へ", notice.Output, StringComparison.Ordinal);
    }

    /// <summary>What is open is shown as both ends have it, and ended by hand both are told.</summary>
    [Theory, MemberData(nameof(Routers.OneFamilies), MemberType = typeof(Routers))]
    public async Task A_session_is_listed_and_ended(RouterKind kind, Family family)
    {
        var router = await OwnRouterAsync(kind, Scenario.Default with { Ipv6 = family.IsIpv6 });
        using var listener = Sockets.Listen(router.Network.External, 80, family.AddressFamily);
        using var client = await Sockets.ConnectAsync(router.Network.Client, family.External, 80);
        using var server = await Sockets.AcceptAsync(listener);

        var listed = await router.AskAsync("sessions", "--json", "--port", "80", "--state", "established");
        var session = Assert.Single(JsonNode.Parse(listed.Output)!["sessions"]!.AsArray())!;
        Assert.Equal((family.IsIpv6 ? "ipv6" : "ipv4", $"{family.Client}", $"{family.External}"),
            (session["family"]!.GetValue<string>(), session["flow"]!["source"]!.GetValue<string>(), session["flow"]!["destination"]!.GetValue<string>()));
        Assert.Equal(2, (await router.AskAsync("sessions", "--kill", "--port", "80")).ExitCode);
        Assert.Contains("1 match", (await router.AskAsync("sessions", "--port", "80")).Output, StringComparison.Ordinal);

        Assert.Equal("1 ended\n", (await router.AskAsync("sessions", "--kill", "--yes", "--port", "80")).Output);

        foreach (var end in new[] { client, server })
            Assert.Equal(System.Net.Sockets.SocketError.ConnectionReset, (await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(async () =>
                await end.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken).AsTask().WaitAsync(Soon, TestContext.Current.CancellationToken))).SocketErrorCode);
        Assert.Contains("0 match", (await router.AskAsync("sessions", "--port", "80")).Output, StringComparison.Ordinal);
    }

    /// <summary>What is dropped, and whose packet was the last.</summary>
    [Theory, MemberData(nameof(Routers.OneFamilies), MemberType = typeof(Routers))]
    public async Task Drops_name_the_last_packet_of_each_reason(RouterKind kind, Family family)
    {
        var router = await OwnRouterAsync(kind, Scenario.Default with { Ipv6 = family.IsIpv6 });
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => Sockets.ConnectAsync(router.Network.Client, family.External, 25));

        var drops = await router.AskAsync("drops", "--json", "--interface", "lan", "--reason", "Op25bBlocked");

        var last = Assert.Single(JsonNode.Parse(drops.Output)!["drops"]!.AsArray())!["last"]!;
        Assert.Equal(("tcp", $"{family.Client}", $"{family.External}", 25), (last["protocol"]!.GetValue<string>(), last["flow"]!["source"]!.GetValue<string>(),
            last["flow"]!["destination"]!.GetValue<string>(), last["flow"]!["destinationPort"]!.GetValue<int>()));
        Assert.InRange(DateTimeOffset.UtcNow - last["time"]!.GetValue<DateTimeOffset>(), TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(1));
    }

    /// <summary>A connection in transit is a session, and a mapping where it is translated.</summary>
    [Theory, MemberData(nameof(Routers.OursFamilies), MemberType = typeof(Routers))]
    public async Task An_open_connection_is_counted_as_a_session_and_in_IPv4_as_a_mapping(RouterKind kind, Family family)
    {
        var router = await OwnRouterAsync(kind, Scenario.Default with { Ipv6 = family.IsIpv6 });
        using var listener = Sockets.Listen(router.Network.External, 80, family.AddressFamily);
        using var client = await Sockets.ConnectAsync(router.Network.Client, family.External, 80);
        using var server = await Sockets.AcceptAsync(listener);

        var metrics = (await router.ReadMetricsAsync())!;

        var mappings = family.IsIpv6 ? 0 : 1;
        Assert.Equal(1, metrics[Series.Of("router_sessions", ("family", family.IsIpv6 ? "ipv6" : "ipv4"), ("protocol", "tcp"))]);
        Assert.Equal(mappings, metrics[Series.Of("router_nat_mappings", ("protocol", "tcp"))]);
        Assert.Equal(mappings, metrics[Series.Of("router_nat_ports_in_use", ("protocol", "tcp"))]);
    }

    /// <summary>F8: a blocked packet takes no session, mapping or port.</summary>
    [Theory, MemberData(nameof(Routers.OursFamilies), MemberType = typeof(Routers))]
    public async Task A_refused_connection_takes_no_session_mapping_or_port(RouterKind kind, Family family)
    {
        var router = await OwnRouterAsync(kind, Scenario.Default with { Ipv6 = family.IsIpv6 });
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => Sockets.ConnectAsync(router.Network.Client, family.External, 25));

        var metrics = (await router.ReadMetricsAsync())!;

        foreach (var name in new[] { "router_sessions", "router_nat_mappings", "router_nat_ports_in_use" })
            Assert.Equal(0, metrics.Values.Where(sample => sample.Key.Name == name && sample.Key.Label("protocol") == "tcp").Sum(sample => sample.Value));
    }
}
