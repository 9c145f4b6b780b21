using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace TapDev;

/// <summary>Puts the calling thread into a named network namespace, and back again when disposed. The thread must not wait asynchronously in between.</summary>
internal readonly ref struct NetworkNamespace : IDisposable
{
    private readonly int _home;

    private NetworkNamespace(int home) => _home = home;

    /// <summary>Enters the namespace, or stays where the thread is for null.</summary>
    public static NetworkNamespace Enter(string? name)
    {
        if (name is null)
            return new NetworkNamespace(-1);
        if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal) || name is "." or "..")
            throw new TapException($"'{name}' is not a name of a network namespace: give one that `ip netns list` shows.");
        int away = FileDescriptor.Open($"/run/netns/{name}", O_RDONLY | O_CLOEXEC);
        if (away < 0)
            throw new TapException($"There is no network namespace '{name}' (errno {errno}): make it with `ip netns add {name}`.", errno);
        int home = FileDescriptor.Open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
        if (home >= 0 && setns(away, CLONE_NEWNET) == 0)
        {
            _ = close(away);
            return new NetworkNamespace(home);
        }
        int error = errno;
        _ = close(away);
        if (home >= 0)
            _ = close(home);
        throw new TapException($"The network namespace '{name}' cannot be entered (errno {error}): that takes CAP_SYS_ADMIN.", error);
    }

    /// <summary>Returns to the namespace that the thread came from.</summary>
    public void Dispose()
    {
        if (_home < 0)
            return;

        // A thread left behind in another namespace would make its next socket there: nothing after that could be trusted.
        if (setns(_home, CLONE_NEWNET) != 0)
            Environment.FailFast($"The thread cannot return to its network namespace (errno {errno}).");
        _ = close(_home);
    }
}

/// <summary>Opening files by name.</summary>
internal static unsafe class FileDescriptor
{
    /// <summary>open(2).</summary>
    /// <returns>A file descriptor, or -1 with errno set.</returns>
    public static int Open(string path, int flags)
    {
        fixed (byte* bytes = Encoding.UTF8.GetBytes(path + '\0'))
            return open(bytes, flags, 0);
    }
}
