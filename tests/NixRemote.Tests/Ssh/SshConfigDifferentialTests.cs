using System.Globalization;
using System.Text.RegularExpressions;
using NixRemote.Tests.Builders;
using NixRemote.Transport;

namespace NixRemote.Tests.Ssh;

/// <summary>ssh_config as the machine's own <c>ssh -G</c> reads it: each row is resolved by both, and both must agree.</summary>
public sealed partial class SshConfigDifferentialTests
{
    /// <summary>Name, ssh_config ({dir}: the test's folder), host, options of the command line.</summary>
    public static TheoryData<string, string, string, string> Cases => new()
    {
        { "nothing", "", "box", "" },
        { "comments and blank lines", "# c\n\n   # d\nHost box\n  # e\n  Port 23\n", "box", "" },
        { "equals sign", "Host=box\nPort=23\nUser = me\nHostName =h.example\n", "box", "" },
        { "comment behind a value", "Host box # not a pattern\n  Port 23 # the port\n", "not", "" },
        { "keywords in any case", "hOST box\n  pORT 23\n  USER me\n", "box", "" },
        { "tabs and trailing blanks", "\tHost\tbox \t\n\t\tPort\t23  \r\n", "box", "" },
        { "quoted value", "Host box\n  User \"my name\"\n  IdentityFile \"/a b/key\"\n", "box", "" },
        { "single quotes", "Host box\n  User 'my name'\n", "box", "" },
        { "escaped quote", "Host box\n  User my\\\"name\n", "box", "" },
        { "escaped blank", "Host box\n  User my\\ name\n", "box", "" },
        { "backslash elsewhere", "Host box\n  User dom\\me\n", "box", "" },
        { "open quote", "Host box\n  User \"me\n", "box", "" },
        { "no value", "Host box\n  Port\n", "box", "" },
        { "extra arguments", "Host box\n  Port 23 24\n", "box", "" },
        { "bad port", "Host box\n  Port big\n", "box", "" },
        { "port out of range", "Host box\n  Port 70000\n", "box", "" },
        { "bad flag", "Host box\n  IdentitiesOnly maybe\n", "box", "" },
        { "first value wins", "Host box\n  Port 23\nHost *\n  Port 24\n  User me\n", "box", "" },
        { "before any block", "User early\nHost box\n  User late\n", "box", "" },
        { "star", "Host *.example\n  Port 23\n", "a.example", "" },
        { "star does not match nothing before it", "Host ?*.example\n  Port 23\n", ".example", "" },
        { "question mark", "Host box?\n  Port 23\n", "box1", "" },
        { "question mark is one character", "Host box?\n  Port 23\n", "box12", "" },
        { "several patterns", "Host a b c\n  Port 23\n", "b", "" },
        { "negated pattern", "Host *.example !bad.example\n  Port 23\n", "bad.example", "" },
        { "negated pattern of another", "Host *.example !bad.example\n  Port 23\n", "good.example", "" },
        { "only a negated pattern", "Host !bad.example\n  Port 23\n", "good.example", "" },
        { "patterns see the case of the host", "Host Box\n  Port 23\n", "box", "" },
        { "host in capitals", "Host Box\n  Port 23\n", "Box", "" },
        { "HostName", "Host box\n  HostName 10.0.0.7\n", "box", "" },
        { "HostName in capitals", "Host box\n  HostName H.Example\n", "box", "" },
        { "HostName with %h", "Host box\n  HostName %h.example.org\n", "box", "" },
        { "HostName with %%", "Host box\n  HostName fe80::1%%eth0\n", "box", "" },
        { "HostName with another token", "Host box\n  HostName %p.example\n", "box", "" },
        { "Host does not see HostName", "Host box\n  HostName real\nHost real\n  Port 23\n", "box", "" },
        { "Match host sees HostName", "Host box\n  HostName real\nMatch host real\n  Port 23\n", "box", "" },
        { "Match originalhost does not", "Host box\n  HostName real\nMatch originalhost real\n  Port 23\n", "box", "" },
        { "Match originalhost", "Host box\n  HostName real\nMatch originalhost box\n  Port 23\n", "box", "" },
        { "Match with negation", "Match !host box\n  Port 23\nMatch host box\n  Port 24\n", "box", "" },
        { "Match with a list", "Match host a,b*,!bad\n  Port 23\n", "box", "" },
        { "Match with a negated list item", "Match host b*,!box\n  Port 23\n", "box", "" },
        { "Match in capitals", "Match Host BOX\n  Port 23\n", "box", "" },
        { "Match all", "Match all\n  Port 23\n", "box", "" },
        { "Match all not alone", "Match host box all\n  Port 23\n", "box", "" },
        { "Match user of the command line", "Match user me\n  Port 23\n", "box", "-l me" },
        { "Match user of the file", "User me\nMatch user me\n  Port 23\n", "box", "" },
        { "Match user is the local one by default", "Match user root,me,runner\n  Port 23\n", "box", "" },
        { "Match localuser", "Match localuser nobody-here\n  Port 23\n", "box", "" },
        { "Match of two criteria", "Match host box user me\n  Port 23\n", "box", "-l me" },
        { "Match of two, one fails", "Match host box user you\n  Port 23\n", "box", "-l me" },
        { "Match with equals", "Match host=box\n  Port 23\n", "box", "" },
        { "Match final", "Match final\n  Port 23\nHost box\n  HostName real\n", "box", "" },
        { "Match final host", "Match final host real\n  Port 23\nHost box\n  HostName real\n", "box", "" },
        { "Match final, Host sees the name", "Match final all\n  User f\nHost real\n  Port 23\nHost box\n  HostName real\n", "box", "" },
        { "Match of nothing", "Match\n  Port 23\n", "box", "" },
        { "Match of an unknown criterion", "Match colour red\n  Port 23\n", "box", "" },
        { "Match without a value", "Match host\n  Port 23\n", "box", "" },
        { "Include", "Include {dir}/one\nPort 24\n", "box", "" },
        { "Include with a glob", "Include {dir}/part*\n", "box", "" },
        { "Include of several", "Include {dir}/one {dir}/part1\n", "box", "" },
        { "Include of nothing there", "Include {dir}/missing\nPort 24\n", "box", "" },
        { "Include in a block that applies", "Host box\n  Include {dir}/one\n", "box", "" },
        { "Include in a block that does not", "Host other\n  Include {dir}/one\n", "box", "" },
        { "Include with blocks in a block that does not", "Host other\n  Include {dir}/blocks\n", "box", "" },
        { "Include ends its own blocks", "Host box\n  Include {dir}/elsewhere\n  Port 25\n", "box", "" },
        { "Include of itself", "Include {dir}/loop\n", "box", "" },
        { "IdentityFile adds up", "Host box\n  IdentityFile /a\nHost *\n  IdentityFile /b\n", "box", "" },
        { "IdentityFile once", "Host box\n  IdentityFile /a\nHost *\n  IdentityFile /a\n", "box", "" },
        { "IdentityFile of the command line first", "Host box\n  IdentityFile /a\n", "box", "-i {dir}/one" },
        { "IdentityFile in the home", "Host box\n  IdentityFile ~/.ssh/other\n", "box", "" },
        { "several known_hosts", "Host box\n  UserKnownHostsFile /a ~/b\n  GlobalKnownHostsFile /c /d\n", "box", "" },
        { "no known_hosts", "Host box\n  UserKnownHostsFile none\n", "box", "" },
        { "HostKeyAlias", "Host box\n  HostKeyAlias real\n", "box", "" },
        { "StrictHostKeyChecking yes", "StrictHostKeyChecking yes\n", "box", "" },
        { "StrictHostKeyChecking no", "StrictHostKeyChecking no\n", "box", "" },
        { "StrictHostKeyChecking accept-new", "StrictHostKeyChecking accept-new\n", "box", "" },
        { "StrictHostKeyChecking of nonsense", "StrictHostKeyChecking perhaps\n", "box", "" },
        { "times", "ConnectTimeout 1m30s\nServerAliveInterval 2m\nServerAliveCountMax 5\n", "box", "" },
        { "no time", "ConnectTimeout none\n", "box", "" },
        { "bad time", "ConnectTimeout soon\n", "box", "" },
        { "Compression", "Compression yes\n", "box", "" },
        { "AddressFamily", "AddressFamily inet6\n", "box", "" },
        { "BindAddress", "BindAddress 10.1.1.1\n", "box", "" },
        { "IdentitiesOnly", "IdentitiesOnly yes\n", "box", "" },
        { "ProxyJump", "ProxyJump me@gate:2222,second\n", "box", "" },
        { "ProxyJump none", "Host box\n  ProxyJump none\nHost *\n  ProxyJump gate\n", "box", "" },
        { "ProxyCommand", "ProxyCommand nc -X \"connect\" %h %p # all of it\n", "box", "" },
        { "ProxyCommand with equals", "ProxyCommand = nc %h %p\n", "box", "" },
        { "ProxyCommand before ProxyJump", "ProxyCommand nc %h %p\nProxyJump gate\n", "box", "" },
        { "ProxyJump before ProxyCommand", "ProxyJump gate\nProxyCommand nc %h %p\n", "box", "" },
        { "ProxyCommand none before ProxyJump", "ProxyCommand none\nProxyJump gate\n", "box", "" },
        { "ProxyCommand none", "Host box\n  ProxyCommand none\nHost *\n  ProxyCommand nc %h %p\n", "box", "" },
        { "Ciphers", "Ciphers aes256-ctr,aes128-ctr\nMACs hmac-sha2-256\nKexAlgorithms curve25519-sha256\nHostKeyAlgorithms ssh-ed25519\n", "box", "" },
        { "option before all", "Host box\n  Port 23\n", "box", "-o Port=99" },
        { "option with a blank", "Host box\n  User me\n", "box", "-o \"User you\"" },
        { "port, user, flags", "Host *\n  Port 23\n", "box", "-p 99 -l you -C -4" },
        { "flags together", "", "box", "-C4p 99" },
        { "jump", "", "box", "-J gate" },
        { "IgnoreUnknown", "IgnoreUnknown use*,new*\nUseKeychain yes\nNewThing a b c\nPort 23\n", "box", "" },
    };

    /// <summary>How many files are written at random, and in how many tests.</summary>
    private const int Generated = 600;
    private const int Batches = 12;

    /// <summary>The first seed of each batch.</summary>
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, Batches).Select(batch => batch * (Generated / Batches))];

    /// <summary>What each program offers by itself, and all that ssh can.</summary>
    private static readonly Lazy<IReadOnlyDictionary<string, (string Default, string[] All)>> _algorithms = new(() =>
    {
        var defaults = Lines(OpenSsh.Run("ssh", "-G", "-F", "none", "box").Succeeded());
        return new[] { ("ciphers", "cipher"), ("macs", "mac"), ("kexalgorithms", "kex"), ("hostkeyalgorithms", "HostKeyAlgorithms") }
            .ToDictionary(row => row.Item1, row => (defaults[row.Item1].Single(), OpenSsh.Run("ssh", "-Q", row.Item2).Succeeded().Split('\n')));
    });

    [OpenSshTheory]
    [MemberData(nameof(Seeds))]
    public void AgreesWithOpenSshAboutGeneratedFiles(int first)
    {
        for (var seed = first; seed < first + (Generated / Batches); seed++)
        {
            using var folder = new TemporaryFolder();
            var (text, files, host, arguments) = new SshConfigGenerator(seed, folder.Path).Next();
            foreach (var (name, part) in files)
            {
                folder.Write(name, part);
            }

            try
            {
                Compare(folder, text, host, arguments);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}: ssh {arguments} {host}\n{text}\n{string.Join('\n', files.Select(f => $"--- {f.Key}\n{f.Value}"))}\n{e.Message}", e);
            }
        }
    }

    [OpenSshTheory]
    [MemberData(nameof(Cases))]
    public void AgreesWithOpenSsh(string name, string text, string host, string arguments)
    {
        Assert.NotEmpty(name);
        using var folder = new TemporaryFolder();
        folder.Write("one", "Port 23\nUser included\n");
        folder.Write("part1", "Port 23\n");
        folder.Write("part2", "Port 24\nUser second\n");
        folder.Write("blocks", "Host box\n  Port 23\nMatch all\n  User x\n");
        folder.Write("elsewhere", "Host other\n  Port 23\n");
        folder.Write("loop", "Include " + folder["loop"]);
        Compare(folder, text.Replace("{dir}", folder.Path), host, arguments.Replace("{dir}", folder.Path));
    }

    private static void Compare(TemporaryFolder folder, string text, string host, string arguments)
    {
        var file = folder.Write("config", text);
        Assert.True(SshConfigText.TrySplit(arguments, comments: false, out var words));
        var theirs = OpenSsh.Run("ssh", ["-G", "-F", file, .. words, host]);
        var options = new SshOptions { ConfigFile = file, ExtraArguments = arguments };
        var target = new SshTarget { Host = host };
        if (theirs.ExitCode != 0)
        {
            var ours = Record.Exception(() => SshConfig.Resolve(target, options));
            Assert.True(ours is NixRemoteException { ErrorId: nameof(NixErrors.SshConfigInvalid) }, $"ssh: {theirs.StandardError}ours: {ours?.Message}");
            return;
        }

        Assert.Equal(WithoutHash(Theirs(theirs.StandardOutput)), WithoutHash(Ours(SshConfig.Resolve(target, options), theirs.StandardOutput)));

        // %C has the jump host in it since OpenSSH 9.6 only.
        string WithoutHash(string text) => text.Contains("\njump none", StringComparison.Ordinal) ? text : Hash().Replace(text, "%C");
    }

    private static string Theirs(string output)
    {
        var lines = Lines(output);
        string One(string key) => lines[key].FirstOrDefault() ?? "none";
        var proxyJump = One("proxyjump");
        return string.Join('\n',
            "hostname " + One("hostname"),
            "port " + One("port"),
            "user " + One("user"),
            "identities " + (HasDefaultIdentities(lines) ? "default" : string.Join(' ', lines["identityfile"].Where(file => file != "none").Select(Expand))),
            "certificates " + string.Join(' ', lines["certificatefile"].Select(Expand)),
            "agent " + One("identityagent") switch { "SSH_AUTH_SOCK" or "none" => "none", var a => a },
            "only " + One("identitiesonly"),
            "hash " + One("hashknownhosts"),
            "attempts " + One("connectionattempts"),
            "known " + Files(One("userknownhostsfile")),
            "global " + Files(One("globalknownhostsfile")),
            "alias " + One("hostkeyalias"),
            "strict " + One("stricthostkeychecking") switch { "true" or "ask" => "Strict", "false" => "Off", _ => "AcceptNew" },
            "timeout " + One("connecttimeout") switch { "none" => "15", var t => t },
            "alive " + One("serveraliveinterval") switch { "0" => "15", var t => t } + " " + One("serveralivecountmax"),
            "compression " + One("compression"),
            "family " + One("addressfamily"),
            "bind " + One("bindaddress"),
            "jump " + proxyJump,
            "command " + (proxyJump != "none" ? "none" : One("proxycommand")),
            "ciphers " + One("ciphers"),
            "macs " + One("macs"),
            "kexalgorithms " + One("kexalgorithms"),
            "hostkeyalgorithms " + One("hostkeyalgorithms"));
    }

    private static string Ours(SshHostConfig config, string output)
    {
        var lines = Lines(output);
        var ci = CultureInfo.InvariantCulture;
        return string.Join('\n',
            "hostname " + config.HostName,
            "port " + config.Port.ToString(ci),
            "user " + config.User,
            "identities " + (HasDefaultIdentities(lines) && config.IdentityFiles is [_, _, _] ? "default" : string.Join(' ', config.IdentityFiles)),
            "certificates " + string.Join(' ', config.CertificateFiles),
            "agent " + (config.IdentityAgent is { } agent && agent != Environment.GetEnvironmentVariable("SSH_AUTH_SOCK") ? agent : "none"),
            "only " + (config.IdentitiesOnly ? "yes" : "no"),
            "hash " + (config.HashKnownHosts ? "yes" : "no"),
            "attempts " + config.ConnectionAttempts.ToString(ci),
            "known " + (config.UserKnownHostsFiles.Count == 0 ? "none" : string.Join(' ', config.UserKnownHostsFiles)),
            "global " + string.Join(' ', config.GlobalKnownHostsFiles),
            "alias " + (config.HostKeyAlias ?? "none"),
            "strict " + config.HostKeyChecking,
            "timeout " + config.ConnectTimeout.TotalSeconds.ToString(ci),
            "alive " + config.KeepAliveInterval.TotalSeconds.ToString(ci) + " " + config.KeepAliveCountMax.ToString(ci),
            "compression " + (config.Compression ? "yes" : "no"),
            "family " + config.AddressFamily switch { System.Net.Sockets.AddressFamily.InterNetwork => "inet", System.Net.Sockets.AddressFamily.InterNetworkV6 => "inet6", _ => "any" },
            "bind " + (config.BindAddress?.ToString() ?? "none"),
            "jump " + (config.ProxyJump is { } jump ? Jump(jump) : "none"),
            "command " + (config.ProxyCommand ?? "none"),
            Algorithms("ciphers", config.Ciphers),
            Algorithms("macs", config.Macs),
            Algorithms("kexalgorithms", config.KexAlgorithms),
            Algorithms("hostkeyalgorithms", config.HostKeyAlgorithms));
    }

    /// <summary>A list as we read it, of what ssh can and by itself offers: what this client can is another matter.</summary>
    private static string Algorithms(string option, string? specification)
    {
        var (offered, all) = _algorithms.Value[option];
        return $"{option} {string.Join(',', SshAlgorithmList.Choose(specification, all, offered.Split(',')))}";
    }

    /// <summary>ProxyJump as ssh shows it: the last host taken apart, the others as they are written.</summary>
    private static string Jump(string text)
    {
        var last = SshJump.Parse(text, "test")[^1];
        var host = last.Host.Contains(':') || last.Host.All(c => char.IsAsciiDigit(c) || c == '.') ? $"[{last.Host}]" : last.Host;
        var comma = text.LastIndexOf(',');
        return $"{text[..(comma + 1)]}{(last.User is null ? "" : last.User + "@")}{host}{(last.Port is null ? "" : $":{last.Port}")}";
    }

    [GeneratedRegex("[0-9a-f]{40}")]
    private static partial Regex Hash();

    private static ILookup<string, string> Lines(string output) =>
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToLookup(line => line.Split(' ')[0], line => line[(line.IndexOf(' ') + 1)..]);

    private static bool HasDefaultIdentities(ILookup<string, string> lines) => lines["identityfile"].Contains("~/.ssh/id_ed25519_sk");

    private static string Files(string value) => string.Join(' ', value.Split(' ').Select(Expand));

    private static string Expand(string path) =>
        path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), path[2..]) : path;
}
