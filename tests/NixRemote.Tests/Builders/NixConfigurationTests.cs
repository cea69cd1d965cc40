using NixRemote.Builders;

namespace NixRemote.Tests.Builders;

/// <summary>config.md §1 to §3 and §5: nix.conf's syntax, its chain, and the values in effect; table by table in <see cref="ConfigTableTests"/>.</summary>
public sealed class NixConfigurationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // --- §1 syntax ---

    [Theory]
    [InlineData("max-jobs = 3", "max-jobs", "3")]
    [InlineData("max-jobs = 3 # three", "max-jobs", "3")]
    [InlineData("  max-jobs\t=\t3\r", "max-jobs", "3")]
    [InlineData("builders = a   b\t c", "builders", "a b c")]
    [InlineData("builders =", "builders", "")]
    [InlineData("builders = a # b ; c", "builders", "a")]
    [InlineData("max-jobs = 3\nmax-jobs = 4", "max-jobs", "4")]
    [InlineData("build-max-jobs = 5", "max-jobs", "5")]
    [InlineData("system-features = a b", "system-features", "a b")]
    [InlineData("extra-system-features = x nixos-test", "system-features", "nixos-test benchmark big-parallel x")]
    [InlineData("extra-platforms = p", "extra-platforms", "p")]
    [InlineData("extra-platforms = p\nextra-extra-platforms = q", "extra-platforms", "p q")]
    [InlineData("extra-trusted-public-keys = k:1\nextra-trusted-public-keys = k:1", "trusted-public-keys", "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY= k:1 k:1")]
    [InlineData("extra-max-jobs = 3", "max-jobs", "1")]
    [InlineData("unheard-of = 1", "max-jobs", "1")]
    [InlineData("max-build-log-size = 2K", "max-build-log-size", "2K")]
    public void Lines(string text, string name, string value)
    {
        var settings = Load(systemFile: text);

        Assert.Equal(value, settings[name].Value);
        Assert.Empty(settings.Errors);
    }

    [Theory]
    [InlineData("lonely", 1, "syntax error")]
    [InlineData("max-jobs 3 =", 1, "syntax error")]
    [InlineData("max-jobs=3", 1, "syntax error")]
    [InlineData("include a b", 1, "syntax error")]
    [InlineData("include missing.conf", 1, "is not found")]
    [InlineData("keep-going = maybe", 14, "invalid value 'maybe'")]
    [InlineData("max-jobs = many", 12, "invalid value 'many'")]
    [InlineData("timeout = -1", 11, "invalid value '-1'")]
    [InlineData("timeout = 99999999T", 11, "invalid value '99999999T'")]
    public void Bad_lines_are_errors_and_the_rest_counts(string line, int column, string message)
    {
        var settings = Load(systemFile: $"cores = 7\n{line}\nlog-lines = 8\n");

        var error = Assert.Single(settings.Errors);
        Assert.Equal(new SourceLocation(_folder["etc/nix.conf"], 2, column), error.Source);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal((7, 8, 1), (settings.Cores, settings.LogLines, settings.MaxJobs));
    }

    [Fact]
    public void Includes_are_relative_to_the_including_file_and_missing_ones_may_be_allowed()
    {
        _folder.Write("etc/sub/one.conf", "cores = 2\ninclude two.conf\n!include three.conf\n");
        _folder.Write("etc/sub/two.conf", "log-lines = 3\n");

        var settings = Load(systemFile: "cores = 1\ninclude sub/one.conf\n");

        Assert.Empty(settings.Errors);
        Assert.Equal((2, 3), (settings.Cores, settings.LogLines));
        Assert.Equal(_folder["etc/sub/two.conf"], Assert.Single(settings["log-lines"].Sources).File);
        Assert.Contains(settings.Sources, s => s.Name == _folder["etc/sub/three.conf"] && s.State == ConfigurationSourceState.Missing);
    }

    [Fact]
    public void An_include_of_itself_is_an_error()
    {
        var settings = Load(systemFile: "cores = 1\ninclude nix.conf\n");

        Assert.Contains("includes itself", Assert.Single(settings.Errors).Message, StringComparison.Ordinal);
        Assert.Equal(1, settings.Cores);
    }

    [Theory]
    [InlineData("max-job = 3", "max-jobs")]
    [InlineData("builder = x", "builders")]
    [InlineData("builders-use-subsitutes = true", "builders-use-substitutes")]
    public void Names_like_typing_errors_warn(string line, string meant) =>
        Assert.Contains($"'{meant}' is", Assert.Single(Load(systemFile: line).Warnings).Message, StringComparison.Ordinal);

    // --- §2 sources, later wins ---

    [Fact]
    public void The_chain()
    {
        var variables = new Dictionary<string, string> { ["HOME"] = _folder["home"], ["XDG_CONFIG_DIRS"] = $"{_folder["xdg1"]}:{_folder["xdg2"]}" };
        var all = "cores = {0}\nlog-lines = {0}\ntimeout = {0}\nmax-silent-time = {0}\ndownload-attempts = {0}\n";
        string[] levels = ["etc/nix.conf", "xdg2/nix/nix.conf", "xdg1/nix/nix.conf", "home/.config/nix/nix.conf"];
        for (var level = 0; level < levels.Length; level++)
        {
            // Each file sets one setting less than the one before, so that each file is the last for one of them.
            _folder.Write(levels[level], string.Format(System.Globalization.CultureInfo.InvariantCulture, string.Concat(all.Split('\n')[level..].Select(l => l + "\n")), level + 1));
        }

        variables["NIX_CONFIG"] = "download-attempts = 5";
        var settings = Load(variables: variables);

        Assert.Equal((1, 2), (settings.Cores, settings.LogLines));
        Assert.Equal((TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4)), (settings.Timeout, settings.MaxSilentTime));
        Assert.Equal("5", settings["download-attempts"].Value);
        Assert.Equal("NIX_CONFIG:1:1", Assert.Single(settings["download-attempts"].Sources).ToString());
        Assert.Equal([.. levels.Select(l => _folder[l]), "NIX_CONFIG"], settings.Sources.Select(s => s.Name));
        Assert.All(settings.Sources, s => Assert.Equal(ConfigurationSourceState.Read, s.State));
    }

    [Fact]
    public void NIX_USER_CONF_FILES_replaces_the_user_files_and_its_first_has_the_highest_priority()
    {
        _folder.Write("home/.config/nix/nix.conf", "cores = 9\n");
        var variables = new Dictionary<string, string>
        {
            ["HOME"] = _folder["home"],
            ["NIX_USER_CONF_FILES"] = $"{_folder.Write("first", "cores = 1\n")}:{_folder.Write("second", "cores = 2\nlog-lines = 2\n")}",
        };

        var settings = Load(variables: variables);

        Assert.Equal((1, 2), (settings.Cores, settings.LogLines));
    }

    [Fact]
    public void NIX_USER_CONF_FILES_may_be_empty()
    {
        _folder.Write("home/.config/nix/nix.conf", "cores = 9\n");

        Assert.Equal(4, Load(variables: new() { ["HOME"] = _folder["home"], ["NIX_USER_CONF_FILES"] = "" }).Cores);
    }

    [Fact]
    public void NIX_CONF_DIR_moves_the_system_file_and_the_default_machines_file()
    {
        _folder.Write("other/nix.conf", "cores = 3\n");

        var settings = Load(systemFile: "cores = 2", variables: new() { ["NIX_CONF_DIR"] = _folder["other"] });

        Assert.Equal((3, "@" + _folder["other/machines"]), (settings.Cores, settings.Builders));
    }

    [Fact]
    public void Overrides_win() =>
        Assert.Equal(6, NixConfiguration.Load(Environment(new() { ["NIX_CONFIG"] = "cores = 5" }), new Dictionary<string, string> { ["cores"] = "6" }).Cores);

    /// <summary>§5: Windows.</summary>
    [Fact]
    public void On_Windows_files_are_separated_by_semicolons_and_lie_in_the_known_folders()
    {
        _folder.Write("programdata/nix/nix.conf", "cores = 1\nlog-lines = 1\n");
        _folder.Write("roaming/nix/config/nix.conf", "cores = 2\n");
        var environment = Environment([]) with
        {
            PathSeparator = ';',
            ConfigurationDirectory = _folder["programdata/nix"],
            RoamingConfigurationDirectory = _folder["roaming/nix/config"],
        };

        var settings = NixConfiguration.Load(environment);
        var explicitFiles = NixConfiguration.Load(environment with
        {
            Variables = new Dictionary<string, string> { ["NIX_USER_CONF_FILES"] = $"{_folder.Write("a", "cores = 3\n")};{_folder.Write("b", "log-lines = 4\n")}" },
        });

        Assert.Equal((2, 1), (settings.Cores, settings.LogLines));
        Assert.Equal(2, settings.Sources.Count);
        Assert.Equal((3, 4), (explicitFiles.Cores, explicitFiles.LogLines));
    }

    // --- §3 the table ---

    [Fact]
    public void Defaults()
    {
        var settings = Load();

        Assert.All(settings.Settings, s => Assert.True(s.IsDefault));
        Assert.Equal("@" + _folder["etc/machines"], settings.Builders);
        Assert.Equal((1, 4, 1 - 1, 25), (settings.MaxJobs, settings.Cores, settings.ExtraLocalJobs, settings.LogLines));
        Assert.Equal(("x86_64-linux", "auto"), (settings.System, settings.Store));
        Assert.Equal(["nixos-test", "benchmark", "big-parallel"], settings.SystemFeatures);
        Assert.Null(settings.Timeout);
        Assert.Null(settings.MaxSilentTime);
        Assert.Null(settings.MaxBuildLogSize);
        Assert.Null(settings.PostBuildHook);
        Assert.Equal(TimeSpan.FromSeconds(15), settings.ConnectTimeout);
        Assert.True(settings.RequireSignatures && settings.Substitute);
        Assert.False(settings.BuildersUseSubstitutes || settings.KeepFailed || settings.KeepGoing || settings.Fallback || settings.UseCaseHack);
        Assert.Empty(settings.ExtraPlatforms);
        Assert.Empty(settings.SecretKeyFiles);
        Assert.Equal(["https://cache.nixos.org/"], settings.Substituters);
        Assert.Single(settings.TrustedPublicKeys);
    }

    [Theory]
    [InlineData("max-jobs = auto", 4, 0)]
    [InlineData("max-jobs = 0", 0, 1)]
    [InlineData("max-jobs = 0\nextra-local-jobs = 2", 0, 2)]
    public void Local_jobs(string text, int maxJobs, int extra)
    {
        var settings = Load(systemFile: text);

        Assert.Equal((maxJobs, extra), (settings.MaxJobs, settings.ExtraLocalJobs));
    }

    [Fact]
    public void NIX_REMOTE_is_the_default_store() => Assert.Equal("daemon", Load(variables: new() { ["NIX_REMOTE"] = "daemon" }).Store);

    [Fact]
    public void Numbers_may_have_binary_suffixes() => Assert.Equal(2048L * 1024, Load(systemFile: "max-build-log-size = 2M").MaxBuildLogSize);

    // --- machines.md §1 ---

    [Fact]
    public void Builders_come_from_the_machines_file_beside_nix_conf()
    {
        _folder.Write("etc/machines", "a x86_64-linux\nb - - oops\n");

        var configuration = BuildersConfiguration.Load(Environment([]));

        Assert.Equal(new SourceLocation(_folder["etc/machines"], 1, 1), Assert.Single(configuration.Builders).Source);
        Assert.Equal(new SourceLocation(_folder["etc/machines"], 2, 7), Assert.Single(configuration.Errors).Source);
        Assert.Equal("the default of the setting builders", configuration.Origin);
    }

    [Fact]
    public void Without_any_file_there_are_no_builders_and_no_complaints()
    {
        var configuration = BuildersConfiguration.Load(Environment([]));

        Assert.Empty(configuration.Builders);
        Assert.Empty(configuration.Errors);
        Assert.Empty(configuration.Warnings);
        Assert.Equal(ConfigurationSourceState.Missing, configuration.Sources[^1].State);
    }

    [Fact]
    public void Builders_in_nix_conf_are_located_there()
    {
        _folder.Write("etc/nix.conf", "\n  builders   =  ssh://a   x86_64-linux ;  b - - oops # c\n");

        var configuration = BuildersConfiguration.Load(Environment([]));

        Assert.Equal(new SourceLocation(_folder["etc/nix.conf"], 2, 17), Assert.Single(configuration.Builders).Source);
        Assert.Equal(new SourceLocation(_folder["etc/nix.conf"], 2, 49), Assert.Single(configuration.Errors).Source);
    }

    [Fact]
    public void NIX_REMOTE_SYSTEMS_replaces_the_default_only()
    {
        _folder.Write("etc/machines", "from-machines");
        var files = $"{_folder.Write("one", "one")}:{_folder.Write("two", "two")}";

        var fromVariable = BuildersConfiguration.Load(Environment(new() { ["NIX_REMOTE_SYSTEMS"] = files }));
        var fromSetting = BuildersConfiguration.Load(Environment(new() { ["NIX_REMOTE_SYSTEMS"] = files, ["NIX_CONFIG"] = "builders = three" }));

        Assert.Equal(["one", "two"], fromVariable.Builders.Select(b => b.Name));
        Assert.Equal(["three"], fromSetting.Builders.Select(b => b.Name));
    }

    [Fact]
    public void The_system_setting_is_the_default_of_the_systems_column() =>
        Assert.Equal(["riscv64-linux"], Assert.Single(BuildersConfiguration.Load(Environment(new() { ["NIX_CONFIG"] = "system = riscv64-linux\nbuilders = h" })).Builders).Systems);

    [Fact]
    public void This_process_has_an_environment()
    {
        var environment = NixEnvironment.OfThisProcess();

        Assert.Matches("^[a-z0-9_]+-(linux|darwin|windows|freebsd)$", environment.System);
        Assert.Equal(System.Environment.GetEnvironmentVariable("PATH"), environment["PATH"]);
        Assert.Contains("big-parallel", environment.SystemFeatures);
    }

    private NixConfiguration Load(string? systemFile = null, Dictionary<string, string>? variables = null)
    {
        if (systemFile is not null)
        {
            _folder.Write("etc/nix.conf", systemFile);
        }

        return NixConfiguration.Load(Environment(variables ?? []));
    }

    private NixEnvironment Environment(Dictionary<string, string> variables) => new()
    {
        Variables = variables,
        HomeDirectory = _folder["nobody"],
        ConfigurationDirectory = _folder["etc"],
        System = "x86_64-linux",
        SystemFeatures = ["nixos-test", "benchmark", "big-parallel"],
        ProcessorCount = 4,
    };
}
