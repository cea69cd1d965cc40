using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.StoreObjects;
using NixRemote.Stores.BinaryCache;
using NixRemote.Transport;

namespace NixRemote;

/// <summary>
/// What NixRemote.Adapters implements with third-party libraries. It lives in a load context of its own, so that other
/// modules may have other versions of them; this interface is how it is reached.
/// </summary>
public interface IAdapters
{
    /// <summary>Makes what opens SSH connections in process.</summary>
    ISshConnector CreateSshConnector();

    /// <summary>Takes over a connection that somebody else has opened with SSH.NET.</summary>
    /// <param name="client">An SshClient of the very SSH.NET that these adapters are bound to.</param>
    /// <param name="options">Who is told decisions.</param>
    /// <param name="builder">The builder's name, for failures.</param>
    /// <returns>A session that ends with its channels and leaves the connection open.</returns>
    /// <exception cref="NixRemoteException">SshSessionUnusable.</exception>
    ISshSession AdoptSession(object client, SshOptions options, string builder);

    /// <summary>Makes what reads TOML.</summary>
    ITomlReader CreateTomlReader();

    /// <summary>Makes what keeps the history of builds in a file. The file is opened, or made, by the first use.</summary>
    IBuildHistory CreateBuildHistory(string file);

    /// <summary>Makes what reads and writes the compressed archives of binary caches.</summary>
    IArchiveCompression CreateArchiveCompression();

    /// <summary>Makes what signs and verifies.</summary>
    ISignatureAlgorithm CreateSignatureAlgorithm();
}
