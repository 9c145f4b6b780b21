namespace Router.Op25b;

/// <summary>What kind of sender a host is: the notice's cases, and what nobody wants (OP25B.md section 5).</summary>
internal enum HostCase : byte
{
    /// <summary>None of the others, or not enough is known.</summary>
    Unclear,

    /// <summary>Case 1: it sends through another organisation's server.</summary>
    ThirdPartyServer,

    /// <summary>Case 2: a device or a program that delivers by itself.</summary>
    DirectSender,

    /// <summary>Case 3: a mail server at home.</summary>
    HomeServer,
    Infected,

    /// <summary>It gets replies from port 25 that it never asked for: somebody else sends in its name.</summary>
    Triangular,
}
