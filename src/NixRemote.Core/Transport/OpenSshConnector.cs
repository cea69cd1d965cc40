using System.Text.RegularExpressions;

namespace NixRemote.Transport;

/// <summary>Opens SSH connections with the OpenSSH client as a child process, which can all that the user's own ssh can.</summary>
public sealed partial class OpenSshConnector : ISshConnector
{
    /// <inheritdoc/>
    /// <exception cref="NixRemoteException">As the interface says, and OpenSshMissing, OpenSshFailed.</exception>
    public async Task<ISshSession> ConnectAsync(SshTarget target, SshOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(options);
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            // ssh reads the configuration itself; here it is for messages, limits, and what must not be left to it.
            var config = SshConfig.Resolve(target, options with { Transport = SshTransport.OpenSsh, Warning = null });
            var program = OpenSshProgram.Find() ?? throw new NixRemoteException(NixErrors.OpenSshMissing,
                $"There is no ssh on the PATH, and '{config.OriginalHost}' is to be reached with it.");
            return await ConnectAsync(program, target, config, options, cancellationToken).ConfigureAwait(false);
        }
        catch (NixRemoteException e)
        {
            e.Builder ??= target.ToString();
            throw;
        }
    }

    private static async Task<OpenSshSession> ConnectAsync(
        string program, SshTarget target, SshHostConfig config, SshOptions options, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("nixremote-");
        ProcessChannel? master = null;
        var progress = new Progress(config);
        try
        {
            var command = new OpenSshCommand(program, target, config, options, folder.FullName);
            master = ProcessChannel.Start(command.Master(), command.Environment, $"ssh {config}", progress.Take);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(config.ConnectTimeout);
            try
            {
                await Task.WhenAny(progress.Ready, master.Exited).WaitAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw progress.TimedOut(e);
            }

            if (!progress.Ready.IsCompletedSuccessfully)
            {
                await master.StandardError.Ended.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw OpenSshFailures.Explain(config, progress.Lines, await master.Exited.ConfigureAwait(false));
            }

            options.Verbose?.Invoke($"Connected to {config} with {program}: host key {progress.HostKey}.");
            return new OpenSshSession(master, command, config, options, target.ToString(), progress.Fingerprint, folder);
        }
        catch
        {
            if (master is not null)
            {
                await master.KillAsync().ConfigureAwait(false);
            }

            folder.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>What ssh -v tells while it connects.</summary>
    private sealed partial class Progress(SshHostConfig config)
    {
        private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Queue<string> _lines = new();
        private bool _hasProxy;
        private bool _isMaster;
        private ConnectionStep _step;

        private enum ConnectionStep
        {
            Connecting,
            Greeting,
            KeyExchange,
            Authentication,
        }

        /// <summary>Completes when the connection is authenticated, and its master takes channels.</summary>
        public Task Ready => _ready.Task;

        /// <summary>The host key: <c>TYPE SHA256:…</c>.</summary>
        public string HostKey { get; private set; } = "";

        /// <summary>Its fingerprint.</summary>
        public string Fingerprint => HostKey.Split(' ')[^1];

        /// <summary>The last lines.</summary>
        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lines)
                {
                    return [.. _lines];
                }
            }
        }

        /// <summary>Takes a line, which is for whoever asks for the connection's last words too.</summary>
        public bool Take(string line)
        {
            lock (_lines)
            {
                _lines.Enqueue(line);
                if (_lines.Count > TransportLimits.MaxOpenSshLines)
                {
                    _lines.Dequeue();
                }
            }

            // With a jump host, its own ssh writes here too, and comes first.
            if (ShownHostKey().Match(line) is { Success: true } key)
            {
                HostKey = key.Groups["key"].Value;
            }

            _hasProxy |= line.StartsWith("debug1: Executing proxy command", StringComparison.Ordinal) || line.StartsWith("debug1: Setting implicit ProxyCommand", StringComparison.Ordinal);
            _isMaster |= line.StartsWith("debug1: setting up multiplex master socket", StringComparison.Ordinal);
            _step = line.StartsWith("debug1: Connection established", StringComparison.Ordinal) ? ConnectionStep.Greeting
                : line.StartsWith("debug1: Remote protocol version", StringComparison.Ordinal) ? ConnectionStep.KeyExchange
                : line.StartsWith("debug1: SSH2_MSG_SERVICE_ACCEPT", StringComparison.Ordinal) || line.StartsWith("debug1: SSH2_MSG_NEWKEYS received", StringComparison.Ordinal) ? ConnectionStep.Authentication
                : _step;
            if (OpenSshCommand.HasMasters
                ? _isMaster && line.StartsWith("debug1: Entering interactive session", StringComparison.Ordinal)
                : line.StartsWith("Authenticated to ", StringComparison.Ordinal) && (!_hasProxy || line.Contains("(via proxy)", StringComparison.Ordinal)))
            {
                _ready.TrySetResult();
            }

            return true;
        }

        /// <summary>That it took too long, and how far it has come.</summary>
        public NixRemoteException TimedOut(Exception cause)
        {
            var (definition, doing) = _step switch
            {
                ConnectionStep.Connecting => (NixErrors.ConnectionTimeout, "it was asked for a connection"),
                ConnectionStep.Greeting => (NixErrors.ServerSilent, "the SSH server's first line was awaited"),
                ConnectionStep.KeyExchange => (NixErrors.HandshakeTimeout, "keys were exchanged"),
                _ => (NixErrors.AuthenticationTimeout, $"logging in as {config.User}"),
            };
            return new NixRemoteException(definition, $"{config} did not answer within {config.ConnectTimeout.TotalSeconds:0.###} s, while {doing}.", cause);
        }

        [GeneratedRegex(@"^debug1: Server host key: (?<key>\S+ SHA256:\S+)")]
        private static partial Regex ShownHostKey();
    }
}
