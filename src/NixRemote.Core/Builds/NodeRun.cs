namespace NixRemote.Builds;

/// <summary>What a run has seen of one derivation.</summary>
internal sealed class NodeRun
{
    /// <summary>The builder that built it or failed its build.</summary>
    public string? Builder { get; set; }

    /// <summary>Failures of builders before.</summary>
    public List<NixRemoteException> Attempts { get; } = [];

    /// <summary>How often a store that had one of its inputs could not give it.</summary>
    public int SourceFailures { get; set; }

    /// <summary>Why it is not built.</summary>
    public NixRemoteException? Error { get; set; }

    /// <summary>From the start of the run until the first builder took it.</summary>
    public TimeSpan? WaitTime { get; private set; }

    /// <summary>Bringing inputs, all attempts.</summary>
    public TimeSpan UploadTime { get; set; }

    /// <summary>The last build.</summary>
    public TimeSpan BuildTime { get; set; }

    /// <summary>Bytes of inputs, all attempts.</summary>
    public long Sent { get; set; }

    /// <summary>The last attempt, which never fails.</summary>
    public Task Attempt { get; set; } = Task.CompletedTask;

    /// <summary>The log of the last build.</summary>
    public BuildLog Log { get; private set; } = new();

    /// <summary>A builder takes it.</summary>
    public void Begin(TimeSpan now)
    {
        WaitTime ??= now;
        Log = new BuildLog();
    }
}
