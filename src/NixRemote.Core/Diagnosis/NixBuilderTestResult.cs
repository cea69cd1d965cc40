using NixRemote.Builders;
using NixRemote.Stores;

namespace NixRemote.Diagnosis;

/// <summary>What a test of a builder has found.</summary>
public sealed record NixBuilderTestResult
{
    /// <summary>The builder.</summary>
    public required NixBuilder Builder { get; init; }

    /// <summary>Its name.</summary>
    public string Name => Builder.Name;

    /// <summary>Its store reference, as it was written.</summary>
    public string StoreUri => Builder.Uri;

    /// <summary>Whether it can be used.</summary>
    public required BuilderTestStatus Status { get; init; }

    /// <summary>The checks, in the order in which they were made.</summary>
    public IReadOnlyList<NixBuilderCheck> Checks { get; init; } = [];

    /// <summary>Whether the machine answered on its port; null if that was not tried.</summary>
    public bool? Reachable { get; init; }

    /// <summary>Whether it accepted one of our keys; null if it did not come to that.</summary>
    public bool? Authenticated { get; init; }

    /// <summary>The protocol of its store; null if it did not come to that.</summary>
    public StoreProtocol? Protocol { get; init; }

    /// <summary>The version that both agreed on.</summary>
    public ProtocolVersion? ProtocolVersion { get; init; }

    /// <summary>The version of its Nix.</summary>
    public string? NixVersion { get; init; }

    /// <summary>What its program calls itself: Nix, Lix or Determinate Nix.</summary>
    public string? Implementation { get; init; }

    /// <summary>Whether its Nix trusts the user: its daemon's own word, or else by its configuration; Unknown where it tells neither.</summary>
    public TrustLevel Trusted { get; init; }

    /// <summary>One question and its answer over the open connection, the shortest of three.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>From nothing to an answering store.</summary>
    public TimeSpan? ConnectTime { get; init; }

    /// <summary>The host key's fingerprint, <c>SHA256:…</c>; null if it is not reached over SSH.</summary>
    public string? HostKey { get; init; }

    /// <summary>What it told of itself; null if it did not come to that, or it does not run commands.</summary>
    public NixBuilderFacts? Facts { get; init; }

    /// <summary>What was found first that is wrong, in a sentence.</summary>
    public required string Message { get; init; }

    /// <summary>What to do about it; empty if nothing.</summary>
    public string RecommendedAction { get; init; } = "";

    /// <summary>The error of the first check that failed.</summary>
    public NixFailure? Error { get; init; }
}
