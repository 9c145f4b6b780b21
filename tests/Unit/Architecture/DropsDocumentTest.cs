using System.Text;
using Router.Packets;
using Support;

namespace Tests.Architecture;

/// <summary>docs/drops.md is written by this test: <c>UPDATE_DOCS=1</c> in the environment writes it anew, without it the file is held against the catalogue.</summary>
public sealed class DropsDocumentTest
{
    private const string Document = "docs/drops.md";

    [Fact]
    public void The_document_says_what_the_catalogue_says()
    {
        string text = Write();
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            File.WriteAllText(Repository.PathOf(Document), text);
        Assert.Equal(text, File.ReadAllText(Repository.PathOf(Document)));
    }

    private static string Write()
    {
        var text = new StringBuilder("""
            # Why a packet was dropped

            <!-- Generated from router/Packets/DropCatalogue.cs: UPDATE_DOCS=1 tests/Unit/bin/Release/net10.0/Unit -class Tests.Architecture.DropsDocumentTest -->

            In the order in which a packet meets them. The reason is the label of `router_dropped_frames_total`, and what `explain` says.


            """);
        foreach (IGrouping<Stage, DropReason> stage in DropCatalogue.All.GroupBy(reason => DropCatalogue.Of(reason).Stage))
        {
            text.Append($"## {Title(stage.Key)}\n\n| reason | what happened | the sender is told | what to do | reference |\n|---|---|---|---|---|\n");
            foreach (DropReason reason in stage)
            {
                DropEntry entry = DropCatalogue.Of(reason);
                text.Append($"| `{reason}` | {entry.Text} | {Say(entry.Answer)} | {entry.Mend} | {entry.Reference} |\n");
            }

            text.Append('\n');
        }

        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static string Title(Stage stage) => stage switch
    {
        Stage.Parse => "Parse",
        Stage.NeighborMessage => "Neighbour messages (ARP, Neighbor Discovery)",
        Stage.AntiSpoofing => "Anti-spoofing",
        Stage.Fragment => "Fragments",
        Stage.Lookup => "Lookup",
        Stage.Op25b => "OP25B",
        Stage.Local => "For the router itself",
        Stage.HopLimit => "Hop limit",
        Stage.Route => "Route",
        Stage.Firewall => "Firewall",
        Stage.Mtu => "MTU",
        Stage.Admit => "Admit",
        Stage.Neighbor => "Neighbour",
        Stage.Emit => "Emit",
    };

    private static string Say(Answer answer) => answer switch
    {
        Answer.Silence => "nothing",
        Answer.NetUnreachable => "ICMP 3/0, ICMPv6 1/0: no route",
        Answer.HostUnreachable => "ICMP 3/1, ICMPv6 1/3: host unreachable",
        Answer.ProtocolUnreachable => "ICMP 3/2, ICMPv6 4/1: protocol unreachable",
        Answer.PortUnreachable => "ICMP 3/3, ICMPv6 1/4: port unreachable",
        Answer.PortUnreachableLater => "ICMP 3/3, port unreachable, after six seconds",
        Answer.ProhibitedLater => "ICMPv6 1/1, administratively prohibited, after six seconds",
        Answer.FragmentationNeeded => "ICMP 3/4, ICMPv6 2/0: too big, with the MTU",
        Answer.AdministrativelyProhibited => "ICMP 3/13, ICMPv6 1/1: administratively prohibited",
        Answer.TimeExceeded => "ICMP 11/0, ICMPv6 3/0: time exceeded",
        Answer.ScopeExceeded => "ICMPv6 1/2, beyond the scope of the source address",
        Answer.ErroneousHeader => "ICMPv6 4/0, erroneous header field",
        Answer.UnrecognizedNextHeader => "ICMPv6 4/1, unrecognized next header",
        Answer.AsPhaseSays => "as the phase in force says: nothing, ICMP 3/13 or ICMPv6 1/1, a TCP RST, or a mail server's greeting with 554",
    };
}
