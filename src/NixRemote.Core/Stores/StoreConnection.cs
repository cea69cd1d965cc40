using System.Runtime.ExceptionServices;
using NixRemote.StoreObjects;
using NixRemote.Transport;

namespace NixRemote.Stores;

/// <summary>
/// What the connections of both protocols share: one operation at a time, cancellation that breaks the channel, failures
/// explained with the remote's last words, requests pipelined.
/// </summary>
public abstract partial class StoreConnection : IStoreConnection
{
    private protected static readonly IReadOnlySet<string> NoFeatures = new HashSet<string>();

    private int _busy;
    private volatile bool _broken;
    private StoreConnectionInfo? _info;
    private long _answersBefore;

    private protected StoreConnection(IDuplexChannel channel, string name)
    {
        Channel = channel;
        Name = name;
        Reader = new WireReader(channel.Input);
        Writer = new WireWriter(channel.Output);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public StoreConnectionInfo Info => _info ?? throw new InvalidOperationException("The handshake is not done.");

    /// <inheritdoc/>
    public bool IsUsable => !_broken && !Channel.Exited.IsCompleted;

    /// <summary>Whether the last operation ended without a single byte of an answer: a connection that had died before.</summary>
    internal bool WasUnanswered => Reader.Position == _answersBefore;

    private protected bool IsOpen => _info is not null;

    private protected IDuplexChannel Channel { get; }

    private protected WireReader Reader { get; }

    private protected WireWriter Writer { get; }

    /// <summary>Set where an operation fails although the stream of bytes stays in step: nothing of a request or an answer
    /// is under way.</summary>
    private protected bool InStep { get; set; }

    /// <inheritdoc/>
    public Task<StoreConnectionInfo> ConnectAsync(CancellationToken cancellationToken) =>
        IsUsable ? Task.FromResult(Info) : throw Closed();

    /// <inheritdoc/>
    public abstract Task<IReadOnlySet<StorePath>> QueryValidPathsAsync(
        IReadOnlyCollection<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryPathInfosAsync(
        IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract Task<BuildResult> BuildDerivationAsync(
        BasicDerivation derivation, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract Task<BuildResult> BuildGoalAsync(
        DerivedPath goal, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _broken = true;
        await Channel.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>Shakes hands; where that fails, the channel is closed.</summary>
    private protected static async Task<T> OpenAsync<T>(T connection, CancellationToken cancellationToken)
        where T : StoreConnection
    {
        try
        {
            connection._info = await connection.RunAsync(
                ConnectionPhase.Handshake, connection.ShakeHandsAsync, cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The protocol's handshake.</summary>
    private protected abstract Task<StoreConnectionInfo> ShakeHandsAsync(CancellationToken cancellationToken);

    /// <summary>Marks the connection as unusable; the channel stays open for what the remote still has to say.</summary>
    private protected void Break() => _broken = true;

    /// <summary>Breaks the channel, and with it whatever runs at the other end.</summary>
    private protected void Abort()
    {
        _broken = true;
        Channel.Abort();
    }

    /// <summary>Runs one operation: alone, ended by the token, its failure explained.</summary>
    private protected async Task<T> RunAsync<T>(
        ConnectionPhase phase, Func<CancellationToken, Task<T>> operation, CancellationToken cancellationToken)
    {
        using var cancellation = Begin(cancellationToken);
        try
        {
            return await operation(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            var explained = await ExplainAsync(exception, phase, cancellationToken).ConfigureAwait(false);
            ExceptionDispatchInfo.Throw(explained);
            throw;
        }
        finally
        {
            End();
        }
    }

    private protected CancellationTokenRegistration Begin(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            throw new InvalidOperationException($"An operation is under way on this connection to {Name}.");
        }

        InStep = false;
        _answersBefore = Reader.Position;
        if (_broken)
        {
            End();
            throw Closed();
        }

        // A remote that has ended meanwhile is found out by the operation, which says what the remote said.
        return cancellationToken.UnsafeRegister(static connection => ((StoreConnection)connection!).Abort(), this);
    }

    private protected void End() => Volatile.Write(ref _busy, 0);

    private NixRemoteException Closed() =>
        new(NixErrors.ConnectionLost, $"The connection to {Name} is closed.")
        {
            Builder = Name,
            StandardErrorTail = Channel.StandardError.Tail(),
        };
}
