using System.Diagnostics;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Ssh;

/// <summary>The programs of the machine's own OpenSSH: the word that ours is compared with.</summary>
internal static class OpenSsh
{
    /// <summary>Why there is none; null if there is.</summary>
    public static string? WhyMissing { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, "ssh")) && File.Exists(Path.Combine(folder, "ssh-keygen")))
            ? null : "There is no OpenSSH client on this machine's PATH.";

    /// <summary>Makes a key pair; the public key is in FILE.pub.</summary>
    public static string MakeKey(string file, string type = "ed25519", string passphrase = "", params string[] more)
    {
        Run("ssh-keygen", ["-q", "-t", type, .. type == "rsa" ? new[] { "-b", "2048" } : [], "-N", passphrase, "-C", "test", "-f", file, .. more]).Succeeded();
        return file;
    }

    /// <summary>The fingerprint of a key that <see cref="MakeKey"/> made.</summary>
    public static string FingerprintOf(string file) => HostKey.Parse(File.ReadAllText(file + ".pub"))!.Fingerprint;

    /// <summary>Runs one of the programs.</summary>
    public static ProcessOutput Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ProcessOutput(process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
