namespace NixRemote.Diagnosis;

/// <summary>What one check of a builder has found.</summary>
public sealed record NixBuilderCheck
{
    /// <summary>The check.</summary>
    public required BuilderCheckName Name { get; init; }

    /// <summary>How it ended.</summary>
    public required BuilderCheckResult Result { get; init; }

    /// <summary>What was found, in a sentence.</summary>
    public required string Message { get; init; }

    /// <summary>What to do about it; empty if nothing.</summary>
    public string RecommendedAction { get; init; } = "";

    /// <summary>The error that was found, also behind a warning; null if none was.</summary>
    public NixFailure? Error { get; init; }

    /// <summary>Its id in about_NixRemoteErrors; null if there is none.</summary>
    public string? ErrorId => Error?.ErrorId;

    /// <summary><c>NAME: RESULT</c>.</summary>
    public override string ToString() => $"{Name}: {Result}";

    internal static NixBuilderCheck Passed(BuilderCheckName name, string message) =>
        new() { Name = name, Result = BuilderCheckResult.Passed, Message = message };

    internal static NixBuilderCheck Skipped(BuilderCheckName name, string message) =>
        new() { Name = name, Result = BuilderCheckResult.Skipped, Message = message };

    internal static NixBuilderCheck Warning(BuilderCheckName name, ErrorDefinition error, string message) =>
        Of(name, BuilderCheckResult.Warning, new NixRemoteException(error, message));

    internal static NixBuilderCheck Failed(BuilderCheckName name, NixRemoteException error) => Of(name, BuilderCheckResult.Failed, error);

    private static NixBuilderCheck Of(BuilderCheckName name, BuilderCheckResult result, NixRemoteException error) =>
        new() { Name = name, Result = result, Message = error.Message, RecommendedAction = error.RecommendedAction, Error = error };
}
