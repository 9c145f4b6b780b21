using System.Diagnostics;
using System.Net;
using Router;
using Router.Telemetry;

namespace Unit.Telemetry;

public sealed class MetricsServerTest : IDisposable
{
    private static readonly IPEndPoint Loopback = new(IPAddress.Loopback, 0);

    private readonly HttpClient _http = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Every_metric_of_the_contract_is_there_with_its_labels()
    {
        var page = await ScrapeOnceAsync(new CountingSnapshotSource());
        string[] expected =
        [
            "router_received_frames_total{interface=\"lan\"} 1000",
            "router_received_bytes_total{interface=\"lan\"} 60000",
            "router_forwarded_frames_total{interface=\"lan\"} 996",
            "router_delivered_frames_total{interface=\"lan\"} 1",
            "router_held_frames{interface=\"wan\"} 1",
            "router_dropped_frames_total{interface=\"lan\",reason=\"Op25bBlocked\"} 2",
            "router_generated_frames_total{interface=\"wan\"} 5",
            "router_sent_frames_total{interface=\"wan\"} 1000",
            "router_sent_bytes_total{interface=\"wan\"} 60000",
            "router_sessions{family=\"ipv4\",protocol=\"tcp\"} 3",
            "router_session_capacity 131072",
            "router_nat_mappings{protocol=\"tcp\"} 3",
            "router_nat_ports_in_use{protocol=\"tcp\"} 2",
            "router_op25b_attempts_total{family=\"ipv4\",group=\"dynamic\",phase=\"op25b\",outcome=\"blocked\"} 1000",
            "router_op25b_phase_info{phase=\"op25b\",mode=\"Block\"} 1",
            "router_op25b_alerts_total{kind=\"infected\"} 3",
            "router_op25b_alerted_hosts{kind=\"infected\"} 1",
            "router_op25b_alerted_hosts{kind=\"triangular\"} 0",
            "router_op25b_quarantined_hosts 1",
            "router_nat_port_capacity{protocol=\"tcp\"} 64512",
            "router_received_batches_total{interface=\"lan\"} 10",
            "router_interface_up{interface=\"lan\"} 1",
            "router_interface_offload{interface=\"lan\",offload=\"Tso4\"} 1",
            "router_interface_offload{interface=\"lan\",offload=\"Uso6\"} 0",
            "router_interface_offload{interface=\"wan\",offload=\"Uso6\"} 1",
            "router_offloads_refused_total{interface=\"lan\"} 8",
            "router_loop_turns_total 70",
            "router_loop_late_turns_total 1",
            "router_loop_cpu_seconds_total 1.5",
            "router_loop_cpu_wait_seconds_total 0.25",
            "router_timer_lag_seconds 2",
            "router_backend_info{backend=\"IoUringMultishot\"} 1",
            "router_table_entries{table=\"neighbors\"} 5",
            "router_table_capacity{table=\"neighbors\"} 8192",
            "router_neighbors{interface=\"lan\",state=\"Reachable\"} 4",
            "router_log_suppressed_total{kind=\"attempts\"} 6",
            "process_start_time_seconds 1204588800",
            "router_config_last_reload_success 1",
            "router_build_info{version=\"0.1.0\"} 1",
        ];
        var lines = page.Split('\n');
        Assert.All(expected, line => Assert.True(lines.Contains(line, StringComparer.Ordinal), line));
    }

    [Fact]
    public async Task Promtool_accepts_the_page()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/promtool"), "promtool is not installed: apt-get install prometheus");
        var page = await ScrapeOnceAsync(new CountingSnapshotSource());
        using var promtool = Process.Start(new ProcessStartInfo("/usr/bin/promtool", "check metrics")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await promtool.StandardInput.WriteAsync(page);
        promtool.StandardInput.Close();
        var complaints = await promtool.StandardOutput.ReadToEndAsync(_cancellation) + await promtool.StandardError.ReadToEndAsync(_cancellation);
        await promtool.WaitForExitAsync(_cancellation);
        Assert.Equal("", complaints);
        Assert.Equal(0, promtool.ExitCode);
    }

    [Fact]
    public async Task Concurrent_scrapes_do_not_mix_snapshots()
    {
        await using var server = await MetricsServer.StartAsync(Loopback, new CountingSnapshotSource(), _cancellation);
        var pages = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _http.GetStringAsync(Url(server), _cancellation)));

        Assert.All(pages, page => Assert.Single(
            Values(page, "router_received_frames_total").Concat(Values(page, "router_sent_frames_total")).Distinct(StringComparer.Ordinal)));
        Assert.Equal(50, pages.Select(page => Values(page, "router_received_frames_total").First()).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task A_phase_that_is_over_disappears()
    {
        var source = new CountingSnapshotSource { Make = frames => frames == 1000 ? Snapshots.Of(frames, "notice", "Monitor") : Snapshots.Of(frames) };
        await using var server = await MetricsServer.StartAsync(Loopback, source, _cancellation);
        Assert.Contains("phase_info{phase=\"notice\",mode=\"Monitor\"} 1", await _http.GetStringAsync(Url(server), _cancellation), StringComparison.Ordinal);
        var page = await _http.GetStringAsync(Url(server), _cancellation);
        Assert.DoesNotContain("phase=\"notice\"", page, StringComparison.Ordinal);
        Assert.Contains("phase_info{phase=\"op25b\",mode=\"Block\"} 1", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_snapshot_the_answer_is_503()
    {
        await using var server = await MetricsServer.StartAsync(Loopback, new CountingSnapshotSource { Error = new InvalidOperationException("the loop has ended") }, _cancellation);
        using var response = await _http.GetAsync(Url(server), _cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("the loop has ended", await response.Content.ReadAsStringAsync(_cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_one_clear_line()
    {
        await using var first = await MetricsServer.StartAsync(Loopback, new CountingSnapshotSource(), _cancellation);
        var exception = await Assert.ThrowsAsync<ApplianceException>(() => MetricsServer.StartAsync(first.Listen, new CountingSnapshotSource(), _cancellation));
        Assert.Equal($"metrics: cannot listen on {first.Listen}: the port is in use; change Metrics:Listen, or free the address", exception.Message);
    }

    [Fact]
    public async Task An_address_that_the_machine_lacks_is_one_clear_line()
    {
        var exception = await Assert.ThrowsAsync<ApplianceException>(
            () => MetricsServer.StartAsync(IPEndPoint.Parse("203.0.113.99:9125"), new CountingSnapshotSource(), _cancellation));
        Assert.Equal("metrics: cannot listen on 203.0.113.99:9125: this machine does not have the address; change Metrics:Listen, or free the address", exception.Message);
    }

    private async Task<string> ScrapeOnceAsync(ISnapshotSource source)
    {
        await using var server = await MetricsServer.StartAsync(Loopback, source, _cancellation);
        return await _http.GetStringAsync(Url(server), _cancellation);
    }

    private static Uri Url(MetricsServer server) => new($"http://{server.Listen}/metrics");

    private static IEnumerable<string> Values(string page, string metric) =>
        page.Split('\n').Where(line => line.StartsWith($"{metric}{{", StringComparison.Ordinal)).Select(line => line.Split(' ')[^1]);
}
