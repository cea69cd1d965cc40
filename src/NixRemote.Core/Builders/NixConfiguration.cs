using System.Globalization;

namespace NixRemote.Builders;

/// <summary>The settings in effect for a process (config.md §2), each knowing where it comes from.</summary>
public sealed partial class NixConfiguration
{
    private readonly NixEnvironment _environment;
    private readonly Dictionary<string, NixSetting> _settings;
    private readonly Dictionary<string, NixConfAssignment> _assignments;

    private NixConfiguration(
        NixEnvironment environment, Dictionary<string, NixSetting> settings, Dictionary<string, NixConfAssignment> assignments, IReadOnlyList<ConfigurationProblem> errors,
        IReadOnlyList<ConfigurationWarning> warnings, IReadOnlyList<ConfigurationSource> sources)
    {
        _environment = environment;
        _settings = settings;
        _assignments = assignments;
        Errors = errors;
        Warnings = warnings;
        Sources = sources;
    }

    /// <summary>Lines that cannot be read, in the order of reading.</summary>
    public IReadOnlyList<ConfigurationProblem> Errors { get; }

    /// <summary>What is odd, such as names that look like typing errors.</summary>
    public IReadOnlyList<ConfigurationWarning> Warnings { get; }

    /// <summary>The places that were asked, lowest priority first.</summary>
    public IReadOnlyList<ConfigurationSource> Sources { get; }

    /// <summary>All settings of the table, in its order.</summary>
    public IReadOnlyCollection<NixSetting> Settings => _settings.Values;

    /// <summary>A setting of the table by its name (not an alias).</summary>
    /// <exception cref="KeyNotFoundException">There is no such setting in the table.</exception>
    public NixSetting this[string name] => _settings[name];

    /// <summary>The builders text.</summary>
    public string Builders => Text("builders");

    /// <summary>Whether builders may fetch inputs from their own substituters.</summary>
    public bool BuildersUseSubstitutes => Boolean("builders-use-substitutes");

    /// <summary>Builds at a time on this machine; 0: none.</summary>
    public int MaxJobs => Text("max-jobs") == "auto" ? _environment.ProcessorCount : (int)Math.Min(Number("max-jobs"), int.MaxValue);

    /// <summary>Processors for one build; 0: all.</summary>
    public int Cores => (int)Math.Min(Number("cores"), int.MaxValue);

    /// <summary>The system of this machine.</summary>
    public string System => Text("system");

    /// <summary>Other systems that this machine builds for.</summary>
    public IReadOnlyList<string> ExtraPlatforms => Words("extra-platforms");

    /// <summary>Features of this machine.</summary>
    public IReadOnlyList<string> SystemFeatures => Words("system-features");

    /// <summary>The store to use: the setting, else <c>NIX_REMOTE</c>, else <c>auto</c>.</summary>
    public string Store => Text("store");

    /// <summary>Limit of a build; null: none.</summary>
    public TimeSpan? Timeout => Seconds("timeout");

    /// <summary>Limit of a build's silence; null: none.</summary>
    public TimeSpan? MaxSilentTime => Seconds("max-silent-time");

    /// <summary>Limit of connecting; null: none. Nix applies it to HTTP only.</summary>
    public TimeSpan? ConnectTimeout => Seconds("connect-timeout");

    /// <summary>Bytes of log that a build may write; null: no limit.</summary>
    public long? MaxBuildLogSize => Number("max-build-log-size") is > 0 and var bytes ? bytes : null;

    /// <summary>Lines of a failed build's log that its error shows.</summary>
    public int LogLines => (int)Math.Min(Number("log-lines"), int.MaxValue);

    /// <summary>Whether the directory of a failed build is kept.</summary>
    public bool KeepFailed => Boolean("keep-failed");

    /// <summary>Whether other builds go on after one has failed.</summary>
    public bool KeepGoing => Boolean("keep-going");

    /// <summary>Whether to build what a substituter failed to give.</summary>
    public bool Fallback => Boolean("fallback");

    /// <summary>Whether substituters are used.</summary>
    public bool Substitute => Boolean("substitute");

    /// <summary>The binary caches, in order.</summary>
    public IReadOnlyList<string> Substituters => Words("substituters");

    /// <summary>Keys whose signatures count, <c>name:base64</c>.</summary>
    public IReadOnlyList<string> TrustedPublicKeys => Words("trusted-public-keys");

    /// <summary>Whether the local store takes signed paths only.</summary>
    public bool RequireSignatures => Boolean("require-sigs");

    /// <summary>The file with the logins of hosts.</summary>
    public string NetrcFile => Text("netrc-file");

    /// <summary>Files of the keys to sign with.</summary>
    public IReadOnlyList<string> SecretKeyFiles => Words("secret-key-files");

    /// <summary>The program to run after each build, or null.</summary>
    public string? PostBuildHook => Text("post-build-hook") is { Length: > 0 } program ? program : null;

    /// <summary>Whether names in archives are told apart by a suffix on file systems that ignore case.</summary>
    public bool UseCaseHack => Boolean("use-case-hack");

    /// <summary>Lix: jobs on this machine beside <see cref="MaxJobs"/>; 1 if that is 0 and nothing is set, else 0.</summary>
    public int ExtraLocalJobs =>
        NixSettings.TryReadNumber(Text("extra-local-jobs"), out var jobs) ? (int)Math.Min(jobs, int.MaxValue) : MaxJobs == 0 ? 1 : 0;

    /// <summary>The builders text as it stands in its file, and where it begins; null if it is the default.</summary>
    internal NixConfAssignment? BuildersAssignment => _assignments.GetValueOrDefault("builders");

    private string Text(string name) => _settings[name].Value;

    private bool Boolean(string name) => _settings[name].Value is "true" or "yes" or "1";

    private IReadOnlyList<string> Words(string name) => _settings[name].Words;

    private long Number(string name) => NixSettings.TryReadNumber(_settings[name].Value, out var number)
        ? number
        : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The setting {name} was accepted with the value '{_settings[name].Value}'."));

    private TimeSpan? Seconds(string name) => Number(name) is > 0 and var seconds ? TimeSpan.FromSeconds(Math.Min(seconds, (long)int.MaxValue)) : null;
}
