using System.Buffers.Binary;
using System.Net.Sockets;

namespace Router.Control;

/// <summary>Who is at the other end of a Unix socket, by the kernel's word (SO_PEERCRED).</summary>
internal static class PeerName
{
    private const int SolSocket = 1, SoPeerCred = 17, UidOffset = 4, CredentialsSize = 12, LongestName = 64;

    /// <summary>The user's name, or his number; who is behind <c>sudo</c> is root's to say.</summary>
    public static string Of(Socket? socket, string? sudoUser)
    {
        if (socket is null || !OperatingSystem.IsLinux()) return "unknown";
        Span<byte> credentials = stackalloc byte[CredentialsSize];
        if (socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) < CredentialsSize) return "unknown";
        var uid = BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(credentials[UidOffset..]) : BinaryPrimitives.ReadUInt32BigEndian(credentials[UidOffset..]);
        return uid == 0 && IsName(sudoUser) ? $"{sudoUser} (sudo)" : NameOf(uid) ?? $"uid {uid}";
    }

    private static bool IsName(string? text) => text is { Length: > 0 and <= LongestName } && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-' or '@');

    private static string? NameOf(uint uid)
    {
        try
        {
            return File.ReadLines("/etc/passwd").Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length > 2 && fields[2] == $"{uid}")?[0];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
