using Router.Cli;
using Router.Configuration;

return await CommandLine.RunAsync(args, new Terminal(Console.Out, Console.Error, TimeProvider.System)
{
    Environment = ConfigurationSources.ProcessEnvironment(),
    IsInteractive = !Console.IsOutputRedirected,
    Input = Console.In,
    CanAsk = !Console.IsInputRedirected && !Console.IsErrorRedirected,
});
