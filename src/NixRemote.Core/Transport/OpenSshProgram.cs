namespace NixRemote.Transport;

/// <summary>The OpenSSH client of this machine.</summary>
internal static class OpenSshProgram
{
    /// <summary>The program's full path; null if it is not on the PATH.</summary>
    public static string? Find()
    {
        var name = OperatingSystem.IsWindows() ? "ssh.exe" : "ssh";
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }
}
