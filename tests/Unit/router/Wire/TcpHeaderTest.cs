using CsCheck;
using PacketDotNet;
using Router.Wire;

namespace Tests.Wire;

public sealed class TcpHeaderTest
{
    [Fact]
    public void It_reads_what_an_independent_library_wrote() =>
        Gen.Select(Gen.UShort, Gen.UShort, Gen.UInt, Gen.UInt, Gen.Byte).Sample((source, destination, sequence, acknowledgment, flags) =>
        {
            byte[] bytes = new TcpPacket(source, destination) { SequenceNumber = sequence, AcknowledgmentNumber = acknowledgment, Flags = flags }.Bytes;
            Assert.True(TcpHeader.TryParse(bytes, out TcpHeader header));
            Assert.Equal((source, destination), (Ports.Source(bytes), Ports.Destination(bytes)));
            Assert.Equal((20, sequence, acknowledgment, flags), (header.HeaderLength, header.Sequence, header.Acknowledgment, (byte)header.Flags));
        });

    [Fact]
    public void It_writes_what_an_independent_library_reads() =>
        Gen.Select(Gen.UShort, Gen.UShort, Gen.UInt, Gen.UInt, Gen.Byte).Sample((source, destination, sequence, acknowledgment, flags) =>
        {
            var bytes = new byte[20];
            TcpHeader.Write(bytes, source, destination, sequence, acknowledgment, (TcpFlags)flags);
            var read = new TcpPacket(new PacketDotNet.Utils.ByteArraySegment(bytes));
            Assert.Equal((source, destination, sequence, acknowledgment, flags, 5),
                (read.SourcePort, read.DestinationPort, read.SequenceNumber, read.AcknowledgmentNumber, (byte)read.Flags, read.DataOffset));
        });

    [Theory]
    [InlineData(19, 0x50)]
    [InlineData(20, 0x40)]
    [InlineData(20, 0x60)]
    [InlineData(59, 0xF0)]
    public void A_header_that_is_cut_short_is_none(int length, byte dataOffset)
    {
        var bytes = new byte[length];
        bytes[12] = dataOffset;
        Assert.False(TcpHeader.TryParse(bytes, out _));
    }
}
