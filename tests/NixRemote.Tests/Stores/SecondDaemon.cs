using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Stores;

/// <summary>One more nix-daemon of a node's store, with settings of its own.</summary>
internal sealed class SecondDaemon : IAsyncDisposable
{
    private readonly ProcessChannel _process;
    private readonly string _node;
    private readonly string _socket;

    private SecondDaemon(ProcessChannel process, string node, string socket) => (_process, _node, _socket) = (process, node, socket);

    /// <summary>Its socket as the host sees it.</summary>
    public string Socket => NixTestBed.Current.OnHost(_node, _socket);

    /// <summary>Starts it; it takes connections then.</summary>
    /// <param name="node">The node.</param>
    /// <param name="settings">Lines of nix.conf beside those of the node.</param>
    public static async Task<SecondDaemon> StartAsync(string node, string settings)
    {
        var bed = NixTestBed.Current;
        var folder = $"/tmp/daemon-{Nonce.Next()}";
        (await bed.ExecAsync(node, "install", "-d", "-m", "755", folder)).Succeeded();
        var daemon = new SecondDaemon(
            RealStores.Run(node, "env", $"NIX_CONFIG={settings}", $"NIX_DAEMON_SOCKET_PATH={folder}/socket", "nix-daemon"), node, $"{folder}/socket");
        (await bed.ExecAsync(node, "timeout", "10", "sh", "-c", $"while ! test -S {daemon._socket}; do sleep 0.05; done")).Succeeded();
        return daemon;
    }

    /// <summary>What a store URI of the protocol has behind its host so that its program works through this daemon.</summary>
    public string Parameters(string protocol) =>
        $"?remote-program={Uri.EscapeDataString($"env NIX_DAEMON_SOCKET_PATH={_socket} {(protocol == "ssh" ? "nix-store" : "nix-daemon")}")}";

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
