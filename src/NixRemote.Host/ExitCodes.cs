namespace NixRemote.Host;

/// <summary>The exit codes that are not the script's own.</summary>
internal static class ExitCodes
{
    /// <summary>A terminating error, or a command text whose last statement failed.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong (sysexits' EX_USAGE).</summary>
    public const int Usage = 64;

    /// <summary>Ended by Ctrl-C, as shells report SIGINT.</summary>
    public const int Interrupted = 130;
}
