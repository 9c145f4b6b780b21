namespace Router.Cli;

/// <summary>The exit codes that scripts rely on.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int Failed = 1;

    /// <summary>Wrong usage or configuration.</summary>
    public const int Usage = 2;

    /// <summary><c>explain</c> says that the packet is dropped.</summary>
    public const int Dropped = 4;
}
