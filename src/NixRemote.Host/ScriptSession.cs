using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Runtime.InteropServices;

namespace NixRemote.Host;

/// <summary>One runspace in which one script or command text runs, with its objects on the console.</summary>
internal sealed class ScriptSession : IDisposable
{
    private readonly ConsoleHost _host = new();
    private readonly Runspace _runspace;
    private readonly PowerShell _powerShell;
    private int _stops;

    public ScriptSession()
    {
        // CreateDefault2 is the state with the core cmdlets alone: the others lie in assemblies that only pwsh has.
        var state = InitialSessionState.CreateDefault2();
        state.Commands.Remove("Out-Default", typeof(SessionStateCmdletEntry));
        state.Commands.Add(new SessionStateCmdletEntry("Out-Default", typeof(OutDefault), null));
        state.ThreadOptions = PSThreadOptions.UseCurrentThread;
        if (OperatingSystem.IsWindows())
        {
            state.ExecutionPolicy = Microsoft.PowerShell.ExecutionPolicy.Bypass;
        }

        _runspace = RunspaceFactory.CreateRunspace(_host, state);
        _powerShell = PowerShell.Create();
        _powerShell.Runspace = _runspace;
    }

    /// <summary>Runs it to its end.</summary>
    /// <returns>The process's exit code.</returns>
    public int Run(CommandLine commandLine)
    {
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        _runspace.Open();
        Runspace.DefaultRunspace = _runspace;
        try
        {
            AddCommand(commandLine);
            Invoke();
        }
        catch (PipelineStoppedException)
        {
            return _host.ExitCode ?? ExitCodes.Interrupted;
        }
        catch (RuntimeException failure)
        {
            Show(failure);
            return _host.ExitCode ?? ExitCodes.Failure;
        }
        finally
        {
            _host.Screen.ClearProgress();
        }

        return _host.ExitCode ?? (_stops > 0 ? ExitCodes.Interrupted : 0);
    }

    public void Dispose()
    {
        _powerShell.Dispose();
        _runspace.Dispose();
    }

    private void AddCommand(CommandLine commandLine)
    {
        if (commandLine.Script is null)
        {
            // It is as good as its last statement.
            _powerShell.AddScript(commandLine.Text + "\nif (-not $?) { exit 1 }", useLocalScope: false);
            return;
        }

        // Called as a block, for only then is the script's `exit` the process's. The block knows its file.
        var script = Parser.ParseFile(commandLine.Script, out _, out var errors);
        if (errors.Length > 0)
        {
            throw new ParseException(errors);
        }

        _powerShell.AddScript(commandLine.CallText(), useLocalScope: false)
            .AddArgument(script.GetScriptBlock()).AddArgument(commandLine.Arguments);
    }

    /// <summary>Runs what was added, with Out-Default behind it. Errors go there as well: for the engine leaves the
    /// standard error of a native program alone only then.</summary>
    private void Invoke()
    {
        _powerShell.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        _powerShell.AddCommand("Out-Default").Invoke();
    }

    /// <summary>Shows a terminating error as the engine shows the others.</summary>
    private void Show(RuntimeException failure)
    {
        _host.Screen.OutputIsError = true;
        _powerShell.Commands.Clear();
        _powerShell.AddCommand("Out-Default").Invoke(new[] { failure.ErrorRecord });
    }

    /// <summary>The first signal stops the pipeline, so that its finally blocks run; a second one ends the process.</summary>
    private void Stop(PosixSignalContext signal)
    {
        if (Interlocked.Increment(ref _stops) == 1)
        {
            signal.Cancel = true;
            _powerShell.BeginStop(null, null);
        }
    }
}
