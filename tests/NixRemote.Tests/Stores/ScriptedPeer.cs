using System.Net.Sockets;
using NixRemote.Stores;
using NixRemote.Transport;

namespace NixRemote.Tests.Stores;

/// <summary>
/// A channel whose other end is a script: for what a real Nix cannot be made to do. The script reads what the client
/// sends with <see cref="FromClient"/>, and answers with <see cref="ToClient"/>.
/// </summary>
internal sealed class ScriptedPeer : IDuplexChannel
{
    private readonly Socket _client;
    private readonly Socket _server;
    private volatile bool _isCutOff;
    private readonly TaskCompletionSource<int?> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ScriptedPeer()
    {
        (_client, _server) = SocketPair();
        Input = new NetworkStream(_client, FileAccess.Read, ownsSocket: false);
        Output = new HalfClosing(_client);
        var server = new NetworkStream(_server, ownsSocket: false);
        FromClient = new WireReader(server);
        ToClient = new WireWriter(server);
    }

    public string Description => "nix on scripted";

    public Stream Input { get; }

    public Stream Output { get; }

    public StandardErrorLog StandardError { get; } = new();

    public Task<int?> Exited => _exited.Task;

    public WireReader FromClient { get; }

    public WireWriter ToClient { get; }

    public bool IsAborted { get; private set; }

    /// <summary>What became of the script; awaited so that a wrong script fails its test.</summary>
    public Task Script { get; private set; } = Task.CompletedTask;

    /// <summary>Starts a script. When it has ended, the remote program has: with exit status 0, unless it said another.</summary>
    public static ScriptedPeer Run(Func<ScriptedPeer, Task> script)
    {
        var peer = new ScriptedPeer();
        peer.Script = Task.Run(async () =>
        {
            try
            {
                await script(peer);
                if (!peer.IsAborted && !peer.Exited.IsCompleted)
                {
                    await peer.ToClient.FlushAsync(default);
                }
            }
            catch (Exception exception) when (exception is ObjectDisposedException or IOException && peer._isCutOff)
            {
                // That is what cutting off does to the script.
            }
            finally
            {
                if (!peer._isCutOff)
                {
                    peer.Exit(0);
                }
            }
        });
        return peer;
    }

    /// <summary>Ends the remote program: what it has sent still arrives.</summary>
    public void Exit(int? status)
    {
        _server.Dispose();
        StandardError.Complete();
        _exited.TrySetResult(status);
    }

    /// <summary>Breaks the transport without a word: nobody is told that the remote program has ended.</summary>
    public void CutOff()
    {
        _isCutOff = true;
        _server.Dispose();
    }

    /// <summary>Reads and forgets until the client closes.</summary>
    public async Task DrainAsync()
    {
        while (await FromClient.PeekUInt64Async(0, default) is not null)
        {
            FromClient.Advance((await FromClient.PeekAsync(default)).Length);
        }
    }

    /// <summary>Writes on the remote's standard error.</summary>
    public void Say(string text) => StandardError.Append(System.Text.Encoding.UTF8.GetBytes(text));

    public void Abort()
    {
        IsAborted = true;
        _client.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        Abort();
        return ValueTask.CompletedTask;
    }

    private static (Socket Client, Socket Server) SocketPair()
    {
        var path = Path.Combine(Path.GetTempPath(), $"nixremote-{Guid.NewGuid():N}");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(path));
        var server = listener.Accept();
        File.Delete(path);
        return (client, server);
    }

    private sealed class HalfClosing(Socket socket) : NetworkStream(socket, FileAccess.Write, ownsSocket: false)
    {
        protected override void Dispose(bool disposing)
        {
            if (Socket.Connected)
            {
                Socket.Shutdown(SocketShutdown.Send);
            }

            base.Dispose(disposing);
        }
    }
}
