namespace Router.Telemetry;

/// <summary>What the numbers in records meant under the last few configurations; a record says which of them was in force. Written by the loop's thread, read by captures'.</summary>
internal sealed class CaptureNamesHistory(CaptureNames first)
{
    private const int Most = 8;

    private volatile (int Configuration, CaptureNames Names)[] _all = [(0, first)];

    public (int Configuration, CaptureNames Names) Newest => _all[^1];

    /// <summary>Before a record is made under that configuration.</summary>
    public void Add(int configuration, CaptureNames names) => _all = [.. _all.TakeLast(Most - 1), (configuration, names)];

    /// <summary>The newest where so many have come since that it is forgotten.</summary>
    public CaptureNames At(int configuration)
    {
        (int Configuration, CaptureNames Names)[] all = _all;
        int index = Array.FindLastIndex(all, entry => entry.Configuration == configuration);
        return all[index < 0 ? all.Length - 1 : index].Names;
    }
}
