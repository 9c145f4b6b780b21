using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Router.Configuration;
using Router.Control;

namespace Router.Cli;

/// <summary><c>run</c>: the router itself, until SIGTERM or SIGINT.</summary>
internal static class RunVerb
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("run", "Run the router.");
        Examples.Of(verb)
            .Add("run --config router.jsonc", "in the foreground, until SIGTERM or Ctrl-C; SIGHUP reloads")
            .Add("run --config router.jsonc --as-of 2008-04-01T10:59:50+09:00", "a lesson: ten seconds before the phase begins")
            .Add("run --config router.jsonc --set Op25b:Phases:0:Mode=Monitor --json", "one value overridden, the log as JSON lines");
        var configuration = new ConfigurationOptions(verb);
        var asOf = new Option<string?>("--as-of") { Description = "Start the policy clock at this time, as in 2008-04-01T10:59:50+09:00 (lessons and tests).", HelpName = "TIME" };
        verb.Add(asOf);
        var json = JsonOption.AddTo(verb);
        json.Description = "Log JSON, one object a line.";
        verb.SetAction(async (parsed, cancellation) =>
        {
            DateTimeOffset? policyTime = null;
            if (parsed.GetValue(asOf) is { } text)
            {
                if (!TimeSyntax.TryParse(text, out var time))
                {
                    terminal.WriteError(ExplainArguments.TimeError("--as-of", text));
                    return ExitCode.Usage;
                }

                policyTime = time;
            }

            var (result, file) = configuration.LoadWithText(parsed, terminal);
            foreach (var error in result.Errors) terminal.Error.WriteLine(error);
            if (result.Configuration is null || file is null) return ExitCode.Usage;
            var chosen = StartConfiguration.Choose(configuration.Sources(parsed, terminal), result, file);
            return await RunAsync(new(chosen.Loaded, policyTime, terminal.Time, RunningAppliance.Start) { Chosen = chosen, Manager = ServiceManager.OfProcess() }, terminal, parsed.GetValue(json), cancellation);
        });
        return verb;
    }

    private static async Task<int> RunAsync(RunRequest request, Terminal terminal, bool logJson, CancellationToken cancellation)
    {
        var form = FormOf(request, logJson ? LogFormat.Json : null);
        var host = BuildHost(request with { TakeLogFormat = form.Take }, form);
        var service = host.Services.GetRequiredService<RouterService>();
        var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        try
        {
            // Disposes the host too, which writes out what the log still holds.
            await host.RunAsync(cancellation);
            return service.HasFailed ? ExitCode.Failed : ExitCode.Success;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !service.HasFailed)
        {
            // The order to end came before the start was over; what there was of it is undone.
            return ExitCode.Success;
        }
        catch (ApplianceException exception)
        {
            terminal.WriteError(exception.Message);
            return ExitCode.Failed;
        }
    }

    private static LogForm FormOf(RunRequest request, LogFormat? asked) =>
        new(request.Configuration.Log.Format, asked, request.Manager is not null || SystemdHelpers.IsSystemdService() ? LogFormat.Journal : LogFormat.Console);

    private static IHost BuildHost(RunRequest request, LogForm form)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { ApplicationName = "op25b-router", ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSingleton(request);
        builder.Services.AddSingleton(request.Time);
        builder.Services.AddSingleton<RouterService>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RouterService>());
        builder.Services.Configure<ConsoleLifetimeOptions>(options => options.SuppressStatusMessages = true);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(2));
        AddSystemd(builder.Services, request.Manager);
        AddLogging(builder.Logging, form);
        return builder.Build();
    }

    /// <summary>AddSystemd looks for systemd in /proc, where a sandbox hides it. Who is to be notified is a sign enough.</summary>
    private static void AddSystemd(IServiceCollection services, ServiceManager? manager)
    {
        if (manager is null)
        {
            services.AddSystemd();
            return;
        }

        services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
        services.AddSingleton<IHostLifetime, SystemdLifetime>();
    }

    private static void AddLogging(ILoggingBuilder logging, LogForm form)
    {
        logging.SetMinimumLevel(LogLevel.Information);
        // What fails at the start is said once, by the verb, in one line.
        logging.AddFilter("Microsoft", LogLevel.None);
        logging.AddConsole();
        logging.Services.TryAddEnumerable(ServiceDescriptor.Singleton<ConsoleFormatter, EventJsonFormatter>());
        logging.Services.Configure<SimpleConsoleFormatterOptions>(options =>
        {
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            options.SingleLine = true;
        });
        logging.Services.AddSingleton<IConfigureOptions<ConsoleLoggerOptions>>(form);
        logging.Services.AddSingleton<IOptionsChangeTokenSource<ConsoleLoggerOptions>>(form);
    }
}
