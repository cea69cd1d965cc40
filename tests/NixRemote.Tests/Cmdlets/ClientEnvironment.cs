using NixRemote.Tests.Engine;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>
/// Makes this process work as if it were on the test bed's client, as the user of a shell would: the daemon's socket, the builders and the SSH
/// configuration through Nix's variables. The classes that use it run while no other test does, for the variables are the process's.
/// </summary>
public sealed class ClientEnvironment : IDisposable
{
    private readonly Dictionary<string, string?> _before = [];

    /// <summary>Sets the variables; nothing where there is no test bed.</summary>
    public ClientEnvironment()
    {
        if (NixTestBed.WhyNotUp is not null)
        {
            return;
        }

        foreach (var (name, value) in NixTestBed.Current.Environment)
        {
            Set(name, value);
        }

        Set("XDG_STATE_HOME", Directory.CreateTempSubdirectory("nixremote-state-").FullName);
        Set("PATH", NixTestBed.Current.ProgramDirectory + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH"));
    }

    /// <summary>The longest that a script of these tests may take.</summary>
    private static TimeSpan Limit { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Runs a script in a runspace of its own with the module imported. What ends a cmdlet ends the script too: it would go on with its
    /// next statement otherwise, and nothing would tell the two kinds of errors apart.</summary>
    /// <param name="script">The script.</param>
    /// <param name="variables">Its variables.</param>
    public static async Task<ModuleRunspaceResult> RunAsync(string script, params (string Name, object? Value)[] variables)
    {
        using var stop = new CancellationTokenSource(Limit);
        using var runspace = new ModuleRunspace();
        Array.ForEach(variables, v => runspace.Set(v.Name, v.Value));
        var result = await runspace.RunAsync($"try {{ {script} }} catch {{ throw }}", stop.Token);
        Assert.False(result.Stopped, $"The script did not end within {Limit.TotalSeconds} s.");
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_before.ContainsKey("XDG_STATE_HOME"))
        {
            Directory.Delete(Environment.GetEnvironmentVariable("XDG_STATE_HOME")!, recursive: true);
        }

        foreach (var (name, value) in _before)
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    private void Set(string name, string value)
    {
        _before[name] = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, value);
    }
}
