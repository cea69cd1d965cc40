namespace NixRemote.Diagnosis;

/// <summary>The limits of what is read from a builder and of what counts as trouble.</summary>
internal static class DiagnosisLimits
{
    /// <summary>Characters of a builder's report on itself that are read.</summary>
    public const int ReportCharacters = 256 * 1024;

    /// <summary>Characters of unexpected output that a message shows.</summary>
    public const int ShownCharacters = 300;

    /// <summary>Tries of which the shortest round trip is told.</summary>
    public const int LatencyTries = 3;

    /// <summary>Tiny builds that one test makes at the most.</summary>
    public const int ProbeBuilds = 64;

    /// <summary>Less disk space than this is worth a warning.</summary>
    public const long LowDiskBytes = 1L << 30;

    /// <summary>How long undoing a registration may take.</summary>
    public static readonly TimeSpan UndoTime = TimeSpan.FromSeconds(20);

    /// <summary>A larger difference of clocks is worth a warning.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(60);
}
