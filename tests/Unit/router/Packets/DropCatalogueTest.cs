using Router.Packets;

namespace Tests.Packets;

public sealed class DropCatalogueTest
{
    [Fact]
    public void Every_reason_says_what_it_is_where_that_is_written_and_how_to_mend_it() =>
        Assert.All(DropCatalogue.All, reason =>
        {
            DropEntry entry = DropCatalogue.Of(reason);
            Assert.All([entry.Text, entry.Reference, entry.Mend], text => Assert.False(string.IsNullOrWhiteSpace(text), $"{reason}"));
            Assert.All([entry.Text, entry.Mend], text => Assert.False(text.EndsWith('.'), $"{reason}: {text}"));
        });

    [Fact]
    public void Reasons_are_in_the_order_of_the_journey()
    {
        Stage[] stages = [.. DropCatalogue.All.Select(reason => DropCatalogue.Of(reason).Stage)];
        Assert.Equal(stages.Order(), stages);
    }

    [Fact]
    public void No_two_reasons_say_the_same() =>
        Assert.Equal(DropCatalogue.All.Count, DropCatalogue.All.Select(reason => DropCatalogue.Of(reason).Text).Distinct(StringComparer.Ordinal).Count());
}
