using Router.Op25b;
using Router.Wire;

namespace Unit.Op25b;

public sealed class HostPatternsTest
{
    private static readonly HostPatterns Patterns = new(["mail.other.example", "*.Seikyou.example", "*.campus.seikyou.example"]);

    /// <summary>One or more labels, never the apex.</summary>
    [Theory]
    [InlineData("mail.seikyou.example", 1)]
    [InlineData("MAIL.SEIKYOU.EXAMPLE", 1)]
    [InlineData("a.b.seikyou.example", 1)]
    [InlineData("mx.campus.seikyou.example", 1)]
    [InlineData("seikyou.example", HostPatterns.None)]
    [InlineData("xseikyou.example", HostPatterns.None)]
    [InlineData("mail.seikyou.example.net", HostPatterns.None)]
    [InlineData("example", HostPatterns.None)]
    [InlineData("mail.other.example", HostPatterns.None)]
    public void A_wildcard_takes_one_label_or_more(string name, int host) => Assert.Equal(host, Patterns.FindWildcard(DnsName.Of(name)));

    /// <summary>A label with a dot in it is one label: no name ends under the wildcard by its letters alone.</summary>
    [Fact]
    public void A_label_with_a_dot_in_it_is_one_label() =>
        Assert.Equal(HostPatterns.None, Patterns.FindWildcard([20, .. "mail.seikyou.example"u8, 0]));

    [Fact]
    public void The_root_is_under_nothing() => Assert.Equal(HostPatterns.None, Patterns.FindWildcard([0]));

    [Fact]
    public void Whole_names_alone_need_no_reading() => Assert.False(new HostPatterns(["mail.other.example"]).HasWildcards);
}
