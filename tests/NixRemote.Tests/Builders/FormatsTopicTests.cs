using NixRemote.Adapters.Toml;
using NixRemote.Builders;

namespace NixRemote.Tests.Builders;

/// <summary>The examples of about_NixMachinesFile are what they claim: the same builder in each format.</summary>
public sealed class FormatsTopicTests
{
    private static readonly string _topic = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "module", "en-US", "about_NixMachinesFile.help.txt")).ReplaceLineEndings("\n");

    [Theory]
    [InlineData("LEGACY: COLUMNS", MachinesFormat.Legacy, 2)]
    [InlineData("TOML", MachinesFormat.Toml, 2)]
    [InlineData("JSON", MachinesFormat.Json, 1)]
    [InlineData("REMOTESYSTEMS", MachinesFormat.RemoteSystems, 1)]
    public void Each_example_is_read(string section, MachinesFormat format, int builders)
    {
        // The file that the example includes need not exist.
        var result = MachinesReader.ReadText(Example(section), "text",
            new MachinesParseOptions { LocalSystem = "x", Format = format, TomlReader = () => new TomlynReader(), WarnOfMissingIncludes = false });

        Assert.Empty(result.Errors);
        Assert.Empty(result.Warnings);
        Assert.Equal(builders, result.Builders.Count);
        var first = result.Builders[0];
        Assert.True(first is { Name: "build1", MaxJobs: 8, SshKey: "/root/.ssh/id" });
        Assert.Equal("nix", first.ToStoreUri().User);
        Assert.Equal(format == MachinesFormat.RemoteSystems ? 2 : 2.5, first.SpeedFactor);
        Assert.Equal(["x86_64-linux", "i686-linux"], first.Systems);
        Assert.Equal(["kvm"], first.SupportedFeatures);
        Assert.Equal(["big-parallel"], first.MandatoryFeatures);
    }

    [Fact]
    public void The_NixOS_example_is_what_is_written()
    {
        var builder = MachinesReader.ReadText(Example("JSON"), "text", new MachinesParseOptions { LocalSystem = "x" }).Builders;

        Assert.Equal(Example("NIXOS"), MachinesWriter.Write(builder, MachinesFormat.NixOS).Text);
    }

    /// <summary>The first block of a section that is indented by eight blanks.</summary>
    private static string Example(string section)
    {
        var lines = _topic.Split($"\n  {section}\n", 2)[1].Split('\n').SkipWhile(l => !l.StartsWith("        ", StringComparison.Ordinal))
            .TakeWhile(l => l.Length == 0 || l.StartsWith("        ", StringComparison.Ordinal));
        return string.Join('\n', lines.Select(l => l.Length == 0 ? l : l[8..])).TrimEnd('\n') + "\n";
    }
}
