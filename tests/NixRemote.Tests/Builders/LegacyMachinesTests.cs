using System.Text;
using NixRemote.Builders;

namespace NixRemote.Tests.Builders;

/// <summary>machines.md §2 and §4: the columns. Each row of §4 is a test of its name; the other tables are in <see cref="MachinesTableTests"/>.</summary>
public sealed class LegacyMachinesTests : IDisposable
{
    private const string Local = "TEST_ARCH-TEST_OS";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // --- §4 ---

    [Fact]
    public void Empty() => Assert.Empty(Valid("").Builders);

    [Fact]
    public void Uri_only() => AssertAllDefaults(Valid("nix@scratchy.labs.cs.uu.nl"), "ssh://nix@scratchy.labs.cs.uu.nl");

    [Fact]
    public void Uri_with_port() => AssertAllDefaults(Valid("nix@scratchy.labs.cs.uu.nl:2222"), "ssh://nix@scratchy.labs.cs.uu.nl:2222");

    [Fact]
    public void All_defaults() => AssertAllDefaults(Valid("nix@scratchy.labs.cs.uu.nl - - - - - - -"), "ssh://nix@scratchy.labs.cs.uu.nl");

    [Theory]
    [InlineData("newline", "nix@scratchy.labs.cs.uu.nl\nnix@itchy.labs.cs.uu.nl", "scratchy itchy")]
    [InlineData("semicolon", "nix@scratchy.labs.cs.uu.nl ; nix@itchy.labs.cs.uu.nl", "scratchy itchy")]
    [InlineData("comments and semicolons",
        "# This is a comment ; this is still that comment\nnix@scratchy.labs.cs.uu.nl ; nix@itchy.labs.cs.uu.nl\n# This is also a comment ; this also is still that comment\nnix@scabby.labs.cs.uu.nl\n",
        "scratchy itchy scabby")]
    [InlineData("funny white space",
        "        # comment ; comment\n   nix@scratchy.labs.cs.uu.nl ; nix@itchy.labs.cs.uu.nl   \n\n    \n\n ;;; \n\n ; ; \nnix@scabby.labs.cs.uu.nl\n\n",
        "scratchy itchy scabby")]
    public void Several_entries(string row, string text, string hosts)
    {
        var result = Valid(text);

        Assert.True(result.Builders.Select(b => b.Uri).SequenceEqual(hosts.Split(' ').Select(h => $"ssh://nix@{h}.labs.cs.uu.nl")), row);
        Assert.Equal(hosts.Split(' ').Select(h => $"{h}.labs.cs.uu.nl"), result.Builders.Select(b => b.Name));
    }

    [Theory]
    [InlineData("complete", "nix@scratchy.labs.cs.uu.nl     i686-linux      /home/nix/.ssh/id_scratchy_auto        8 3 kvm benchmark SSH+HOST+PUBLIC+KEY+BASE64+ENCODED==")]
    [InlineData("complete, tabs", "nix@scratchy.labs.cs.uu.nl\ti686-linux\t/home/nix/.ssh/id_scratchy_auto\t8\t3\tkvm\tbenchmark\tSSH+HOST+PUBLIC+KEY+BASE64+ENCODED==")]
    public void Complete(string row, string text)
    {
        var builder = Assert.Single(Valid(text).Builders);

        Assert.True(builder is { Uri: "ssh://nix@scratchy.labs.cs.uu.nl", SshKey: "/home/nix/.ssh/id_scratchy_auto", MaxJobs: 8, SpeedFactor: 3, SystemsAreDefault: false }, row);
        Assert.Equal(["i686-linux"], builder.Systems);
        Assert.Equal(["kvm"], builder.SupportedFeatures);
        Assert.Equal(["benchmark"], builder.MandatoryFeatures);

        // The bytes of the key are kept, though they are no text.
        Assert.Equal(Convert.FromBase64String("SSH+HOST+PUBLIC+KEY+BASE64+ENCODED=="), Convert.FromBase64String(HostKeyText.ToBase64(builder.PublicHostKey!)));
    }

    [Fact]
    public void Multi()
    {
        var builder = Assert.Single(Valid("nix@scratchy.labs.cs.uu.nl Arch1,Arch2 - - - SupportedFeature1,SupportedFeature2 MandatoryFeature1,MandatoryFeature2").Builders);

        Assert.Equal(["Arch1", "Arch2"], builder.Systems);
        Assert.Equal(["SupportedFeature1", "SupportedFeature2"], builder.SupportedFeatures);
        Assert.Equal(["MandatoryFeature1", "MandatoryFeature2"], builder.MandatoryFeatures);
    }

    [Theory]
    [InlineData("bad jobs", "nix@scratchy.labs.cs.uu.nl - - eight", "eight", 32, "failed to convert column #3")]
    [InlineData("bad jobs", "nix@scratchy.labs.cs.uu.nl - - -1", "-1", 32, "to 'unsigned int'")]
    [InlineData("bad speed", "nix@scratchy.labs.cs.uu.nl - - 8 three", "three", 34, "to 'float'")]
    [InlineData("negative speed", "nix@scratchy.labs.cs.uu.nl - - 8 -3", "-3", 34, "speed factor must be >= 0")]
    [InlineData("bad base64", "nix@scratchy.labs.cs.uu.nl - - 8 3 - - BAD_BASE64", "BAD_BASE64", 40, "is not valid base64")]
    [InlineData("no uri", " - x86_64-linux", "- x86_64-linux", 2, "store URL was not found at the first column")]
    [InlineData("jobs in hexadecimal", "h - - 0x10", "0x10", 7, "to 'unsigned int'")]
    [InlineData("jobs with a fraction", "h - - 1.5", "1.5", 7, "to 'unsigned int'")]
    [InlineData("jobs over 32 bits", "h - - 4294967296", "4294967296", 7, "to 'unsigned int'")]
    [InlineData("jobs with two signs", "h - - ++3", "++3", 7, "to 'unsigned int'")]
    [InlineData("infinite speed", "h - - 1 inf", "inf", 9, "not a finite number")]
    [InlineData("speed over a float", "h - - 1 1e39", "1e39", 9, "not a finite number")]
    [InlineData("speed that is no number", "h - - 1 nan", "nan", 9, "not a finite number")]
    [InlineData("speed with a comma", "h - - 1 1,5", "1,5", 9, "to 'float'")]
    [InlineData("bad port", "h:x - - 1", "h:x", 1, "1 to 65535")]
    [InlineData("NUL", "h - - 1\0", "h - - 1␀", 1, "NUL")]
    public void A_bad_entry_is_an_error_with_its_place_and_the_others_come(string row, string entry, string offending, int column, string message)
    {
        var result = Parse($"first\n{entry}\nlast");

        var error = Assert.Single(result.Errors);
        Assert.Equal((new SourceLocation("text", 2, column), offending), (error.Source, error.Text));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Cure);
        Assert.True(result.Builders.Select(b => b.Name).SequenceEqual(["first", "last"]), row);

        var failure = error.ToException();
        Assert.StartsWith($"text:2:{column}: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(offending, failure.Message, StringComparison.Ordinal);
        Assert.Equal((error.Definition.Id, $"text:2:{column}", error.Cure), (failure.ErrorId, failure.Target, failure.RecommendedAction));
    }

    [Fact]
    public void An_entry_is_one_error_with_every_bad_column()
    {
        var error = Assert.Single(Parse("h - - x y - - !").Errors);

        Assert.Equal(7, error.Source.Column);
        Assert.Matches("^bad machine specification: .*column #3 .*'x'.* Column 9: failed .*column #4 .*'y'.* Column 15: column #7 ", error.Message);
        Assert.Matches("whole number .* over 0.* base64 ", error.Cure);
    }

    [Fact]
    public void Warnings_come_in_the_order_of_the_text()
    {
        var result = Parse("a x86_64-lnux - 1 0\nh?ssh-key=/k\nb - - 0 0 k k\n");

        Assert.Equal(["1:1", "1:19", "2:1", "3:1", "3:1", "3:9"], result.Warnings.Select(w => $"{w.Source!.Line}:{w.Source.Column}"));
        Assert.Equal(["a", "a", "h", "b", "b", "b"], result.Warnings.Select(w => w.Builder));
    }

    [Fact]
    public void File_ref()
    {
        var key = Convert.ToBase64String(Encoding.UTF8.GetBytes("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ root@poochie"));
        var file = _folder.Write("machines.valid",
            $"""
            nix@scratchy.labs.cs.uu.nl  i686-linux      /home/nix/.ssh/id_scratchy_auto        8 1 kvm
            nix@itchy.labs.cs.uu.nl     i686-linux      /home/nix/.ssh/id_scratchy_auto        8 2
            nix@poochie.labs.cs.uu.nl   i686-linux      /home/nix/.ssh/id_scratchy_auto        1 2 kvm benchmark {key}

            """);

        var result = Valid($"@{file}");

        Assert.Equal([("scratchy", 8, 1.0, 1), ("itchy", 8, 2.0, 2), ("poochie", 1, 2.0, 3)], result.Builders.Select(b => (b.Name.Split('.')[0], b.MaxJobs, b.SpeedFactor, b.Source!.Line)));
        Assert.All(result.Builders, b => Assert.Equal(file, b.Source!.File));
        Assert.Equal("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ root@poochie", result.Builders[2].PublicHostKey);
        Assert.Equal(ConfigurationSourceState.Read, Assert.Single(result.Sources).State);
    }

    [Fact]
    public void File_ref_empty_file() => Assert.Empty(Valid($"@{_folder.Write("empty", "")}").Builders);

    [Fact]
    public void Missing_file()
    {
        var result = Parse("@/not/a/file");

        Assert.Empty(result.Builders);
        Assert.Empty(result.Errors);
        Assert.Equal(ConfigurationSourceState.Missing, Assert.Single(result.Sources).State);
        Assert.Contains("does not exist", Assert.Single(result.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_ref_with_bad_content()
    {
        var file = _folder.Write("machines.bad_format", "nix@scratchy.labs.cs.uu.nl - - eight\n");

        Assert.Equal(new SourceLocation(file, 1, 32), Assert.Single(Parse($"h ; @ {file} ").Errors).Source);
    }

    // --- §2.1 to §2.3 beyond the table ---

    [Theory]
    [InlineData("# c ; x86host x86_64-linux", 0)]
    [InlineData("   # comment", 0)]
    [InlineData(" \t \r\n", 0)]
    [InlineData("a ; ; b", 2)]
    [InlineData("a\r\nb\r\n", 2)]
    [InlineData("a # b ; c", 1)]
    public void Comments_and_blanks_by_the_rules_of_newer_Nix(string text, int count) => Assert.Equal(count, Valid(text).Builders.Count);

    [Theory]
    [InlineData("h - - +3", 3, 1)]
    [InlineData("h - - 0", 0, 1)]
    [InlineData("h - - 1 0", 1, 1)]
    [InlineData("h - - 1 0.0", 1, 1)]
    [InlineData("h - - 1 1.5", 1, 1.5)]
    [InlineData("h - - 1 1e3", 1, 1000)]
    [InlineData("h - - 1 .5", 1, 0.5)]
    [InlineData("h - - 1 +2", 1, 2)]
    [InlineData("h - - 4294967295 2", int.MaxValue, 2)]
    public void Jobs_and_speed(string text, int jobs, double speed)
    {
        var builder = Assert.Single(Valid(text).Builders);

        Assert.Equal((jobs, speed), (builder.MaxJobs, builder.SpeedFactor));
    }

    [Fact]
    public void A_comma_alone_is_an_empty_set()
    {
        var builder = Assert.Single(Valid("h , - - - ,, a,,b").Builders);

        Assert.Empty(builder.Systems);
        Assert.False(builder.SystemsAreDefault);
        Assert.Empty(builder.SupportedFeatures);
        Assert.Equal(["a", "b"], builder.MandatoryFeatures);
    }

    [Fact]
    public void Columns_behind_the_eighth_are_ignored_with_a_warning() =>
        Assert.Contains("eighth column", Assert.Single(Valid("h - - - - - - - more").Warnings).Message, StringComparison.Ordinal);

    [Fact]
    public void Names_are_made_from_hosts_and_unique()
    {
        var result = Valid("nix@a\nssh-ng://b@a\na:22\n/srv/machine1\nssh://[::1]\nlocal\ndaemon\nlocal?root=/tmp/r1");

        Assert.Equal(["a", "a-2", "a-3", "machine1", "::1", "local", "daemon", "r1"], result.Builders.Select(b => b.Name));
        Assert.Equal("host", Assert.Single(Parse("host?ssh-key=/k").Builders).Name);
    }

    [Fact]
    public void Comments_stay_with_their_entries()
    {
        var result = Valid("# file\n\n# above a\na # behind a\n\n#above b\nb ; c # behind c\n# last\n");

        Assert.Equal(new EntryComments(["# file", "", "# above a"], "# behind a"), result.Builders[0].Comments);
        Assert.Equal(new EntryComments(["", "#above b"], null), result.Builders[1].Comments);
        Assert.Equal(new EntryComments([], "# behind c"), result.Builders[2].Comments);
        Assert.Equal(["# last"], result.TrailingComments);
    }

    [Fact]
    public void Locations_count_from_where_the_text_begins()
    {
        var result = MachinesReader.ReadText("a ; b\nc", "unused", new MachinesParseOptions { LocalSystem = Local, Start = new SourceLocation("nix.conf", 7, 12) });

        Assert.Equal(["nix.conf:7:12", "nix.conf:7:16", "nix.conf:8:1"], result.Builders.Select(b => b.Source!.ToString()));
    }

    // --- suspicious lines ---

    [Theory]
    [InlineData("host?ssh-key=/k", "uri", "does not prepend ssh://")]
    [InlineData("folder/host", "uri", "is taken for the folder")]
    [InlineData("ssh://h?sshkey=/k", "uri", "'sshkey' is not one")]
    [InlineData("h - - 0", "jobs", "takes no builds")]
    [InlineData("h - - 1 0", "speed-factor", "counts as 1")]
    [InlineData("h - - 1 1 kvm,big kvm", "mandatory-features", "kvm: supported and mandatory")]
    [InlineData("h x86_64-lnux", "system-types", "'x86_64-linux' is")]
    [InlineData("h x86-64-linux", "system-types", "'x86_64-linux' is")]
    [InlineData("h amd64-linux", "system-types", "'x86_64-linux' is")]
    [InlineData("h linux/arm64", "system-types", "'aarch64-linux' is")]
    [InlineData("h aarch64-macos", "system-types", "'aarch64-darwin' is")]
    [InlineData("h amd64", "system-types", "'x86_64-linux' is")]
    [InlineData("h aarch64", "system-types", "'aarch64-linux' is")]
    [InlineData("h X86_64-Linux", "system-types", "'x86_64-linux' is")]
    [InlineData("h:22 - - - - - - c3NoLWVkMjU1MTkgQUFBQUMzTnphQzFsWkRJMU5URTVBQUFBSUpZZnFFU2FpUWxPckwzV20xUTlzOXE4YjRtamoybkl1eXFDWnViNWFHUGkgbml4QHNjcmF0Y2h5",
        "ssh-public-host-key", "port 22 and a pinned host key")]
    [InlineData("h - - - - - - AAAA", "ssh-public-host-key", "is not a public key line")]
    public void Suspicious_entries_warn(string text, string field, string message)
    {
        var warning = Assert.Single(Parse(text).Warnings);

        Assert.Equal((field, 1), (warning.Field, warning.Source!.Line));
        Assert.Contains(message, warning.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("h x86_64-linux,i686-linux,builtin,my-own-platform,riscv64-linux")]
    [InlineData("h x86_64-linux ; h aarch64-linux")]
    [InlineData("h x86_64-linux - 1 1 - a ; h x86_64-linux - 1 1 - b")]
    [InlineData("ssh://h?remote-store=/x")]
    public void Common_entries_do_not_warn(string text) => Assert.Empty(Parse(text.Replace(" ; ", "\n", StringComparison.Ordinal)).Warnings);

    [Fact]
    public void A_repeated_entry_warns()
    {
        var warning = Assert.Single(Parse("h x86_64-linux\nother\nh i686-linux,x86_64-linux").Warnings);

        Assert.Equal(("h-2", "uri", "text:3:1"), (warning.Builder, warning.Field, warning.Source!.ToString()));
        Assert.Contains("repeats builder 'h' (text:1:1)", warning.Message, StringComparison.Ordinal);
    }

    private static MachinesParseResult Parse(string text) => MachinesReader.ReadText(text, "text", new MachinesParseOptions { LocalSystem = Local });

    private static MachinesParseResult Valid(string text)
    {
        var result = Parse(text);
        Assert.Empty(result.Errors);
        return result;
    }

    private static void AssertAllDefaults(MachinesParseResult result, string uri)
    {
        var builder = Assert.Single(result.Builders);
        Assert.Equal(uri, builder.Uri);
        Assert.Equal("scratchy.labs.cs.uu.nl", builder.Name);
        Assert.Equal([Local], builder.Systems);
        Assert.True(builder is { SystemsAreDefault: true, SshKey: null, MaxJobs: 1, SpeedFactor: 1, PublicHostKey: null, Enabled: true });
        Assert.Empty(builder.SupportedFeatures);
        Assert.Empty(builder.MandatoryFeatures);
        Assert.Equal(new SourceLocation("text", 1, 1), builder.Source);
    }
}
