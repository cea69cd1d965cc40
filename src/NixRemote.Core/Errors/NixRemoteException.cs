namespace NixRemote;

/// <summary>A failure with a stable id, a category, the machine or object it concerns, and what to do.</summary>
public class NixRemoteException : Exception
{
    /// <summary>Makes a failure of a defined kind.</summary>
    /// <param name="definition">Its row in the error table.</param>
    /// <param name="message">What happened, with names and values; a full sentence.</param>
    /// <param name="inner">The cause, if another exception is.</param>
    public NixRemoteException(ErrorDefinition definition, string message, Exception? inner = null)
        : base(message, inner)
    {
        Definition = definition ?? throw new ArgumentNullException(nameof(definition));
    }

    /// <summary>The row of the error table.</summary>
    public ErrorDefinition Definition { get; }

    /// <summary>The stable id of the error.</summary>
    public string ErrorId => Definition.Id;

    /// <summary>The check of Test-NixBuilder that finds this; null if it is not about a builder.</summary>
    public BuilderCheckName? Check => Definition.Check;

    /// <summary>The builder or store it concerns, as the user wrote it; null if none.</summary>
    public string? Builder { get; set; }

    /// <summary>What it concerns: a derivation, store path, file or URI; null if only the builder.</summary>
    public string? Target { get; set; }

    /// <summary>The last lines of the remote's standard error, without control sequences; null if there were none.</summary>
    public string? StandardErrorTail { get; set; }

    /// <summary>One concrete step for the user; the definition's unless a better one is known.</summary>
    public string RecommendedAction
    {
        get => _recommendedAction ?? Definition.RecommendedAction;
        set => _recommendedAction = value;
    }

    private string? _recommendedAction;
}
