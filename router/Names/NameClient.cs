using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;
using Router.Configuration;

namespace Router.Names;

/// <summary>Asks resolvers through DnsClient, which takes care of identifications, ports, and TCP where an answer is too long for UDP.</summary>
internal sealed class NameClient
{
    /// <summary>More than a mail server has.</summary>
    private const int MostAddresses = 16, MostAliases = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly LookupClient? _client;

    /// <summary>Where no resolvers are given the system's are asked, those that it has at that moment.</summary>
    public NameClient(IReadOnlyList<IPEndPoint> resolvers)
    {
        if (resolvers.Count > 0) _client = ClientOf([.. resolvers.Select(resolver => new NameServer(resolver))]);
    }

    public async Task<NameAnswer> AskAsync(string name, bool ipv6, CancellationToken cancellation)
    {
        try
        {
            // The dot at the end: no search list of the machine's has a say.
            var client = _client ?? ClientOf([.. NameServer.ResolveNameServers(skipIPv6SiteLocal: true, fallbackToGooglePublicDns: false)]);
            var response = await client.QueryAsync($"{name}.", ipv6 ? QueryType.AAAA : QueryType.A, QueryClass.IN, cancellation);
            return response.Header.ResponseCode switch
            {
                DnsHeaderResponseCode.NoError => Read(response, $"{name}.", ipv6),
                DnsHeaderResponseCode.NotExistentDomain => new([], TimeSpan.Zero),
                var code => NameAnswer.Failed($"{response.NameServer}: {code}"),
            };
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            // Whatever the library thinks of an answer, it is none, and the next try may bring one.
            return NameAnswer.Failed(exception.GetBaseException().Message);
        }
    }

    private static LookupClient ClientOf(NameServer[] servers) => servers.Length > 0
        ? new(new LookupClientOptions(servers) { UseCache = false, Timeout = Patience, Retries = 1, UseTcpFallback = true, ContinueOnDnsError = true, ThrowDnsErrors = false })
        : throw new InvalidOperationException("the system has no resolver: list some in Op25b:OwnMailServers:TrustedResolvers");

    /// <summary>The addresses at the end of the name's chain of aliases; what else is in the answer was not asked for.</summary>
    private static NameAnswer Read(IDnsQueryResponse response, string name, bool ipv6)
    {
        var ttl = uint.MaxValue;
        for (var aliases = 0; aliases <= MostAliases; aliases++)
        {
            if (response.Answers.OfType<CNameRecord>().FirstOrDefault(record => IsOf(record, name)) is { } alias)
            {
                ttl = Math.Min(ttl, (uint)alias.InitialTimeToLive);
                name = alias.CanonicalName.Value;
                continue;
            }

            var records = response.Answers.OfType<AddressRecord>()
                .Where(record => IsOf(record, name) && record.Address.AddressFamily == (ipv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork)
                    && !record.Address.IsIPv4MappedToIPv6 && AddressSyntax.IsUnicast(record.Address))
                .Take(MostAddresses).ToArray();
            foreach (var record in records) ttl = Math.Min(ttl, (uint)record.InitialTimeToLive);
            return new([.. records.Select(record => record.Address)], records.Length > 0 ? TimeSpan.FromSeconds(ttl) : TimeSpan.Zero);
        }

        return NameAnswer.Failed($"{response.NameServer}: a chain of more than {MostAliases} aliases");
    }

    private static bool IsOf(DnsResourceRecord record, string name) => string.Equals(record.DomainName.Value, name, StringComparison.OrdinalIgnoreCase);
}
