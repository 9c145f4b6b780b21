using Support.EndToEnd;

namespace EndToEnd;

/// <summary>coturn's server outside, at two addresses and two ports as RFC 5780 needs, without any relay.</summary>
internal static class StunServer
{
    public static async Task<HostProcess> StartAsync(Network network)
    {
        Needs.Tool("turnserver");
        var (place, folder) = (network.External.Namespace, network.WorkFolder.FullName);
        var server = place.Start("turnserver", "-n", "--stun-only", "-L", $"{Topology.External}", "-L", $"{Topology.SecondExternal}", "-p", "3478", "--alt-listening-port=3479",
            "--no-tls", "--no-dtls", "--no-cli", "--no-tcp", "--no-tcp-relay", "--simple-log", $"--log-file={folder}/turn.log", $"--pidfile={folder}/turn.pid", $"--userdb={folder}/turn.db");
        try
        {
            await Eventually.TrueAsync(async () => (await place.RunAsync(["ss", "-Hlun", "sport >= :3478 and sport <= :3479"])).Output.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(words => words.Length > 3).Select(words => words[3]).Distinct().Count() == 4, TimeSpan.FromSeconds(10), () => $"turnserver listens on two ports of two addresses:\n{server.Output}{server.Error}");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }
}
