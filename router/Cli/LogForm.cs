using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Router.Configuration;

namespace Router.Cli;

/// <summary>The form of the router's own log. A reload may change it: the lines that follow have the new one. What <c>--json</c> says is stronger.</summary>
internal sealed class LogForm(LogFormat configured, LogFormat? asked, LogFormat auto) : IConfigureOptions<ConsoleLoggerOptions>, IOptionsChangeTokenSource<ConsoleLoggerOptions>
{
    private volatile CancellationTokenSource _change = new();
    private volatile LogFormat _format = configured;

    public string Name => Options.DefaultName;

    public void Take(LogFormat format)
    {
        if (format == _format) return;
        _format = format;
        var change = _change;
        _change = new();
        change.Cancel();
    }

    public void Configure(ConsoleLoggerOptions options) => options.FormatterName = (asked ?? (_format == LogFormat.Auto ? auto : _format)) switch
    {
        LogFormat.Json => EventJsonFormatter.FormatterName,
        LogFormat.Journal => ConsoleFormatterNames.Systemd,
        _ => ConsoleFormatterNames.Simple,
    };

    public IChangeToken GetChangeToken() => new CancellationChangeToken(_change.Token);
}
