using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace NixRemote;

/// <summary>
/// Holds NixRemote.Adapters and its packages. What is not in its folder comes from the default context: the framework, and
/// NixRemote.Core, whose types the cmdlets and the adapters share.
/// </summary>
/// <param name="folder">Where the adapters and their packages are.</param>
/// <param name="sshNet">The SSH.NET of another module to be bound to; null: the package.</param>
internal sealed class AdapterLoadContext(string folder, Assembly? sshNet = null) : AssemblyLoadContext("NixRemote.Adapters")
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

        if (sshNet is not null && assemblyName.Name == sshNet.GetName().Name)
        {
            return sshNet;
        }

        var file = Path.Combine(folder, assemblyName.Name + ".dll");
        return File.Exists(file) ? LoadFromAssemblyPath(file) : null;
    }

    /// <inheritdoc/>
    /// <remarks>Native libraries lie where packages have them: <c>runtimes/SYSTEM/native/</c> beside the adapters.</remarks>
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        var file = Path.Combine(folder, "runtimes", NativeSystem, "native", NativeFileName(unmanagedDllName));
        return File.Exists(file) ? LoadUnmanagedDllFromPath(file) : 0;
    }

    /// <summary>The runtime identifier of packages for this system: <c>linux-x64</c>, <c>linux-musl-arm64</c>, <c>osx-arm64</c>, <c>win-x64</c>.</summary>
    private static string NativeSystem
    {
        get
        {
            var system = OperatingSystem.IsWindows() ? "win"
                : OperatingSystem.IsMacOS() ? "osx"
                : RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? "linux-musl"
                : "linux";
            return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        }
    }

    private static string NativeFileName(string name) => OperatingSystem.IsWindows() ? $"{name}.dll" : $"lib{name}{(OperatingSystem.IsMacOS() ? ".dylib" : ".so")}";
}
