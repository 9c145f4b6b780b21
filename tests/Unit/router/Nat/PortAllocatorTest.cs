using CsCheck;
using Router.Nat;
using Router.Wire;
using Support;

namespace Tests.Nat;

public sealed class PortAllocatorTest
{
    private readonly PortAllocator _allocator = new(new SeededRandom(3));
    private readonly PortSet _ports = new(restMilliseconds: 0);

    private int Allocate(int wanted) => _allocator.Allocate((ushort)wanted, _ports, IpAddress.FromIpv4(0xC0A81901), now: 0);

    [Theory]
    [InlineData(1)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(65535)]
    public void A_free_port_is_kept(ushort port) => Assert.Equal(port, Allocate(port));

    /// <summary>RFC 4787 REQ-3a and REQ-4.</summary>
    [Fact]
    public void Another_port_has_the_same_range_and_parity() => Gen.Int[1, 65535].Sample(wanted =>
    {
        var ports = new PortSet(restMilliseconds: 0);
        ports.OwnerOf((ushort)wanted) = 1;
        int port = new PortAllocator(new SeededRandom(wanted)).Allocate((ushort)wanted, ports, IpAddress.FromIpv4(0xC0A81901), now: 0);
        Assert.NotEqual(wanted, port);
        Assert.InRange(port, wanted < 1024 ? 1 : 1024, wanted < 1024 ? 1023 : 65535);
        Assert.Equal(wanted % 2, port % 2);
    });

    [Theory]
    [InlineData(53, 512, 32768)]
    [InlineData(22, 511, 32767)]
    [InlineData(40000, 32256, 32256)]
    public void Every_port_of_the_parity_is_given_once_its_own_range_first_and_then_none(ushort wanted, int sameRange, int ports)
    {
        for (int i = 0; i < ports; i++)
        {
            int port = Allocate(wanted);
            Assert.True(port > 0 && _ports.OwnerOf((ushort)port) == 0);
            Assert.True(i >= sameRange || port < 1024 == wanted < 1024);
            Assert.Equal(wanted % 2, port % 2);
            _ports.OwnerOf((ushort)port) = 1;
        }

        Assert.Equal(PortAllocator.Exhausted, Allocate(wanted));
    }

    /// <summary>RFC 6056: nobody can tell from one port which one comes next.</summary>
    [Fact]
    public void Ports_that_are_not_kept_are_scattered()
    {
        _ports.OwnerOf(40000) = 1;
        Assert.True(Enumerable.Range(0, 100).Select(_ => Allocate(40000)).Distinct().Count() > 90);
    }
}
