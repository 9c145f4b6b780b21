using CsCheck;
using Router.Nat;
using Support;

namespace Tests.Nat;

public sealed class PortAllocatorTest
{
    private readonly PortAllocator _allocator = new(new SeededRandom(3));
    private readonly int[] _owners = new int[65536];

    [Theory]
    [InlineData(1)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(65535)]
    public void A_free_port_is_kept(ushort port) => Assert.Equal(port, _allocator.Allocate(port, _owners));

    /// <summary>RFC 4787 REQ-3a and REQ-4.</summary>
    [Fact]
    public void Another_port_has_the_same_range_and_parity() => Gen.Int[1, 65535].Sample(wanted =>
    {
        var owners = new int[65536];
        owners[wanted] = 1;
        int port = new PortAllocator(new SeededRandom(wanted)).Allocate((ushort)wanted, owners);
        Assert.NotEqual(wanted, port);
        Assert.InRange(port, wanted < 1024 ? 1 : 1024, wanted < 1024 ? 1023 : 65535);
        Assert.Equal(wanted % 2, port % 2);
    });

    [Theory]
    [InlineData(53, 512)]
    [InlineData(22, 511)]
    [InlineData(40000, 32256)]
    public void Every_port_of_the_range_and_parity_is_given_once_and_then_none(ushort wanted, int ports)
    {
        for (int i = 0; i < ports; i++)
        {
            int port = _allocator.Allocate(wanted, _owners);
            Assert.True(port > 0 && _owners[port] == 0);
            _owners[port] = 1;
        }

        Assert.Equal(PortAllocator.Exhausted, _allocator.Allocate(wanted, _owners));
    }

    /// <summary>RFC 6056: nobody can tell from one port which one comes next.</summary>
    [Fact]
    public void Ports_that_are_not_kept_are_scattered()
    {
        _owners[40000] = 1;
        Assert.True(Enumerable.Range(0, 100).Select(_ => _allocator.Allocate(40000, _owners)).Distinct().Count() > 90);
    }
}
