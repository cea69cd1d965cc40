using NixRemote.Adapters.Toml;
using NixRemote.Builders;

namespace NixRemote.Tests.Builders;

/// <summary>machines.md §5: Lix's TOML and how it is told from columns. Each row of §5.3 is a test of its name; where the texts of Lix
/// versions differ, either is fine.</summary>
public sealed class TomlMachinesTests : IDisposable
{
    private const string Local = "local-system";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // --- §5.3, integration: detection (§5.2) ---

    [Fact]
    public void Toml_single_valid()
    {
        var result = Valid("[machines.andesite]\nuri = \"ssh://lix@andesite.lix.systems\"");

        Assert.Equal(MachinesFormat.Toml, result.Format);
        Assert.Equal("ssh://lix@andesite.lix.systems", Assert.Single(result.Builders).Uri);
    }

    [Fact]
    public void Legacy_single_valid()
    {
        var result = Valid("ssh://lix@diorite.lix.systems");

        Assert.Equal(MachinesFormat.Legacy, result.Format);
        Assert.Equal("ssh://lix@diorite.lix.systems", Assert.Single(result.Builders).Uri);
    }

    [Fact]
    public void Missing_toml_uri_doesnt_retry() => AssertError("[machines.missing-uri]", 1, 11, "uri must be present");

    [Fact]
    public void Both_invalid_shows_both_errors()
    {
        var result = Parse(
            """

                            hello world this is a very much invalid file
                            even though it has several lines in it
                            that a person might read
            """);

        Assert.Contains(result.Errors, e => e.Message.Contains("bad machine specification: failed to convert column", StringComparison.Ordinal));
        Assert.Contains(result.Warnings, w => w.Message.Contains("TOML parse error at line 2, column ", StringComparison.Ordinal));
    }

    [Fact]
    public void Bad_toml_file_doesnt_retry_legacy()
    {
        var error = Assert.Single(Parse("@/this/file/does/not/exist.toml").Errors);

        Assert.Contains("No such file", error.Message, StringComparison.Ordinal);
        Assert.Contains("while reading external machines file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_toml_deser_retrys() => Assert.Equal(["ssh://a", "ssh://b"], Valid("a\nb").Builders.Select(b => b.Uri));

    [Fact]
    public void Missing_quotes_doesnt_retry()
    {
        var error = Assert.Single(Parse("[machines.andesite]\nuri = ssh://whooooops.forgotten.quotes\nspeed-factor = 3").Errors);

        Assert.Contains("string values must be quoted", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("bad machine specification", error.Message, StringComparison.Ordinal);
        Assert.Equal(("text:2:7", "uri = ssh://whooooops.forgotten.quotes"), (error.Source.ToString(), error.Text));
    }

    [Fact]
    public void Bad_file() => Assert.Equal(ConfigurationSourceState.Missing, Assert.Single(Parse("@/this/file/does/not/exist").Sources).State);

    /// <summary>§5.2: what begins like TOML is TOML, whatever is wrong in it; a row is never taken for it.</summary>
    [Theory]
    [InlineData("[machines.a]", MachinesFormat.Toml)]
    [InlineData("  # c\n\n [ machines . a ] # c", MachinesFormat.Toml)]
    [InlineData("[machines.\"a:b\"]", MachinesFormat.Toml)]
    [InlineData("[machines", MachinesFormat.Toml)]
    [InlineData("[[machines]]", MachinesFormat.Toml)]
    [InlineData("version = 1", MachinesFormat.Toml)]
    [InlineData("version=42", MachinesFormat.Toml)]
    [InlineData("machines = {}", MachinesFormat.Toml)]
    [InlineData("machines.a = {uri = \"ssh://a\"}", MachinesFormat.Toml)]
    [InlineData("\"machines\".a.uri = \"ssh://a\"", MachinesFormat.Toml)]
    [InlineData("uri = \"ssh://a\"", MachinesFormat.Toml)]
    [InlineData("machines . \"a = b\" .uri = 'ssh://a'", MachinesFormat.Toml)]
    [InlineData("host system = x", MachinesFormat.Legacy)]
    [InlineData("'a b", MachinesFormat.Legacy)]
    [InlineData("[::1] x86_64-linux", MachinesFormat.Legacy)]
    [InlineData("[fe80::1]", MachinesFormat.Legacy)]
    [InlineData("ssh://h?port=22", MachinesFormat.Legacy)]
    [InlineData("h?compress=true x86_64-linux", MachinesFormat.Legacy)]
    [InlineData("h x86_64-linux - 1 1 - - AAAA=", MachinesFormat.Legacy)]
    [InlineData("@/etc/nix/machines", MachinesFormat.Legacy)]
    [InlineData("machines x86_64-linux", MachinesFormat.Legacy)]
    [InlineData("", MachinesFormat.Legacy)]
    [InlineData("# only a comment", MachinesFormat.Legacy)]
    [InlineData("[{\"uri\": \"ssh://a\"}]", MachinesFormat.Json)]
    [InlineData(" []", MachinesFormat.Json)]
    [InlineData("{}", MachinesFormat.Json)]
    [InlineData("[\n  {\"hostName\": \"a\"}]", MachinesFormat.NixOS)]
    [InlineData("{\"buildMachines\": []}", MachinesFormat.NixOS)]
    public void Detection(string text, MachinesFormat format) => Assert.Equal(format, MachinesFormatDetector.Detect(text));

    [Fact]
    public void A_file_may_be_TOML_whatever_its_name()
    {
        var file = _folder.Write("machines", "[machines.a]\nuri = 'ssh://a'\n");

        var result = Valid($"@{file}");

        Assert.Equal((MachinesFormat.Toml, file), (result.Format, Assert.Single(result.Builders).Source!.File));
        Assert.Equal(file, Assert.Single(result.Sources).Name);
    }

    [Fact]
    public void TOML_cannot_be_a_part_of_columns()
    {
        var file = _folder.Write("machines.toml", "[machines.a]\nuri = 'ssh://a'\n");

        var result = Parse($"b\n@{file}");

        Assert.Contains("is TOML", Assert.Single(result.Errors).Message, StringComparison.Ordinal);
        Assert.Equal("b", Assert.Single(result.Builders).Name);
    }

    [Fact]
    public void A_line_of_TOML_between_columns_is_an_error() =>
        Assert.Equal(2, Assert.Single(Parse("host x86_64-linux\njobs = 8").Errors).Source.Line);

    // --- §5.3, TOML ---

    [Fact]
    public void Empty() => Assert.Empty(Valid("").Builders);

    [Fact]
    public void Uri_only()
    {
        var builder = Assert.Single(Valid("[machines.scratchy]\nuri = \"ssh://nix@scratchy.labs.cs.uu.nl\"").Builders);

        Assert.Equal(("scratchy", "ssh://nix@scratchy.labs.cs.uu.nl"), (builder.Name, builder.Uri));
        Assert.Equal([Local], builder.Systems);
        Assert.True(builder is { SystemsAreDefault: true, SshKey: null, MaxJobs: 1, SpeedFactor: 1, PublicHostKey: null, Enabled: true });
        Assert.Empty(builder.SupportedFeatures);
        Assert.Empty(builder.MandatoryFeatures);
        Assert.Equal(new SourceLocation("text", 1, 11), builder.Source);
    }

    [Fact]
    public void Multiple()
    {
        var result = Valid("[machines.scratchy]\nuri = \"nix@scratchy/labs.cs.uu.nl\"\n[machines.itchy]\nuri = \"ssh://nix@itchy.labs.cs.uu.nl\"");

        Assert.Equal(["scratchy", "itchy"], result.Builders.Select(b => b.Name));
        Assert.Contains("is taken for a folder", Assert.Single(result.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Complete()
    {
        var result = Valid(
            """
            [machines.scratchy]
            uri = "nix@scratchy.labs.cs.uu.nl"
            system-types = ["i686-linux"]
            ssh-key = "/home/nix/.ssh/id_scratchy_auto"
            jobs = 8
            speed-factor = 3.0
            supported-features = ["kvm"]
            mandatory-features = ["benchmark"]
            ssh-public-host-key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJYfqESaiQlOrL3Wm1Q9s9q8b4mjj2nIuyqCZub5aGPi nix@scratchy"
            """);

        var builder = Assert.Single(result.Builders);
        Assert.True(builder is { Uri: "nix@scratchy.labs.cs.uu.nl", SshKey: "/home/nix/.ssh/id_scratchy_auto", MaxJobs: 8, SpeedFactor: 3, SystemsAreDefault: false });
        Assert.Equal(["i686-linux"], builder.Systems);
        Assert.Equal(["kvm"], builder.SupportedFeatures);
        Assert.Equal(["benchmark"], builder.MandatoryFeatures);
        Assert.Equal("c3NoLWVkMjU1MTkgQUFBQUMzTnphQzFsWkRJMU5URTVBQUFBSUpZZnFFU2FpUWxPckwzV20xUTlzOXE4YjRtamoybkl1eXFDWnViNWFHUGkgbml4QHNjcmF0Y2h5",
            HostKeyText.ToBase64(builder.PublicHostKey!));

        // Lix keeps the URI as it is, and cannot open it.
        Assert.Contains("Lix does not prepend ssh://", Assert.Single(result.Warnings).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3", 3.0)]
    [InlineData("3.1", 3.1)]
    public void Both_float_formats(string text, double speed) =>
        Assert.Equal(speed, Assert.Single(Valid($"machines.a = {{uri = 'ssh://a', speed-factor = {text}}}").Builders).SpeedFactor);

    [Fact]
    public void Multi_options()
    {
        var builder = Assert.Single(Valid(
            "[machines.a]\nuri='ssh://a'\nsystem-types = ['Arch1', 'Arch2']\nsupported-features = [\n 'SF1',\n 'SF2',\n]\nmandatory-features=['MF1','MF2']").Builders);

        Assert.Equal(["Arch1", "Arch2"], builder.Systems);
        Assert.Equal(["SF1", "SF2"], builder.SupportedFeatures);
        Assert.Equal(["MF1", "MF2"], builder.MandatoryFeatures);
    }

    [Theory]
    [InlineData("extra_keys", "[machines.a]\nuri = 'ssh://a'\nextra-key = 3", 3, 1, "unknown field `extra-key`")]
    [InlineData("no_quotation_uri", "[machines.a]\nuri = ssh://a", 2, 7, "string values must be quoted")]
    [InlineData("missing_uri", "[machines.a]", 1, 11, "uri must be present and non-empty")]
    [InlineData("empty uri", "[machines.a]\nuri = ''", 1, 11, "uri must be present and non-empty")]
    [InlineData("jobs = -3", "[machines.a]\nuri = 'ssh://a'\njobs = -3", 3, 8, "invalid value: integer `-3`, expected u32")]
    [InlineData("jobs = -3 (2.95)", "[machines.a]\nuri = 'ssh://a'\njobs = -3", 3, 8, "jobs must be >= 0")]
    [InlineData("jobs = \"three\"", "[machines.a]\nuri = 'ssh://a'\njobs = \"three\"", 3, 8, "invalid type: string \"three\"")]
    [InlineData("jobs over 32 bits", "[machines.a]\nuri = 'ssh://a'\njobs = 4294967296", 3, 8, "expected u32")]
    [InlineData("jobs = 1.5", "[machines.a]\nuri = 'ssh://a'\njobs = 1.5", 3, 8, "invalid type: floating point `1.5`")]
    [InlineData("[[machines]] twice", "[[machines]]\n[[machines]]", 1, 3, "invalid type: sequence, expected a map")]
    [InlineData("enable = 0", "[machines.a]\nuri = 'ssh://a'\nenable = 0", 3, 10, "invalid type: integer `0`, expected a boolean")]
    [InlineData("enable twice", "[machines.a]\nuri = 'ssh://a'\nenable = true\nenabled = true", 4, 11, "duplicate field `enable`")]
    [InlineData("speed -3.0", "[machines.a]\nuri = 'ssh://a'\nspeed-factor = -3.0", 3, 16, "speed-factor must be >= 0")]
    [InlineData("speed \"three\"", "[machines.a]\nuri = 'ssh://a'\nspeed-factor = 'three'", 3, 16, "invalid type: string \"three\", expected a number")]
    [InlineData("speed inf", "[machines.a]\nuri = 'ssh://a'\nspeed-factor = inf", 3, 16, "is not a finite number")]
    [InlineData("speed nan", "[machines.a]\nuri = 'ssh://a'\nspeed-factor = nan", 3, 16, "is not a finite number")]
    [InlineData("machines.a is a string", "machines.a = \"lix@andesite.lix.systems\"", 1, 14, "Each machine must be a table")]
    [InlineData("version = \"hello\"", "version = \"hello\"\nmachines = {}", 1, 11, "invalid type: string \"hello\", expected u16")]
    [InlineData("version = \"1\" (2.95)", "version = \"1\"\nmachines = {}", 1, 11, "invalid type: string \"1\", expected u16")]
    [InlineData("version = 42", "version = 42\nmachines = {}", 1, 11, "Unable to parse Machines of version 42, only versions between 1 and 1 are supported.")]
    [InlineData("version = 0", "version = 0\nmachines = {}", 1, 11, "Unable to parse Machines of version 0, only versions between 1 and 1 are supported.")]
    [InlineData("version = -1", "version = -1\nmachines = {}", 1, 11, "version -1")]
    [InlineData("only a version", "version = 1", 1, 1, "missing field `machines`")]
    [InlineData("syntax error but clearly TOML", "[machines.a\nuri = \"ssh://a\"", 1, 12, "TOML parse error at line 1, column 12")]
    [InlineData("systems are no list", "[machines.a]\nuri = 'ssh://a'\nsystem-types = 'x'", 3, 16, "system-types: invalid type: string \"x\", expected a sequence of strings")]
    [InlineData("a system is no string", "[machines.a]\nuri = 'ssh://a'\nsystem-types = ['x', 1]", 3, 22, "system-types: invalid type: integer `1`, expected a string")]
    [InlineData("ssh-key is a date", "[machines.a]\nuri = 'ssh://a'\nssh-key = 1979-05-27", 3, 11, "ssh-key: invalid type: value `1979-05-27`, expected a string")]
    [InlineData("bad uri", "[machines.a]\nuri = 'ssh://h:x'", 2, 7, "The port 'x'")]
    [InlineData("duplicate key", "[machines.a]\nuri = 'ssh://a'\nuri = 'ssh://b'", 3, 1, "duplicate key")]
    [InlineData("duplicate table", "[machines.a]\nuri = 'ssh://a'\n[ machines.\"a\" ]\njobs = 3", 3, 1, "duplicate table")]
    [InlineData("duplicate inline table", "machines.a = {uri = 'ssh://a'}\nmachines.a = {uri = 'ssh://b'}", 2, 10, "duplicate key")]
    public void Errors(string row, string text, int line, int column, string message)
    {
        Assert.NotEmpty(row);
        AssertError(text, line, column, message);
    }

    [Fact]
    public void One_disabled()
    {
        var result = Valid("[machines.a]\nuri = 'ssh://a'\nenable = false\n[machines.b]\nuri = 'ssh://b'\nenable = true\n[machines.c]\nuri = 'ssh://c'\nenabled = false");

        Assert.Equal([("a", false), ("b", true), ("c", false)], result.Builders.Select(b => (b.Name, b.Enabled)));
    }

    [Fact]
    public void A_disabled_machine_is_validated() => AssertError("[machines.a]\nenable = false", 1, 11, "uri must be present");

    // --- §5.1 beyond the table ---

    [Fact]
    public void Explicitly_no_systems_are_none()
    {
        var builder = Assert.Single(Valid("machines.a = {uri = 'ssh://a', system-types = []}").Builders);

        Assert.Empty(builder.Systems);
        Assert.False(builder.SystemsAreDefault);
    }

    [Fact]
    public void Speed_0_counts_as_1_with_a_warning()
    {
        var result = Valid("machines.a = {uri = 'ssh://a', speed-factor = 0}");

        Assert.Equal(1, Assert.Single(result.Builders).SpeedFactor);
        Assert.Equal(("a", "speed-factor"), (result.Warnings[0].Builder, result.Warnings[0].Field));
    }

    [Fact]
    public void Unknown_fields_at_the_top_warn() =>
        Assert.Contains("'other' is not a field", Assert.Single(Valid("other = 1\n[machines.a]\nuri = 'ssh://a'").Warnings).Message, StringComparison.Ordinal);

    [Fact]
    public void A_machine_may_be_written_in_any_way_that_TOML_has()
    {
        var result = Valid(
            """
            machines.b.uri = 'ssh://b'
            machines.a.uri = "ssh://a"
            machines.b.jobs = 0x10
            machines."c \u0064" = { uri = '''ssh://c''', jobs = 1_000 }
            """);

        Assert.Equal([("b", 16), ("a", 1), ("c d", 1000)], result.Builders.Select(b => (b.Name, b.MaxJobs)));
    }

    [Fact]
    public void An_error_of_syntax_costs_only_its_own_machine()
    {
        var result = Parse("[machines.a]\nuri = 'ssh://a'\n[machines.b]\nuri = 'ssh://b'\njobs = = 3\n[machines.c]\nuri = 'ssh://c'\n[machines.d]\nuri = oops\n[machines.e]\nuri = 'ssh://e'\nx = 1");

        Assert.Equal(["a", "c"], result.Builders.Select(b => b.Name));
        Assert.Equal(["text:5:8", "text:9:7", "text:12:1"], result.Errors.Select(e => e.Source.ToString()));
        Assert.Equal(6, result.Builders[1].Source!.Line);
    }

    [Fact]
    public void Comments_stay_with_their_machines()
    {
        var result = Valid(
            """
            # about the file
            version = 1 # the only one

            # above a
            [machines.a] # behind a
            uri = 'ssh://a#x' # the address
            # jobs = 3

            # above b
            machines.b.system-types = [
              'x', # one
            ]
            """.Replace("machines.b.system-types", "[machines.b]\nuri = 'ssh://b'\nsystem-types", StringComparison.Ordinal) + "\n\n# last\n");

        Assert.Equal(new EntryComments(["# about the file", "# the only one", "", "# above a", "# the address", "# jobs = 3"], "# behind a"), result.Builders[0].Comments);
        Assert.Equal(new EntryComments(["# above b", "# one"], null), result.Builders[1].Comments);
        Assert.Equal(["# last"], result.TrailingComments);
    }

    [Theory]
    [InlineData("[machines.\"a#b\"]\nuri='ssh://a'", "a#b")]
    [InlineData("[machines.a]\nuri='''\nssh://a # no comment'''", "a")]
    [InlineData("[machines.a]\nuri=\"ssh://a?x=\\\"#\"", "a")]
    public void A_hash_in_quotes_is_no_comment(string text, string name)
    {
        var builder = Parse(text).Builders.SingleOrDefault();

        Assert.True(builder is null || (builder.Name == name && builder.Comments.IsEmpty));
        Assert.Empty(Parse(text).TrailingComments);
    }

    [Fact]
    public void Deep_nesting_is_an_error() =>
        Assert.NotEmpty(Parse("[machines.a]\nuri = " + new string('[', 10_000)).Errors);

    [Fact]
    public void Errors_of_syntax_are_limited()
    {
        var errors = Parse(string.Concat(Enumerable.Range(0, 1000).Select(i => $"[machines.m{i}]\nuri = x\n"))).Errors;

        Assert.Equal(BuildersLimits.SyntaxErrors + 1, errors.Count);
        Assert.Contains("too many errors", errors[^1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_an_error()
    {
        var result = MachinesReader.ReadFile(_folder.Write("m.toml", [.. "[machines.a]\nuri = 'ssh://a"u8, 0xff, .. "'\n"u8]), Options());

        Assert.Contains(result.Errors, e => e.Message.Contains("not UTF-8", StringComparison.Ordinal) && e.Source is { Line: 2, Column: 15 });
    }

    [Fact]
    public void CRLF_and_a_byte_order_mark_are_fine_in_TOML()
    {
        var result = MachinesReader.ReadFile(_folder.Write("m.toml", [0xef, 0xbb, 0xbf, .. "[machines.a] # c\r\nuri = 'ssh://a'\r\n"u8]), Options());

        Assert.Empty(result.Errors);
        Assert.Empty(result.Warnings);
        Assert.Equal("# c", Assert.Single(result.Builders).Comments.Behind);
    }

    private static MachinesParseOptions Options() => new() { LocalSystem = Local, TomlReader = () => new TomlynReader() };

    private static MachinesParseResult Parse(string text) => MachinesReader.ReadText(text, "text", Options());

    private static MachinesParseResult Valid(string text)
    {
        var result = Parse(text);
        Assert.Empty(result.Errors);
        return result;
    }

    private static void AssertError(string text, int line, int column, string message)
    {
        var result = Parse(text);
        Assert.Equal(MachinesFormat.Toml, result.Format);
        var error = Assert.Single(result.Errors);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(new SourceLocation("text", line, column), error.Source);
        Assert.NotEmpty(error.Cure);
    }
}
