using CsCheck;
using PacketDotNet;
using Router.Wire;
using Support;

namespace Tests.Wire;

public sealed class ArpMessageTest
{
    private static readonly MacAddress Asker = new(0x02_00_00_00_00_0A), Answerer = new(0x02_00_00_00_00_0B);

    [Fact]
    public void It_writes_what_an_independent_library_reads()
    {
        var bytes = new byte[ArpMessage.Size];
        ArpMessage.Write(bytes, ArpMessage.Reply, Answerer, IpAddress.FromIpv4(0xC0A81901), Asker, IpAddress.FromIpv4(0xC0A8190A));
        var read = new ArpPacket(new PacketDotNet.Utils.ByteArraySegment(bytes));
        Assert.Equal((ArpOperation.Response, "192.168.25.1", "192.168.25.10"), (read.Operation, read.SenderProtocolAddress.ToString(), read.TargetProtocolAddress.ToString()));
        Assert.Equal((Frames.Physical(Answerer), Frames.Physical(Asker)), (read.SenderHardwareAddress, read.TargetHardwareAddress));
    }

    [Theory]
    [InlineData(0, 9)]
    [InlineData(2, 9)]
    [InlineData(4, 8)]
    [InlineData(5, 16)]
    [InlineData(7, 3)]
    [InlineData(7, 0)]
    public void A_message_of_another_kind_is_none(int at, byte value)
    {
        byte[] bytes = Frames.Network(Frames.Arp(ArpOperation.Request, Asker, "192.168.25.10", default, "192.168.25.1"));
        Assert.True(ArpMessage.TryParse(bytes, out _));
        bytes[at] = value;
        Assert.False(ArpMessage.TryParse(bytes, out _));
    }

    [Fact]
    public void Any_bytes_parse_or_do_not() => Gen.Byte.Array[0, 40].Sample(bytes => { _ = ArpMessage.TryParse(bytes, out _); });
}
