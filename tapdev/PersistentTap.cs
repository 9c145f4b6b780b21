using static TapDev.Native;
using static Tmds.Linux.LibC;

namespace TapDev;

/// <summary>TAPs that are there while nobody has them open: one who has CAP_NET_ADMIN makes them, and a user who has no capability opens them (<see cref="TapLoop.Open"/>).</summary>
public static class PersistentTap
{
    /// <summary>Makes a TAP with these settings, or gives them to one that is there. Its owner may open it without a capability.</summary>
    /// <param name="options">The settings; <see cref="TapOptions.Persist"/> is taken for set.</param>
    /// <param name="owner">The number of the user who will open it.</param>
    /// <exception cref="TapException">It cannot be made, or somebody has it open.</exception>
    public static void Create(TapOptions options, uint owner)
    {
        TapSetup.Validate(options);
        using NetworkNamespace where = NetworkNamespace.Enter(options.Namespace);
        using var socket = new InterfaceSocket();
        using TunHandle handle = TapSetup.Attach(socket, options, out bool isNew);
        int error = handle.SetOwner(owner);
        if (error != 0)
            throw new TapException($"The TAP {options.Name}{TapSetup.Where(options)} cannot be given to the user {owner} (errno {error}).", error);
        TapSetup.Apply(socket, options, isNew);
        error = handle.SetPersist(true);
        if (error != 0)
            throw new TapException($"The TAP {options.Name}{TapSetup.Where(options)} cannot be made to persist (errno {error}).", error);
    }

    /// <summary>Removes a TAP that persists. One that is not there is no error.</summary>
    /// <param name="options">Of which the name and the network namespace count.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="TapException">It is no TAP, or somebody has it open.</exception>
    public static bool Remove(TapOptions options)
    {
        TapSetup.Validate(options);
        using NetworkNamespace where = NetworkNamespace.Enter(options.Namespace);
        using var socket = new InterfaceSocket();
        if (socket.GetIndex(options.Name, out _) != 0)
            return false;
        // Closing it is its end.
        using TunHandle handle = TapSetup.Attach(socket, options, out _);
        int error = handle.SetPersist(false);
        return error == 0 ? true : throw new TapException($"The TAP {options.Name}{TapSetup.Where(options)} cannot be removed (errno {error}).", error);
    }
}
