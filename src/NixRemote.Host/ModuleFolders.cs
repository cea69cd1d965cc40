namespace NixRemote.Host;

/// <summary>Makes <c>Import-Module NixRemote</c> find the module that this program was built with.</summary>
internal static class ModuleFolders
{
    private const string _module = "NixRemote";

    /// <summary>
    /// Puts the folder that holds the module's folder first on PSModulePath: the nearest one above
    /// <paramref name="start"/>. A checkout whose folder has another name than the module counts through the link
    /// <c>out/modules/NixRemote</c>, which the build makes.
    /// </summary>
    public static void AddToModulePath(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, _module + ".psd1")))
            {
                continue;
            }

            var holder = folder.Name == _module ? folder.Parent?.FullName : Path.Combine(folder.FullName, "out", "modules");
            var path = Environment.GetEnvironmentVariable("PSModulePath");
            Environment.SetEnvironmentVariable("PSModulePath", string.IsNullOrEmpty(path) ? holder : holder + Path.PathSeparator + path);
            return;
        }
    }
}
