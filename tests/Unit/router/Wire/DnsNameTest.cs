using CsCheck;
using Router.Wire;
using Support;

namespace Unit.Wire;

public sealed class DnsNameTest
{
    private static readonly Gen<string> Label = Gen.Char["abcXYZ019-_"].Array[1, 63].Select(letters => new string(letters));

    private static readonly Gen<string> Name = Label.Array[0, 6].Where(labels => labels.Sum(label => label.Length + 1) + 1 <= 255).Select(labels => string.Join('.', labels));

    [Fact]
    public void Any_name_is_read_in_lower_case_and_as_far_as_it_goes() => Gen.Select(Name, Gen.Byte.Array[0, 20], Gen.Byte.Array[0, 20]).Sample((name, before, after) =>
    {
        byte[] wire = DnsMessages.Name(name);
        AssertRead(DnsMessages.Name(name.ToLowerInvariant()), before.Length + wire.Length, Read([.. before, .. wire, .. after], before.Length));
        Assert.Equal(name.ToLowerInvariant(), DnsName.ToText(Read([.. before, .. wire], before.Length).Name));
    });

    [Fact]
    public void Any_bytes_come_to_an_end() => Gen.Select(Gen.Byte.Array[0, 400], Gen.Int[0, 400]).Sample((bytes, offset) =>
    {
        (byte[] name, int end) = Read(bytes, offset);
        Assert.InRange(name.Length, 0, DnsName.MaximumSize);
        if (name.Length > 0)
            Assert.InRange(end, offset + 1, bytes.Length);
    }, iter: 20_000);

    /// <summary>Bytes that are nearly all pointers and small labels: the worst that there is.</summary>
    [Fact]
    public void Any_web_of_pointers_comes_to_an_end() => Gen.Select(Gen.OneOf(Gen.Const((byte)0xC0), Gen.Byte[0, 40]).Array[0, 300], Gen.Int[0, 300]).Sample((bytes, offset) => Read(bytes, offset), iter: 20_000);

    [Fact]
    public void A_pointer_leads_back_and_the_name_ends_behind_it()
    {
        byte[] message = [.. DnsMessages.Name("seikyou.example"), .. DnsMessages.Name("mail.@0"), .. DnsMessages.Name("@17"), 1, 2];
        AssertRead(DnsMessages.Name("mail.seikyou.example"), 24, Read(message, 17));
        AssertRead(DnsMessages.Name("mail.seikyou.example"), 26, Read(message, 24));
    }

    [Theory]
    [InlineData("@0", 0)]
    [InlineData("a.@0", 0)]
    [InlineData("a.@2", 0)]
    [InlineData("a.@200", 0)]
    public void A_pointer_to_itself_or_ahead_is_no_name(string name, int offset) => Assert.Empty(Read([.. DnsMessages.Name(name), 0, 0, 0], offset).Name);

    [Fact]
    public void Two_pointers_to_each_other_are_no_name()
    {
        byte[] message = [.. DnsMessages.Name("@2"), .. DnsMessages.Name("@0")];
        Assert.Empty(Read(message, 0).Name);
        Assert.Empty(Read(message, 2).Name);
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public void A_chain_of_pointers_has_a_bound(int pointers, bool isName)
    {
        byte[] message = [.. DnsMessages.Name("a"), .. Enumerable.Range(0, pointers).SelectMany(i => DnsMessages.Name($"@{(i == 0 ? 0 : 3 + 2 * (i - 1))}"))];
        Assert.Equal(isName, Read(message, message.Length - 2).Name.Length > 0);
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 1 })]
    [InlineData(new byte[] { 1, 97 })]
    [InlineData(new byte[] { 0xC0 })]
    [InlineData(new byte[] { 0x40, 97, 0 })]
    [InlineData(new byte[] { 0x80, 97, 0 })]
    public void What_is_cut_short_or_of_another_kind_is_no_name(byte[] message) => Assert.Empty(Read(message, 0).Name);

    [Fact]
    public void The_longest_name_has_255_bytes()
    {
        string label = new('a', 63), longest = $"{label}.{label}.{label}.{new string('b', 61)}";
        Assert.Equal(255, Read(DnsMessages.Name(longest), 0).Name.Length);
        Assert.Empty(Read(DnsMessages.Name(longest + "b"), 0).Name);
        // The same by a pointer, which costs two bytes only.
        Assert.Empty(Read([.. DnsMessages.Name(longest), .. DnsMessages.Name("a.@0")], 255).Name);
    }

    [Fact]
    public void What_goes_to_a_terminal_has_no_strange_characters() => Assert.Equal("m??l.a-b_c", DnsName.ToText([4, (byte)'m', 27, (byte)'.', (byte)'l', .. DnsMessages.Name("a-b_c")]));

    [Fact]
    public void A_name_from_the_configuration_has_the_same_form() => Assert.Equal(Read(DnsMessages.Name("MAIL.seikyou.EXAMPLE"), 0).Name, DnsName.Of("Mail.Seikyou.example"));

    private static void AssertRead(byte[] name, int end, (byte[] Name, int End) seen)
    {
        Assert.Equal(name, seen.Name);
        Assert.Equal(end, seen.End);
    }

    private static (byte[] Name, int End) Read(byte[] message, int offset)
    {
        var name = new byte[DnsName.MaximumSize];
        int length = DnsName.Read(message, ref offset, name);
        return (name[..length], offset);
    }
}
