namespace EndToEnd;

/// <summary>The router's DropReason members that the suite expects on the wire's side, in one place.</summary>
internal static class DropReasons
{
    public const string
        Op25bBlocked = "Op25bBlocked",
        UnsolicitedFromPort25 = "FromPort25",
        Spoofed = "Spoofed",
        NotAllowedIn = "UnsolicitedInbound",
        Ipv6 = "Ipv6NotSupported",
        Vlan = "VlanTagged",
        Fragment = "Fragment",
        TimeToLive = "TtlExpired";
}
