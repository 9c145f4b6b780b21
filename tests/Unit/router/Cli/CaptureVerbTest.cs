using Router;
using Router.Capture;
using Router.Cli;
using Router.Configuration;
using Router.Control;
using Router.Packets;
using Router.Telemetry;
using Support;
using Unit.Control;
using Unit.Telemetry;

namespace Unit.Cli;

/// <summary><c>capture</c> over a real control socket, with records that the test writes.</summary>
public sealed class CaptureVerbTest : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly Source _source = new();
    private readonly MemoryStream _piped = new();

    private string Socket => _directory.Of("control.sock");

    public void Dispose()
    {
        _directory.Dispose();
        _output.Dispose();
        _error.Dispose();
        _source.Dispose();
        _piped.Dispose();
    }

    [Theory]
    [InlineData("--write x --stdout", "--write and --stdout: use one of them")]
    [InlineData("--files 3", "--files is about files: give --write FILE too")]
    [InlineData("--write x --files 3", "--files: say when a file is full, with --file-size or --file-time")]
    [InlineData("--duration soon", "--duration: 'soon' is not a time; write it as 30s, 5m or 1h")]
    [InlineData("--buffer 65", "--buffer: use 1 to 64 MiB")]
    [InlineData("port smpt", "'port smpt' is no filter: ")]
    public async Task Wrong_usage_ends_with_2_and_says_how_to_mend_it(string arguments, string error)
    {
        Assert.Equal(2, await RunAsync(arguments.Split(' ')));
        Assert.StartsWith($"op25b-router: {error}", $"{_error}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--interface dmz", "there is no interface 'dmz'; there are lan, servers, wan")]
    [InlineData("--snaplen 5", "a snap length of 5 is out of range; use 14 to 262144 bytes")]
    [InlineData("--count 0", "a count begins at 1")]
    public async Task What_the_router_refuses_ends_with_1_and_its_words(string arguments, string error)
    {
        await using var server = await StartAsync();
        Assert.Equal(1, await RunAsync(arguments.Split(' ')));
        Assert.Equal($"op25b-router: the router on {Socket} does not capture: {error}\n", $"{_error}");
    }

    [Fact]
    public async Task A_fifth_capture_is_told_that_four_run()
    {
        await using var server = await StartAsync();
        _source.IsBusy = true;
        Assert.Equal(1, await RunAsync());
        Assert.Contains("4 captures run already, and that is the most; end one of them", $"{_error}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_show_time_interface_direction_and_verdict_and_the_count_ends_it()
    {
        await using var server = await StartAsync();
        Assert.Equal(0, await RunAsync("--count", "2"));
        Assert.Matches("^10:20:30.400000 lan in  verdict delivered; packet 1\n10:20:30.400000 lan in  verdict delivered; packet 2\n$", $"{_output}");
        Assert.Equal("2 records captured, 0 lost\n", $"{_error}");
        Assert.True(_source.HasEnded);
    }

    [Fact]
    public async Task A_file_is_for_its_owner_and_says_how_many_records_were_lost()
    {
        await using var server = await StartAsync();
        _source.Records = 30;
        string file = _directory.Of("capture.pcapng");
        Assert.Equal(0, await RunAsync("--write", file, "--duration", "0.2s"));
        Assert.Matches("^[0-9]+ records captured, [1-9][0-9]* lost \\(a larger --buffer, a filter or --headers helps\\)\n$", $"{_error}");
        if (OperatingSystem.IsLinux())
            Assert.Equal("600", Convert.ToString((int)File.GetUnixFileMode(file), 8));
    }

    [Fact]
    public async Task A_ring_of_files_keeps_the_newest_each_readable_alone()
    {
        await using var server = await StartAsync();
        Assert.Equal(0, await RunAsync("--write", _directory.Of("capture.pcapng"), "--file-size", "1", "--files", "2", "--count", "70"));
        string[] files = [.. Directory.GetFiles(_directory.Path, "capture_*.pcapng").Order(StringComparer.Ordinal)];
        Assert.Equal(2, files.Length);
        Assert.Matches("capture_0000[3-9]_[0-9]{14}.pcapng$", files[0]);
        foreach (string file in files)
        {
            Assert.InRange(new FileInfo(file).Length, 1000, 1 << 20);
            using var sink = new CaptureLines(_output);
            using var stream = File.OpenRead(file);
            var reader = new CaptureReader(stream, sink);
            await reader.RunAsync(TestContext.Current.CancellationToken);
            Assert.True(reader.Packets > 0);
        }
    }

    /// <summary>The device that is always full.</summary>
    [Fact]
    public async Task A_full_disk_ends_it_with_1_and_one_clear_line_and_the_capture_ends()
    {
        await using var server = await StartAsync();
        Assert.Equal(1, await RunAsync("--write", "/dev/full"));
        Assert.Matches("^op25b-router: capture: cannot write /dev/full: No space left on device.*; [0-9]+ records came before. Free space, or bound it with --file-size and --files. The router goes on\n$", $"{_error}");
        await _source.Ended.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_one_clear_line()
    {
        await using var server = await StartAsync();
        Assert.Equal(1, await RunAsync("--write", "/no/such/folder/x.pcapng"));
        Assert.StartsWith("op25b-router: capture: cannot write /no/such/folder/x.pcapng: Could not find a part of the path", $"{_error}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_standard_output_begins_with_a_section_and_an_interface_each()
    {
        await using var server = await StartAsync();
        Assert.Equal(0, await RunAsync("--stdout", "--count", "1"));
        byte[] bytes = _piped.ToArray();
        Assert.Equal([0x0A, 0x0D, 0x0D, 0x0A], bytes[..4]);
        using var lines = new StringWriter();
        using var sink = new CaptureLines(lines);
        var reader = new CaptureReader(new MemoryStream(bytes), sink);
        await reader.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal((1, true), (reader.Packets, reader.IsWhole));
    }

    private Task<int> RunAsync(params string[] arguments) =>
        CommandLine.RunAsync(["capture", "--socket", Socket, .. arguments], new Terminal(_output, _error, TimeProvider.System) { OpenOutput = () => new Unclosed(_piped) });

    private Task<ControlServer> StartAsync() => ControlServer.StartAsync(Socket, _source, metricsListen: null, TestContext.Current.CancellationToken);

    private sealed class Unclosed(Stream stream) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => stream.Write(buffer, offset, count);

        public override void Write(ReadOnlySpan<byte> buffer) => stream.Write(buffer);
    }

    /// <summary>Gives a capture whose ring the test fills: so many large frames, as fast as they are read or, where <see cref="Records"/> is set, at once.</summary>
    private sealed class Source : ISnapshotSource, ICaptureSource, IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsBusy { get; set; }

        public int? Records { get; set; }

        public bool HasEnded => _ended.Task.IsCompleted;

        public Task Ended => _ended.Task;

        public void Dispose()
        {
            _stop.Cancel();
            _stop.Dispose();
        }

        public Task<RouterSnapshot> TakeSnapshotAsync(CancellationToken cancellation) => Task.FromResult(Snapshots.Of(1));

        public Task<AttemptsSnapshot> TakeAttemptsAsync(CancellationToken cancellation) => Task.FromResult(Snapshots.Attempts);

        public Task<DropsSnapshot> TakeDropsAsync(CancellationToken cancellation) => Task.FromResult(Snapshots.Drops);

        public Task<SessionsSnapshot> TakeSessionsAsync(SessionQuery query, CancellationToken cancellation) => Task.FromResult(Snapshots.Sessions);

        public Task<SessionsEnded> EndSessionsAsync(SessionFilter filter, CancellationToken cancellation) => Task.FromResult(new SessionsEnded(0));

        public async Task<ICapture> BeginCaptureAsync(CaptureRequest request, CancellationToken cancellation)
        {
            RouterConfiguration configuration = TestConfiguration.Default;
            var names = new CaptureNames(configuration, DataPath.CompilePolicy(configuration.Op25b), [.. configuration.Interfaces.Select(entry => new CaptureInterface(entry.Name, $"{entry.Role}", default))]);
            var capture = await ApplianceCapture.BeginAsync(request with { Buffer = 1 << 20 }, new CaptureNamesHistory(names), new TaskCompletionSource().Task, (_, _) => Task.FromResult(!IsBusy), _ => _ended.TrySetResult());
            if (Records is { } records)
                Fill(capture.Recording, records, _stop.Token);
            else
                _ = Task.Run(() => Fill(capture.Recording, int.MaxValue, _stop.Token), CancellationToken.None);
            return capture;
        }

        private void Fill(Recording recording, int records, CancellationToken stop)
        {
            var time = new DateTimeOffset(2026, 12, 1, 10, 20, 30, 400, TimeSpan.Zero);
            byte[] frame = new byte[60_000];
            for (int i = 1; i <= records && !stop.IsCancellationRequested && !HasEnded; i++)
            {
                var header = new RecordHeader { Time = time.UtcTicks, Packet = i, Kind = RecordKind.Arrived, Egress = -1, Outcome = Outcome.Delivered, Session = -1 };
                recording.Write(ref header, frame, [], 14);
                recording.Ring.Publish();
                while (records == int.MaxValue && !HasEnded && !stop.IsCancellationRequested && recording.Ring.Held > recording.Ring.Size / 2)
                    Thread.Yield();
            }
        }
    }
}
