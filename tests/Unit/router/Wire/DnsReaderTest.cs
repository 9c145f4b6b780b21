using System.Net;
using CsCheck;
using Router.Wire;
using Support;

namespace Unit.Wire;

public sealed class DnsReaderTest
{
    [Fact]
    public void Any_bytes_are_read_to_an_end() => Gen.Byte.Array[0, 300].Sample(ReadAll, iter: 20_000);

    [Fact]
    public void Any_change_of_a_good_answer_is_read_to_an_end()
    {
        byte[] good = DnsMessages.Answer("mail.seikyou.example", records:
            [DnsMessages.Alias("@12", "mx.@17"), DnsMessages.Address("mx.seikyou.example", "203.0.113.25"), DnsMessages.Address("@52", "2001:db8::1")]);
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length]).Array[1, 6].Sample(changes =>
        {
            byte[] message = [.. good];
            foreach ((int at, byte value, _) in changes)
                message[at] = value;
            ReadAll(message[..changes[0].Item3]);
        }, iter: 20_000);
    }

    [Fact]
    public void Header_question_and_records_are_read_in_turn()
    {
        byte[] message = DnsMessages.Answer("Mail.example", id: 7, records: [DnsMessages.Alias("@12", "b.example", ttl: 9), DnsMessages.Address("b.example", "192.0.2.1", ttl: 0x80000000)]);
        Assert.True(DnsReader.TryOpen(message, out DnsReader reader));
        Assert.Equal((7, true, 0, 0, 1, 2), (reader.Id, reader.IsResponse, reader.Opcode, reader.ResponseCode, reader.Questions, reader.Answers));
        var name = new byte[DnsName.MaximumSize];
        Assert.True(reader.TryReadQuestion(name, out int length, out ushort type, out ushort @class));
        Assert.Equal(("mail.example", 1, 1), (DnsName.ToText(name.AsSpan(0, length)), type, @class));
        Assert.True(reader.TryReadRecord(name, out DnsRecord alias));
        Assert.Equal(("mail.example", DnsReader.TypeCname, 9u), (DnsName.ToText(name.AsSpan(0, alias.OwnerLength)), alias.Type, alias.Ttl));
        Assert.Equal("b.example", DnsName.ToText(name.AsSpan(0, reader.ReadTarget(alias, name))));
        Assert.False(reader.TryReadAddress(alias, out _));
        Assert.True(reader.TryReadRecord(name, out DnsRecord address));
        Assert.True(reader.TryReadAddress(address, out IpAddress value));
        Assert.Equal((IpAddress.From(IPAddress.Parse("192.0.2.1")), 0u), (value, address.Ttl));
        Assert.False(reader.TryReadRecord(name, out _));
    }

    [Fact]
    public void An_alias_must_fill_its_data()
    {
        byte[] message = DnsMessages.Answer("a.example", records: [new DnsMessages.Record("@12", DnsMessages.Cname, [.. DnsMessages.Name("b"), 0]), new DnsMessages.Record("@12", DnsMessages.Cname, [1])]);
        DnsReader.TryOpen(message, out DnsReader reader);
        var name = new byte[DnsName.MaximumSize];
        reader.TryReadQuestion(name, out _, out _, out _);
        while (reader.TryReadRecord(name, out DnsRecord record))
            Assert.Equal(0, reader.ReadTarget(record, name));
    }

    [Theory]
    [InlineData((int)DnsMessages.A, 1, 4, true)]
    [InlineData((int)DnsMessages.A, 3, 4, false)]
    [InlineData((int)DnsMessages.A, 1, 3, false)]
    [InlineData((int)DnsMessages.A, 1, 16, false)]
    [InlineData((int)DnsMessages.Aaaa, 1, 16, true)]
    [InlineData((int)DnsMessages.Aaaa, 1, 4, false)]
    [InlineData((int)DnsMessages.Mx, 1, 4, false)]
    public void An_address_has_its_own_length_and_class(int type, int @class, int length, bool isGood)
    {
        byte[] message = DnsMessages.Answer("a.example", records: [new DnsMessages.Record("@12", (ushort)type, [.. Enumerable.Repeat((byte)0x20, length)], 1, (ushort)@class)]);
        DnsReader.TryOpen(message, out DnsReader reader);
        var name = new byte[DnsName.MaximumSize];
        reader.TryReadQuestion(name, out _, out _, out _);
        Assert.True(reader.TryReadRecord(name, out DnsRecord record));
        Assert.Equal(isGood, reader.TryReadAddress(record, out _));
    }

    private static void ReadAll(byte[] message)
    {
        if (!DnsReader.TryOpen(message, out DnsReader reader))
            return;
        Span<byte> name = stackalloc byte[DnsName.MaximumSize];
        if (!reader.TryReadQuestion(name, out int length, out _, out _))
            return;
        _ = DnsName.ToText(name[..length]);
        while (reader.TryReadRecord(name, out DnsRecord record))
        {
            _ = reader.ReadTarget(record, name);
            _ = reader.TryReadAddress(record, out _);
        }
    }
}
