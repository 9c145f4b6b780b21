using System.Reflection;

namespace Router.Control;

/// <summary>The version that this program was built as.</summary>
internal static class ProgramVersion
{
    /// <summary>With the commit, where the build knew it.</summary>
    public static string Full { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>Without the commit.</summary>
    public static string Short { get; } = Full.Split('+')[0];
}
