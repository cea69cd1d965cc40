using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace NixRemote.Tests.Engine;

/// <summary>
/// A runspace of the engine with its core cmdlets and the module imported through its manifest. The binary that is imported has the
/// identity of the one that the tests reference, so its types are the tests' types.
/// </summary>
public sealed class ModuleRunspace : IDisposable
{
    private readonly Runspace _runspace;
    private readonly CapturingHost _host = new();

    /// <summary>Opens the runspace.</summary>
    /// <param name="import">False leaves the import to the script.</param>
    public ModuleRunspace(bool import = true)
    {
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
        {
            state.ExecutionPolicy = Microsoft.PowerShell.ExecutionPolicy.Bypass;
        }

        _runspace = RunspaceFactory.CreateRunspace(_host, state);
        _runspace.Open();
        if (import)
        {
            Run($"Import-Module '{Manifest}'").Succeeded();
        }
    }

    /// <summary>The manifest in the tests' copy of the module.</summary>
    public static string Manifest { get; } = Path.Combine(AppContext.BaseDirectory, "module", "NixRemote.psd1");

    /// <summary>Answers the questions of cmdlets, given the default choice; null: nobody can be asked.</summary>
    internal Func<int, int>? Answer
    {
        get => _host.Answer;
        set => _host.Answer = value;
    }

    /// <summary>Makes variables for the scripts that are run next.</summary>
    public void Set(string variable, object? value) => _runspace.SessionStateProxy.SetVariable(variable, value);

    /// <summary>Runs a script to its end.</summary>
    public ModuleRunspaceResult Run(string script) => RunAsync(script, CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Runs a script; cancelling stops its pipeline, as Ctrl-C does.</summary>
    public async Task<ModuleRunspaceResult> RunAsync(string script, CancellationToken stop)
    {
        using var powerShell = PowerShell.Create();
        powerShell.Runspace = _runspace;
        powerShell.AddScript(script);
        var output = new PSDataCollection<PSObject>();
        ErrorRecord? terminating = null;
        var stopped = false;
        using (stop.Register(() => powerShell.BeginStop(null, null)))
        {
            try
            {
                await powerShell.InvokeAsync<PSObject, PSObject>(null, output).ConfigureAwait(false);
            }
            catch (PipelineStoppedException)
            {
                stopped = true;
            }
            catch (RuntimeException failure)
            {
                terminating = failure.ErrorRecord;
            }
        }

        var streams = powerShell.Streams;
        return new ModuleRunspaceResult
        {
            Screen = _host.Written,
            Output = [.. output],
            Errors = [.. streams.Error],
            TerminatingError = terminating,
            Stopped = stopped,
            Warnings = [.. streams.Warning.Select(r => r.Message)],
            Verbose = [.. streams.Verbose.Select(r => r.Message)],
            Debug = [.. streams.Debug.Select(r => r.Message)],
            Information = [.. streams.Information],
            Progress = [.. streams.Progress],
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _runspace.Dispose();
}
