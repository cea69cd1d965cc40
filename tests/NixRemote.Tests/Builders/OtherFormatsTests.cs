using NixRemote.Builders;

namespace NixRemote.Tests.Builders;

/// <summary>JSON of the module's own objects, the NixOS option, and machines.md §6: <c>remote-systems.conf</c>.</summary>
public sealed class OtherFormatsTests
{
    private static readonly MachinesParseOptions _options = new() { LocalSystem = "local-system" };

    // --- JSON ---

    [Fact]
    public void Json_as_it_is_written()
    {
        var result = Valid(
            """
            [
              { "name": "a", "uri": "ssh://a", "systems": ["x86_64-linux"], "sshKey": "/k", "maxJobs": 4, "speedFactor": 1.5,
                "supportedFeatures": ["kvm"], "mandatoryFeatures": ["big"], "publicHostKey": "ssh-ed25519 AAAA c", "enabled": false,
                "commentsAbove": ["# c"], "commentBehind": "# d" },
              { "name": "b", "uri": "ssh-ng://b", "systems": null, "sshKey": null }
            ]
            """);

        var builder = result.Builders[0];
        Assert.True(builder is { Name: "a", Uri: "ssh://a", SshKey: "/k", MaxJobs: 4, SpeedFactor: 1.5, PublicHostKey: "ssh-ed25519 AAAA c", Enabled: false });
        Assert.Equal(new EntryComments(["# c"], "# d"), builder.Comments);
        Assert.Equal(new SourceLocation("text", 2, 3), builder.Source);
        Assert.True(result.Builders[1] is { Name: "b", SystemsAreDefault: true, Enabled: true });
        Assert.Equal(["local-system"], result.Builders[1].Systems);
    }

    [Fact]
    public void Json_as_ConvertTo_Json_writes_the_objects()
    {
        var builder = Assert.Single(Valid(
            """
            { "Name": "a", "Uri": "ssh://a", "Systems": ["s"], "SystemsAreDefault": false, "SshKey": null, "MaxJobs": 2, "SpeedFactor": 1.0,
              "SupportedFeatures": [], "MandatoryFeatures": [], "PublicHostKey": null, "Enabled": true, "CommentsAbove": ["# c"], "CommentBehind": null,
              "Source": { "File": "f", "Line": 1, "Column": 1 } }
            """).Builders);

        Assert.True(builder is { Name: "a", Uri: "ssh://a", MaxJobs: 2 });
    }

    [Theory]
    [InlineData("""[{"uri": "ssh://a"}, {"uri": "ssh://a"}]""", "a a-2")]
    [InlineData("""[{"name": "a", "uri": "ssh://b"}, {"uri": "ssh://a"}]""", "a a-2")]
    [InlineData("""[{"name": "x", "uri": "ssh://b"}, {"name": "x", "uri": "ssh://a"}]""", "x a")]
    [InlineData("""{"builders": [{"uri": "ssh://a"}]}""", "a")]
    public void Json_names(string text, string names) => Assert.Equal(names.Split(' '), Valid(text).Builders.Select(b => b.Name));

    [Theory]
    [InlineData("""[{"name": "a"}]""", 1, 2, "uri must be present")]
    [InlineData("""[{"uri": "ssh://"}]""", 1, 10, "names no host")]
    [InlineData("""[{"uri": "ssh://a", "jobs": 1}]""", 1, 21, "unknown field `jobs`")]
    [InlineData("""[{"uri": "ssh://é", "maxJobs": "1"}]""", 1, 32, "maxJobs: invalid type: string \"1\", expected u32")]
    [InlineData("""[{"uri": "ssh://a", "speedFactor": -1}]""", 1, 36, "speedFactor must be >= 0")]
    [InlineData("""[{"uri": "ssh://a", "publicHostKeyBase64": "!"}]""", 1, 44, "is not valid base64")]
    [InlineData("[{\"uri\": \"ssh://a\"},\n  { \"uri\" \"ssh://b\" }]", 2, 11, "The JSON text is broken")]
    [InlineData("[{\"uri\": \"ssh://a\",\n \"uri\": \"ssh://b\"}]", 2, 2, "is already defined in line 1")]
    [InlineData("[{\"uri\": \"ssh://a\\ud800\"}]", 1, 10, "The JSON text is broken")]
    [InlineData("[ {} , 3]", 1, 8, "expected a list of objects")]
    [InlineData("[{", 1, 3, "The JSON text is broken")]
    public void Json_errors(string text, int line, int column, string message)
    {
        var result = MachinesReader.ReadText(text, "text", _options with { Format = MachinesFormat.Json });

        Assert.Contains(result.Errors, e => e.Message.Contains(message, StringComparison.Ordinal) && e.Source == new SourceLocation("text", line, column));
    }

    [Fact]
    public void A_broken_object_costs_only_itself() =>
        Assert.Equal("a", Assert.Single(MachinesReader.ReadText("[{\"uri\": \"ssh://a\"}, {\"uri\": \"ssh://b\", oops", "text", _options).Builders).Name);

    // --- NixOS ---

    [Fact]
    public void NixOS_as_nix_eval_shows_it()
    {
        var result = Valid(
            """
            [{"hostName":"scratchy.example.org","mandatoryFeatures":["big-parallel"],"maxJobs":8,"protocol":"ssh-ng","publicHostKey":"c3NoLWVkMjU1MTkgQUFBQSBj",
              "speedFactor":2,"sshKey":"/root/key","sshUser":"nix","supportedFeatures":["kvm"],"system":null,"systems":["x86_64-linux","i686-linux"]},
             {"hostName":"itchy","mandatoryFeatures":[],"maxJobs":1,"protocol":"ssh","publicHostKey":null,"speedFactor":1,"sshKey":null,"sshUser":null,
              "supportedFeatures":[],"system":"aarch64-linux","systems":["ignored"]},
             {"hostName":"localhost","protocol":null,"systems":[]}]
            """);

        Assert.Equal(MachinesFormat.NixOS, result.Format);
        Assert.True(result.Builders[0] is
        {
            Name: "scratchy.example.org", Uri: "ssh-ng://nix@scratchy.example.org", SshKey: "/root/key", MaxJobs: 8, SpeedFactor: 2, PublicHostKey: "ssh-ed25519 AAAA c",
        });
        Assert.Equal(["x86_64-linux", "i686-linux"], result.Builders[0].Systems);
        Assert.Equal(["kvm"], result.Builders[0].SupportedFeatures);
        Assert.Equal(["big-parallel"], result.Builders[0].MandatoryFeatures);
        Assert.Equal(("ssh://itchy", "aarch64-linux"), (result.Builders[1].Uri, Assert.Single(result.Builders[1].Systems)));
        Assert.Equal(("ssh://localhost", true), (result.Builders[2].Uri, result.Builders[2].SystemsAreDefault));
    }

    [Theory]
    [InlineData("""[{"hostName": ""}]""", "hostName must be present")]
    [InlineData("""[{"hostName": "a", "port": 22}]""", "unknown field `port`")]
    [InlineData("""[{"hostName": "a:x"}]""", "The port 'x'")]
    [InlineData("""[{"hostName": "a", "publicHostKey": "!"}]""", "is not valid base64")]
    public void NixOS_errors(string text, string message) =>
        Assert.Contains(message, Assert.Single(MachinesReader.ReadText(text, "text", _options).Errors).Message, StringComparison.Ordinal);

    // --- machines.md §6 ---

    [Fact]
    public void Remote_systems_conf()
    {
        var result = MachinesReader.ReadText(
            """
            # host systems key jobs
            nix@mcflurry.labs.cs.uu.nl  powerpc-darwin,x86_64-darwin  /home/nix/.ssh/id_quarterpounder_auto  2 # main

            scratchy i686-linux /k 8 3 kvm,perf benchmark
            bare x86_64-linux - 0
            """,
            "text", _options with { Format = MachinesFormat.RemoteSystems });

        Assert.Empty(result.Errors);
        Assert.Equal([("ssh://nix@mcflurry.labs.cs.uu.nl", 2, 1.0), ("ssh://scratchy", 8, 3), ("ssh://bare", 0, 1)], result.Builders.Select(b => (b.Uri, b.MaxJobs, b.SpeedFactor)));
        Assert.Equal(["powerpc-darwin", "x86_64-darwin"], result.Builders[0].Systems);
        Assert.Equal(new EntryComments(["# host systems key jobs"], "# main"), result.Builders[0].Comments);
        Assert.Equal(["kvm", "perf"], result.Builders[1].SupportedFeatures);
        Assert.Equal(["benchmark"], result.Builders[1].MandatoryFeatures);
        Assert.Null(result.Builders[2].SshKey);
        Assert.Contains(result.Warnings, w => w.Field == "ssh-key");
    }

    [Theory]
    [InlineData("host x86_64-linux", "", "2 columns")]
    [InlineData("@/etc/nix/machines", "", "1 columns")]
    [InlineData("host s k eight", "eight", "is not a whole number")]
    [InlineData("host s k 1 1.5", "1.5", "is not a whole number")]
    [InlineData("host:x s k 1", "host:x", "The port 'x'")]
    public void Remote_systems_conf_errors(string row, string text, string message)
    {
        var result = MachinesReader.ReadText($"a s k 1\n{row}\nb s k 1\n", "text", _options with { Format = MachinesFormat.RemoteSystems });

        var error = Assert.Single(result.Errors);
        Assert.Equal((2, text.Length == 0 ? row : text), (error.Source.Line, error.Text));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(["a", "b"], result.Builders.Select(b => b.Name));
    }

    [Fact]
    public void A_file_of_that_name_is_read_so()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal(MachinesFormat.RemoteSystems, MachinesReader.ReadFile(folder.Write("remote-systems.conf", "a s - 1"), _options).Format);
    }

    private static MachinesParseResult Valid(string text)
    {
        var result = MachinesReader.ReadText(text, "text", _options);
        Assert.Empty(result.Errors);
        return result;
    }
}
