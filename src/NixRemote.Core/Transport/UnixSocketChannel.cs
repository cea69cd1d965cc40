using System.Net.Sockets;

namespace NixRemote.Transport;

/// <summary>A Unix socket as a channel: a daemon on this machine. There is no standard error and no exit status.</summary>
public sealed class UnixSocketChannel : IDuplexChannel
{
    private readonly Socket _socket;
    private readonly TaskCompletionSource<int?> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private UnixSocketChannel(Socket socket, string path)
    {
        _socket = socket;
        Description = $"the daemon at {path}";
        Input = new Receiving(socket, this);
        Output = new Sending(socket);
        StandardError.Complete();
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public Stream Input { get; }

    /// <inheritdoc/>
    public Stream Output { get; }

    /// <inheritdoc/>
    public StandardErrorLog StandardError { get; } = new();

    /// <summary>Completes, with null, when the other side has closed or this channel is broken.</summary>
    public Task<int?> Exited => _exited.Task;

    /// <summary>Connects to a socket.</summary>
    /// <exception cref="NixRemoteException">LocalStoreUnavailable: there is no such socket, nobody listens there, or it is
    /// not ours to use.</exception>
    public static async Task<UnixSocketChannel> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return new UnixSocketChannel(socket, path);
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException or PlatformNotSupportedException)
        {
            socket.Dispose();
            throw new NixRemoteException(NixErrors.LocalStoreUnavailable,
                $"No daemon answers at the socket '{path}': {exception.Message}.", exception)
            {
                Target = path,
            };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Abort()
    {
        _socket.Dispose();
        _exited.TrySetResult(null);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Abort();
        return ValueTask.CompletedTask;
    }

    private sealed class Receiving(Socket socket, UnixSocketChannel channel) : NetworkStream(socket, FileAccess.Read, ownsSocket: false)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                var read = await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (read == 0 && !buffer.IsEmpty)
                {
                    channel._exited.TrySetResult(null);
                }

                return read;
            }
            catch (IOException)
            {
                channel._exited.TrySetResult(null);
                throw;
            }
        }
    }

    private sealed class Sending(Socket socket) : NetworkStream(socket, FileAccess.Write, ownsSocket: false)
    {
        protected override void Dispose(bool disposing)
        {
            if (disposing && Socket.Connected)
            {
                try
                {
                    Socket.Shutdown(SocketShutdown.Send);
                }
                catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
                {
                    // The other side, or an abort, was faster: nothing is left to tell it.
                    System.Diagnostics.Debug.WriteLine(exception);
                }
            }

            base.Dispose(disposing);
        }
    }
}
