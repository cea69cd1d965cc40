using NixRemote.Adapters.Compression;
using NixRemote.Adapters.History;
using NixRemote.Adapters.Signing;
using NixRemote.Adapters.Ssh;
using NixRemote.Adapters.Toml;
using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.StoreObjects;
using NixRemote.Stores.BinaryCache;
using NixRemote.Transport;

namespace NixRemote.Adapters;

/// <summary>The entrance to this assembly, found by its name from the cmdlets' load context.</summary>
public sealed class AdapterFactory : IAdapters
{
    /// <inheritdoc/>
    public ISshConnector CreateSshConnector() => new SshNetConnector();

    /// <inheritdoc/>
    public ISshSession AdoptSession(object client, SshOptions options, string builder) => SshNetSession.Adopt(client, options, builder);

    /// <inheritdoc/>
    public ITomlReader CreateTomlReader() => new TomlynReader();

    /// <inheritdoc/>
    public IBuildHistory CreateBuildHistory(string file) => new SqliteBuildHistory(file);

    /// <inheritdoc/>
    public IArchiveCompression CreateArchiveCompression() => new ArchiveCompression();

    /// <inheritdoc/>
    public ISignatureAlgorithm CreateSignatureAlgorithm() => new Ed25519Algorithm();
}
