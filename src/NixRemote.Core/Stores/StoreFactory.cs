using System.Globalization;
using System.Text;
using NixRemote.StoreObjects;
using NixRemote.Stores.BinaryCache;
using NixRemote.Transport;

namespace NixRemote.Stores;

/// <summary>Opens stores by their URIs (machines.md §3). Opening connects nothing: that happens with the first operation.</summary>
public sealed class StoreFactory
{
    // How long a Nix program may take to answer the handshake, where no connect timeout is given.
    private static readonly TimeSpan _handshakeTime = TimeSpan.FromSeconds(15);

    private readonly ISshConnector _ssh;
    private readonly SshOptions _sshOptions;
    private readonly LocalStoreEnvironment _environment;

    /// <summary>Makes a factory.</summary>
    /// <param name="ssh">Reaches machines over SSH.</param>
    /// <param name="sshOptions">How.</param>
    public StoreFactory(ISshConnector ssh, SshOptions sshOptions)
        : this(ssh, sshOptions, LocalStoreEnvironment.Current)
    {
    }

    internal StoreFactory(ISshConnector ssh, SshOptions sshOptions, LocalStoreEnvironment environment)
    {
        _ssh = ssh;
        _sshOptions = sshOptions;
        _environment = environment;
    }

    /// <summary>What reads and writes the archives of binary caches.</summary>
    public IArchiveCompression Compressions { get; init; } = FrameworkCompression.Instance;

    /// <summary>What signs for caches whose URI names a secret key; null: nothing can.</summary>
    public ISignatureAlgorithm? Signatures { get; init; }

    /// <summary>The file with the logins of hosts that binary caches are on (nix.conf's netrc-file); null: none.</summary>
    public string? NetrcFile { get; init; }

    /// <summary>A store of any kind by its URI, also a binary cache, which cannot build; the caller disposes it.</summary>
    /// <exception cref="NixRemoteException">What <see cref="Open"/> throws; SigningKeyInvalid: the key that a cache's URI names.</exception>
    public INixStore OpenStore(StoreUri uri, StoreOpenOptions options)
    {
        var name = options.Name ?? uri.Text;
        return uri.Scheme switch
        {
            StoreScheme.File => BinaryCacheStore.OfFolder(name, FolderOf(uri), CacheOptionsOf(uri)),
            StoreScheme.Http => OverHttp(uri, name),
            _ => Open(uri, options),
        };
    }

    /// <summary>A store that can build, by its URI; the caller disposes it.</summary>
    /// <exception cref="NixRemoteException">StoreUriInvalid: not a store that can be opened. LocalStoreUnavailable:
    /// <c>auto</c>, and there is none.</exception>
    public IBuildStore Open(StoreUri uri, StoreOpenOptions options)
    {
        var name = options.Name ?? uri.Text;
        return uri.Scheme switch
        {
            StoreScheme.Ssh or StoreScheme.SshNg when uri.IsLocalhost => OverLocalProcess(uri, name, options),
            StoreScheme.Ssh or StoreScheme.SshNg => OverSsh(uri, name, options),
            StoreScheme.Daemon => OnDisk(OverSocket(uri, name, options), DirectoryOf(uri, uri.Path ?? _environment.DaemonSocket)),
            StoreScheme.Local => OnDisk(AsOwner(uri, name, options), DirectoryOf(uri, socket: null)),
            StoreScheme.Auto => OpenAuto(uri, name, options),
            StoreScheme.File or StoreScheme.Http => throw new NixRemoteException(NixErrors.StoreUriInvalid,
                $"'{uri.Text}' is a binary cache, which cannot build; a builder must be one of ssh://HOST, ssh-ng://HOST, daemon, unix:///SOCKET, local, /ROOT, auto.")
            {
                Target = uri.Text,
            },
            _ => throw new NixRemoteException(NixErrors.StoreUriInvalid,
                $"'{uri.Text}' cannot be opened: a store must be one of ssh://HOST, ssh-ng://HOST, daemon, unix:///SOCKET, local, /ROOT, auto, file:///FOLDER, https://HOST.")
            {
                Target = uri.Text,
            },
        };
    }

    /// <summary>Logs in to the machine of an SSH URI, as opening its store would; null if it is not reached over SSH.</summary>
    /// <param name="uri">The store.</param>
    /// <param name="options">How it is opened.</param>
    /// <param name="step">Told each step of logging in.</param>
    public Func<CancellationToken, Task<ISshSession>>? LogIn(StoreUri uri, StoreOpenOptions options, Action<SshStep>? step = null) =>
        uri.Scheme is StoreScheme.Ssh or StoreScheme.SshNg && !uri.IsLocalhost
            ? cancellationToken => _ssh.ConnectAsync(TargetOf(uri, options), step is null ? _sshOptions : _sshOptions with { Step = step }, cancellationToken)
            : null;

    /// <summary>The store of an SSH URI over a session that is open already and stays its owner's; nothing is asked of it yet.</summary>
    internal IBuildStore OpenOn(ISshSession session, StoreUri uri, StoreOpenOptions options)
    {
        var name = options.Name ?? uri.Text;
        return new PooledStore(name, options.MaxConnections, Launching(uri, name, session.ExecuteAsync));
    }

    /// <summary>Nix's state directory on this machine for a store: that of its <c>state</c> or <c>root</c>, the one that a daemon has its socket in;
    /// for the stores of other machines this machine's own, as in Nix.</summary>
    public string StateDirectory(StoreUri uri)
    {
        const string usualState = "/nix/var/nix";
        const string usualSocket = "/daemon-socket/socket";
        if (NonEmpty(uri, "state") is { } state)
        {
            return state;
        }

        if ((NonEmpty(uri, "root") ?? (uri.Scheme == StoreScheme.Local ? uri.Path : null)) is { } root)
        {
            return root.TrimEnd('/') + usualState;
        }

        var socket = uri.Scheme == StoreScheme.Daemon && uri.Path is { } path ? path
            : _environment.IsWritable(_environment.StateDirectory) ? null
            : _environment.DaemonSocket;
        return socket is not null && socket.EndsWith(usualSocket, StringComparison.Ordinal) ? socket[..^usualSocket.Length] : _environment.StateDirectory;
    }

    /// <summary>The command that speaks the protocol of an SSH URI at its other end, as words.</summary>
    internal static IReadOnlyList<string> RemoteCommand(StoreUri uri)
    {
        var (program, arguments) = RemoteWords(uri);
        return [.. program, .. arguments];
    }

    /// <summary>The program of an SSH URI, with what stands before it, and its arguments.</summary>
    private static (IReadOnlyList<string> Program, IReadOnlyList<string> Arguments) RemoteWords(StoreUri uri)
    {
        var serve = uri.Scheme == StoreScheme.Ssh;
        var program = uri.Parameters.GetValueOrDefault("remote-program")?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];
        return (program.Length > 0 ? program : [serve ? "nix-store" : "nix-daemon"],
        [
            .. serve ? (string[])["--serve", "--write"] : ["--stdio"],
            .. uri.Parameters.GetValueOrDefault("remote-store") is { Length: > 0 } store ? (string[])["--store", store] : [],
        ]);
    }

    /// <summary>Whom an SSH URI means.</summary>
    internal static SshTarget TargetOf(StoreUri uri, StoreOpenOptions options) => new()
    {
        Host = uri.Host,
        User = uri.User,
        Port = uri.Port,
        IdentityFile = options.SshKey ?? NonEmpty(uri, "ssh-key"),
        PinnedHostKey = options.PinnedHostKey ?? DecodeHostKey(uri),
        Compress = IsTrue(uri, "compress"),
    };

    private static bool IsTrue(StoreUri uri, string parameter) => uri.Parameters.GetValueOrDefault(parameter) is "true" or "yes" or "1";

    private static string? NonEmpty(StoreUri uri, string parameter) =>
        uri.Parameters.GetValueOrDefault(parameter) is { Length: > 0 } value ? value : null;

    private static string? DecodeHostKey(StoreUri uri)
    {
        if (NonEmpty(uri, "base64-ssh-public-host-key") is not { } encoded)
        {
            return null;
        }

        // Nix reads up to the first '=', and so takes keys without their padding.
        var digits = encoded.Split('=')[0];
        var bytes = new byte[digits.Length];
        return Convert.TryFromBase64String(digits.PadRight((digits.Length + 3) / 4 * 4, '='), bytes, out var length)
            ? Encoding.UTF8.GetString(bytes, 0, length).Trim()
            : throw new NixRemoteException(NixErrors.StoreUriInvalid,
                $"The base64-ssh-public-host-key of '{uri.Text}' is not base 64.") { Target = uri.Text };
    }

    private BinaryCacheStore OverHttp(StoreUri uri, string name)
    {
        // The name is in messages.
        name = StoreUri.WithoutLogin(name);
        var address = new Uri(uri.Text.Split('?')[0]);
        var logins = NetrcFile is null ? null : BinaryCache.NetrcFile.Load(NetrcFile, _sshOptions.Verbose ?? (_ => { }));
        return new BinaryCacheStore(name, new BinaryCacheHttp(address, name, _sshOptions.ConnectTimeout, TimeProvider.System, logins), CacheOptionsOf(uri));
    }

    // file:///C:/cache is C:/cache on Windows.
    private static string FolderOf(StoreUri uri) =>
        OperatingSystem.IsWindows() && uri.Path is ['/', _, ':', ..] ? uri.Path[1..] : uri.Path!;

    private BinaryCacheOptions CacheOptionsOf(StoreUri uri) => new()
    {
        Compressions = Compressions,
        Compression = NonEmpty(uri, "compression"),
        CompressionLevel = NonEmpty(uri, "compression-level") is { } text
            ? int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var level)
                ? level < 0 ? null : level
                : throw new NixRemoteException(NixErrors.StoreUriInvalid, $"The compression-level of '{uri.Text}' is not a number.") { Target = uri.Text }
            : null,
        Signer = NonEmpty(uri, "secret-key") is { } file && Signatures is not null ? new PathSigner(SecretKeyFile.Read(file), Signatures) : null,
        IsTrusted = IsTrue(uri, "trusted"),
    };

    private PooledStore OverSsh(StoreUri uri, string name, StoreOpenOptions options, SshChannelPool channels)
    {
        return new PooledStore(name, options.MaxConnections, Launching(uri, name, channels.ExecuteAsync), channels);
    }

    /// <summary>What opens connections of a store whose program runs at the other end of SSH.</summary>
    private Func<CancellationToken, Task<IStoreConnection>> Launching(
        StoreUri uri, string name, Func<string, CancellationToken, Task<IDuplexChannel>> execute)
    {
        var (program, arguments) = RemoteWords(uri);
        var launcher = new RemoteLauncher(program, arguments, name, _sshOptions.Verbose);
        return cancellationToken => launcher.StartAsync(execute, channel => ConnectInTimeAsync(uri.Scheme, channel, name, cancellationToken), cancellationToken);
    }

    private async Task<IStoreConnection> ConnectInTimeAsync(StoreScheme scheme, IDuplexChannel channel, string name, CancellationToken cancellationToken)
    {
        var time = _sshOptions.ConnectTimeout ?? _handshakeTime;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(time);
        try
        {
            return await ConnectAsync(scheme, channel, name, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NixRemoteException(NixErrors.BuilderSilent, $"{name} takes connections, but {channel.Description} did not answer within {time.TotalSeconds:0.###} s.")
            {
                Builder = name,
                StandardErrorTail = channel.StandardError.Tail(),
            };
        }
    }

    private static PooledStore OverLocalProcess(StoreUri uri, string name, StoreOpenOptions options) =>
        new(name, options.MaxConnections, cancellationToken =>
            ConnectAsync(uri.Scheme, ProcessChannel.Start(RemoteCommand(uri)), name, cancellationToken));

    private static PooledStore AsOwner(StoreUri uri, string name, StoreOpenOptions options) =>
        new(name, options.MaxConnections, cancellationToken =>
            OpenWorkerAsync(ProcessChannel.Start(["nix-daemon", "--stdio", "--store", uri.Text]), name, options, cancellationToken));

    private static async Task<IStoreConnection> ConnectAsync(
        StoreScheme scheme, IDuplexChannel channel, string name, CancellationToken cancellationToken) =>
        scheme == StoreScheme.Ssh
            ? await ServeConnection.OpenAsync(channel, name, cancellationToken).ConfigureAwait(false)
            : await WorkerConnection.OpenAsync(channel, name, cancellationToken).ConfigureAwait(false);

    private static IBuildStore OnDisk(PooledStore store, string? directory) =>
        directory is null || !Directory.Exists(directory) ? store : new LocalStore(store, directory);

    // Where this machine sees the store of a local URI: its "real" directory, else "root" with the usual path behind it,
    // else what the daemon's usual place in its own root tells. Null where nothing is sure.
    private static string? DirectoryOf(StoreUri uri, string? socket)
    {
        const string usualStore = "/nix/store";
        const string usualSocket = "/nix/var/nix/daemon-socket/socket";
        if (NonEmpty(uri, "real") is { } real)
        {
            return real;
        }

        if ((NonEmpty(uri, "root") ?? (socket is null ? uri.Path : null)) is { } root)
        {
            return root.TrimEnd('/') + usualStore;
        }

        return socket is null ? usualStore
            : socket.EndsWith(usualSocket, StringComparison.Ordinal) ? socket[..^usualSocket.Length] + usualStore
            : null;
    }

    private PooledStore OverSsh(StoreUri uri, string name, StoreOpenOptions options) =>
        OverSsh(uri, name, options, new SshChannelPool(_ssh, TargetOf(uri, options), _sshOptions));

    private PooledStore OverSocket(StoreUri uri, string name, StoreOpenOptions options)
    {
        var socket = uri.Path ?? _environment.DaemonSocket;
        return new PooledStore(name, options.MaxConnections, async cancellationToken =>
        {
            var channel = await UnixSocketChannel.ConnectAsync(socket, cancellationToken).ConfigureAwait(false);
            return await OpenWorkerAsync(channel, name, options, cancellationToken).ConfigureAwait(false);
        });
    }

    private static async Task<IStoreConnection> OpenWorkerAsync(IDuplexChannel channel, string name, StoreOpenOptions options, CancellationToken cancellationToken)
    {
        var connection = await WorkerConnection.OpenAsync(channel, name, cancellationToken).ConfigureAwait(false);
        try
        {
            if (options.LocalBuilds is { } settings)
            {
                await connection.SetOptionsAsync(settings, cancellationToken).ConfigureAwait(false);
            }

            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private IBuildStore OpenAuto(StoreUri uri, string name, StoreOpenOptions options)
    {
        // "auto?root=X" is a store in a root of its own, which is nobody's but its owner's.
        var chosen = NonEmpty(uri, "root") is null ? _environment.Choose() : StoreUri.Parse("local" + uri.Text["auto".Length..]);
        return Open(chosen, options with { Name = name });
    }
}
