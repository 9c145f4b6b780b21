using System.Text;
using Router.Configuration;

namespace Unit.Configuration;

public sealed class KeyPlacesTest
{
    private const string Text = """
        // a comment
        {
          "Other": { "Phases": [ 1, 2 ] },
          "Op25b": {
            "Groups": [ { "Name": "dynamic" }, /* and */
              { "Name": "fixed-ip" } ],
            "Phases": [
              { "Name": "notice", "Mode": "Monitor" },
              { "Name": "op25b" },
            ]
          }
        }
        """;

    [Theory]
    [InlineData("Op25b:Phases:1", "router.jsonc:9")]
    [InlineData("Op25b:Phases:0:Mode", "router.jsonc:8 and environment OP25B_ROUTER__Op25b__Phases__0__Mode and --set Op25b:Phases:0:Mode")]
    [InlineData("Op25b:Phases:0", "router.jsonc:8 and environment OP25B_ROUTER__Op25b__Phases__0__Mode and --set Op25b:Phases:0:Mode")]
    [InlineData("Op25b:Groups:1", "router.jsonc:6")]
    [InlineData("Op25b", "router.jsonc:4 and environment OP25B_ROUTER__Op25b__Phases__0__Mode and --set Op25b:Phases:0:Mode")]
    [InlineData("Op25b:Phases:2", null)]
    [InlineData("Op25b:Groups:1:Sources", null)]
    [InlineData("Nat", null)]
    public void A_key_is_found_where_it_was_written(string path, string? place)
    {
        var sources = new ConfigurationSources("router.jsonc")
        {
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["OP25B_ROUTER__Op25b__Phases__0__Mode"] = "Block", ["PATH"] = "/bin" },
            Settings = ["Op25b:Phases:0:Mode=Limit"],
        };
        Assert.Equal(place, new KeyPlaces(sources, [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Text)]).PlaceOf(path));
    }

    [Fact]
    public void A_text_that_is_no_JSON_has_no_places() => Assert.Null(new KeyPlaces(new("x"), "{ \"Nat\": "u8.ToArray()).PlaceOf("Nat:Addresses"));

    [Fact]
    public void Without_a_text_there_is_none() => Assert.Null(new KeyPlaces(new("x"), text: null).PlaceOf("Nat"));
}
