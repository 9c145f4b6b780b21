using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace Router.Cli;

/// <summary>Where a verb reads and writes: the process's own, or a test's.</summary>
internal sealed record Terminal(TextWriter Output, TextWriter Error, TimeProvider Time)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Somebody looks: colours and the window's width make sense.</summary>
    public bool IsInteractive { get; init; }

    /// <summary>Where answers to questions come from.</summary>
    public TextReader Input { get; init; } = TextReader.Null;

    /// <summary>Somebody is there who can be asked.</summary>
    public bool CanAsk { get; init; }

    /// <summary>The standard output as bytes. A reader that went away is an <see cref="IOException"/> there, which the console's own stream hides.</summary>
    public Func<Stream> OpenOutput { get; init; } = () => new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 1 << 16);

    /// <summary>Errors are one line each, in plain text.</summary>
    public void WriteError(string message) => Error.WriteLine($"op25b-router: {message}");

    public void WriteJson<T>(T value, JsonTypeInfo<T> type) => Output.WriteLine(JsonSerializer.Serialize(value, type));

    /// <summary>Tables. Into a pipe they get no colours, and no line is folded.</summary>
    public IAnsiConsole Console()
    {
        var console = AnsiConsole.Create(new()
        {
            Ansi = IsInteractive ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = IsInteractive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(Output),
        });
        if (!IsInteractive) console.Profile.Width = 240;
        return console;
    }
}
