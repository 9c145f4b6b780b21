using CsCheck;
using Router.Sessions;
using Router.Wire;

namespace Tests.Sessions;

public sealed class FlowKeyTest
{
    [Fact]
    public void The_reverse_of_the_reverse_is_the_tuple_itself() =>
        Gen.Select(Gen.UInt, Gen.UShort, Gen.UInt, Gen.UShort, Gen.Byte).Sample((source, sourcePort, destination, destinationPort, protocol) =>
        {
            var key = new FlowKey(IpAddress.FromIpv4(source), sourcePort, IpAddress.FromIpv4(destination), destinationPort, protocol, zone: 5);
            Assert.Equal((sourcePort, destinationPort, protocol), (key.SourcePort, key.DestinationPort, key.Protocol));
            Assert.Equal((key.Destination, key.DestinationPort, key.SourcePort), (key.Reversed.Source, key.Reversed.SourcePort, key.Reversed.DestinationPort));
            Assert.Equal(key, key.Reversed.Reversed);
        });
}
