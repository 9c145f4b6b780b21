using CsCheck;
using Router.Wire;
using Support;

namespace Tests.Wire;

/// <summary>RFC 1071, RFC 1624.</summary>
public sealed class ChecksumTest
{
    /// <summary>Words with the values on which ones' complement sums stumble.</summary>
    private static readonly Gen<ushort> Word = Gen.Frequency((1, Gen.Const((ushort)0)), (1, Gen.Const(ushort.MaxValue)), (2, Gen.UShort));

    [Fact]
    public void The_sum_equals_the_one_of_RFC_1071_for_any_bytes_at_any_place() =>
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[0, 7]).Sample((bytes, skip) =>
            Checksum.Fold(Checksum.Sum(bytes.AsSpan(Math.Min(skip, bytes.Length)))) == InternetSum.Of(bytes.AsSpan(Math.Min(skip, bytes.Length))), iter: 20_000);

    [Fact]
    public void Sixty_four_kilobytes_of_ones_do_not_overflow()
    {
        byte[] bytes = new byte[65_535];
        Array.Fill(bytes, byte.MaxValue);
        Assert.Equal(InternetSum.Of(bytes), Checksum.Fold(Checksum.Sum(bytes)));
    }

    /// <summary>Exactly, not only up to the two zeros: a header is never all zero.</summary>
    [Fact]
    public void An_update_by_difference_equals_the_sum_made_anew() =>
        Gen.Select(Word.Array[9], Gen.Int[1, 7], Word, Word, Gen.Bool).Sample((words, at, first, second, both) =>
        {
            words[0] |= 0x4000;
            ushort field = Checksum.Finish(Total(words));
            ulong difference = both
                ? Checksum.Difference((uint)words[at] << 16 | words[at + 1], (uint)first << 16 | second)
                : Checksum.Difference(words[at], first);
            words[at] = first;
            if (both)
                words[at + 1] = second;
            return Checksum.Apply(field, difference) == Checksum.Finish(Total(words));
        }, iter: 50_000);

    /// <summary>A sender may write either zero: what verified goes on to verify.</summary>
    [Fact]
    public void A_packet_that_verified_verifies_after_the_update() =>
        Gen.Select(Word.Array[6], Word).Sample((words, after) =>
        {
            words[0] |= 0x4000;
            ushort field = Checksum.Finish(Total(words));
            ushort otherZero = field is 0 or ushort.MaxValue ? (ushort)~field : field;
            ulong difference = Checksum.Difference(words[2], after);
            words[2] = after;
            return Verifies(words, Checksum.Apply(field, difference)) && Verifies(words, Checksum.Apply(otherZero, difference));
        }, iter: 50_000);

    [Fact]
    public void The_pseudo_header_of_IPv6_covers_all_of_both_addresses()
    {
        var source = IpAddress.From(System.Net.IPAddress.Parse("2001:db8:25:1::10"));
        var destination = IpAddress.From(System.Net.IPAddress.Parse("2001:db8:ffff:3:8000::25"));
        byte[] expected = [.. source.ToIPAddress().GetAddressBytes(), .. destination.ToIPAddress().GetAddressBytes(), 0, 1, 0x23, 0x45, 0, 0, 0, 6];
        Assert.Equal(InternetSum.Of(expected), Checksum.Fold(Checksum.PseudoHeader(source, destination, 6, 0x12345)));
    }

    private static bool Verifies(ushort[] words, ushort field) => Checksum.Fold(Total(words) + field) == ushort.MaxValue;

    private static ulong Total(ushort[] words) => words.Aggregate(0UL, (sum, word) => sum + word);
}
