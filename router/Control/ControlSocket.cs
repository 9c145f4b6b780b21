using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Router.Control;

/// <summary>
/// The socket's file: takes the place of a dead router's, never of a live one's, and is gone at the end. It gets its group and its mode between bind and listen,
/// when nobody can connect yet.
/// </summary>
internal sealed partial class ControlSocket : IDisposable
{
    private const UnixFileMode DirectoryMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode SocketMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private const uint KeepOwner = uint.MaxValue;

    private readonly List<string> _madeDirectories = [];
    private bool _bound;

    private ControlSocket(string path) => Path = path;

    public string Path { get; }

    /// <summary>Bound, not yet listening. Kestrel takes it over.</summary>
    public Socket Socket { get; } = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>Throws <see cref="ApplianceException"/>, and leaves nothing behind then.</summary>
    /// <param name="path">Of its file.</param>
    /// <param name="group">Whose members may connect; null: the process's own.</param>
    public static ControlSocket Bind(string path, string? group = null)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException();
        var control = new ControlSocket(path);
        try
        {
            control.Bind(group);
            return control;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SocketException)
        {
            control.Dispose();
            throw new ApplianceException($"control: cannot bind {path}: {exception.Message}; change Control:Socket, or mend the path", exception);
        }
        catch (ApplianceException)
        {
            control.Dispose();
            throw;
        }
    }

    /// <summary>Members of another group may connect from now on; null: of the process's own. Throws <see cref="ApplianceException"/>.</summary>
    public void Regroup(string? group) => Give(group, group is null ? OwnGroup() : NumberOf(group));

    public void Dispose()
    {
        Socket.Dispose();
        try
        {
            // Once: whoever binds the path after that has a file of its own there.
            if (_bound) File.Delete(Path);
            _bound = false;
            foreach (var directory in _madeDirectories) Directory.Delete(directory);
            _madeDirectories.Clear();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody else uses the directory by now, or has removed it: it is theirs.
        }
    }

    [SupportedOSPlatform("linux")]
    private void Bind(string? group)
    {
        uint? number = group is null ? null : NumberOf(group);
        MakeDirectory(System.IO.Path.GetDirectoryName(Path)!);
        RemoveStale();
        Socket.Bind(new UnixDomainSocketEndPoint(Path));
        _bound = true;
        if (number is { } known) Give(group, known);
        File.SetUnixFileMode(Path, SocketMode);
    }

    private static uint NumberOf(string group) => GroupNames.TryFind(group, out var number) ? number
        : throw new ApplianceException($"control: /etc/group has no group '{group}'; change Control:Group, or give its number ('getent group {group}' tells it)");

    private void Give(string? group, uint number)
    {
        if (ChangeOwner(Path, KeepOwner, number) != 0)
            throw new ApplianceException($"control: {Path} cannot be given to the group '{group ?? $"{number}"}': {Marshal.GetLastPInvokeErrorMessage()}; let the router's user be a member of it, or change Control:Group");
    }

    [SupportedOSPlatform("linux")]
    private void MakeDirectory(string directory)
    {
        var missing = new Stack<string>();
        for (string? at = directory; at is not null && !Directory.Exists(at); at = System.IO.Path.GetDirectoryName(at)) missing.Push(at);
        foreach (var path in missing)
        {
            Directory.CreateDirectory(path, DirectoryMode);
            _madeDirectories.Insert(0, path);
        }
    }

    private void RemoveStale()
    {
        if (!File.Exists(Path)) return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(Path));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            if (IsRegularFile()) throw new ApplianceException($"control: {Path} is a file, not a socket; change Control:Socket, or move the file away");
            File.Delete(Path);
            return;
        }

        throw new ApplianceException($"control: another router answers on {Path}; stop it, or change Control:Socket");
    }

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint OwnGroup();

    /// <summary>A socket cannot be opened: ENXIO.</summary>
    private bool IsRegularFile()
    {
        try
        {
            using var handle = File.OpenHandle(Path);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
