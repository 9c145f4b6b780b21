namespace Router.Sessions;

/// <summary>
/// So many in all, and so many a host. Hosts are counted in 4096 groups by a keyed hash: the count is never too low, and who shares a group with somebody that
/// floods is chance, which the flooder cannot steer.
/// </summary>
internal sealed class HostBudget(int total, int perHost)
{
    public const int Groups = 4096;

    private readonly ushort[] _byHost = new ushort[Groups];
    private int _taken;

    /// <summary>Takes one for a host of the group, where there is one.</summary>
    public bool TryTake(int group)
    {
        if (_taken == total || _byHost[group] == perHost)
            return false;
        _taken++;
        _byHost[group]++;
        return true;
    }

    public void GiveBack(int group)
    {
        _taken--;
        _byHost[group]--;
    }
}
