using System.CommandLine;
using Router.Configuration;
using Router.Control;

namespace Router.Cli;

/// <summary><c>--socket PATH</c>, or the one that <c>--config</c> names: how a verb finds the router that runs.</summary>
internal sealed class RouterSocket
{
    private readonly Option<string?> _socket = new("--socket") { Description = "The router's control socket (default: the one that --config names, else the usual place).", HelpName = "PATH" };
    private readonly ConfigurationOptions _configuration;

    public RouterSocket(Command verb)
    {
        verb.Add(_socket);
        _configuration = new(verb);
    }

    public ConfigurationOptions Configuration => _configuration;

    public bool IsGiven(ParseResult parsed) => parsed.GetResult(_socket) is { Implicit: false };

    /// <summary>The same where the file may be the very thing that is wrong: what it says of the socket is enough, and the router complains of the rest.</summary>
    public async Task<int> AskAnywayAsync<T>(ParseResult parsed, Terminal terminal, Func<ControlClient, Task<T>> ask, Func<T, int> show)
    {
        if (parsed.GetValue(_socket) is not null || !_configuration.IsGiven(parsed)) return await AskAsync(parsed, terminal, ask, show);
        if (ConfigurationLoader.FindSocket(_configuration.Sources(parsed, terminal)) is { } path) return await AskAsync(path, terminal, ask, show);
        _configuration.LoadOrComplain(parsed, terminal);
        terminal.WriteError("no router was asked, for the file does not tell which: name its socket with --socket");
        return ExitCode.Usage;
    }

    /// <summary>Asks the router; its answer is shown, or one line says why there is none. Gives the exit code.</summary>
    public async Task<int> AskAsync<T>(ParseResult parsed, Terminal terminal, Func<ControlClient, Task<T>> ask, Func<T, int> show)
    {
        var path = parsed.GetValue(_socket);
        if (path is null && _configuration.IsGiven(parsed))
        {
            if (_configuration.LoadOrComplain(parsed, terminal) is not { } configuration) return ExitCode.Usage;
            path = configuration.Control.Socket;
        }

        return await AskAsync(path ?? new ControlConfiguration().Socket, terminal, ask, show);
    }

    private static async Task<int> AskAsync<T>(string path, Terminal terminal, Func<ControlClient, Task<T>> ask, Func<T, int> show)
    {

        try
        {
            using var client = new ControlClient(path);
            return show(await ask(client));
        }
        catch (ControlException exception)
        {
            terminal.WriteError(exception.Message);
            return ExitCode.Failed;
        }
    }
}
