namespace NixRemote.Transport;

/// <summary>Chooses who speaks SSH with a host: this process, or the OpenSSH client where only that can.</summary>
/// <param name="inProcess">Speaks SSH in this process.</param>
/// <param name="openSsh">Has the OpenSSH client speak it.</param>
public sealed class SshConnector(ISshConnector inProcess, ISshConnector openSsh) : ISshConnector
{
    /// <inheritdoc/>
    public async Task<ISshSession> ConnectAsync(SshTarget target, SshOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(options);
        switch (options.Transport)
        {
            case SshTransport.SshNet:
                return await inProcess.ConnectAsync(target, options, cancellationToken).ConfigureAwait(false);
            case SshTransport.OpenSsh:
                return await openSsh.ConnectAsync(target, options, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await inProcess.ConnectAsync(target, options, cancellationToken).ConfigureAwait(false);
        }
        catch (NixRemoteException e) when (WhyOpenSsh(e, target, options) is { } reason && OpenSshProgram.Find() is not null)
        {
            options.Verbose?.Invoke($"'{target}' is reached with the OpenSSH client: {reason}");
        }

        return await openSsh.ConnectAsync(target, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What the OpenSSH client could do about a failure; null: nothing.</summary>
    private static string? WhyOpenSsh(NixRemoteException failure, SshTarget target, SshOptions options)
    {
        if (failure.Definition == NixErrors.SshOptionUnsupported)
        {
            return failure.Message;
        }

        if (failure.Definition.Category != FailureCategory.AuthenticationError && failure.Definition != NixErrors.IdentityFileMissing
            && failure.Definition != NixErrors.IdentityFileInvalid && failure.Definition != NixErrors.AgentUnavailable)
        {
            return null;
        }

        var config = SshConfig.Resolve(target, options with { Verbose = null, Warning = null });
        var securityKey = config.IdentityFiles.FirstOrDefault(file => SshPublicKeys.OfIdentityFile(file)?.Type.StartsWith("sk-", StringComparison.Ordinal) == true);
        return securityKey is not null ? $"'{securityKey}' is on a security key. {failure.Message}"
            : config.MayNeedOpenSsh is { } method && HasTicket(method) ? $"{method} is configured. {failure.Message}"
            : null;
    }

    /// <summary>Whether a way to log in is more than a line of the configuration, which many systems have for everybody.</summary>
    private static bool HasTicket(string method) => method != "GSSAPIAuthentication"
        || Environment.GetEnvironmentVariable("KRB5CCNAME") is { Length: > 0 }
        || (SshEnvironment.Current.UserId is { } user && File.Exists($"/tmp/krb5cc_{user}"));
}
