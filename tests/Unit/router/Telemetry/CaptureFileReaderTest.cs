using CsCheck;
using Router.Telemetry;
using Support;

namespace Unit.Telemetry;

public sealed class CaptureFileReaderTest
{
    private static readonly byte[] First = [.. Enumerable.Range(0, 61).Select(i => (byte)i)], Second = [.. Enumerable.Range(0, 90).Select(i => (byte)(255 - i))];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pcap_gives_each_of_its_frames(bool isBigEndian)
    {
        byte[] file = HandMadeCaptures.Pcap(linkType: 1, isBigEndian, First, Second);
        Assert.Equal(First, Read(file, 1).Bytes);
        Assert.Equal(Second, Read(file, 2).Bytes);
        Assert.Null(Read(file, 2).Interface);
        Assert.Equal("it has 2 frames, and no frame 3", Problem(file, 3));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pcapng_gives_each_of_its_frames_and_their_interfaces(bool isBigEndian)
    {
        byte[] file = HandMadeCaptures.Pcapng(isBigEndian, ["lan", "wan"], (1, First), (0, Second));
        // Another section has interfaces of its own, and the other byte order.
        byte[] both = [.. file, .. HandMadeCaptures.Pcapng(!isBigEndian, ["servers"], (0, First))];
        Assert.Equal((Convert.ToHexString(First), "wan"), Told(both, 1));
        Assert.Equal((Convert.ToHexString(Second), "lan"), Told(both, 2));
        Assert.Equal((Convert.ToHexString(First), "servers"), Told(both, 3));
        Assert.Equal("it has 3 frames, and no frame 4", Problem(both, 4));
    }

    [Fact]
    public void What_a_file_is_not_is_said()
    {
        Assert.Equal("it is shorter than any capture file", Problem([1, 2, 3]));
        Assert.Equal("it is neither pcap nor pcapng", Problem("{ \"Interfaces\": [] }"u8.ToArray()));
        Assert.Equal("its frames are of link type 113, not Ethernet (1): capture on the router's interface, or on the bridge", Problem(HandMadeCaptures.Pcap(linkType: 113, isBigEndian: false, First)));
        Assert.Equal("it ends in the middle of a block, at byte 60", Problem(HandMadeCaptures.Pcap(First)[..60]));
        Assert.Equal("it is damaged near byte 88: a packet of interface 3, which the file does not describe", Problem(HandMadeCaptures.Pcapng(isBigEndian: false, [], (3, new byte[4]))));
    }

    /// <summary>Any bytes, and files with any byte changed: a frame, or a reason; never more memory than a block may have.</summary>
    [Fact]
    public void No_file_makes_it_fail_otherwise() => Gen.Select(Gen.Bool, Gen.Int[0, 400], Gen.Byte, Gen.Int[1, 4], Gen.Byte.Array[0, 64]).Sample((isPcap, at, value, number, rest) =>
    {
        byte[] file = isPcap ? HandMadeCaptures.Pcap(First, Second) : HandMadeCaptures.Pcapng(isBigEndian: false, ["lan"], (0, First), (0, Second));
        file[at % file.Length] = value;
        Assert.True(Ends([.. file, .. rest], number));
        Assert.True(Ends(rest, number));
    });

    private static bool Ends(byte[] file, int number)
    {
        try
        {
            return Read(file, number).Bytes.Length <= CaptureFileReader.LargestBlock;
        }
        catch (CaptureFileException)
        {
            return true;
        }
    }

    private static (string, string?) Told(byte[] file, int number) => (Convert.ToHexString(Read(file, number).Bytes), Read(file, number).Interface);

    private static CapturedFrame Read(byte[] file, int number = 1) => CaptureFileReader.Read(new MemoryStream(file), number);

    private static string Problem(byte[] file, int number = 1) => Assert.Throws<CaptureFileException>(() => Read(file, number)).Message;
}
