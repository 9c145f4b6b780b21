using Router.Configuration;

namespace Router.Control;

/// <summary>What the router starts with: the file, unless that was on trial and never confirmed; then the last confirmed copy.</summary>
internal sealed record StartConfiguration(ConfigurationSources Sources, ConfigurationResult Loaded, byte[] Text, ConfigurationStore Store)
{
    /// <summary>What has to be said loudly; null: the file rules, and nothing is to be said.</summary>
    public string? Notice { get; init; }

    /// <summary>It is not the file that rules.</summary>
    public bool IsCopy { get; init; }

    /// <summary>Chooses for a file that is valid.</summary>
    public static StartConfiguration Choose(ConfigurationSources sources, ConfigurationResult file, byte[] text)
    {
        sources = sources with { File = Path.GetFullPath(sources.File) };
        var store = new ConfigurationStore(file.Configuration!.State.Directory);
        try
        {
            store.Load();
        }
        catch (ConfigurationStoreException exception)
        {
            return new(sources, file, text, store) { Notice = $"the history of configurations is lost, and {sources.File} is taken as it is: {exception.Message}" };
        }

        var start = new StartConfiguration(sources, file, text, store);
        if (store.Find(ConfigurationStore.HashOf(text)) is not { State: not ConfigurationState.Confirmed } unconfirmed) return start;
        foreach (var entry in store.History.Where(entry => entry.State == ConfigurationState.Confirmed).Reverse())
            if (store.TextOf(entry.Hash) is { } copy && ConfigurationLoader.Load(sources with { File = store.FileOf(entry.Hash) }, copy) is { Configuration: not null } loaded)
                return start with
                {
                    Loaded = loaded,
                    Text = copy,
                    IsCopy = true,
                    Notice = $"NOT USING {sources.File}: it was {(unconfirmed.State == ConfigurationState.Unconfirmed ? "applied and never confirmed" : "rolled back")} ({unconfirmed.At:yyyy-MM-dd'T'HH:mm:ssK}, {unconfirmed.By}). "
                        + $"The last confirmed copy is in force: {store.FileOf(entry.Hash)}. Mend the file, or take it as it is with 'op25b-router reload'.",
                };
        return start with { Notice = $"{sources.File} was never confirmed, but no confirmed copy can be read: it is used nevertheless" };
    }
}
