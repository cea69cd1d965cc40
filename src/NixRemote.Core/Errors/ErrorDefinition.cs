namespace NixRemote;

/// <summary>One row of the error table (about_NixRemoteErrors): a stable id and what it means.</summary>
/// <param name="Id">The stable id; the first part of PowerShell's FullyQualifiedErrorId.</param>
/// <param name="Category">The kind of trouble.</param>
/// <param name="Cause">What has happened, in one sentence.</param>
/// <param name="RecommendedAction">One concrete step for the user.</param>
public sealed record ErrorDefinition(string Id, FailureCategory Category, string Cause, string RecommendedAction)
{
    /// <summary>The check of Test-NixBuilder that finds it; null if it is not about a builder.</summary>
    public BuilderCheckName? Check => ErrorChecks.Of(this);
}
