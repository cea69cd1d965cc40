using System.Diagnostics;

namespace NixRemote.Tests.Builders;

/// <summary>Files that are none.</summary>
internal static class SpecialFile
{
    /// <summary>Makes a named pipe. Unix only.</summary>
    public static void MakePipe(string path)
    {
        using var program = Process.Start("mkfifo", [path]);
        program.WaitForExit();
        Assert.Equal(0, program.ExitCode);
    }
}
