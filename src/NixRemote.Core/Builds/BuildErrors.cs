using System.Text.RegularExpressions;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Transport;

namespace NixRemote.Builds;

/// <summary>Makes errors of failed builds (wire.md §5.1).</summary>
internal static partial class BuildErrors
{
    /// <summary>Whether the build itself failed: it would fail the same way elsewhere.</summary>
    public static bool IsFinal(BuildStatus status) => status
        is BuildStatus.PermanentFailure or BuildStatus.OutputRejected or BuildStatus.CachedFailure or BuildStatus.TimedOut
        or BuildStatus.DependencyFailed or BuildStatus.LogLimitExceeded or BuildStatus.NotDeterministic;

    /// <summary>The error of a result that is no success, with the end of the build's log.</summary>
    public static NixRemoteException From(StorePath derivation, string builder, BuildResult result, IReadOnlyList<string> logTail)
    {
        var definition = result.Status switch
        {
            BuildStatus.TimedOut => NixErrors.BuildTimedOut,
            BuildStatus.LogLimitExceeded => NixErrors.BuildLogLimit,
            _ when IsFinal(result.Status) => NixErrors.BuildFailed,
            _ => NixErrors.BuilderFailed,
        };
        // The store repeats some of the log in its message; with a log of our own those lines say nothing new.
        var reason = result.ErrorMessage.Length == 0 ? result.Status.ToString() : result.ErrorMessage.Trim();
        reason = logTail.Count > 0 ? RepeatedLog().Replace(reason, "") : reason;

        var tail = logTail.Count == 0 ? "" : $"\nThe last {logTail.Count} lines of its log:{string.Concat(logTail.Select(l => $"\n  > {StandardErrorLog.StripControlSequences(l)}"))}";
        return new NixRemoteException(definition, $"The build of {derivation} on {builder} failed: {reason}{tail}")
        {
            Builder = builder,
            Target = derivation.ToString(),
        };
    }

    /// <summary>The error of a derivation that several builders failed.</summary>
    public static NixRemoteException AllAttempts(StorePath derivation, IReadOnlyList<NixRemoteException> attempts) =>
        new(NixErrors.BuilderFailed,
            $"{attempts.Count} builders failed {derivation}.{string.Concat(attempts.Select(a => $"\n  {a.Builder}: {a.Message}"))}", attempts[^1])
        {
            Target = derivation.ToString(),
        };

    /// <summary>"; last 3 log lines: …" (Nix ≤ 2.2x) or "\nLast 3 log lines:…" and what follows.</summary>
    [GeneratedRegex(@"[;.,\s]*\s[Ll]ast \d+ log lines:[\s\S]*$")]
    private static partial Regex RepeatedLog();
}
