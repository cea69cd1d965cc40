namespace NixRemote.Diagnosis.Checks;

/// <summary>A step of logging in. All of them are made by one login, as a build makes them; each reads its own part of how that went.</summary>
internal abstract class LogInCheck : IBuilderCheck
{
    public abstract BuilderCheckName Name { get; }

    public BuilderCheckName? Needs => Name - 1;

    public async Task<NixBuilderCheck> RunAsync(BuilderExamination examination, CancellationToken cancellationToken)
    {
        if (!examination.IsRemote)
        {
            return NixBuilderCheck.Skipped(Name, "It is not reached over SSH.");
        }

        var failure = await examination.LogInAsync(cancellationToken).ConfigureAwait(false);

        // What has no place among these steps broke the SSH connection.
        var failed = failure is null ? null
            : failure.Check is >= BuilderCheckName.NameResolution and <= BuilderCheckName.Authentication ? failure.Check
            : BuilderCheckName.SshHandshake;
        return failed == Name ? NixBuilderCheck.Failed(Name, failure!)
            : examination.Steps.TryGetValue(Name, out var found) ? NixBuilderCheck.Passed(Name, found)
            : failed is null || (examination.Steps.Count == 0 && !IsBeforeConnecting(failure!)) ? NixBuilderCheck.Passed(Name, Describe(examination))
            : NixBuilderCheck.Skipped(Name, $"Not tried, since {failed} failed before.");
    }

    /// <summary>What is true once the step is done, where the transport does not tell more.</summary>
    protected abstract string Describe(BuilderExamination examination);

    /// <summary>A key file that the entry names is read before anything is connected.</summary>
    private static bool IsBeforeConnecting(NixRemoteException failure) =>
        failure.Definition == NixErrors.IdentityFileMissing || failure.Definition == NixErrors.IdentityFileEncrypted
        || failure.Definition == NixErrors.IdentityFileInvalid || failure.Definition == NixErrors.IdentityFileTooOpen
        || failure.Definition == NixErrors.IdentityFileUnreadable || failure.Definition == NixErrors.IdentityPassphraseWrong;
}
