using NixRemote.Tests.Builders;
using NixRemote.Transport;

namespace NixRemote.Tests.Ssh;

/// <summary>What <c>ssh -G</c> does not show: tokens in file names, the order of precedence, NIX_SSHOPTS.</summary>
public sealed class SshConfigTests
{
    private static readonly SshEnvironment _environment = new()
    {
        Home = Path.Combine(Path.GetTempPath(), "no-home"),
        UserName = "me",
        UserId = 1000,
        LocalHostName = "control.example",
        SystemFolder = Path.Combine(Path.GetTempPath(), "no-etc-ssh"),
        Variable = name => name == "KEYS" ? "/keys" : null,
    };

    /// <summary>A value of IdentityFile and what it means for nix@box, port 23, HostName real.example.</summary>
    [Theory]
    [InlineData("/a", "/a")]
    [InlineData("/a%%b", "/a%b")]
    [InlineData("/%h", "/real.example")]
    [InlineData("/%n", "/box")]
    [InlineData("/%p", "/23")]
    [InlineData("/%r", "/nix")]
    [InlineData("/%u", "/me")]
    [InlineData("/%i", "/1000")]
    [InlineData("/%l", "/control.example")]
    [InlineData("/%L", "/control")]
    [InlineData("/%k", "/alias")]
    [InlineData("%d/k", "{home}/k")]
    [InlineData("~/k", "{home}/k")]
    [InlineData("~other/k", "~other/k")]
    [InlineData("${KEYS}/k", "/keys/k")]
    // SHA-1 of "control.examplereal.example23nix"
    [InlineData("/%C", "/dfccae3999a42dc04b449440fd7dcb65de3242ea")]
    public void TokensOfFileNames(string value, string expected)
    {
        var config = Resolve($"HostName real.example\nPort 23\nUser nix\nHostKeyAlias alias\nIdentityFile {value}\n");
        Assert.Equal([expected.Replace("{home}", _environment.Home)], config.IdentityFiles);
    }

    [Theory]
    [InlineData("/%z", "%z")]
    [InlineData("/%", "token")]
    [InlineData("${NOT_SET}/k", "not set")]
    [InlineData("${KEYS", "not set")]
    public void TokensThatMeanNothing(string value, string text)
    {
        var failure = Assert.Throws<NixRemoteException>(() => Resolve($"IdentityFile {value}\n"));
        Assert.Equal(NixErrors.SshConfigInvalid, failure.Definition);
        Assert.Contains(text, failure.Message);
        Assert.Contains("line 1", failure.Message);
    }

    [Fact]
    public void NixSshOptionsBeatTheTargetWhichBeatsTheFile()
    {
        var target = new SshTarget { Host = "box", User = "builder", Port = 24, IdentityFile = "/builder%key", Compress = true };
        var config = Resolve("Port 25\nUser file\nIdentityFile /file\nConnectTimeout 7\n", target, "-p 26 -i /options");
        Assert.Equal(26, config.Port);
        Assert.Equal("builder", config.User);
        Assert.Equal(["/options", "/builder%key", "/file"], config.IdentityFiles);
        Assert.Equal(2, config.RequiredIdentityFiles);
        Assert.Equal(TimeSpan.FromSeconds(7), config.ConnectTimeout);
        Assert.True(config.Compression);
    }

    [Fact]
    public void DefaultsWithoutAnyFile()
    {
        var config = SshConfig.Resolve(new SshTarget { Host = "Box" }, new SshOptions(), _environment);
        Assert.Equal("me@box:22", config.ToString());
        Assert.Equal("box", config.KnownHostName);
        Assert.Equal(TimeSpan.FromSeconds(15), config.ConnectTimeout);
        Assert.Equal(TimeSpan.FromSeconds(15), config.KeepAliveInterval);
        Assert.Equal(["id_ed25519", "id_ecdsa", "id_rsa"], config.IdentityFiles.Select(Path.GetFileName));
        Assert.Equal(["known_hosts", "known_hosts2"], config.UserKnownHostsFiles.Select(Path.GetFileName));
        Assert.Equal(0, config.RequiredIdentityFiles);
    }

    [Theory]
    [InlineData("box", 22, null, "box")]
    [InlineData("box", 23, null, "[box]:23")]
    [InlineData("box", 23, "alias", "alias")]
    [InlineData("::1", 23, null, "[::1]:23")]
    public void TheNameThatKnownHostsIsAskedFor(string host, int port, string? alias, string expected)
    {
        var text = $"Port {port}\n" + (alias is null ? "" : $"HostKeyAlias {alias}\n");
        Assert.Equal(expected, Resolve(text, new SshTarget { Host = host }).KnownHostName);
    }

    [Theory]
    [InlineData("-Y", "-Y has no effect")]
    [InlineData("-L 1:h:2", "-L 1:h:2 has no effect")]
    [InlineData("-vvv -q -x -a -T", null)]
    [InlineData("elsewhere", "'elsewhere' has no effect")]
    [InlineData("-o ControlMaster=auto", null)]
    [InlineData("-o Colour=red", "'Colour' is not known")]
    public void OptionsOfNixSshOptionsThatHaveNoEffectWarn(string options, string? warning)
    {
        var warnings = new List<string>();
        Resolve("", options: options, warning: warnings.Add);
        if (warning is null)
        {
            Assert.Empty(warnings);
        }
        else
        {
            Assert.Contains(warning, Assert.Single(warnings));
        }
    }

    [Theory]
    [InlineData("-p")]
    [InlineData("-o")]
    [InlineData("-i 'open")]
    [InlineData("-p many")]
    public void NixSshOptionsThatCannotBeRead(string options) =>
        Assert.Equal(NixErrors.SshConfigInvalid, Assert.Throws<NixRemoteException>(() => Resolve("", options: options)).Definition);

    [Fact]
    public void NixSshOptionsNameTheConfigurationFile()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("of mine", "Port 29\n");
        var options = new SshOptions { ExtraArguments = $"-F '{file}'" };
        Assert.Equal(29, SshConfig.Resolve(new SshTarget { Host = "box" }, options, _environment).Port);
    }

    [Fact]
    public void AGivenFileMustExist()
    {
        var options = new SshOptions { ConfigFile = Path.Combine(_environment.Home, "config") };
        var failure = Assert.Throws<NixRemoteException>(() => SshConfig.Resolve(new SshTarget { Host = "box" }, options, _environment));
        Assert.Equal(NixErrors.ConfigurationFileUnreadable, failure.Definition);
    }

    [Fact]
    public void TheUsersFileComesBeforeTheSystems()
    {
        using var folder = new TemporaryFolder();
        folder.Write("home/.ssh/config", "Include more\nPort 23\n");
        folder.Write("home/.ssh/more", "User of-home\n");
        folder.Write("etc/ssh_config", "Include more\nPort 24\nCompression yes\n");
        folder.Write("etc/more", "User of-etc\nHostKeyAlias of-etc\n");
        var environment = _environment with { Home = folder["home"], SystemFolder = folder["etc"] };
        var config = SshConfig.Resolve(new SshTarget { Host = "box" }, new SshOptions(), environment);
        Assert.Equal((23, "of-home", "of-etc", true), (config.Port, config.User, config.HostKeyAlias, config.Compression));
    }

    [Theory]
    [InlineData("exec \"true\"")]
    [InlineData("localnetwork 10.0.0.0/8")]
    public void MatchThatNeedsMoreThanTextIsLeftOutWithAWarning(string criterion)
    {
        var warnings = new List<string>();
        var config = Resolve($"Match {criterion}\n  Port 23\n", warning: warnings.Add, transport: SshTransport.SshNet);
        Assert.Equal(22, config.Port);
        Assert.Null(config.NeedsOpenSsh);
        Assert.Contains("line 1", Assert.Single(warnings));
    }

    /// <summary>Lines, and what of them only the OpenSSH client can do.</summary>
    [Theory]
    [InlineData("Match exec true", "'Match exec'")]
    [InlineData("Match host box exec true", "'Match exec'")]
    [InlineData("Match host other exec true", null)]
    [InlineData("PKCS11Provider /usr/lib/x.so", "PKCS11Provider")]
    [InlineData("PKCS11Provider none", null)]
    [InlineData("KnownHostsCommand /bin/x", "KnownHostsCommand")]
    [InlineData("GSSAPIAuthentication yes", null)]
    [InlineData("ProxyCommand nc %h %p", null)]
    public void WhatOnlyTheOpenSshClientCanDo(string line, string? reason)
    {
        var config = Resolve(line + "\n");
        Assert.Equal(reason, reason is null ? config.NeedsOpenSsh : config.NeedsOpenSsh?[..reason.Length]);
    }

    [Theory]
    [InlineData("gate", "gate")]
    [InlineData("me@gate", "me@gate")]
    [InlineData("gate:23", "gate:23")]
    [InlineData("me@gate:23,you@second:24", "me@gate:23|you@second:24")]
    [InlineData("me@corp@gate", "me@corp@gate")]
    [InlineData("[::1]:23", "[::1]:23")]
    [InlineData("ssh://me@gate:23", "me@gate:23")]
    [InlineData("", null)]
    [InlineData("@gate", null)]
    [InlineData("gate:", null)]
    [InlineData("gate:0", null)]
    [InlineData("gate:65536", null)]
    [InlineData("gate,,second", null)]
    [InlineData("-oProxyCommand=x", null)]
    [InlineData("a,b,c,d,e,f,g,h,i", null)]
    public void HostsToJumpOver(string text, string? expected)
    {
        if (expected is null)
        {
            Assert.Equal(NixErrors.SshConfigInvalid, Assert.Throws<NixRemoteException>(() => SshJump.Parse(text, "test")).Definition);
        }
        else
        {
            Assert.Equal(expected, string.Join('|', SshJump.Parse(text, "test")));
        }
    }

    [Fact]
    public void CanonicalizeHostnameHasNoEffectAndIsTold()
    {
        var said = new List<string>();
        Assert.Equal("box", Resolve("CanonicalizeHostname always\nCanonicalDomains example\n", verbose: said.Add).HostName);
        Assert.Contains(said, line => line.Contains("CanonicalizeHostname", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("-oProxyCommand=x")]
    [InlineData("")]
    public void HostNamesThatCouldBeOptionsAreRefused(string host) =>
        Assert.Throws<NixRemoteException>(() => Resolve("", new SshTarget { Host = host }));

    [Theory]
    [InlineData(null, "a,b,c")]
    [InlineData("c,a", "c,a")]
    [InlineData("+d", "a,b,c,d")]
    [InlineData("+a", "a,b,c")]
    [InlineData("-b", "a,c")]
    [InlineData("-*", "")]
    [InlineData("^c", "c,a,b")]
    [InlineData("^d,b", "d,b,a,c")]
    [InlineData("x,b", "b")]
    [InlineData("?", "a,b,c,d")]
    public void AlgorithmLists(string? specification, string expected) =>
        Assert.Equal(expected, string.Join(',', SshAlgorithmList.Choose(specification, ["a", "b", "c", "d"], ["a", "b", "c"])));

    private static SshHostConfig Resolve(string text, SshTarget? target = null, string options = "", Action<string>? warning = null, Action<string>? verbose = null, SshTransport transport = SshTransport.Auto)
    {
        using var folder = new TemporaryFolder();
        return SshConfig.Resolve(
            target ?? new SshTarget { Host = "box" },
            new SshOptions { ConfigFile = folder.Write("config", text), ExtraArguments = options, Warning = warning, Verbose = verbose, Transport = transport },
            _environment);
    }
}
