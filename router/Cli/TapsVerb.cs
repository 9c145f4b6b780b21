using System.CommandLine;
using System.Globalization;
using Router.Configuration;
using TapDev;

namespace Router.Cli;

/// <summary><c>taps</c>: what takes a capability of a start, done ahead by root, so that <c>run</c> needs none.</summary>
internal static class TapsVerb
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("taps", "Make the configuration's TAPs ahead, or remove them: once they are there, 'run' needs no capability. For root, while the router does not run.");
        var configuration = new ConfigurationOptions(verb);
        var create = new Option<bool>("--create") { Description = "Make them, with MTU and bridge, and bring them up; those that are there become so too." };
        var user = new Option<string?>("--user") { Description = "Who may open them: a user's name or number.", HelpName = "USER" };
        var remove = new Option<bool>("--remove") { Description = "Remove those that are there." };
        verb.Add(create);
        verb.Add(user);
        verb.Add(remove);
        var json = JsonOption.AddTo(verb);
        Examples.Of(verb).Add("taps --create --user op25b", "before the service starts: ExecStartPre=+ in its unit").Add("taps --remove", "when it is never to run again");
        verb.SetAction(parsed =>
        {
            bool isCreating = parsed.GetValue(create);
            if (Complaint(isCreating, parsed.GetValue(remove), parsed.GetValue(user), out var owner) is { } complaint)
            {
                terminal.WriteError(complaint);
                return ExitCode.Usage;
            }

            if (configuration.LoadOrComplain(parsed, terminal) is not { } loaded) return ExitCode.Usage;
            return Run(loaded, isCreating ? owner : null, terminal, parsed.GetValue(json));
        });
        return verb;
    }

    private static string? Complaint(bool isCreating, bool isRemoving, string? user, out uint owner)
    {
        owner = 0;
        if (isCreating == isRemoving) return "say --create or --remove";
        if (isRemoving) return user is null ? null : "--user goes with --create only";
        if (user is null) return "say whose they are to be: --user op25b";
        return UserNames.TryFind(user, out owner) ? null : $"there is no user '{user}' in /etc/passwd: make it, or give its number";
    }

    private static int Run(RouterConfiguration configuration, uint? owner, Terminal terminal, bool asJson)
    {
        List<TapDone> done = [];
        try
        {
            foreach (var entry in configuration.Interfaces)
            {
                var options = TapCompiler.OptionsOf(entry);
                var isDone = true;
                if (owner is { } user) PersistentTap.Create(options, user);
                else isDone = PersistentTap.Remove(options);
                done.Add(new(entry.Name, entry.Tap, entry.Namespace, entry.Bridge, owner is null ? isDone ? "removed" : "absent" : "ready", owner));
            }
        }
        catch (TapException exception)
        {
            terminal.WriteError(exception.Message);
            return ExitCode.Failed;
        }

        if (asJson) terminal.WriteJson(done, CliJson.Types.Taps);
        else
            foreach (var tap in done) terminal.Output.WriteLine(tap.ToString());
        return ExitCode.Success;
    }

    /// <summary>The JSON of <c>taps</c>: <see cref="State"/> is <c>ready</c>, <c>removed</c> or <c>absent</c>.</summary>
    internal sealed record TapDone(string Interface, string Tap, string? Namespace, string? Bridge, string State, uint? User)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"{Tap} ({Interface}): {State}{(User is { } user ? $", of user {user}{(Bridge is null ? "" : $", port of {Bridge}")}" : "")}");
    }
}
