using System.Net.Sockets;
using Router.Configuration;
using Router.Local;
using Router.Nat;
using Router.Neighbors;
using Router.Op25b;
using Router.Packets;
using Router.Routing;
using Router.Sessions;
using Router.Wire;

namespace Router;

/// <summary>
/// Another configuration for a data path that runs.
/// <para>Theory of operation. All that a configuration is compiled to is made here, on whatever thread, and anything that can fail fails here. <see cref="Apply"/> then puts it in
/// place on the loop's thread, between two batches: the parts keep their identity and take over what the new ones hold, so no frame meets half a set (F18), and none pays
/// for it. Tables of what happened (sessions, mappings, neighbours, learnt names, attempts) stay. What <see cref="RestartRules"/> names must be the same in both.</para>
/// </summary>
internal sealed class Reconfiguration
{
    private readonly DataPath _path;
    private readonly RouterConfiguration _configuration;
    private readonly RouteTable _routes;
    private readonly (IpAddress Address, int PrefixLength)[][] _addresses;
    private readonly IpAddress[] _outside;
    private readonly HashSet<IpAddress> _lost;
    private readonly Firewall _firewall;
    private readonly PortForwards _forwards = new([]);
    private readonly PrefixTable _exemptDestinations = new([]);
    private readonly TranslatorParts? _firstParts;
    private readonly AddressFilter? _filter;
    private readonly TcpSequences[]? _roomForIpv6;
    private readonly bool _beginsToTranslate;
    private readonly Op25bPolicy _policy;
    private readonly OwnNames _names;
    private readonly DnsWitness _dns;
    private readonly SmtpText _smtp;
    private readonly Advertisement[] _advertisements;
    private readonly HashSet<string> _advertisedAnew;
    private readonly IReadOnlySet<IpAddress> _mailReceivers;

    public Reconfiguration(DataPath path, RouterConfiguration before, RouterConfiguration after)
    {
        (_path, _configuration) = (path, after);
        _routes = RouteCompiler.Compile(after, path.Interfaces);
        _addresses = [.. path.Interfaces.Select((entry, index) => RouteCompiler.AddressesOf(after.Interfaces[index], entry.Mac).ToArray())];
        _outside = [.. (after.Nat?.Addresses ?? []).Select(IpAddress.From)];
        _lost = (before.Nat?.Addresses ?? []).Select(IpAddress.From).Except(_outside).ToHashSet();
        _firewall = DataPath.FirewallOf(after);
        if (after.Nat is { } nat)
        {
            (_forwards, _exemptDestinations) = (NatCompiler.ForwardsOf(nat), NatCompiler.ExemptDestinationsOf(nat));
            _firstParts = path.Translator.Mappings is null ? NatCompiler.PartsOf(after, path.Opener.Filter, path.Hash, path.Random) : null;
            _beginsToTranslate = before.Nat is null;
        }

        if (NatCompiler.ModeOf(after) != NatCompiler.ModeOf(before))
            _filter = NatCompiler.FilterOf(after, path.Hash);
        if (RestartRules.HasIpv6(after) && !path.Sessions.HasRoomForIpv6)
            _roomForIpv6 = SessionTable.RoomForIpv6(path.Sessions.Capacity);
        _policy = DataPath.CompilePolicy(after.Op25b, path.OwnNames);
        _names = new OwnNames(after.Op25b.OwnMailServers.Hosts, path.Hash, path.Routes);
        _dns = new DnsWitness(_names, after.Op25b.OwnMailServers.TrustedResolvers.Select(IpAddress.From), path.Hash, after.Sessions.PerSubscriber.Ipv6PrefixLength);
        _smtp = new SmtpText(after.Op25b.SmtpReply.Lines);
        _advertisements = [.. AdvertisementCompiler.Compile(after, path.Interfaces)];
        _advertisedAnew = [.. after.Interfaces.Where((entry, index) => ConfigurationDiff.OfAdvertisements(before.Interfaces[index], entry).Any() || !Ipv6Of(before.Interfaces[index]).SequenceEqual(Ipv6Of(entry))).Select(entry => entry.Name)];
        _mailReceivers = DataPath.MailReceivers(after);
    }

    /// <summary>On the loop's thread, between two batches, at its milliseconds <paramref name="now"/>. Gives what is let in no more.</summary>
    public AccessChange Apply(long unixMilliseconds, long now)
    {
        if (_roomForIpv6 is not null)
            _path.Sessions.MakeRoomForIpv6(_roomForIpv6);
        Readdress(now);
        _path.OwnAddresses.Adopt(_path.Routes);
        _path.NextHops.Rewatch();
        _path.Firewall.Exchange(_firewall);
        PortForwards? forwardsBefore = _path.Translator.Forwards;
        Retranslate();
        _path.Departure.ClampsSegments = _configuration.MssClamping;
        _path.Sessions.Adopt(DataPath.TimeoutsOf(_configuration.Sessions.Timeouts));
        _path.Subscribers.Grant(NatCompiler.QuotasOf(_configuration));
        _path.RouterAdvertiser.Adopt(_advertisements, entry => _advertisedAnew.Contains(entry.Name), now);
        ApplyPolicy(unixMilliseconds);
        _path.Recorder.Configuration++;
        return new AccessChange(_firewall, _path.Firewall, forwardsBefore, _path.Translator.Forwards) { LostAddresses = _lost, Begun = _beginsToTranslate ? (_path.Translator, _path.Routes) : null };
    }

    private void Readdress(long now)
    {
        foreach (Interface entry in _path.Interfaces)
        {
            if (!_addresses[entry.Index].Any(own => own.Address == entry.LinkLocalAddress))
                _path.RouterAdvertiser.Leave(entry);
            entry.Readdress(_addresses[entry.Index]);
        }

        _path.AddressDetection.Adopt(now);
        _path.Routes.Replace(_routes);
    }

    /// <summary>Where nothing is translated any more, what hangs under a mapping still finds it until it ends.</summary>
    private void Retranslate()
    {
        if (_firstParts is not null)
            _path.Translator.Begin(_firstParts);
        else
            _path.Translator.Replace(_outside, _forwards, _exemptDestinations);
        if (_configuration.Nat is { } nat)
            _path.Translator.Mappings!.LetRest(TimeSpan.FromSeconds(nat.PortRestSeconds));
        if (_filter is not null)
            _path.Opener.Refilter(_filter);
    }

    private static IEnumerable<InterfaceAddress> Ipv6Of(InterfaceConfiguration entry) => entry.Addresses.Where(own => own.Address.AddressFamily == AddressFamily.InterNetworkV6);

    private void ApplyPolicy(long unixMilliseconds)
    {
        Op25bPolicy before = _path.Filter.Policy;
        _path.Dns.Adopt(_dns);
        _path.OwnNames.Adopt(_names);
        _path.Attempts.Carry(before, _policy);
        _path.Hosts.Regroup(before, _policy, _mailReceivers);
        _path.Filter.Adopt(_policy, _configuration.Op25b.Tunnels == TunnelHandling.Block, unixMilliseconds);
        _path.Alerts.Adopt(DataPath.AlertSettingsOf(_configuration));
        _path.Smtp.Speak(_smtp);
    }
}
