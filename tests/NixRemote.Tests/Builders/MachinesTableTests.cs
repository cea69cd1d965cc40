using System.Globalization;
using NixRemote.Adapters.Toml;
using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.Scheduling;
using NixRemote.Stores;
using NixRemote.Transport;

namespace NixRemote.Tests.Builders;

/// <summary>machines.md, table by table, each row a case that begins with the row's own words.</summary>
/// <remarks>
/// Where the other tables are: §1 here and in <see cref="NixConfigurationTests"/>; §2.4 in
/// <see cref="Stores.StoreUriTests.The_ssh_prefix_is_prepended_where_Nix_does"/>; §3.1 in
/// <see cref="Stores.StoreUriTests.Conformance_table"/>; §4 in <see cref="LegacyMachinesTests"/>, what was seen live there here, its functional
/// test in <see cref="Builds.MachinesFileRunTests"/> and, for builders that do not trust the user, in <see cref="Builds.GuestBuildTests"/>; §5.2 in <see cref="TomlMachinesTests.Detection"/>; §5.3 in <see cref="TomlMachinesTests"/>; §6 in <see cref="OtherFormatsTests"/>.
/// Generation A of §2.1 is what older Nix does: <see cref="RealNixDifferentialTests"/> holds real ones against it.
/// </remarks>
public sealed class MachinesTableTests : IDisposable
{
    private const string Local = "local-system";
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJYfqESaiQlOrL3Wm1Q9s9q8b4mjj2nIuyqCZub5aGPi nix@scratchy";
    private const string KeyInBase64 =
        "c3NoLWVkMjU1MTkgQUFBQUMzTnphQzFsWkRJMU5URTVBQUFBSUpZZnFFU2FpUWxPckwzV20xUTlzOXE4YjRtamoybkl1eXFDWnViNWFHUGkgbml4QHNjcmF0Y2h5";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // --- §1 Where the text comes from ---

    [Theory]
    [InlineData("default @<conf dir>/machines", null, null, "machines")]
    [InlineData("missing file = no builders", null, "NIX_CONF_DIR=nowhere", "")]
    [InlineData("NIX_REMOTE_SYSTEMS replaces the default", null, "NIX_REMOTE_SYSTEMS=one:two", "one two")]
    [InlineData("NIX_REMOTE_SYSTEMS replaces nothing but the default", "builders = three", "NIX_REMOTE_SYSTEMS=one:two", "three")]
    [InlineData("nix.conf cuts at #", "builders = a # ; b", null, "a")]
    [InlineData("nix.conf collapses white space, so ; separates", "builders =  a \t ;   b", null, "a b")]
    [InlineData("NIX_CONFIG may hold newlines between settings", null, "NIX_CONFIG=cores = 1\nbuilders = c", "c")]
    [InlineData("builders = is no builders", "builders =", null, "")]
    public void Where_the_text_comes_from(string row, string? nixConf, string? variable, string names)
    {
        foreach (var file in (string[])["machines", "one", "two"])
        {
            _folder.Write($"etc/{file}", file);
        }

        _folder.Write("etc/nix.conf", nixConf ?? "");
        var variables = new Dictionary<string, string>();
        if (variable?.Split('=', 2) is [var name, var value])
        {
            variables[name] = name == "NIX_CONFIG" ? value : string.Join(':', value.Split(':').Select(f => _folder[$"etc/{f}"]));
        }

        var configuration = BuildersConfiguration.Load(new NixEnvironment
        {
            Variables = variables,
            HomeDirectory = _folder["nobody"],
            ConfigurationDirectory = _folder["etc"],
            System = Local,
            SystemFeatures = [],
            ProcessorCount = 1,
        });

        Assert.Empty(configuration.Errors);
        AssertRow(row, names, string.Join(' ', configuration.Builders.Select(b => b.Name)));
    }

    // --- §2.1 Splitting into entries, generation B ---

    [Theory]
    [InlineData("1 split at \\n only", "a\nb\r\nc", "a@1:1 b@2:1 c@3:1")]
    [InlineData("2 cut line at first #", "a # b # c\n#d\ne#f", "a@1:1 e@3:1")]
    [InlineData("3 split line at ;", "a;b ; c", "a@1:1 b@1:3 c@1:7")]
    [InlineData("4 trim; skip if empty", " \t a \t ; ;\n\n \r\n;;\n b", "a@1:4 b@5:2")]
    [InlineData("5 same, after trimming: character 0 is @ → include", " \t@{file} ; a", "included@1:1 a@1:{end}")]
    [InlineData("6 otherwise an entry", "a x86_64-linux", "a@1:1")]
    [InlineData("a comment ends with its line, not at ;", "# c ; x86host x86_64-linux", "")]
    [InlineData("blanks before a comment are no entry", "   # comment", "")]
    [InlineData("a line of blanks is no entry", "  \t ", "")]
    [InlineData("a ; ; b", "a ; ; b", "a@1:1 b@1:7")]
    public void Splitting_into_entries(string row, string text, string entries)
    {
        var file = _folder.Write("included", "included");
        var result = Legacy(text.Replace("{file}", file, StringComparison.Ordinal));

        Assert.Empty(result.Errors);
        AssertRow(row, entries.Replace("{end}", (7 + file.Length).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal),
            string.Join(' ', result.Builders.Select(b => $"{b.Name}@{b.Source!.Line}:{b.Source.Column}")));
    }

    // --- §2.2 Includes ---

    [Theory]
    [InlineData("path trimmed", "@  {folder}/one \t", "one", null)]
    [InlineData("not existing: no machines", "a\n@{folder}/missing\nb", "a b", null)]
    [InlineData("any other I/O error: EISDIR", "a\n@{folder}\nb", "a b", "It is a directory")]
    [InlineData("content by the same rules, nested", "@{folder}/nested", "one two", null)]
    [InlineData("no path", "@ ; a", "a", "no path behind '@'")]
    [InlineData("cycles are reported", "@{folder}/cycle", "in-cycle", "includes itself")]
    [InlineData("NUL in the path", "@{folder}/o\0ne", "", "NUL")]
    public void Includes(string row, string text, string names, string? error)
    {
        _folder.Write("one", "one");
        _folder.Write("nested", $"@{_folder["one"]} ; two # both\n");
        _folder.Write("cycle", $"in-cycle\n@{_folder["cycle"]}");

        var result = Legacy(text.Replace("{folder}", _folder.Path, StringComparison.Ordinal));

        AssertRow(row, names, string.Join(' ', result.Builders.Select(b => b.Name)));
        AssertRow(row, error is null ? 0 : 1, result.Errors.Count);
        Assert.Contains(error ?? "", result.Errors.FirstOrDefault()?.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Relative_includes_are_relative_to_the_root_wherever_the_including_file_lies()
    {
        _folder.Write("one", "one");
        var result = MachinesReader.ReadFile(_folder.Write("includes", "@one"), Options);

        Assert.Empty(result.Builders);
        Assert.Equal((Path.GetFullPath("/one"), ConfigurationSourceState.Missing), (result.Sources[^1].Name, result.Sources[^1].State));
        Assert.Contains(result.Warnings, w => w.Message.Contains("is relative", StringComparison.Ordinal));
    }

    [UnixFact]
    public void A_link_that_leads_to_itself_is_an_error()
    {
        File.CreateSymbolicLink(_folder["loop"], _folder["loop"]);

        Assert.Equal(nameof(NixErrors.ConfigurationFileUnreadable), Assert.Single(Legacy($"@{_folder["loop"]}").Errors).Definition.Id);
    }

    [Fact]
    public void Files_are_read_again_each_time()
    {
        var text = $"@{_folder.Write("one", "before")}";
        var before = Legacy(text).Builders;
        _folder.Write("one", "after");

        Assert.Equal(["before", "after"], before.Concat(Legacy(text).Builders).Select(b => b.Name));
    }

    // --- §2.3 Columns: uri, systems, ssh key, jobs, speed, supported, mandatory, host key; * marks the default of systems ---

    [Theory]
    [InlineData("0 store URI", "nix@h", "ssh://nix@h|local-system*||1|1|||")]
    [InlineData("0 store URI, unset", "- x86_64-linux", "!store URL was not found at the first column of a row")]
    [InlineData("1 systems", "h a,b", "ssh://h|a b||1|1|||")]
    [InlineData("1 systems, default: the local one", "h - - 2", "ssh://h|local-system*||2|1|||")]
    [InlineData("1 systems: empty pieces dropped", "h ,a,,b,", "ssh://h|a b||1|1|||")]
    [InlineData("2 ssh identity file", "h - /root/.ssh/id", "ssh://h|local-system*|/root/.ssh/id|1|1|||")]
    [InlineData("3 max jobs", "h - - 8", "ssh://h|local-system*||8|1|||")]
    [InlineData("3 max jobs: optional +", "h - - +3", "ssh://h|local-system*||3|1|||")]
    [InlineData("3 max jobs: 0 allowed", "h - - 0", "ssh://h|local-system*||0|1|||")]
    [InlineData("3 max jobs: -1", "h - - -1", "!failed to convert column #3")]
    [InlineData("3 max jobs: 0x10", "h - - 0x10", "!to 'unsigned int'")]
    [InlineData("3 max jobs: eight", "h - - eight", "!failed to convert column #3")]
    [InlineData("3 max jobs: 1.5", "h - - 1.5", "!failed to convert column #3")]
    [InlineData("3 max jobs: overflow", "h - - 4294967296", "!failed to convert column #3")]
    [InlineData("4 speed factor: 3", "h - - 1 3", "ssh://h|local-system*||1|3|||")]
    [InlineData("4 speed factor: 1.5", "h - - 1 1.5", "ssh://h|local-system*||1|1.5|||")]
    [InlineData("4 speed factor: 1e3", "h - - 1 1e3", "ssh://h|local-system*||1|1000|||")]
    [InlineData("4 speed factor: inf, refused here", "h - - 1 inf", "!not a finite number")]
    [InlineData("4 speed factor: nan, refused here", "h - - 1 nan", "!not a finite number")]
    [InlineData("4 speed factor: 0 → 1", "h - - 1 0", "ssh://h|local-system*||1|1|||")]
    [InlineData("4 speed factor: negative", "h - - 1 -3", "!speed factor must be >= 0")]
    [InlineData("4 speed factor: three", "h - - 1 three", "!to 'float'")]
    [InlineData("5 supported features", "h - - 1 1 kvm,big", "ssh://h|local-system*||1|1|kvm big||")]
    [InlineData("6 mandatory features", "h - - 1 1 - kvm,big", "ssh://h|local-system*||1|1||kvm big|")]
    [InlineData("7 public host key", "h - - 1 1 - - " + KeyInBase64, "ssh://h|local-system*||1|1|||" + Key)]
    [InlineData("7 public host key: stops at the first =", "h - - 1 1 - - c3NoLWVkMjU1MTkgQUFBQQ==!!", "ssh://h|local-system*||1|1|||ssh-ed25519 AAAA")]
    [InlineData("7 public host key: characters outside the alphabet", "h - - 1 1 - - BAD_BASE64", "!is not valid base64")]
    [InlineData("8… ignored", "h - - 1 1 - - - x y z", "ssh://h|local-system*||1|1|||")]
    [InlineData("unset: exactly -", "h - - - - - - -", "ssh://h|local-system*||1|1|||")]
    [InlineData("blanks, tabs and CR, runs collapse", "h\t \ta  \t k\t2\r", "ssh://h|a|k|2|1|||")]
    public void Columns(string row, string entry, string expected) => AssertEntry(row, expected, Legacy(entry));

    // --- §2.5 From machine to store ---

    [Theory]
    [InlineData("1 max-connections is forced, log-fd is internal", "ssh://h?max-connections=7&log-fd=9", "h, key , pin ")]
    [InlineData("2 ssh-key if column 2 is set", "ssh://h - /k", "h, key /k, pin ")]
    [InlineData("2 column 2 overrides the equal URI parameter", "ssh-ng://h?ssh-key=/uri - /column", "h, key /column, pin ")]
    [InlineData("2 without it the URI's counts", "ssh-ng://h?ssh-key=/uri", "h, key /uri, pin ")]
    [InlineData("2 base64-ssh-public-host-key if column 7 is set", "h - - - - - - " + KeyInBase64, "h, key , pin " + Key + "")]
    [InlineData("2 column 7 overrides the equal URI parameter", "ssh://h?base64-ssh-public-host-key=c3NoLXJzYSBBQUFB - - - - - - " + KeyInBase64, "h, key , pin " + Key + "")]
    [InlineData("2 without it the URI's pin counts", "ssh://h?base64-ssh-public-host-key=c3NoLXJzYSBBQUFB", "h, key , pin ssh-rsa AAAA")]
    public void From_machine_to_store(string row, string entry, string expected)
    {
        var builder = Assert.Single(Legacy(entry).Builders);
        var target = StoreFactory.TargetOf(builder.ToStoreUri(), new StoreOpenOptions { SshKey = builder.SshKey, PinnedHostKey = builder.PublicHostKey });

        AssertRow(row, expected, $"{target.Host}, key {target.IdentityFile}, pin {target.PinnedHostKey}");
        Assert.Equal(BuilderStore.ConnectionsFor(Assert.Single(Legacy("h").Builders)), BuilderStore.ConnectionsFor(builder));
    }

    [Theory]
    [InlineData("3 supported", "kvm", true)]
    [InlineData("3 ++ mandatory", "kvm big", true)]
    [InlineData("3 nothing else", "kvm big other", false)]
    public void The_features_of_a_machine_are_the_supported_and_the_mandatory_ones(string row, string required, bool isEligible)
    {
        var builder = Assert.Single(Legacy($"h {Local} - 1 1 kvm{(required == "kvm" ? "" : " big")}").Builders);

        AssertRow(row, isEligible, Eligibility.Check(builder, new BuildNeeds(Local, required.Split(' '))).IsEligible);
    }

    [Fact]
    public void A_machine_is_shown_by_its_URI_as_written_with_its_query() =>
        Assert.Equal("ssh://h?compress=true", Assert.Single(Legacy("h?compress=true - /k").Builders).Uri);

    // --- §3 Store URI syntax for builders: forms ---

    [Theory]
    [InlineData("ssh://[user@]host[:port][?k=v&…]", "ssh://nix@h:22?a=b&c=d", "Ssh nix h 22  a=b c=d")]
    [InlineData("ssh-ng://…", "ssh-ng://h", "SshNg  h   ")]
    [InlineData("absolute path", "/path", "Local    /path ")]
    [InlineData("local?root=…", "local?root=/r", "Local     root=/r")]
    [InlineData("daemon", "daemon", "Daemon     ")]
    [InlineData("unix:///sock", "unix:///sock", "Daemon    /sock ")]
    [InlineData("auto", "auto", "Auto     ")]
    [InlineData("user is passed through", "ssh://a.b-c_d@h", "Ssh a.b-c_d h   ")]
    [InlineData("empty host", "ssh://", "!names no host")]
    [InlineData("host beginning with -", "ssh://-h", "!begins with '-'")]
    [InlineData("user beginning with -", "ssh://-u@h", "!begins with '-'")]
    [InlineData("2.31: empty user refused", "ssh://@h", "!is empty")]
    [InlineData("port ≥ 2.31: :port", "ssh://h:2222", "Ssh  h 2222  ")]
    [InlineData("port, Lix: ?port=2222", "ssh://h?port=2222", "Ssh  h 2222  port=2222")]
    [InlineData("IPv6, bracketed", "ssh://nix@[::1]:22", "Ssh nix ::1 22  ")]
    [InlineData("IPv6, unbracketed: no port possible", "ssh://nix@::1", "Ssh nix ::1   ")]
    [InlineData("IPv6, zone id", "ssh://[fe80::1%25eth0]", "Ssh  fe80::1%eth0   ")]
    [InlineData("query values are percent-decoded", "ssh://h?a=%20x", "Ssh  h   a= x")]
    [InlineData("lenient to raw blanks and quotes", "ssh://h?a=x \"y\"", "Ssh  h   a=x \"y\"")]
    [InlineData("a piece without = is ignored with a warning", "ssh://h?x&a=b", "Ssh  h   a=b (1)")]
    [InlineData("only the first ? splits", "ssh://localhost?remote-store=/tmp/m1?system-features=foo%20bar", "Ssh  localhost   remote-store=/tmp/m1?system-features=foo bar")]
    [InlineData("unknown parameters are not fatal", "ssh://h?nonsense=1", "Ssh  h   nonsense=1 (1)")]
    public void Forms(string row, string text, string expected)
    {
        string actual;
        try
        {
            var uri = StoreUri.Parse(text);
            var unknown = uri.Warnings.Count(w => !w.Contains("'a'", StringComparison.Ordinal) && !w.Contains("'c'", StringComparison.Ordinal));
            actual = $"{uri.Scheme} {uri.User} {uri.Host} {uri.Port} {uri.Path} {string.Join(' ', uri.Parameters.Select(p => $"{p.Key}={p.Value}"))}{(unknown > 0 ? $" ({unknown})" : "")}";
        }
        catch (NixRemoteException failure)
        {
            actual = expected.Length > 0 && failure.Message.Contains(expected[1..], StringComparison.Ordinal) ? expected : "!" + failure.Message;
        }

        AssertRow(row, expected, actual);
    }

    [Theory]
    [InlineData("localhost exactly", "ssh://localhost", true)]
    [InlineData("no user", "ssh://root@localhost", false)]
    [InlineData("no port", "ssh-ng://localhost:22", false)]
    [InlineData("another host", "ssh://localhost.localdomain", false)]
    public void Localhost_is_a_child_process_without_ssh(string row, string text, bool isLocal) => AssertRow(row, isLocal, StoreUri.Parse(text).IsLocalhost);

    // --- §3 parameters: what each does ---

    [Theory]
    [InlineData("ssh-key", "ssh://h?ssh-key=/k", "nix-store --serve --write", "/k||False|")]
    [InlineData("base64-ssh-public-host-key", "ssh-ng://h?base64-ssh-public-host-key=" + KeyInBase64, "nix-daemon --stdio", "|" + Key + "|False|")]
    [InlineData("compress, default false", "ssh://h", "nix-store --serve --write", "||False|")]
    [InlineData("compress", "ssh://h?compress=true", "nix-store --serve --write", "||True|")]
    [InlineData("remote-store", "ssh://h?remote-store=/r", "nix-store --serve --write --store /r", "||False|")]
    [InlineData("remote-store, ssh-ng same", "ssh-ng://h?remote-store=/r", "nix-daemon --stdio --store /r", "||False|")]
    [InlineData("remote-program, default nix-store", "ssh://h", "nix-store --serve --write", "||False|")]
    [InlineData("remote-program, default nix-daemon", "ssh-ng://h", "nix-daemon --stdio", "||False|")]
    [InlineData("remote-program, white-space separated list", "ssh-ng://h?remote-program=sudo%20nix-daemon", "sudo nix-daemon --stdio", "||False|")]
    [InlineData("max-connections", "ssh://h?max-connections=5", "nix-store --serve --write", "||False|")]
    [InlineData("max-connection-age", "ssh-ng://h?max-connection-age=60", "nix-daemon --stdio", "||False|")]
    [InlineData("log-fd", "ssh://h?log-fd=4", "nix-store --serve --write", "||False|")]
    [InlineData("port", "ssh-ng://h?port=2222", "nix-daemon --stdio", "||False|2222")]
    [InlineData("system-features, priority, want-mass-query, trusted, path-info-cache-size, store, state, real, root",
        "ssh://h?system-features=a&priority=1&want-mass-query=true&trusted=true&path-info-cache-size=1&store=/nix/store&state=/s&real=/r&root=/x", "nix-store --serve --write", "||False|")]
    public void Parameters(string row, string text, string command, string target)
    {
        var uri = StoreUri.Parse(text);
        var to = StoreFactory.TargetOf(uri, new StoreOpenOptions());

        Assert.Empty(uri.Warnings);
        AssertRow(row, (command, target), (string.Join(' ', StoreFactory.RemoteCommand(uri)), $"{to.IdentityFile}|{to.PinnedHostKey}|{to.Compress}|{to.Port}"));
    }

    // --- §3.2 ssh command lines: what the OpenSSH client is called with ---

    [Theory]
    [InlineData("HOST -x, no terminal, no agent", "ssh://h", "", "-T -x -a … -- h")]
    [InlineData("user is passed through", "ssh://nix@h", "", "-oUser=nix -- h")]
    [InlineData("-i KEY", "ssh://h?ssh-key=/k", "", "-oIdentityFile=\"/k\" -- h")]
    [InlineData("-C", "ssh://h?compress=true", "", "-C -- h")]
    [InlineData("≥ 2.31 -p<port>", "ssh://h:2222", "", "-oPort=2222 -- h")]
    [InlineData("Lix -p PORT", "ssh://h?port=2222", "", "-oPort=2222 -- h")]
    [InlineData("≥ 2.26: NIX_SSHOPTS split shell-like", "ssh://h", "-o 'ProxyCommand=nc %h %p' -v", "-o|ProxyCommand=nc %h %p|-v -- h")]
    [InlineData("first value wins: NIX_SSHOPTS beats the others", "ssh://u@h:22", "-p 2222 -l v", "-p|2222|-l|v -oUser=u -oPort=22 -- h")]
    [InlineData("the pin is strict: other known_hosts do not count", "ssh://h:2222?base64-ssh-public-host-key=c3NoLXJzYSBBQUFB", "",
        "-oUserKnownHostsFile=\"{folder}/known_hosts\" -oGlobalKnownHostsFile=none -oKnownHostsCommand=none -oUpdateHostKeys=no -oStrictHostKeyChecking=yes … -- h")]
    [InlineData("BatchMode, ConnectTimeout and ServerAlive, which upstream has not", "ssh://h", "", "-oBatchMode=yes -oPermitLocalCommand=no … -oConnectTimeout=7 -oServerAliveInterval=9 … -- h")]
    [InlineData("no passphrase popups", "ssh://h", "", "SSH_ASKPASS unset DISPLAY unset")]
    public void Ssh_command_lines(string row, string text, string options, string expected)
    {
        var target = StoreFactory.TargetOf(StoreUri.Parse(text), new StoreOpenOptions());
        var command = new OpenSshCommand("ssh", target, new SshHostConfig
        {
            OriginalHost = target.Host,
            HostName = target.Host,
            Port = 22,
            User = "me",
            IdentityFiles = [],
            UserKnownHostsFiles = [],
            GlobalKnownHostsFiles = [],
            ConnectTimeout = TimeSpan.FromSeconds(7),
            KeepAliveInterval = TimeSpan.FromSeconds(9),
        }, new SshOptions { ExtraArguments = options }, _folder.Path);

        // Words of NIX_SSHOPTS are joined by a bar, so that blanks in them show.
        var words = string.Join(' ', command.Master().Concat(command.Environment.Select(v => $"{v.Key} {v.Value ?? "unset"}")));
        var at = 0;
        foreach (var part in expected.Replace("{folder}", _folder.Path, StringComparison.Ordinal).Replace('|', ' ').Split(" … "))
        {
            at = words.IndexOf(part, at, StringComparison.Ordinal);
            Assert.True(at >= 0, $"{row}: '{part}' is not in its place in: {words}");
            at += part.Length;
        }

        if (target.PinnedHostKey is not null)
        {
            // Matches host and [host]:port alike.
            Assert.Equal("* ssh-rsa AAAA\n", File.ReadAllText(_folder["known_hosts"]));
        }
    }

    // --- §4, what was seen live ---

    [Theory]
    [InlineData("empty text → no machine", "", "x86_64-linux", "", "")]
    [InlineData("@/nonexistent → no machine", "@/nonexistent", "x86_64-linux", "", "")]
    [InlineData("h - - 0 → right type, no slot", "h x86_64-linux - 0", "x86_64-linux", "", "NoSlots")]
    [InlineData("h riscv64-linux for system builtin → accepted", "h riscv64-linux", "builtin", "", "eligible")]
    [InlineData("must declines a job without the feature", "h x86_64-linux - 1 1 - must", "x86_64-linux", "", "MandatoryFeature")]
    [InlineData("must accepts with it", "h x86_64-linux - 1 1 - must", "x86_64-linux", "must", "eligible")]
    public void Seen_live(string row, string text, string system, string features, string expected)
    {
        var builders = Legacy(text).Builders;
        var needs = new BuildNeeds(system, features.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        AssertRow(row, expected, string.Join(' ', builders.Select(b => Eligibility.Check(b, needs)).Select(e => e.IsEligible ? "eligible" : string.Join(',', e.Reasons.Select(r => r.Kind)))));
    }

    // --- §5.1 Schema ---

    [Theory]
    [InlineData("uri: string, required", "jobs = 1", "!uri must be present")]
    [InlineData("uri: no ssh:// prefixing", "uri = 'h'", "h|local-system*||1|1|||")]
    [InlineData("uri: non-empty", "uri = ''", "!uri must be present and non-empty")]
    [InlineData("system-types: array of strings", "uri = 'ssh://h'\nsystem-types = ['a', 'b']", "ssh://h|a b||1|1|||")]
    [InlineData("system-types: default the local system", "uri = 'ssh://h'", "ssh://h|local-system*||1|1|||")]
    [InlineData("system-types: explicit [] supports nothing", "uri = 'ssh://h'\nsystem-types = []", "ssh://h|||1|1|||")]
    [InlineData("ssh-key: string", "uri = 'ssh://h'\nssh-key = '/k'", "ssh://h|local-system*|/k|1|1|||")]
    [InlineData("jobs: integer ≥ 0", "uri = 'ssh://h'\njobs = 8", "ssh://h|local-system*||8|1|||")]
    [InlineData("jobs: 0", "uri = 'ssh://h'\njobs = 0", "ssh://h|local-system*||0|1|||")]
    [InlineData("jobs: negative", "uri = 'ssh://h'\njobs = -1", "!jobs must be >= 0")]
    [InlineData("speed-factor: float", "uri = 'ssh://h'\nspeed-factor = 2.5", "ssh://h|local-system*||1|2.5|||")]
    [InlineData("speed-factor: integer", "uri = 'ssh://h'\nspeed-factor = 2", "ssh://h|local-system*||1|2|||")]
    [InlineData("speed-factor: negative", "uri = 'ssh://h'\nspeed-factor = -2", "!speed-factor must be >= 0")]
    [InlineData("speed-factor: 0, by which Lix divides, counts as 1 here", "uri = 'ssh://h'\nspeed-factor = 0", "ssh://h|local-system*||1|1|||")]
    [InlineData("supported-features: array of strings", "uri = 'ssh://h'\nsupported-features = ['kvm', 'big']", "ssh://h|local-system*||1|1|kvm big||")]
    [InlineData("mandatory-features: array of strings", "uri = 'ssh://h'\nmandatory-features = ['kvm']", "ssh://h|local-system*||1|1||kvm|")]
    [InlineData("ssh-public-host-key: plain text key line", "uri = 'ssh://h'\nssh-public-host-key = '" + Key + "'", "ssh://h|local-system*||1|1|||" + Key)]
    [InlineData("enable: bool, default true", "uri = 'ssh://h'\nenable = true", "ssh://h|local-system*||1|1|||")]
    [InlineData("enable: false", "uri = 'ssh://h'\nenable = false", "ssh://h|local-system*||1|1||| off")]
    [InlineData("enable: also spelled enabled", "uri = 'ssh://h'\nenabled = false", "ssh://h|local-system*||1|1||| off")]
    [InlineData("enable: a disabled machine is validated", "jobs = -1\nuri = 'ssh://h'\nenable = false", "!jobs must be >= 0")]
    [InlineData("unknown keys in a machine", "uri = 'ssh://h'\nx = 1", "!unknown field `x`, expected one of `uri`")]
    public void Toml_schema(string row, string lines, string expected) => AssertEntry(row, expected, Toml($"[machines.a]\n{lines}\n"));

    [Theory]
    [InlineData("version: default latest = 1", "[machines.a]\nuri = 'ssh://a'", "a", null)]
    [InlineData("version: 1", "version = 1\n[machines.a]\nuri = 'ssh://a'", "a", null)]
    [InlineData("version out of range", "version = 2\nmachines = {}", "", "Unable to parse Machines of version 2, only versions between 1 and 1 are supported.")]
    [InlineData("version: wrong type", "version = '1'\nmachines = {}", "", "invalid type: string \"1\", expected u16")]
    [InlineData("unknown top-level keys: ignored, with a warning", "other = 1\n[machines.a]\nuri = 'ssh://a'", "a", null)]
    [InlineData("missing machines: error", "version = 1", "", "missing field `machines`")]
    [InlineData("missing machines: whole text empty", "", "", null)]
    [InlineData("order: that of the file", "[machines.b]\nuri = 'ssh://b'\n[machines.a]\nuri = 'ssh://a'\n[machines.c]\nuri = 'ssh://c'", "b a c", null)]
    [InlineData("CLI inline form", "machines.andesite = {uri = \"ssh://lix@andesite.lix.systems\", jobs = 8}", "andesite", null)]
    public void Toml_top_level(string row, string text, string names, string? error)
    {
        var result = Toml(text);

        AssertRow(row, names, string.Join(' ', result.Builders.Select(b => b.Name)));
        AssertRow(row, error is null ? 0 : 1, result.Errors.Count);
        Assert.Contains(error ?? "", result.Errors.FirstOrDefault()?.Message ?? "", StringComparison.Ordinal);
    }

    private static MachinesParseOptions Options => new() { LocalSystem = Local, TomlReader = () => new TomlynReader() };

    private static MachinesParseResult Legacy(string text) => MachinesReader.ReadText(text, "text", Options with { Format = MachinesFormat.Legacy });

    private static MachinesParseResult Toml(string text) => MachinesReader.ReadText(text, "text", Options);

    private static void AssertRow<T>(string row, T expected, T actual) => Assert.Equal((row, expected), (row, actual));

    /// <summary>Compares the one entry of a text with its fields, or its one error with <c>!</c> and a part of the message.</summary>
    private static void AssertEntry(string row, string expected, MachinesParseResult result)
    {
        if (expected[0] == '!')
        {
            Assert.Contains(expected[1..], Assert.Single(result.Errors).Message, StringComparison.Ordinal);
            Assert.Empty(result.Builders);
            return;
        }

        Assert.Empty(result.Errors);
        var builder = Assert.Single(result.Builders);
        AssertRow(row, expected, string.Create(CultureInfo.InvariantCulture,
            $"{builder.Uri}|{string.Join(' ', builder.Systems)}{(builder.SystemsAreDefault ? "*" : "")}|{builder.SshKey}|{builder.MaxJobs}|{builder.SpeedFactor}|{string.Join(' ', builder.SupportedFeatures)}|{string.Join(' ', builder.MandatoryFeatures)}|{builder.PublicHostKey}{(builder.Enabled ? "" : " off")}"));
    }
}
