using System.Management.Automation;
using System.Text;

namespace NixRemote.Commands;

/// <summary>Makes PowerShell's error records of the module's failures (about_NixRemoteErrors).</summary>
internal static class ErrorRecords
{
    /// <summary>Lines of the remote's standard error that an error shows.</summary>
    private const int ShownTailLines = 10;

    /// <summary>The record of a failure: its stable id, category, target, and what to do.</summary>
    /// <param name="exception">The failure.</param>
    /// <param name="target">What it concerns; null: what the failure itself names.</param>
    public static ErrorRecord From(Exception exception, object? target = null)
    {
        var failure = exception as NixRemoteException;
        var definition = failure?.Definition ?? NixErrors.Unexpected;
        return new ErrorRecord(exception, definition.Id, Category(definition.Category), target ?? failure?.Target ?? failure?.Builder)
        {
            ErrorDetails = new ErrorDetails(Describe(exception, target as string ?? failure?.Target))
            {
                RecommendedAction = failure?.RecommendedAction ?? definition.RecommendedAction,
            },
        };
    }

    /// <summary>The failure in words: the derivation and builder, what happened, and the remote's last words that do not stand there
    /// already.</summary>
    /// <param name="exception">The failure.</param>
    /// <param name="target">What it concerns.</param>
    public static string Describe(Exception exception, string? target = null)
    {
        var text = new StringBuilder();
        if (exception is not NixRemoteException failure)
        {
            return exception.Message;
        }

        if (target is not null && target.EndsWith(".drv", StringComparison.Ordinal) && !failure.Message.Contains(target, StringComparison.Ordinal))
        {
            text.Append(target).Append(": ");
        }

        if (failure.Builder is { } builder && !failure.Message.Contains(builder, StringComparison.Ordinal))
        {
            text.Append(builder).Append(": ");
        }

        text.Append(failure.Message);
        if (failure.StandardErrorTail is { Length: > 0 } tail)
        {
            foreach (var line in tail.Split('\n').Where(l => l.Trim().Length > 0 && !failure.Message.Contains(Bare(l), StringComparison.Ordinal)).TakeLast(ShownTailLines))
            {
                text.Append("\n  | ").Append(line.TrimEnd());
            }
        }

        // A message may begin with the name of a store that is no proper name ("the local store").
        return text.Replace("the ", "The ", 0, Math.Min(4, text.Length)).ToString();
    }

    /// <summary>A line of Nix without the word that it begins errors with, which messages leave out.</summary>
    private static string Bare(string line)
    {
        const string ErrorMark = "error: ";
        var text = line.Trim();
        return text.StartsWith(ErrorMark, StringComparison.Ordinal) ? text[ErrorMark.Length..] : text;
    }

    /// <summary>PowerShell's category for ours.</summary>
    public static ErrorCategory Category(FailureCategory category) => category switch
    {
        FailureCategory.ConnectionError => ErrorCategory.ConnectionError,
        FailureCategory.AuthenticationError => ErrorCategory.AuthenticationError,
        FailureCategory.SecurityError => ErrorCategory.SecurityError,
        FailureCategory.ProtocolError => ErrorCategory.ProtocolError,
        FailureCategory.InvalidData => ErrorCategory.InvalidData,
        FailureCategory.InvalidArgument => ErrorCategory.InvalidArgument,
        FailureCategory.InvalidResult => ErrorCategory.InvalidResult,
        FailureCategory.ObjectNotFound => ErrorCategory.ObjectNotFound,
        FailureCategory.OperationTimeout => ErrorCategory.OperationTimeout,
        FailureCategory.ResourceUnavailable => ErrorCategory.ResourceUnavailable,
        FailureCategory.OperationStopped => ErrorCategory.OperationStopped,
        FailureCategory.ReadWriteError => ErrorCategory.ReadError,
        FailureCategory.NotImplemented => ErrorCategory.NotImplemented,
        _ => ErrorCategory.NotSpecified,
    };
}
