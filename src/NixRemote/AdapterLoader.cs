using System.Collections.Concurrent;
using System.Reflection;
using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.StoreObjects;
using NixRemote.Stores.BinaryCache;
using NixRemote.Transport;

namespace NixRemote;

/// <summary>Creates what NixRemote.Adapters implements, from <c>private/</c> beside this assembly, in a load context of its own.</summary>
internal static class AdapterLoader
{
    /// <summary>The type to look for in the assembly of that name.</summary>
    private const string AssemblyName = "NixRemote.Adapters";
    private const string FactoryName = "NixRemote.Adapters.AdapterFactory";

    // This assembly is loaded once, however often the module is imported with -Force, and so is the context.
    private static readonly Lazy<IAdapters> _adapters = new(() => Load(DefaultFolder));

    // By SSH.NET assemblies of other modules.
    private static readonly ConcurrentDictionary<Assembly, Lazy<IAdapters>> _overOthers = new();

    /// <summary>Where the module keeps the adapters.</summary>
    public static string DefaultFolder => Path.Combine(Path.GetDirectoryName(typeof(AdapterLoader).Assembly.Location)!, "private");

    /// <summary>Makes what opens SSH connections in process.</summary>
    /// <exception cref="NixRemoteException">ModuleIncomplete.</exception>
    public static ISshConnector CreateSshConnector() => _adapters.Value.CreateSshConnector();

    /// <summary>The adapters once more, bound to the SSH.NET that another module has loaded, for what is of its types.</summary>
    /// <exception cref="NixRemoteException">ModuleIncomplete.</exception>
    public static IAdapters Over(Assembly sshNet) =>
        _overOthers.GetOrAdd(sshNet, static assembly => new Lazy<IAdapters>(() => Load(DefaultFolder, assembly))).Value;

    /// <summary>Makes what reads TOML.</summary>
    /// <exception cref="NixRemoteException">ModuleIncomplete.</exception>
    public static ITomlReader CreateTomlReader() => _adapters.Value.CreateTomlReader();

    /// <summary>Makes what keeps the history of builds in a file.</summary>
    /// <exception cref="NixRemoteException">ModuleIncomplete.</exception>
    public static IBuildHistory CreateBuildHistory(string file) => _adapters.Value.CreateBuildHistory(file);

    /// <summary>Makes what reads and writes the compressed archives of binary caches.</summary>
    /// <exception cref="NixRemoteException">ModuleIncomplete.</exception>
    public static IArchiveCompression CreateArchiveCompression() => _adapters.Value.CreateArchiveCompression();

    /// <summary>Makes what signs and verifies.</summary>
    /// <exception cref="NixRemoteException">ModuleIncomplete.</exception>
    public static ISignatureAlgorithm CreateSignatureAlgorithm() => _adapters.Value.CreateSignatureAlgorithm();

    /// <summary>Loads the adapters of a folder into a new context.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="sshNet">The SSH.NET to bind them to; null: the one in the folder.</param>
    internal static IAdapters Load(string folder, Assembly? sshNet = null)
    {
        var file = Path.Combine(folder, AssemblyName + ".dll");
        if (!File.Exists(file))
        {
            throw new NixRemoteException(NixErrors.ModuleIncomplete, $"The module lacks '{file}'.") { Target = file };
        }

        var assembly = new AdapterLoadContext(folder, sshNet).LoadFromAssemblyName(new AssemblyName(AssemblyName));
        return (IAdapters)Activator.CreateInstance(assembly.GetType(FactoryName, throwOnError: true)!)!;
    }
}
