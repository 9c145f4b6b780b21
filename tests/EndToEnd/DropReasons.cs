namespace EndToEnd;

/// <summary>The router's DropReason members that the suite expects, or the part of their names that a family of them shares, in one place.</summary>
internal static class DropReasons
{
    public const string
        Op25bBlocked = "Op25bBlocked",
        UnsolicitedFromPort25 = "Op25bFromPort25",
        Spoofed = "Spoofed",
        Vlan = "VlanTagged",
        Fragment = "Fragment",
        TimeToLive = "TtlExpired",
        AdvertisementInside = "RouterAdvertisementInside",
        Neighbor = "Neighbor";
}
