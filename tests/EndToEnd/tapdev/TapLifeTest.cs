using System.Diagnostics;
using System.Net.NetworkInformation;
using TapDev;

namespace Tests.TapDev;

/// <summary>How TAPs come, go down, come up, and go, with every back end.</summary>
public sealed class TapLifeTest : IDisposable
{
    private readonly TapLab _lab = new();

    public static IEnumerable<TheoryDataRow<TapBackend>> Backends => TapLab.Backends;

    /// <summary>A router that has just ended may still hold its TAPs in the kernel when the next one makes them ready.</summary>
    [Fact]
    public void Making_a_tap_persist_waits_for_whoever_is_about_to_let_it_go()
    {
        var options = new TapOptions { Name = "tap0", Namespace = _lab.Left };
        using TapLoop loop = Loop(TapBackend.Epoll);
        TapDevice held = _lab.Open(loop, _lab.Left);
        Exception? failure = null;
        var next = new Thread(() => failure = Record.Exception(() => PersistentTap.Create(options, owner: 65534)));
        next.Start();
        SpinWait.SpinUntil(() => next.ThreadState.HasFlag(System.Threading.ThreadState.WaitSleepJoin) || !next.IsAlive, TimeSpan.FromSeconds(10));
        Assert.True(next.IsAlive, $"it did not wait: {failure?.Message}");

        held.Dispose();

        Assert.True(next.Join(TimeSpan.FromSeconds(10)), "it waits still");
        Assert.Null(failure);
        Assert.True(PersistentTap.Remove(options));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_tap_that_goes_down_is_Down_and_works_again_once_it_is_up(TapBackend backend)
    {
        using TapLoop loop = Loop(backend);
        using TapDevice left = _lab.Open(loop, _lab.Left);
        var observer = new WriteRecorder();
        left.Observer = observer;
        loop.Wait(TimeSpan.Zero);

        TapLab.Run("ip", $"-n {_lab.Left} link set tap0 down");
        Write(loop, left);
        Assert.Equal(["-1:5"], observer.Lines);
        AssertChange(loop, left, DeviceState.Down);
        loop.Maintain(1000);
        Assert.False(loop.TryTakeStateChange(out _, out _));
        AssertSleeps(loop, left);

        TapLab.Run("ip", $"-n {_lab.Left} link set tap0 up");
        loop.Maintain(2000);
        AssertChange(loop, left, DeviceState.Up);
        Write(loop, left);
        Assert.Equal(["-1:5", "-1:0"], observer.Lines);
        AssertReads(loop, left);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_tap_that_goes_down_without_traffic_is_noticed_too(TapBackend backend)
    {
        using TapLoop loop = Loop(backend);
        using TapDevice left = _lab.Open(loop, _lab.Left);
        TapLab.Run("ip", $"-n {_lab.Left} link set tap0 down");
        loop.Maintain(1000);
        AssertChange(loop, left, DeviceState.Down);
        loop.Maintain(1100);
        TapLab.Run("ip", $"-n {_lab.Left} link set tap0 up");
        loop.Maintain(1200);
        Assert.Equal(DeviceState.Down, left.State);
        loop.Maintain(1250);
        AssertChange(loop, left, DeviceState.Up);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_deleted_tap_is_Lost_and_the_others_go_on(TapBackend backend)
    {
        using TapLoop loop = Loop(backend);
        using TapDevice left = _lab.Open(loop, _lab.Left), right = _lab.Open(loop, _lab.Right);
        var observer = new WriteRecorder();
        left.Observer = observer;
        loop.Wait(TimeSpan.Zero);

        TapLab.Run("ip", $"-n {_lab.Left} link del tap0");
        for (int turn = 0; turn < 20 && left.State != DeviceState.Lost; turn++)
        {
            loop.Wait(TimeSpan.FromMilliseconds(50));
            Skip(left);
        }
        AssertChange(loop, left, DeviceState.Lost);
        Write(loop, left);
        Assert.Equal(["-1:77"], observer.Lines);
        loop.Maintain(1000);
        Assert.Equal((DeviceState.Lost, DeviceState.Up), (left.State, right.State));
        AssertSleeps(loop, left, right);
        AssertReads(loop, right);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_write_finds_out_that_a_tap_was_deleted(TapBackend backend)
    {
        using TapLoop loop = Loop(backend);
        using TapDevice left = _lab.Open(loop, _lab.Left);
        TapLab.Run("ip", $"-n {_lab.Left} link del tap0");
        Write(loop, left);
        AssertChange(loop, left, DeviceState.Lost);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Dispose_removes_the_tap_and_its_name_is_free_at_once(TapBackend backend)
    {
        using TapLoop loop = Loop(backend);
        for (int life = 0; life < 3; life++)
        {
            TapDevice left = _lab.Open(loop, _lab.Left);
            AssertReads(loop, left);
            Assert.NotNull(left.Input.TryReadBatch());
            Assert.Single(loop.Devices);
            left.Dispose();
            Assert.Empty(loop.Devices);
            Assert.False(TapLab.Exists(_lab.Left, "tap0"));
        }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_lease_stays_good_after_its_device_is_disposed(TapBackend backend)
    {
        using TapLoop loop = Loop(backend);
        using TapDevice right = _lab.Open(loop, _lab.Right);
        using var held = new MemoryDevice("held") { FlushHold = true };
        using (TapDevice left = _lab.Open(loop, _lab.Left))
        {
            AssertReads(loop, left);
            Frame frame = left.Input.TryReadBatch()!;
            Assert.True(held.Output.TrySend(frame));
        }
        held.FlushHold = false;
        Assert.True(held.Output.FlushAsync(TestContext.Current.CancellationToken).IsCompletedSuccessfully);
        Assert.True(held.TryTakeSent(out byte[]? sent));
        Assert.True(sent.Length > VirtioHeader.Size);
        AssertReads(loop, right);
    }

    [Fact]
    public void A_persistent_tap_outlives_its_loop_and_is_taken_over()
    {
        var options = new TapOptions { Name = "tap0", Persist = true };
        using (TapLoop loop = Loop(null))
            _lab.Open(loop, _lab.Left, options);
        Assert.True(TapLab.Exists(_lab.Left, "tap0"));

        using (TapLoop loop = Loop(null))
        {
            TapDevice again = loop.Open(options with { Namespace = _lab.Left });
            AssertReads(loop, again);
        }
        Assert.True(TapLab.Exists(_lab.Left, "tap0"));

        // What was there before is not ours to remove.
        using (TapLoop loop = Loop(null))
            loop.Open(options with { Namespace = _lab.Left, Persist = false });
        Assert.True(TapLab.Exists(_lab.Left, "tap0"));
    }

    [Fact]
    public void Settings_are_applied()
    {
        TapLab.Run("ip", $"-n {_lab.Left} link add br0 type bridge");
        using TapLoop loop = Loop(null);
        using TapDevice left = loop.Open(new TapOptions
        {
            Name = "tap0",
            Namespace = _lab.Left,
            Bridge = "br0",
            Mtu = 1400,
            TxQueueLength = 777,
            HardwareAddress = PhysicalAddress.Parse("02-00-5E-10-00-01"),
        });
        string link = TapLab.Run("ip", $"-n {_lab.Left} link show tap0");
        Assert.Contains("mtu 1400", link);
        Assert.Contains("qlen 777", link);
        Assert.Contains("master br0", link);
        Assert.Contains("02:00:5e:10:00:01", link);
        Assert.Contains("UP", link);
    }

    [Fact]
    public void A_tap_that_is_not_brought_up_is_Down_until_somebody_does()
    {
        using TapLoop loop = Loop(null);
        using TapDevice left = _lab.Open(loop, _lab.Left, new TapOptions { Name = "tap0", Up = false });
        Assert.Equal(DeviceState.Down, left.State);
        TapLab.Run("ip", $"-n {_lab.Left} link set tap0 up");
        loop.Maintain(0);
        AssertChange(loop, left, DeviceState.Up);
        AssertReads(loop, left);
    }

    [Fact]
    public void A_renamed_tap_is_not_lost()
    {
        using TapLoop loop = Loop(null);
        using TapDevice left = _lab.Open(loop, _lab.Left);
        TapLab.Run("ip", $"-n {_lab.Left} link set tap0 down");
        TapLab.Run("ip", $"-n {_lab.Left} link set tap0 name other up");
        loop.Maintain(0);
        Assert.Equal(("tap0", DeviceState.Up), (left.Name, left.State));
    }

    [Fact]
    public void A_name_in_use_by_another_program_is_an_error()
    {
        using TapLoop loop = Loop(null), other = Loop(TapBackend.Epoll);
        using TapDevice left = _lab.Open(loop, _lab.Left);
        var error = Assert.Throws<TapException>(() => other.Open(new TapOptions { Name = "tap0", Namespace = _lab.Left }));
        Assert.Equal(16, error.Errno);
        AssertLine(error, "tap0", _lab.Left, "in use");
        AssertReads(loop, left);
    }

    [Fact]
    public void A_name_of_another_kind_of_interface_is_an_error()
    {
        TapLab.Run("ip", $"-n {_lab.Left} link add tap0 type bridge");
        AssertLine(Fail(new TapOptions { Name = "tap0" }), "tap0", _lab.Left, "no single-queue TAP");
        Assert.True(TapLab.Exists(_lab.Left, "tap0"));
    }

    [Fact]
    public void An_unknown_namespace_is_an_error()
    {
        using TapLoop loop = Loop(null);
        var error = Assert.Throws<TapException>(() => loop.Open(new TapOptions { Name = "tap0", Namespace = "tapdev-nowhere" }));
        AssertLine(error, "tapdev-nowhere", "ip netns add");
    }

    [Fact]
    public void An_unknown_bridge_is_an_error_and_leaves_nothing_behind()
    {
        AssertLine(Fail(new TapOptions { Name = "tap0", Bridge = "br9" }), "br9", _lab.Left, "type bridge");
        Assert.False(TapLab.Exists(_lab.Left, "tap0"));
        AssertLine(Fail(new TapOptions { Name = "tap0", Bridge = "lo" }), "'lo'", "no bridge");
        Assert.False(TapLab.Exists(_lab.Left, "tap0"));
    }

    [Theory]
    [InlineData("sixteen-letters!")]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("tap%d")]
    public void A_name_that_Linux_does_not_take_is_an_error(string name) => AssertLine(Fail(new TapOptions { Name = name }), $"'{name}'");

    [Fact]
    public void A_refused_setting_leaves_nothing_behind()
    {
        AssertLine(Fail(new TapOptions { Name = "tap0", Mtu = 7 }), "MTU of 7");
        Assert.False(TapLab.Exists(_lab.Left, "tap0"));
    }

    [Fact]
    public void The_thread_comes_back_from_the_namespace()
    {
        string before = Namespace();
        using TapLoop loop = Loop(null);
        using (_lab.Open(loop, _lab.Left))
            Assert.Equal(before, Namespace());
        Fail(new TapOptions { Name = "tap0", Mtu = 7 });
        Assert.Equal(before, Namespace());
    }

    [Fact]
    public void The_best_back_end_is_taken_and_says_why()
    {
        using TapLoop loop = Loop(null);
        Assert.EndsWith(".", loop.BackendReason, StringComparison.Ordinal);
        using TapLoop epoll = Loop(TapBackend.Epoll);
        Assert.Equal(TapBackend.Epoll, epoll.Backend);
    }

    public void Dispose() => _lab.Dispose();

    private static string Namespace() => File.ResolveLinkTarget("/proc/thread-self/ns/net", returnFinalTarget: false)!.Name;

    private static TapLoop Loop(TapBackend? backend)
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("Needs root.");
        return TapLoop.Create(new TapLoopOptions { Backend = backend });
    }

    private static void Write(TapLoop loop, TapDevice device)
    {
        device.Output.GetSpan(60)[..60].Clear();
        Assert.True(device.Output.TryAdvance(60));
        Assert.True(device.Output.FlushAsync(TestContext.Current.CancellationToken).IsCompletedSuccessfully);
        loop.Wait(TimeSpan.Zero);
        Skip(device);
    }

    private static void Skip(TapDevice device)
    {
        device.Input.TryReadBatch();
        device.Input.EndBatch();
    }

    private static void AssertChange(TapLoop loop, TapDevice device, DeviceState state)
    {
        Assert.True(loop.TryTakeStateChange(out TapDevice? changed, out DeviceState now));
        Assert.Equal((device, state, state), (changed, now, device.State));
        Assert.False(loop.TryTakeStateChange(out _, out _));
    }

    /// <summary>Nothing spins: once what has happened is booked, turns last as long as they are told.</summary>
    private static void AssertSleeps(TapLoop loop, params TapDevice[] devices)
    {
        var clock = Stopwatch.StartNew();
        int turns = 0;
        while (clock.ElapsedMilliseconds < 300)
        {
            loop.Wait(TimeSpan.FromMilliseconds(50));
            foreach (TapDevice device in devices)
                Skip(device);
            turns++;
        }
        Assert.InRange(turns, 1, 20);
    }

    /// <summary>The host sends something, and it arrives; the batch is left unread.</summary>
    private static void AssertReads(TapLoop loop, TapDevice device)
    {
        Skip(device);
        using Process ping = TapLab.Start("ip", $"netns exec {device.Namespace} ping -q -b -c 5 -i 0.1 -w 2 203.0.113.255");
        var clock = Stopwatch.StartNew();
        while (!device.HasBatch && clock.Elapsed < TimeSpan.FromSeconds(10))
            loop.Wait(TimeSpan.FromMilliseconds(50));
        Assert.True(device.HasBatch, "Nothing was read.");
        ping.WaitForExit();
    }

    private TapException Fail(TapOptions options)
    {
        using TapLoop loop = Loop(null);
        var error = Assert.Throws<TapException>(() => loop.Open(options with { Namespace = _lab.Left }));
        Assert.Empty(loop.Devices);
        return error;
    }

    private static void AssertLine(TapException error, params string[] parts)
    {
        Assert.DoesNotContain('\n', error.Message);
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }
}
