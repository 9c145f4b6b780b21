using System.Net;

namespace Router.Configuration;

/// <summary>OP25B: groups that can be told apart, phases that follow each other, and warnings where the policy hits nobody.</summary>
internal sealed class PolicyRules(Draft draft, LayeredConfiguration layers, Problems problems)
{
    private static readonly Complaint Reserved = new("", "choose another name");

    public void Check()
    {
        CheckNames([.. draft.Groups.Select(item => new Located<string>($"{item.Path}:Name", item.Value.Name))], "a group", ["none", "ungrouped"]);
        CheckNames([.. draft.Phases.Select(item => new Located<string>($"{item.Path}:Name", item.Value.Name))], "a phase", ["none"]);
        CheckSources();
        CheckOwnMailServers();
        CheckReasons();
        CheckStarts();
        CheckScopes();
        CheckCommand();
        CheckSmtpReply();
        WarnOfPhases();
    }

    private void CheckNames(IReadOnlyList<Located<string>> names, string kind, string[] reserved)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (path, name) in names)
        {
            if (problems.HasUnder(path)) continue;
            if (reserved.Contains(name, StringComparer.Ordinal))
                Report(path, Reserved with { Message = $"'{name}' is reserved: it is what {kind} is called where there is none" });
            else if (!seen.TryAdd(name, path)) Report(path, new($"'{name}' is already the name at {seen[name]}", $"give {kind} a name of its own"));
        }
    }

    private void CheckSources()
    {
        var seen = new Dictionary<IPNetwork, GroupSource>();
        foreach (var source in draft.Sources)
        {
            if (seen.TryAdd(source.Prefix, source)) continue;
            var earlier = seen[source.Prefix];
            Report(source.Path, new($"{source.Prefix} is already in group '{earlier.Group}', at {earlier.Path}", "keep it in one group: the longest prefix decides, and these are equal"));
        }
    }

    private void CheckOwnMailServers()
    {
        var seen = new HashSet<IPAddress>();
        foreach (var (path, address) in draft.OwnMailServers)
        {
            if (!AddressSyntax.IsUnicast(address)) Report(path, new($"{address} cannot be a host's address", "use the mail server's address"));
            else if (!seen.Add(address)) Report(path, new($"{address} is there twice", "keep one of the two"));
        }
    }

    /// <summary>In a year nobody knows why: an exemption says it itself.</summary>
    private void CheckReasons()
    {
        foreach (var (path, group) in draft.Groups)
            if (group is { Exempt: true, Reason: null or "" } && !problems.HasUnder($"{path}:Reason"))
                Report($"{path}:Exempt", new($"group '{group.Name}' is exempt without a reason", "add \"Reason\", as in \"Reason\": \"fixed-address contract\""));
    }

    /// <summary>What a phase is about is there, and it says nothing that its mode does not use.</summary>
    private void CheckScopes()
    {
        string[] sets = [.. draft.DestinationSets.Keys], groups = [.. draft.Groups.Select(group => group.Value.Name), "ungrouped"];
        foreach (var (path, phase) in draft.Phases)
        {
            CheckKnown(path, "Only", phase.Only, sets, "destination set", "Op25b:DestinationSets");
            CheckKnown(path, "Groups", phase.Groups, groups, "group", "Op25b:Groups");
            WarnOfUnused($"{path}:SessionsPerMinute", phase.Mode == PhaseMode.Limit, "has no effect: the phase's Mode is not Limit");
            WarnOfUnused($"{path}:DrainSeconds", phase.OpenSessions == OpenSessions.Drain, "has no effect: the phase's OpenSessions is not Drain");
            WarnOfUnused($"{path}:OpenSessions", phase.Mode == PhaseMode.Block, "has no effect: only a phase whose Mode is Block ends sessions that are open");
        }
    }

    /// <summary>It is run as it is, without a shell and without a search path.</summary>
    private void CheckCommand()
    {
        const string Program = "Op25b:Alerts:Command:0";
        if (draft.Alerts.Command is [var program, ..] && !problems.HasUnder(Program) && Syntax.AbsolutePath(program) is { } complaint)
            Report(Program, complaint with { Mend = "name the program by its whole path, and give each argument as an item of its own: no shell is used" });
    }

    private void CheckKnown(string path, string key, IReadOnlyList<string>? names, string[] known, string kind, string section)
    {
        if (problems.HasUnder($"{path}:{key}") || problems.HasUnder(section)) return;
        foreach (var (name, index) in (names ?? []).Select((name, index) => (name, index)))
            if (!known.Contains(name, StringComparer.Ordinal))
                Report($"{path}:{key}:{index}", new($"there is no {kind} '{name}'", known.Length == 0 ? $"add it to {section}" : $"use {Wording.OneOf(known)}, or add it to {section}"));
    }

    private void WarnOfUnused(string path, bool isUsed, string message)
    {
        if (!isUsed && layers.Has(path) && !problems.HasUnder(path)) problems.Warn(layers.PlaceOf(path), path, new(message, "take it out"));
    }

    private void CheckStarts()
    {
        Located<PhaseConfiguration>? earlier = null;
        foreach (var item in draft.Phases.Where(item => !problems.HasUnder($"{item.Path}:From")))
        {
            if (earlier is not null && item.Value.From <= earlier.Value.From)
                Report($"{item.Path}:From", new($"phase '{item.Value.Name}' does not start after phase '{earlier.Value.Name}' before it", "put the phases in the order of their starts, no two at the same time"));
            earlier = item;
        }
    }

    private void CheckSmtpReply()
    {
        const string Section = "Op25b:SmtpReply";
        if (!layers.Has(Section) || problems.HasUnder(Section)) return;
        if (draft.SmtpReply.LongestLength is > SmtpReplyConfiguration.LongestGreeting and var length)
        {
            Report(Section, new($"the greeting has {length} bytes with the longest addresses, and {SmtpReplyConfiguration.LongestGreeting} at most are sent", "shorten \"Text\" or \"HelpUrl\""));
            return;
        }

        if (!problems.HasUnder("Op25b:Phases") && draft.Phases.All(item => item.Value.Action != PhaseAction.SmtpReply))
            problems.Warn(layers.PlaceOf(Section), Section, new("has no effect: no phase's Action is SmtpReply", "give a phase \"Action\": \"SmtpReply\", or take it out"));
    }

    private void WarnOfPhases()
    {
        if (problems.HasUnder("Op25b:Phases")) return;
        if (draft.Phases.Count == 0)
        {
            problems.Warn(layers.PlaceOf("Op25b:Phases"), "Op25b:Phases", new("there are no phases: port 25 is never blocked", "add a phase with \"Mode\": \"Block\""));
            return;
        }

        var (path, last) = draft.Phases[^1];
        if (last.Mode != PhaseMode.Block)
            problems.Warn(layers.PlaceOf($"{path}:Mode"), $"{path}:Mode", new($"the last phase is {last.Mode}: from {last.From:yyyy-MM-dd'T'HH:mm:ssK} on port 25 is not blocked", "end with a phase whose Mode is Block"));
    }

    private void Report(string path, Complaint complaint) => problems.Report(layers.PlaceOf(path), path, complaint);
}
