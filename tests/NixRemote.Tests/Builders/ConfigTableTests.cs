using NixRemote.Builders;

namespace NixRemote.Tests.Builders;

/// <summary>config.md, rule by rule and setting by setting, each a case that begins with the page's own words.</summary>
/// <remarks>More of §1, and the whole chain of §2 in one test, in <see cref="NixConfigurationTests"/>; what a daemon takes from whom (§4) in
/// <see cref="Stores.DaemonOptionsTests"/> and in the checks of <see cref="Diagnosis"/>.</remarks>
public sealed class ConfigTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // --- §1 File syntax ---

    [Theory]
    [InlineData("lines end at \\n, a CR counts as white space", "cores = 3\r\nlog-lines = 4\r\n", "cores", "3", null)]
    [InlineData("everything from the first # is removed", "cores = 3 # 4", "cores", "3", null)]
    [InlineData("also inside values, no escape or quoting exists", "builders = \"a#b\"", "builders", "\"a", null)]
    [InlineData("no tokens → ignored", "\n \t\r\n# c\ncores = 3", "cores", "3", null)]
    [InlineData("one token only → error", "cores = 3\ncores", "cores", "3", "syntax error in configuration line")]
    [InlineData("include PATH, relative to the including file's folder", "include sub/other.conf", "cores", "9", null)]
    [InlineData("include PATH: exactly two tokens", "include a b", "cores", "4", "syntax error in configuration line")]
    [InlineData("include not existing: error", "include missing.conf\ncores = 3", "cores", "3", "is not found")]
    [InlineData("!include not existing: ignored", "!include missing.conf\ncores = 3", "cores", "3", null)]
    [InlineData("cycle guard", "include nix.conf\ncores = 3", "cores", "3", "includes itself")]
    [InlineData("no globbing", "include sub/*.conf", "cores", "4", "is not found")]
    [InlineData("otherwise token 2 must be =", "cores 3", "cores", "4", "syntax error in configuration line")]
    [InlineData("runs of blanks collapse", "builders = a \t  b", "builders", "a b", null)]
    [InlineData("empty value allowed = reset to empty", "substituters =", "substituters", "", null)]
    [InlineData("a later line replaces an earlier one", "cores = 3\ncores = 5", "cores", "5", null)]
    [InlineData("experimental-features first, wherever the line stands", "cores = 3\nexperimental-features = nix-command", "experimental-features", "nix-command", null)]
    [InlineData("extra-NAME: set union", "system-features = a b\nextra-system-features = b c", "system-features", "a b c", null)]
    [InlineData("extra-NAME: list concatenation", "substituters = a b\nextra-substituters = b c", "substituters", "a b b c", null)]
    [InlineData("exact name first: extra-platforms is a plain setting", "extra-platforms = a\nextra-platforms = b", "extra-platforms", "b", null)]
    [InlineData("extra-extra-platforms appends to it", "extra-platforms = a\nextra-extra-platforms = b", "extra-platforms", "a b", null)]
    [InlineData("extra- on a non-appendable → unknown setting", "extra-cores = 3", "cores", "4", null)]
    [InlineData("unknown names: not fatal", "no-such-setting-anywhere = 1\ncores = 3", "cores", "3", null)]
    [InlineData("bool true", "keep-going = true", "keep-going", "true", null)]
    [InlineData("bool yes", "keep-going = yes", "keep-going", "yes", null)]
    [InlineData("bool 1", "keep-going = 1", "keep-going", "1", null)]
    [InlineData("bool, else error", "keep-going = on", "keep-going", "false", "invalid value 'on'")]
    [InlineData("integers: plain decimal", "timeout = 60", "timeout", "60", null)]
    [InlineData("integers: suffix K, M, G, T", "timeout = 1K", "timeout", "1K", null)]
    [InlineData("integers: anything else", "timeout = 1h", "timeout", "0", "invalid value '1h'")]
    [InlineData("max-jobs: integer", "max-jobs = 3", "max-jobs", "3", null)]
    [InlineData("max-jobs: auto", "max-jobs = auto", "max-jobs", "auto", null)]
    public void Syntax(string row, string text, string setting, string value, string? error)
    {
        _folder.Write("etc/sub/other.conf", "cores = 9");
        var configuration = Load(text);

        Assert.Equal((row, value), (row, configuration[setting].Value));
        Assert.Equal((row, error is null ? 0 : 1), (row, configuration.Errors.Count));
        Assert.Contains(error ?? "", configuration.Errors.FirstOrDefault()?.Message ?? "", StringComparison.Ordinal);
    }

    // --- §2 Sources in order (later wins) ---

    [Theory]
    [InlineData("1 $NIX_CONF_DIR/nix.conf", "NIX_CONF_DIR={folder}/other", "other/nix.conf")]
    [InlineData("1 default /etc/nix/nix.conf", "", "etc/nix.conf")]
    [InlineData("2 $XDG_CONFIG_HOME/nix/nix.conf", "XDG_CONFIG_HOME={folder}/xdg", "etc/nix.conf xdg/nix/nix.conf")]
    [InlineData("2 default ~/.config/nix/nix.conf", "HOME={folder}/home", "etc/nix.conf home/.config/nix/nix.conf")]
    [InlineData("2 each of $XDG_CONFIG_DIRS, in reverse", "XDG_CONFIG_DIRS={folder}/d1:{folder}/d2", "etc/nix.conf d2/nix/nix.conf d1/nix/nix.conf")]
    [InlineData("2 $NIX_USER_CONF_FILES if set, in reverse", "NIX_USER_CONF_FILES={folder}/u1:{folder}/u2\nHOME={folder}/home", "etc/nix.conf u2 u1")]
    [InlineData("2 $NIX_USER_CONF_FILES, even empty = none", "NIX_USER_CONF_FILES=\nHOME={folder}/home", "etc/nix.conf")]
    [InlineData("3 $NIX_CONFIG", "NIX_CONFIG=log-lines = 7", "etc/nix.conf NIX_CONFIG")]
    public void Sources(string row, string variables, string expected)
    {
        foreach (var file in (string[])["etc/nix.conf", "other/nix.conf", "xdg/nix/nix.conf", "home/.config/nix/nix.conf", "d1/nix/nix.conf", "d2/nix/nix.conf", "u1", "u2"])
        {
            _folder.Write(file, $"store = {file}");
        }

        var given = variables.Replace("{folder}", _folder.Path, StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1]);
        var configuration = NixConfiguration.Load(Environment(given));
        var read = configuration.Sources.Where(s => s.State == ConfigurationSourceState.Read).Select(s => s.Name.Replace(_folder.Path + Path.DirectorySeparatorChar, "", StringComparison.Ordinal).Replace('\\', '/')).ToList();

        Assert.Equal((row, expected), (row, string.Join(' ', read)));
        Assert.Equal((row, read.Last(f => f != "NIX_CONFIG")), (row, configuration.Store));
    }

    [Theory]
    [InlineData("4 NIX_REMOTE → store", "NIX_REMOTE", "daemon", "store", "daemon")]
    [InlineData("4 NIX_REMOTE, ≠ empty", "NIX_REMOTE", "", "store", "auto")]
    [InlineData("4 NIX_REMOTE_SYSTEMS → builders", "NIX_REMOTE_SYSTEMS", "/a:/b", "builders", "@/a\n@/b")]
    public void Special_variables(string row, string variable, string value, string setting, string expected) =>
        Assert.Equal((row, expected), (row, NixConfiguration.Load(Environment(new() { [variable] = value }))[setting].Value));

    [Fact]
    public void Five_explicit_values_win() =>
        Assert.Equal("9", NixConfiguration.Load(Environment(new() { ["NIX_CONFIG"] = "cores = 8" }), new Dictionary<string, string> { ["cores"] = "9" })["cores"].Value);

    // --- §3 Settings table: name, alias, default, a value, one that is none ---

    [Theory]
    [InlineData("builders", null, "@{folder}/etc/machines", "ssh://a ; b", null)]
    [InlineData("builders-use-substitutes", null, "false", "true", "maybe")]
    [InlineData("max-jobs", "build-max-jobs", "1", "auto", "many")]
    [InlineData("extra-local-jobs", null, "", "2", null)]
    [InlineData("cores", "build-cores", "4", "0", "all")]
    [InlineData("system", null, "x86_64-linux", "riscv64-linux", null)]
    [InlineData("extra-platforms", null, "i686-linux", "a b", null)]
    [InlineData("system-features", null, "nixos-test benchmark big-parallel", "kvm", null)]
    [InlineData("trusted-public-keys", "binary-cache-public-keys", "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=", "k:1 l:2", null)]
    [InlineData("require-sigs", "signed-binary-caches", "true", "false", "*")]
    [InlineData("secret-key-files", null, "", "/k /l", null)]
    [InlineData("substitute", "build-use-substitutes", "true", "false", "x")]
    [InlineData("substituters", "binary-caches", "https://cache.nixos.org/", "https://a https://b", null)]
    [InlineData("trusted-substituters", "trusted-binary-caches", "", "https://a", null)]
    [InlineData("always-allow-substitutes", null, "false", "true", "x")]
    [InlineData("connect-timeout", null, "15", "5", "5s")]
    [InlineData("stalled-download-timeout", null, "300", "30", "x")]
    [InlineData("download-attempts", null, "5", "1", "x")]
    [InlineData("http-connections", "binary-caches-parallel-connections", "25", "1", "x")]
    [InlineData("max-silent-time", "build-max-silent-time", "0", "60", "x")]
    [InlineData("timeout", "build-timeout", "0", "60", "-1")]
    [InlineData("max-build-log-size", "build-max-log-size", "0", "1M", "x")]
    [InlineData("keep-failed", null, "false", "true", "x")]
    [InlineData("keep-going", null, "false", "true", "x")]
    [InlineData("fallback", "build-fallback", "false", "true", "x")]
    [InlineData("log-lines", null, "25", "10", "x")]
    [InlineData("keep-build-log", "build-keep-log", "true", "false", "x")]
    [InlineData("compress-build-log", "build-compress-log", "true", "false", "x")]
    [InlineData("build-hook", null, "", "/libexec/build-remote", null)]
    [InlineData("build-hook-kill-timeout", null, "500", "100", "x")]
    [InlineData("build-poll-interval", null, "5", "1", "x")]
    [InlineData("max-substitution-jobs", "substitution-max-jobs", "16", "1", "x")]
    [InlineData("post-build-hook", null, "", "/hook", null)]
    [InlineData("run-diff-hook", null, "false", "true", "x")]
    [InlineData("diff-hook", null, "", "/hook", null)]
    [InlineData("store", null, "auto", "daemon", null)]
    [InlineData("trusted-users", null, "root", "root @wheel", null)]
    [InlineData("allowed-users", null, "*", "@nix", null)]
    [InlineData("use-case-hack", null, "false", "true", "x")]
    [InlineData("external-builders", null, "[]", "[{}]", null)]
    public void Settings(string name, string? alias, string standard, string value, string? bad)
    {
        var configuration = Load("");
        Assert.Equal((standard.Replace("{folder}", _folder.Path, StringComparison.Ordinal), true), (configuration[name].Value, configuration[name].IsDefault));

        foreach (var spelling in alias is null ? (string[])[name] : [name, alias])
        {
            configuration = Load($"{spelling} = {value}");
            Assert.Empty(configuration.Errors);
            Assert.Equal((value, false), (configuration[name].Value, configuration[name].IsDefault));
        }

        if (bad is not null)
        {
            configuration = Load($"{name} = {bad}");
            Assert.Contains($"'{name}' has the invalid value '{bad}'", Assert.Single(configuration.Errors).Message, StringComparison.Ordinal);
            Assert.True(configuration[name].IsDefault);
        }
    }

    // --- §5 What an in-process client should do ---

    [Fact]
    public void One_errors_tell_file_and_line_and_the_rest_counts()
    {
        var configuration = Load("cores = 3\nlonely\nlog-lines = 4");

        Assert.Equal(new SourceLocation(_folder["etc/nix.conf"], 2, 1), Assert.Single(configuration.Errors).Source);
        Assert.Equal((3, 4), (configuration.Cores, configuration.LogLines));
    }

    [Fact]
    public void Two_capabilities()
    {
        var configuration = Load("extra-platforms = a b\nextra-system-features = kvm\nmax-jobs = auto");

        Assert.Equal(("x86_64-linux", 4), (configuration.System, configuration.MaxJobs));
        Assert.Equal(["a", "b"], configuration.ExtraPlatforms);
        Assert.Equal(["nixos-test", "benchmark", "big-parallel", "kvm"], configuration.SystemFeatures);
    }

    private NixConfiguration Load(string systemFile)
    {
        _folder.Write("etc/nix.conf", systemFile);
        return NixConfiguration.Load(Environment([]));
    }

    private NixEnvironment Environment(Dictionary<string, string> variables) => new()
    {
        Variables = variables,
        HomeDirectory = _folder["nobody"],
        ConfigurationDirectory = _folder["etc"],
        System = "x86_64-linux",
        ExtraPlatforms = ["i686-linux"],
        ProcessorCount = 4,
    };
}
