using CsCheck;
using Support;
using TapDev;

namespace Simulation;

/// <summary>Nothing on the wire can raise an exception or upset the accounts: TestRouter checks received = forwarded + delivered + held + dropped when it goes.</summary>
public sealed class HostileFramesTest
{
    private static readonly string[] Interfaces = ["lan", "servers", "wan"];

    [Fact]
    public void Any_bytes_on_any_interface_are_accounted_for() => Gen.Byte.Array[VirtioHeader.Size, 120].Array[50].Sample(frames =>
    {
        using TestRouter router = Open(refuses: false);
        foreach (byte[] frame in frames)
            foreach (string name in Interfaces)
                router.ReceiveRaw(name, frame);
    }, iter: 20);

    /// <summary>Changed frames of every kind, in one router, so that they also meet what the ones before them left behind.</summary>
    [Theory]
    [InlineData("lan", false)]
    [InlineData("lan", true)]
    [InlineData("servers", false)]
    [InlineData("wan", false)]
    [InlineData("wan", true)]
    public void Any_change_of_good_frames_is_accounted_for(string name, bool refuses)
    {
        using TestRouter probe = Open(refuses);
        HostileFrames.Mutated(probe.Interface(name).Mac).Array[200].Sample(frames =>
        {
            using TestRouter router = Open(refuses);
            foreach (byte[] frame in frames)
                router.ReceiveRaw(name, frame);
            router.Wait(TimeSpan.FromSeconds(4));
        }, iter: 30);
    }

    /// <summary>See tests/Fuzz/README.md.</summary>
    [Fact]
    public void Every_file_of_the_fuzzers_corpus_comes_to_an_end()
    {
        int files = 0;
        foreach ((string target, Action<byte[]> run) in FuzzTargets.All)
            foreach (string file in Directory.EnumerateFiles(Repository.PathOf($"tests/Fuzz/corpus/{target}")))
            {
                run(File.ReadAllBytes(file));
                files++;
            }

        Assert.True(files >= FuzzTargets.Seeds().Count(), $"{files} files");
    }

    private static TestRouter Open(bool refuses)
    {
        var router = new TestRouter(devices: new MemoryDeviceOptions { Buffers = 16 });
        foreach (string name in Interfaces)
            router.Device(name).RefuseSuperFrames = refuses;
        router.Host("lan", "192.168.25.10");
        router.Host("wan", "203.0.113.25");
        router.Receive("lan", Frames.UdpDatagram("192.168.25.10", 40000, "203.0.113.25", 53, router.Interface("lan").Mac));
        return router;
    }
}
