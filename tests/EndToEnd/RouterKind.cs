namespace EndToEnd;

/// <summary>What stands in the router's place. The kernel's router is the oracle: a test that it fails is wrong about the network, not about our router.</summary>
public enum RouterKind
{
    /// <summary>A namespace that forwards, with nftables.</summary>
    Kernel,

    /// <summary>The binary, io_uring with multishot reads on every interface.</summary>
    IoUringMultishot,

    /// <summary>The binary, io_uring with single-shot reads on every interface.</summary>
    IoUring,

    /// <summary>The binary, epoll on every interface.</summary>
    Epoll,
}

/// <summary>
/// The rows of a theory: the routers that a test runs against. The environment variable ROUTER_UNDER_TEST narrows them, as in
/// <c>ROUTER_UNDER_TEST=Kernel,Epoll</c>; without it all run.
/// </summary>
public static class Routers
{
    /// <summary>The kernel's router and ours, each back end.</summary>
    public static TheoryData<RouterKind> All => Rows(Enum.GetValues<RouterKind>());

    /// <summary>Ours, each back end: for what the kernel does otherwise or cannot show.</summary>
    public static TheoryData<RouterKind> Ours => Rows(RouterKind.IoUringMultishot, RouterKind.IoUring, RouterKind.Epoll);

    /// <summary>The kernel's router and one of ours: for slow tests of what a back end has no part in.</summary>
    public static TheoryData<RouterKind> Pair => Rows(RouterKind.Kernel, AnyOfOurs);

    /// <summary>One of ours: for what is held against the kernel's router, or has nothing to do with back ends.</summary>
    public static TheoryData<RouterKind> One => Rows(AnyOfOurs);

    /// <summary>Every router in IPv4, and in IPv6 the kernel's and one of ours: a back end has no part in what a family is.</summary>
    public static TheoryData<RouterKind, Family> AllFamilies => Families(All, Pair);

    /// <summary>Ours, each back end in IPv4, and one in IPv6.</summary>
    public static TheoryData<RouterKind, Family> OursFamilies => Families(Ours, One);

    /// <summary>The kernel's router and one of ours, in both families.</summary>
    public static TheoryData<RouterKind, Family> PairFamilies => Families(Pair, Pair);

    /// <summary>One of ours, in both families.</summary>
    public static TheoryData<RouterKind, Family> OneFamilies => Families(One, One);

    /// <summary>For theories over more than the router.</summary>
    internal static RouterKind[] Chosen => [.. Enum.GetValues<RouterKind>().Where(IsChosen)];

    internal static RouterKind[] OursChosen => [.. Chosen.Where(kind => kind != RouterKind.Kernel).DefaultIfEmpty(RouterKind.Epoll)];

    static RouterKind AnyOfOurs => new[] { RouterKind.IoUringMultishot, RouterKind.IoUring, RouterKind.Epoll }.FirstOrDefault(IsChosen, RouterKind.Epoll);

    static TheoryData<RouterKind> Rows(params RouterKind[] kinds)
    {
        TheoryData<RouterKind> rows = [.. kinds.Where(IsChosen)];
        if (!rows.Any())
            rows.Add(new TheoryDataRow<RouterKind>(kinds[0]) { Skip = "ROUTER_UNDER_TEST leaves none of its routers to run" });
        return rows;
    }

    static TheoryData<RouterKind, Family> Families(TheoryData<RouterKind> ipv4, TheoryData<RouterKind> ipv6)
    {
        TheoryData<RouterKind, Family> rows = [];
        foreach (var (kinds, family) in new[] { (ipv4, Family.Ipv4), (ipv6, Family.Ipv6) })
            foreach (var row in kinds)
                rows.Add(new(row.Data, family) { Skip = row.Skip });
        return rows;
    }

    static bool IsChosen(RouterKind kind) =>
        Environment.GetEnvironmentVariable("ROUTER_UNDER_TEST") is not { Length: > 0 } wanted || wanted.Split(',').Contains(kind.ToString(), StringComparer.OrdinalIgnoreCase);
}
