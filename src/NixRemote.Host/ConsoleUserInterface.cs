using System.Management.Automation;
using System.Management.Automation.Host;

namespace NixRemote.Host;

/// <summary>
/// Output and information records go to standard output; errors, warnings, verbose and debug lines to standard error,
/// so that a pipe gets results alone. Colours and the progress line only where a terminal shows them.
/// </summary>
internal sealed partial class ConsoleUserInterface : PSHostUserInterface
{
    private const string _red = "31;1";
    private const string _yellow = "33;1";

    private readonly Lock _lock = new();
    private readonly ConsoleRawUserInterface _raw = new();

    public override PSHostRawUserInterface RawUI => _raw;

    public override bool SupportsVirtualTerminal => Terminal.OutputHasColor;

    /// <summary>Makes what is written from now on an error.</summary>
    public bool OutputIsError { get; set; }

    public override void Write(string value) => WriteText(value);

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        WriteText(Terminal.Colored(foregroundColor, backgroundColor, value));

    public override void WriteLine(string value) => WriteText(value + Environment.NewLine);

    public override void WriteErrorLine(string value) => WriteToError(value, _red);

    public override void WriteWarningLine(string message) => WriteToError("WARNING: " + message, _yellow);

    public override void WriteVerboseLine(string message) => WriteToError("VERBOSE: " + message, _yellow);

    public override void WriteDebugLine(string message) => WriteToError("DEBUG: " + message, _yellow);

    private void WriteText(string text) => Above(() =>
    {
        // The engine colours tables and errors whoever reads them.
        if (OutputIsError)
        {
            Console.Error.Write(GetOutputString(text, Terminal.ErrorHasColor));
        }
        else
        {
            Console.Out.Write(GetOutputString(text, Terminal.OutputHasColor));
        }
    });

    private void WriteToError(string text, string color) => Above(() =>
    {
        var colored = text.Contains('\e', StringComparison.Ordinal) ? text : $"\e[{color}m{text}\e[0m";
        Console.Error.WriteLine(GetOutputString(colored, Terminal.ErrorHasColor));
    });

    /// <summary>Writes with the progress line out of the way.</summary>
    private void Above(Action write)
    {
        lock (_lock)
        {
            Erase();
            write();
            Draw();
        }
    }
}
