using NixRemote.Builders;
using NixRemote.Stores;

namespace NixRemote.Diagnosis;

/// <summary>Whether Nix itself would use the builders that a user has configured: its daemon ignores those of users that it does not trust (config.md §4).</summary>
public static class LocalTrust
{
    private static readonly TimeSpan _answerTime = TimeSpan.FromSeconds(5);

    /// <summary>Asks the local daemon, if there is one.</summary>
    /// <param name="configuration">The builders in effect.</param>
    /// <param name="environment">Where it was read.</param>
    /// <param name="stores">Opens the daemon's store.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <returns>Why they are ignored; null if they are not, or that is not known.</returns>
    public static async Task<string?> WhyBuildersAreIgnoredAsync(
        BuildersConfiguration configuration, NixEnvironment environment, StoreFactory stores, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(stores);
        if (!IsTheUsersOwn(configuration, environment))
        {
            return null;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_answerTime);
        try
        {
            var uri = StoreUri.Parse(configuration.Settings.Store);
            uri = uri.Scheme == StoreScheme.Auto ? LocalStoreEnvironment.Current.Choose() : uri;
            if (uri.Scheme != StoreScheme.Daemon)
            {
                return null;
            }

            await using var store = stores.Open(uri, new StoreOpenOptions { Name = "the local daemon", MaxConnections = 1 });
            var info = await store.ConnectAsync(limit.Token).ConfigureAwait(false);
            return info.Trust == TrustLevel.NotTrusted
                ? $"Nix itself ignores this builder: it comes from {configuration.Origin}, and the daemon of this machine does not trust the user."
                : null;
        }
        catch (Exception unknown) when (unknown is NixRemoteException || (unknown is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Where there is no Nix that could ignore anything, or none that answers, there is nothing to tell.
            System.Diagnostics.Debug.WriteLine(unknown);
            return null;
        }
    }

    /// <summary>What is in the system's nix.conf, or beside it, the daemon reads by itself.</summary>
    private static bool IsTheUsersOwn(BuildersConfiguration configuration, NixEnvironment environment)
    {
        if (configuration.Settings.BuildersAssignment is not { } assignment)
        {
            return environment["NIX_REMOTE_SYSTEMS"] is not null;
        }

        var system = environment["NIX_CONF_DIR"] is { Length: > 0 } given ? given : environment.ConfigurationDirectory;
        return !Path.IsPathRooted(assignment.Source.File) || Path.GetRelativePath(system, Path.GetDirectoryName(assignment.Source.File) ?? "/") != ".";
    }
}
