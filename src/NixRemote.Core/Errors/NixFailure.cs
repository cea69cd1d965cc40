namespace NixRemote;

/// <summary>
/// A failure as a part of a result: what a script asks of it and nothing else, so that ConvertTo-Json, Export-Clixml and logs hold it whole, and without
/// the innards of an exception. <see cref="ToException"/> and a cast give the exception: <c>throw [Exception] $result.Error</c>.
/// </summary>
public sealed class NixFailure
{
    private readonly NixRemoteException _exception;

    /// <param name="exception">The failure.</param>
    public NixFailure(NixRemoteException exception)
    {
        _exception = exception ?? throw new ArgumentNullException(nameof(exception));
    }

    /// <summary>Its stable id in about_NixRemoteErrors.</summary>
    public string ErrorId => _exception.ErrorId;

    /// <summary>Its category.</summary>
    public FailureCategory Category => _exception.Definition.Category;

    /// <summary>What happened, with names and values.</summary>
    public string Message => _exception.Message;

    /// <summary>The check of Test-NixBuilder that finds this; null if it is not about a builder.</summary>
    public BuilderCheckName? Check => _exception.Check;

    /// <summary>The builder or store it concerns, as the user wrote it; null if none.</summary>
    public string? Builder => _exception.Builder;

    /// <summary>What it concerns: a derivation, store path, file or URI; null if only the builder.</summary>
    public string? Target => _exception.Target;

    /// <summary>One concrete step for the user.</summary>
    public string RecommendedAction => _exception.RecommendedAction;

    /// <summary>The last lines of the remote's standard error; null if there were none.</summary>
    public string? StandardErrorTail => _exception.StandardErrorTail;

    /// <summary>The row of the error table.</summary>
    internal ErrorDefinition Definition => _exception.Definition;

    /// <summary>The exception, with its stack and its causes.</summary>
    public NixRemoteException ToException() => _exception;

    /// <summary>The message.</summary>
    public override string ToString() => Message;

    /// <summary>The exception of a failure.</summary>
    public static implicit operator NixRemoteException?(NixFailure? failure) => failure?._exception;

    /// <summary>An exception as a part of a result.</summary>
    public static implicit operator NixFailure?(NixRemoteException? exception) => exception is null ? null : new NixFailure(exception);
}
