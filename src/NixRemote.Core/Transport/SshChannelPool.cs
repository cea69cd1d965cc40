namespace NixRemote.Transport;

/// <summary>
/// Channels to one machine: as many on one SSH session as sshd surely allows, then another session. Sessions are opened
/// when a channel needs one, several at the same time if several are needed, and stay open until this is disposed.
/// </summary>
public sealed class SshChannelPool : IAsyncDisposable
{
    /// <summary>Channels on one session: below sshd's default MaxSessions of 10.</summary>
    public const int ChannelsPerSession = 8;

    private readonly ISshConnector _connector;
    private readonly SshTarget _target;
    private readonly SshOptions _options;
    private readonly CancellationTokenSource _disposed = new();
    private readonly object _lock = new();
    private readonly List<Session> _sessions = [];

    /// <summary>Prepares; nothing is connected yet.</summary>
    public SshChannelPool(ISshConnector connector, SshTarget target, SshOptions options)
    {
        _connector = connector;
        _target = target;
        _options = options;
    }

    /// <summary>Runs a command on a channel of its own.</summary>
    /// <param name="command">The command line for the remote shell.</param>
    /// <param name="cancellationToken">Ends the wait; a session that others wait for goes on connecting.</param>
    /// <exception cref="NixRemoteException">What <see cref="ISshConnector.ConnectAsync"/> and
    /// <see cref="ISshSession.ExecuteAsync"/> throw.</exception>
    public async Task<IDuplexChannel> ExecuteAsync(string command, CancellationToken cancellationToken)
    {
        while (true)
        {
            var session = Reserve();
            try
            {
                var connected = await session.Connected.WaitAsync(cancellationToken).ConfigureAwait(false);
                return new Lease(await connected.ExecuteAsync(command, cancellationToken).ConfigureAwait(false), this, session);
            }
            catch (NixRemoteException exception) when (exception.ErrorId == NixErrors.ChannelRefused.Id && Shrink(session))
            {
                // This sshd allows fewer: another session takes the channel.
                await ReleaseAsync(session).ConfigureAwait(false);
            }
            catch
            {
                await ReleaseAsync(session).ConfigureAwait(false);
                throw;
            }
        }
    }

    /// <summary>Closes all sessions, and with them the channels that are still open.</summary>
    public async ValueTask DisposeAsync()
    {
        Session[] sessions;
        lock (_lock)
        {
            sessions = [.. _sessions];
            _sessions.Clear();
        }

        await _disposed.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(sessions.Select(session => session.CloseAsync())).ConfigureAwait(false);
        _disposed.Dispose();
    }

    // Takes a place on a session that has one, or begins a new session.
    private Session Reserve()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
            var session = _sessions.Find(candidate => candidate.HasRoom);
            if (session is null)
            {
                session = new Session(stop => _connector.ConnectAsync(_target, _options, stop), _disposed.Token);
                _sessions.Add(session);
            }

            session.Channels++;
            return session;
        }
    }

    // Remembers that a session takes no more channels than it has. False if it has no other: then the refusal is final.
    private bool Shrink(Session session)
    {
        lock (_lock)
        {
            if (session.Channels <= 1)
            {
                return false;
            }

            session.Capacity = session.Channels - 1;
            return true;
        }
    }

    private async ValueTask ReleaseAsync(Session session)
    {
        lock (_lock)
        {
            session.Channels--;
            if (session.Channels > 0 || session.IsAlive || !_sessions.Remove(session))
            {
                return;
            }
        }

        await session.CloseAsync().ConfigureAwait(false);
    }

    private sealed class Session
    {
        private readonly CancellationTokenSource _stop;

        public Session(Func<CancellationToken, Task<ISshSession>> connect, CancellationToken stop)
        {
            _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);
            Connected = Task.Run(() => connect(_stop.Token));
        }

        public Task<ISshSession> Connected { get; }

        public int Channels { get; set; }

        public int Capacity { get; set; } = ChannelsPerSession;

        // One that still connects counts as one that can be used: several channels wait for it together.
        public bool HasRoom => Channels < Capacity && (!Connected.IsCompleted || IsAlive);

        public bool IsAlive => Connected.IsCompletedSuccessfully && Connected.Result.IsConnected;

        public async Task CloseAsync()
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Connected).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (Connected.IsCompletedSuccessfully)
            {
                await Connected.Result.DisposeAsync().ConfigureAwait(false);
            }

            _stop.Dispose();
        }
    }

    // A channel that gives its place back when it is disposed.
    private sealed class Lease(IDuplexChannel channel, SshChannelPool pool, Session session) : IDuplexChannel
    {
        private int _disposed;

        public string Description => channel.Description;

        public Stream Input => channel.Input;

        public Stream Output => channel.Output;

        public StandardErrorLog StandardError => channel.StandardError;

        public Task<int?> Exited => channel.Exited;

        public void Abort() => channel.Abort();

        public async ValueTask DisposeAsync()
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                await pool.ReleaseAsync(session).ConfigureAwait(false);
            }
        }
    }
}
