using Router.Nat;
using Router.Sessions;
using Router.Wire;
using Support;

namespace Tests.Nat;

public sealed class AddressFilterTest
{
    private static readonly IpAddress Known = IpAddress.FromIpv4(0xCB007119), Stranger = IpAddress.FromIpv4(0xCB00711A);

    [Theory]
    [InlineData("EndpointIndependent", true, true)]
    [InlineData("AddressDependent", true, false)]
    [InlineData("AddressAndPortDependent", false, false)]
    public void It_lets_in_whom_its_kind_says(string kind, bool known, bool stranger)
    {
        var filter = new AddressFilter(Enum.Parse<Filtering>(kind), capacity: 4, new KeyedHash(new SeededRandom(6)));
        filter.Opened(1, Known);
        Assert.Equal((known, stranger), (filter.Passes(1, Known), filter.Passes(1, Stranger)));
    }

    [Fact]
    public void An_address_is_known_to_its_mapping_alone_until_the_last_session_with_it_ended()
    {
        var filter = new AddressFilter(Filtering.AddressDependent, capacity: 4, new KeyedHash(new SeededRandom(6)));
        filter.Opened(1, Known);
        filter.Opened(1, Known);
        filter.Ended(1, Known);
        Assert.True(filter.Passes(1, Known));
        Assert.False(filter.Passes(2, Known));
        filter.Ended(1, Known);
        Assert.False(filter.Passes(1, Known));
    }
}
