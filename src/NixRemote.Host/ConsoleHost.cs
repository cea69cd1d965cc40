using System.Globalization;
using System.Management.Automation.Host;
using System.Reflection;

namespace NixRemote.Host;

/// <summary>The engine's view of this program.</summary>
internal sealed class ConsoleHost : PSHost
{
    private static readonly Version _version = Assembly.GetExecutingAssembly().GetName().Version ?? new Version(0, 0);

    /// <summary>The console.</summary>
    public ConsoleUserInterface Screen { get; } = new();

    /// <summary>The code of the script's <c>exit</c>; null if it did not say one.</summary>
    public int? ExitCode { get; private set; }

    public override string Name => "NixRemote.Host";

    public override Version Version => _version;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override PSHostUserInterface UI => Screen;

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    public override void EnterNestedPrompt() =>
        throw new NotSupportedException("A nested prompt needs an interactive session.");

    public override void ExitNestedPrompt() =>
        throw new NotSupportedException("A nested prompt needs an interactive session.");

    /// <summary>A native program writes to the console itself: nothing of ours may be on the line.</summary>
    public override void NotifyBeginApplication() => Screen.ClearProgress();

    public override void NotifyEndApplication() => Screen.ShowProgress();
}
