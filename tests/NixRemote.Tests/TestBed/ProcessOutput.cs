namespace NixRemote.Tests.TestBed;

/// <summary>What a program left behind.</summary>
/// <param name="ExitCode">Its exit status.</param>
/// <param name="StandardOutput">All that it wrote there.</param>
/// <param name="StandardError">All that it wrote there.</param>
public sealed record ProcessOutput(int ExitCode, string StandardOutput, string StandardError)
{
    /// <summary>Standard output without its last line end, if the program succeeded.</summary>
    /// <exception cref="InvalidOperationException">The program failed; the message has its standard error.</exception>
    public string Succeeded() =>
        ExitCode == 0
            ? StandardOutput.TrimEnd('\n')
            : throw new InvalidOperationException($"Exit status {ExitCode}: {StandardError.Trim()}");
}
