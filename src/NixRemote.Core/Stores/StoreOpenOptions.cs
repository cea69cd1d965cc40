namespace NixRemote.Stores;

/// <summary>What is known of a store beside its URI. Values that are null leave the choice to the URI's parameters.</summary>
public sealed record StoreOpenOptions
{
    /// <summary>The name for messages, such as the builder's; null: the URI.</summary>
    public string? Name { get; init; }

    /// <summary>The identity file of a builder's entry, before the URI's <c>ssh-key</c>.</summary>
    public string? SshKey { get; init; }

    /// <summary>The pinned host key as a plain public key line, before the URI's <c>base64-ssh-public-host-key</c>.</summary>
    public string? PinnedHostKey { get; init; }

    /// <summary>The most connections at a time.</summary>
    public int MaxConnections { get; init; } = 4;

    /// <summary>What a daemon of this machine is told on each connection so that builds that it is asked for run here; null: nothing.</summary>
    public DaemonOptions? LocalBuilds { get; init; }
}
