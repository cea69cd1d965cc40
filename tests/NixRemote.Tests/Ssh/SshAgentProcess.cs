using System.Diagnostics;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Ssh;

/// <summary>A real ssh-agent of the test's own.</summary>
internal sealed class SshAgentProcess : IAsyncDisposable
{
    private readonly Process _process;

    private SshAgentProcess(Process process, string socket)
    {
        _process = process;
        Socket = socket;
    }

    /// <summary>Its socket.</summary>
    public string Socket { get; }

    /// <summary>Starts one with a socket in a folder.</summary>
    public static async Task<SshAgentProcess> StartAsync(string folder)
    {
        var socket = Path.Combine(folder, "agent");
        var start = new ProcessStartInfo("ssh-agent", ["-D", "-a", socket]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Process.Start(start)!;

        // It says where its socket is when it listens there.
        Assert.Contains(socket, await process.StandardOutput.ReadLineAsync());
        return new SshAgentProcess(process, socket);
    }

    /// <summary>Runs ssh-add.</summary>
    public void Add(params string[] arguments)
    {
        var start = new ProcessStartInfo("ssh-add", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SSH_AUTH_SOCK"] = Socket;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        new ProcessOutput(process.ExitCode, "", error).Succeeded();
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
