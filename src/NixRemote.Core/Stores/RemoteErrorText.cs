using System.Text.RegularExpressions;
using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>What can be told from the texts of a remote Nix (wire.md §2). They are not stable across versions: where none
/// is recognised, the general error stands.</summary>
internal static partial class RemoteErrorText
{
    /// <summary>The error that the text is about, or null.</summary>
    public static ErrorDefinition? Recognise(string text) => text switch
    {
        _ when text.Contains("not privileged to build", StringComparison.Ordinal) => NixErrors.NotTrusted,
        _ when LacksSignature().IsMatch(text) => NixErrors.SignatureMissing,
        _ when PathNotValid().IsMatch(text) => NixErrors.PathNotValid,
        _ when NoDaemon().IsMatch(text) => NixErrors.DaemonUnavailable,
        _ when text.Contains("No space left on device", StringComparison.Ordinal) || text.Contains("Disk quota exceeded", StringComparison.Ordinal) => NixErrors.DiskFull,
        _ when text.Contains("Read-only file system", StringComparison.Ordinal) => NixErrors.StoreReadOnly,
        _ => null,
    };

    /// <summary>Whether a shell or the system says that there is no such program. What Nix itself misses is another thing.</summary>
    public static bool SaysProgramNotFound(string line) =>
        !line.StartsWith("error:", StringComparison.Ordinal) && ProgramNotFound().IsMatch(line);

    /// <summary>Whether the builder of this very derivation ran and failed, or made something else than was promised.</summary>
    public static bool SaysBuilderFailed(string text, StorePath derivation) =>
        BuilderFailed().Matches(text).Any(match => match.Groups["drv"].Value == derivation.ToString());

    /// <summary>Whether what came instead of a protocol is the refusal of nologin(8).</summary>
    public static bool SaysNoLogin(string text) => NoLogin().IsMatch(text);

    /// <summary>The text without its <c>error:</c> in front and the line ends around it.</summary>
    public static string Bare(string text)
    {
        text = Transport.StandardErrorLog.StripControlSequences(text).Trim();
        return text.StartsWith("error:", StringComparison.Ordinal) ? text["error:".Length..].TrimStart() : text;
    }

    /// <summary>The line of a standard error that says most: the last one that begins with <c>error:</c>, else the last.</summary>
    public static string? TellingLine(string? tail)
    {
        var lines = tail?.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        return lines.LastOrDefault(line => line.StartsWith("error:", StringComparison.Ordinal)) ?? lines.LastOrDefault();
    }

    [GeneratedRegex("not found|unknown command|no such file", RegexOptions.IgnoreCase)]
    private static partial Regex ProgramNotFound();

    // "builder for 'X' failed with exit code 1" (Nix ≤ 2.2x), "Cannot build 'X'.\nReason: builder failed with exit code 1."
    [GeneratedRegex(@"(builder for '(?<drv>[^']+)' failed|Cannot build '(?<drv>[^']+)'\.\s+Reason: builder failed|hash mismatch in fixed-output derivation '(?<drv>[^']+)')")]
    private static partial Regex BuilderFailed();

    [GeneratedRegex("account is (currently )?not available", RegexOptions.IgnoreCase)]
    private static partial Regex NoLogin();

    [GeneratedRegex("lacks a (signature by a trusted key|valid signature)")]
    private static partial Regex LacksSignature();

    // "error: cannot connect to socket at '/nix/var/nix/daemon-socket/socket': Connection refused"; with "daemon" before the quote in Lix.
    [GeneratedRegex("cannot connect to (daemon|socket) at '[^']+'")]
    private static partial Regex NoDaemon();

    [GeneratedRegex("path '[^']+' is not valid")]
    private static partial Regex PathNotValid();
}
