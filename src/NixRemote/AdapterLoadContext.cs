using System.Reflection;
using System.Runtime.Loader;

namespace NixRemote;

/// <summary>
/// Holds NixRemote.Adapters and its packages. What is not in its folder comes from the default context: the framework, and
/// NixRemote.Core, whose types the cmdlets and the adapters share.
/// </summary>
internal sealed class AdapterLoadContext(string folder) : AssemblyLoadContext("NixRemote.Adapters")
{
    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        ArgumentNullException.ThrowIfNull(assemblyName);
        if (assemblyName.Name == typeof(IAdapters).Assembly.GetName().Name)
        {
            // Never a second one, even if a copy should lie beside the adapters; and this very one, wherever it was loaded.
            return typeof(IAdapters).Assembly;
        }

        var file = Path.Combine(folder, assemblyName.Name + ".dll");
        return File.Exists(file) ? LoadFromAssemblyPath(file) : null;
    }
}
