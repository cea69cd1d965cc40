using System.Management.Automation;
using System.Net;
using System.Security;
using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.Scheduling;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Transport;

namespace NixRemote.Commands;

/// <summary>What the cmdlets share that speak with stores: how to connect, and which builders and local store to use.</summary>
public abstract class StoreCmdlet : NixCmdlet
{
    private NixEnvironment? _environment;
    private NixConfiguration? _settings;

    /// <summary>How long a connection may take until it is authenticated, in seconds or as a TimeSpan. Default: ssh_config's
    /// ConnectTimeout, else 15 s.</summary>
    [Parameter]
    [Seconds(MustBePositive = true)]
    public TimeSpan? ConnectTimeout { get; set; }

    /// <summary>The SSH client configuration to use instead of ~/.ssh/config and the system's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SshConfigFile { get; set; }

    /// <summary>Add the host key of a machine that is not known yet to known_hosts. A changed key is refused all the same.</summary>
    [Parameter]
    public SwitchParameter AcceptNewHostKey { get; set; }

    /// <summary>The passphrase of SSH identity files that have one.</summary>
    [Parameter]
    [ValidateNotNull]
    public SecureString? KeyPassphrase { get; set; }

    /// <summary>The user for machines whose user is given nowhere else, and a password: for machines that ask for one, and for identity
    /// files.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Who speaks SSH: this process, the OpenSSH client, or (Auto) the latter only where the former cannot.</summary>
    [Parameter]
    public SshTransport Transport { get; set; }

    /// <summary>Open SSH sessions of Posh-SSH (New-SSHSession), used for the machines that they are with.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public object[]? SshSession { get; set; }

    private protected NixEnvironment Environment => _environment ??= NixEnvironment.OfThisProcess();

    private protected NixConfiguration Settings => _settings ??= NixConfiguration.Load(Environment);

    /// <summary>The factory that opens stores; what it decides goes to the streams of <paramref name="records"/>.</summary>
    private protected StoreFactory Stores(PipelineRecords records) => new(SshConnector(), SshOptions(records))
    {
        Compressions = AdapterLoader.CreateArchiveCompression(),
        Signatures = AdapterLoader.CreateSignatureAlgorithm(),
        NetrcFile = Settings.NetrcFile,
    };

    /// <summary>Who connects, as the parameters say.</summary>
    private protected ISshConnector SshConnector()
    {
        var connector = new SshConnector(AdapterLoader.CreateSshConnector(), new OpenSshConnector());
        return _openSessions is null ? connector : new SharedSessionConnector(_openSessions, connector);
    }

    /// <summary>How to connect, as the parameters say.</summary>
    private protected SshOptions SshOptions(PipelineRecords records) => new()
    {
        ConnectTimeout = ConnectTimeout,
        ConfigFile = _sshConfigPath ??= SshConfigFile is null ? null : ResolvePath(SshConfigFile),
        AcceptNewHostKey = AcceptNewHostKey,
        KeyPassphrase = KeyPassphrase,
        Credential = Credential is null || Credential == PSCredential.Empty ? null : new NetworkCredential(Credential.UserName, Credential.Password),
        Transport = Transport,
        Verbose = records.Verbose,
        Warning = text => WarnOnce(records, text),
    };

    /// <summary>Many connections, each of which reads the same configuration, have one thing to say.</summary>
    private void WarnOnce(PipelineRecords records, string text)
    {
        lock (_warnings)
        {
            if (!_warnings.Add(text))
            {
                return;
            }
        }

        records.Warning(text);
    }

    private readonly HashSet<string> _warnings = [];
    private IReadOnlyList<SharedSshSession>? _openSessions;
    private string? _sshConfigPath;
    private string? _location;

    /// <summary>Resolves what must be resolved on the pipeline thread.</summary>
    protected override void BeginProcessing()
    {
        _sshConfigPath = SshConfigFile is null ? null : ResolvePath(SshConfigFile);
        try
        {
            _openSessions = SshSession?.Select(OpenSshSessions.From).ToList();
        }
        catch (NixRemoteException exception)
        {
            ThrowNixError(exception);
        }

        _location = SessionState.Path.CurrentFileSystemLocation.ProviderPath;
    }

    /// <summary>Ends the cmdlet if a text of -Builder says no builder: a build on fewer builders than were named is not what was asked for.</summary>
    private protected void RefuseWhatIsNoBuilder(NixBuilder[]? given)
    {
        if (given?.Select(BuilderTransformationAttribute.FailureOf).FirstOrDefault(f => f is not null) is { } failure)
        {
            ThrowNixError(failure);
        }
    }

    /// <summary>The builders given, or those that are configured; problems of the configuration are reported.</summary>
    private protected IReadOnlyList<NixBuilder> BuildersOr(NixBuilder[]? given)
    {
        if (given is not null)
        {
            RefuseWhatIsNoBuilder(given);
            return given;
        }

        var configuration = BuildersConfiguration.Load(Environment, AdapterLoader.CreateTomlReader);
        foreach (var error in configuration.Errors)
        {
            WriteNixError(error.ToException());
        }

        return [.. configuration.Builders.Where(b => b.Enabled)];
    }

    /// <summary>The folder of the slot files that Nix on this machine uses too; where there is no Nix, one of the user's own, which his
    /// sessions share; null where he has none.</summary>
    private protected string? SlotFolder(StoreFactory stores, string? store)
    {
        var state = stores.StateDirectory(StoreOf(store).Uri);
        return Environment["NIX_CURRENT_LOAD"] is { Length: > 0 } given ? given
            : Directory.Exists(state) ? Path.Combine(state, SlotDirectory.DirectoryName)
            : StateFolder.Of(Environment) is { } own ? Path.Combine(own, SlotDirectory.DirectoryName)
            : null;
    }

    /// <summary>Opens a builder's store with room for <paramref name="connections"/> at a time.</summary>
    private protected static IBuildStore Open(StoreFactory stores, NixBuilder builder, int connections) =>
        stores.Open(builder.ToStoreUri(), OpenOptions(builder, connections));

    /// <summary>What a builder's entry says of how to open its store.</summary>
    private protected static StoreOpenOptions OpenOptions(NixBuilder builder, int connections) => new()
    {
        Name = builder.Name,
        SshKey = builder.SshKey,
        PinnedHostKey = builder.PublicHostKey,
        MaxConnections = connections,
    };

    /// <summary>Opens a store by its URI or by the name of a configured builder; null: the one that Nix would use on this machine.</summary>
    /// <param name="stores">Opens stores.</param>
    /// <param name="text">The URI, the name, or null.</param>
    /// <param name="jobs">How many builds it is to take at a time, if it is this machine's.</param>
    private protected INixStore OpenStore(StoreFactory stores, string? text, int jobs = 0)
    {
        var (uri, options) = StoreOf(text);
        return stores.OpenStore(uri, jobs == 0 ? options : options with
        {
            MaxConnections = options.MaxConnections + jobs,
            LocalBuilds = new DaemonOptions { Cores = Settings.Cores, UseSubstitutes = Settings.Substitute, KeepFailed = Settings.KeepFailed },
        });
    }

    /// <summary>What a text means as a store: a URI or the name of a configured builder; null: the store that Nix would use on this machine.</summary>
    private protected (StoreUri Uri, StoreOpenOptions Options) StoreOf(string? text)
    {
        var builders = text is null ? [] : BuildersConfiguration.Load(Environment, AdapterLoader.CreateTomlReader).Builders;
        if (builders.FirstOrDefault(b => string.Equals(b.Name, text, StringComparison.OrdinalIgnoreCase)) is { } builder)
        {
            return (builder.ToStoreUri(), OpenOptions(builder, LocalConnections));
        }

        try
        {
            return (UriOf(text ?? Settings.Store), new StoreOpenOptions { Name = text ?? "the local store", MaxConnections = LocalConnections });
        }
        catch (NixRemoteException exception) when (exception.Definition == NixErrors.StoreUriInvalid && text is not null && !text.Contains('/'))
        {
            throw new NixRemoteException(NixErrors.StoreUriInvalid,
                $"'{text}' is neither a store URI nor the name of a builder ({(builders.Count == 0 ? "none is configured" : string.Join(", ", builders.Select(b => b.Name)))}).", exception)
            {
                Target = text,
                RecommendedAction = exception.RecommendedAction,
            };
        }
    }

    // A folder is meant from where the user is, which is not where the process is.
    private StoreUri UriOf(string text)
    {
        var uri = StoreUri.Parse(text);
        return uri.Scheme == StoreScheme.File && !Path.IsPathRooted(uri.Path) ? uri with { Path = Path.Combine(_location ?? "", uri.Path!) } : uri;
    }

    /// <summary>What signs with the secret key of a file; null: no file.</summary>
    /// <exception cref="NixRemoteException">ConfigurationFileUnreadable, SigningKeyInvalid.</exception>
    private protected PathSigner? SignerOf(string? file) =>
        file is null ? null : new PathSigner(SecretKeyFile.Read(ResolvePath(file)), AdapterLoader.CreateSignatureAlgorithm());

    /// <summary>The keys of trusted-public-keys and more.</summary>
    /// <exception cref="NixRemoteException">SigningKeyInvalid.</exception>
    private protected TrustedKeys TrustedKeysAnd(IEnumerable<string>? more) =>
        new(Settings.TrustedPublicKeys.Concat(more ?? []), AdapterLoader.CreateSignatureAlgorithm());

    /// <summary>Connections to a store that only gives and takes paths: four for each of two transfers each way, and one for questions.</summary>
    private protected const int LocalConnections = 17;
}
