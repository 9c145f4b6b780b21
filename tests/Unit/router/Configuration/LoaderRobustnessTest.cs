using System.Text;
using CsCheck;
using Router.Configuration;

namespace Unit.Configuration;

public sealed class LoaderRobustnessTest
{
    private static readonly string[] Keys = ["Interfaces", "Name", "Role", "Tap", "Addresses", "Mtu", "Routes", "Destination", "Via", "Nat", "PortForwards", "To", "Port",
        "Op25b", "Groups", "Sources", "Phases", "From", "Mode", "Metrics", "Listen", "interfaces", "$schema", "x:y", "", "0", "DestinationSets", "OwnMailServers", "Hosts"];

    private static readonly Gen<string> Scalar = Gen.OneOf(
        Gen.Const("null"), Gen.Const("true"), Gen.Const("1e999"), Gen.Const("\"\\ud800\""), Gen.Const("\"192.168.25.1/24\""), Gen.Const("\"::/0\""),
        Gen.Const("\"Lan\""), Gen.Const("\"2008-04-01T11:00:00+09:00\""), Gen.Int.Select(number => $"{number}"),
        Gen.String.Select(text => System.Text.Json.JsonSerializer.Serialize(text)));

    private static readonly Gen<string> Json = Gen.Recursive<string>((depth, inner) => depth > 5
        ? Scalar
        : Gen.OneOf(
            Scalar,
            inner.Array[0, 4].Select(items => $"[{string.Join(',', items)}]"),
            Gen.Select(OneOf(Keys), inner).Array[0, 5].Select(pairs => $"{{{string.Join(',', pairs.Select(pair => $"\"{pair.Item1}\":{pair.Item2}"))}}}")));

    [Fact]
    public void No_bytes_make_the_loader_throw() =>
        Gen.Byte.Array[0, 200].Sample(bytes => { Load(bytes); });

    [Fact]
    public void No_json_makes_the_loader_throw() =>
        Json.Sample(json => { Load(Encoding.UTF8.GetBytes(json)); });

    [Fact]
    public void No_change_of_a_good_file_makes_the_loader_throw()
    {
        var good = File.ReadAllBytes(Path.Combine(Loading.Repository, "docs/examples/home.jsonc"));
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, 20]).Sample((at, value, cut) =>
        {
            var changed = good.ToArray();
            changed[at] = value;
            Load(changed);
            Load([.. good[..at], .. good[Math.Min(good.Length, at + cut)..]]);
        });
    }

    [Fact]
    public void No_setting_makes_the_loader_throw() =>
        Gen.Select(OneOf(Keys), OneOf("", ":0", ":0:Name", ":9999999999", "::"), Gen.String).Sample((key, rest, value) =>
            {
                var result = Loading.Load(Loading.With(""), $"{key}{rest}={value}");
                Assert.Equal(result.Errors.Count > 0, result.Configuration is null);
            });

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static void Load(byte[] text)
    {
        var result = ConfigurationLoader.Load(new("router.jsonc"), text);
        Assert.Equal(result.Errors.Count > 0, result.Configuration is null);
        Assert.All(result.Errors, error => Assert.True(error.Message.Length > 0 && error.Mend.Length > 0));
    }
}
