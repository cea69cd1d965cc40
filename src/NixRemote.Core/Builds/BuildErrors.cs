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

        var tail = logTail.Count == 0 ? "" : $"\nThe last {(logTail.Count == 1 ? "line" : $"{logTail.Count} lines")} of its log:{string.Concat(logTail.Select(l => $"\n  > {StandardErrorLog.StripControlSequences(l)}"))}";
        return new NixRemoteException(definition, $"The build of {derivation} on {builder} failed: {reason}{tail}")
        {
            Builder = builder,
            Target = derivation.ToString(),
        };
    }

    /// <summary>Whether a builder with this failure will fail the same way until somebody changes something: it is not tried again.</summary>
    public static bool IsForGood(NixRemoteException exception) => exception.Definition.Category
        is FailureCategory.AuthenticationError or FailureCategory.SecurityError or FailureCategory.ProtocolError or FailureCategory.InvalidArgument
            or FailureCategory.InvalidData or FailureCategory.NotImplemented
        || exception.Definition == NixErrors.RemoteProgramNotFound || exception.Definition == NixErrors.IdentityFileMissing;

    /// <summary>Whether the builder as a whole is in trouble, not only what it was asked for.</summary>
    public static bool IsBuildersFault(NixRemoteException exception) => exception.Definition.Category
        is FailureCategory.ConnectionError or FailureCategory.OperationTimeout or FailureCategory.ProtocolError or FailureCategory.AuthenticationError
        || exception.Definition == NixErrors.NotTrusted || IsMachineTrouble(exception.Message);

    /// <summary>Whether a store's error text is of its machine: disk, memory, processes, or its daemon.</summary>
    public static bool IsMachineTrouble(string message) => MachineTrouble().IsMatch(message);

    /// <summary>The error of a derivation that its builders failed, of the kind of all attempts if that is one.</summary>
    public static NixRemoteException AllAttempts(StorePath derivation, IReadOnlyList<NixRemoteException> attempts)
    {
        var last = attempts[^1];
        var isOneKind = attempts.All(a => a.Definition == last.Definition);
        return new NixRemoteException(isOneKind ? last.Definition : NixErrors.BuilderFailed,
            $"{derivation} was tried {attempts.Count} times.{string.Concat(attempts.Select(a => $"\n  {a.Builder}: {a.Message}"))}", last)
        {
            Target = derivation.ToString(),
            Builder = attempts.All(a => a.Builder == last.Builder) ? last.Builder : null,
            StandardErrorTail = last.StandardErrorTail,
            RecommendedAction = isOneKind ? last.RecommendedAction : NixErrors.BuilderFailed.RecommendedAction,
        };
    }

    /// <summary>The words of errno for a full disk or quota, lost disks and memory, too many processes or files; and of Nix for a daemon that is not there
    /// and a machine whose local builds are switched off.</summary>
    [GeneratedRegex("No space left on device|lack of free disk space|Disk quota exceeded|Input/output error|Read-only file system|Stale file handle|Cannot allocate memory|out of memory|"
        + "Resource temporarily unavailable|Too many open files|cannot connect to (?:socket|daemon)|error: writing to file|database (?:disk image is malformed|or disk is full)|"
        + "unable to (?:fork|start any build)|all build users are currently in use", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex MachineTrouble();

    /// <summary>"; last 3 log lines: …" (Nix ≤ 2.2x) or "\nLast 3 log lines:…" and what follows.</summary>
    [GeneratedRegex(@"[;.,\s]*\s[Ll]ast \d+ log lines:[\s\S]*$")]
    private static partial Regex RepeatedLog();
}
