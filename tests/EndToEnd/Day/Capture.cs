using System.Buffers.Binary;
using Support.EndToEnd;

namespace EndToEnd.Day;

/// <summary>tcpdump on the router's TAPs, of the frames that go into the router only.</summary>
internal sealed class Capture : IAsyncDisposable
{
    /// <summary>More than any frame has here. tcpdump's buffer is cut into pieces of this size, and without it of 64 KiB: room for 256 frames then.</summary>
    const string SnapshotLength = "2048";

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("op25b-day-");
    readonly Dictionary<string, HostProcess> _processes = [];

    /// <param name="routerNamespace">Where the TAPs are.</param>
    /// <param name="taps">By the name of the interface.</param>
    public static async Task<Capture> StartAsync(string routerNamespace, IReadOnlyDictionary<string, string> taps)
    {
        var capture = new Capture();
        foreach (var (name, tap) in taps)
            capture._processes[name] = HostProcess.Start("ip", "netns", "exec", routerNamespace, "tcpdump", "-i", tap, "-Q", "out", "-n", "-s", SnapshotLength, "-B", "16384", "-Z", "root", "--immediate-mode", "-w", capture.FileOf(name), "tcp");
        foreach (var process in capture._processes.Values)
            await Eventually.TrueAsync(() => process.HasExited || process.Error.Contains("listening on", StringComparison.Ordinal), Limit, () => $"tcpdump listens: {process.Error}");
        return capture;
    }

    /// <summary>Ends it. Whatever tcpdump itself had no room for would be missing in the conversations, and so fails here.</summary>
    public async Task<IReadOnlyList<CapturedFrame>> EndAsync()
    {
        List<CapturedFrame> frames = [];
        foreach (var (name, process) in _processes)
        {
            var result = await process.TerminateAsync(Limit);
            Assert.Contains("\n0 packets dropped by kernel", result.Error, StringComparison.Ordinal);
            frames.AddRange(Read(name, await File.ReadAllBytesAsync(FileOf(name))));
        }
        return frames;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Values)
            await process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    string FileOf(string name) => Path.Combine(_folder.FullName, name + ".pcap");

    /// <summary>The file format of libpcap, as this machine writes it: little-endian, with microseconds, Ethernet.</summary>
    static IEnumerable<CapturedFrame> Read(string name, byte[] file)
    {
        const int FileHeader = 24, RecordHeader = 16, LongestFrame = 1514;
        Assert.Equal((0xa1b2c3d4, 1u), (ReadUInt32(file, 0), ReadUInt32(file, 20)));
        for (var at = FileHeader; at < file.Length;)
        {
            var time = TimeSpan.FromSeconds(ReadUInt32(file, at)) + TimeSpan.FromMicroseconds(ReadUInt32(file, at + 4));
            int captured = (int)ReadUInt32(file, at + 8), length = (int)ReadUInt32(file, at + 12);
            Assert.Equal(length, captured);
            Assert.InRange(length, 0, LongestFrame);
            yield return new CapturedFrame(time, name, file[(at + RecordHeader)..(at + RecordHeader + length)]);
            at += RecordHeader + length;
        }
    }

    static uint ReadUInt32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
}
