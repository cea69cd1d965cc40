using System.Diagnostics;
using NixRemote.Tests.Builders;
using NixRemote.Tests.Engine;
using NixRemote.Tests.Ssh;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Diagnosis;

/// <summary>A machines file that is meant for root's daemon, read by somebody else: its key is not his. A process of its own runs as nobody.</summary>
public sealed class KeyOfAnotherUserTests
{
    [TestBedFact]
    public async Task Its_check_says_whose_key_it_is()
    {
        // The folder is for its owner only.
        using var folder = new TemporaryFolder();
        var key = OpenSsh.MakeKey(folder["key_of_root"]);
        var script = $"""
            Import-Module '{ModuleRunspace.Manifest}'
            $found = (Test-NixBuilder 'ssh://127.0.0.1 x86_64-linux {key}').Checks | & {'{'} process {'{'} if ($_.Result -eq 'Failed') {'{'} $_ {'}'} {'}'} {'}'}
            "$($found.Name) $($found.ErrorId): $($found.Message) -> $($found.RecommendedAction)"
            """;

        var output = await RunAsNobodyAsync("dotnet", Path.Combine(AppContext.BaseDirectory, "NixRemote.Host.dll"), "-Command", script);

        Assert.StartsWith($"Authentication IdentityFileUnreadable: ", output, StringComparison.Ordinal);
        Assert.Contains(key, output, StringComparison.Ordinal);
        Assert.Contains("-> Use a machines file with a key of your own", output, StringComparison.Ordinal);
    }

    private static async Task<string> RunAsNobodyAsync(params string[] command)
    {
        var start = new ProcessStartInfo("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", .. command]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = "/nonexistent";
        start.Environment["DOTNET_CLI_HOME"] = "/tmp";
        start.Environment.Remove("NIX_CONFIG");
        start.Environment.Remove("NIX_SSHOPTS");
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new ProcessOutput(process.ExitCode, output, await error).Succeeded();
    }
}
