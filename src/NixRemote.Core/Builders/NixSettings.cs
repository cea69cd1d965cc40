using System.Globalization;
using static NixRemote.Builders.NixSettingKind;

namespace NixRemote.Builders;

/// <summary>The table of nix.conf's settings that a build client respects (config.md §3).</summary>
public static class NixSettings
{
    /// <summary>The definitions with the defaults of a machine. The default of <c>builders</c> depends on where the configuration lies.</summary>
    public static IReadOnlyList<NixSettingDefinition> For(NixEnvironment environment, string configurationDirectory)
    {
        ArgumentNullException.ThrowIfNull(environment);
        return
        [
            new("builders", Text, DefaultBuilders(environment, configurationDirectory)),
            new("builders-use-substitutes", NixSettingKind.Boolean, "false"),
            new("max-jobs", NumberOrAuto, "1", "build-max-jobs"),
            new("extra-local-jobs", Text, ""),
            new("cores", Number, environment.ProcessorCount.ToString(CultureInfo.InvariantCulture), "build-cores"),
            new("system", Text, environment.System),
            new("extra-platforms", Set, string.Join(' ', environment.ExtraPlatforms)),
            new("system-features", Set, string.Join(' ', environment.SystemFeatures)),
            new("trusted-public-keys", List, "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=", "binary-cache-public-keys"),
            new("require-sigs", NixSettingKind.Boolean, "true", "signed-binary-caches"),
            new("secret-key-files", List, ""),
            new("substitute", NixSettingKind.Boolean, "true", "build-use-substitutes"),
            new("substituters", List, "https://cache.nixos.org/", "binary-caches"),
            new("trusted-substituters", Set, "", "trusted-binary-caches"),
            new("always-allow-substitutes", NixSettingKind.Boolean, "false"),
            new("connect-timeout", Number, "15"),
            new("stalled-download-timeout", Number, "300"),
            new("download-attempts", Number, "5"),
            new("netrc-file", Text, Path.Combine(configurationDirectory, "netrc")),
            new("http-connections", Number, "25", "binary-caches-parallel-connections"),
            new("max-silent-time", Number, "0", "build-max-silent-time"),
            new("timeout", Number, "0", "build-timeout"),
            new("max-build-log-size", Number, "0", "build-max-log-size"),
            new("keep-failed", NixSettingKind.Boolean, "false"),
            new("keep-going", NixSettingKind.Boolean, "false"),
            new("fallback", NixSettingKind.Boolean, "false", "build-fallback"),
            new("log-lines", Number, "25"),
            new("keep-build-log", NixSettingKind.Boolean, "true", "build-keep-log"),
            new("compress-build-log", NixSettingKind.Boolean, "true", "build-compress-log"),
            new("build-hook", List, ""),
            new("build-hook-kill-timeout", Number, "500"),
            new("build-poll-interval", Number, "5"),
            new("max-substitution-jobs", Number, "16", "substitution-max-jobs"),
            new("post-build-hook", Text, ""),
            new("run-diff-hook", NixSettingKind.Boolean, "false"),
            new("diff-hook", Text, ""),
            new("store", Text, environment["NIX_REMOTE"] is { Length: > 0 } remote ? remote : "auto"),
            new("trusted-users", List, "root"),
            new("allowed-users", List, "*"),
            new("use-case-hack", NixSettingKind.Boolean, environment.System.EndsWith("-darwin", StringComparison.Ordinal) ? "true" : "false"),
            new("external-builders", Text, "[]"),
            new("experimental-features", Set, ""),
        ];
    }

    /// <summary>Whether a text is a value of a type.</summary>
    public static bool IsValid(NixSettingKind kind, string value) => kind switch
    {
        NixSettingKind.Boolean => value is "true" or "yes" or "1" or "false" or "no" or "0",
        Number => TryReadNumber(value, out _),
        NumberOrAuto => value == "auto" || TryReadNumber(value, out _),
        _ => true,
    };

    /// <summary>Reads a whole number, optionally with a binary suffix.</summary>
    public static bool TryReadNumber(string text, out long number)
    {
        ArgumentNullException.ThrowIfNull(text);
        var shift = text.Length == 0 ? 0 : "KMGT".IndexOf(char.ToUpperInvariant(text[^1])) switch { < 0 => 0, var index => (index + 1) * 10 };
        var digits = shift == 0 ? text : text[..^1];
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number > long.MaxValue >> shift)
        {
            return false;
        }

        number <<= shift;
        return true;
    }

    // NIX_REMOTE_SYSTEMS replaces the default only: whatever sets builders wins over it. Nix before 2.12 joins the files with a blank,
    // so that two of them make one name; here each is a line, as in later versions.
    private static string DefaultBuilders(NixEnvironment environment, string configurationDirectory) =>
        environment["NIX_REMOTE_SYSTEMS"] is { } files
            ? string.Join('\n', files.Split(environment.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(f => "@" + f))
            : "@" + Path.Combine(configurationDirectory, "machines");
}
