using System.Text.Json;
using NixRemote.Adapters.Toml;
using NixRemote.Builders;
using NixRemote.Tests.TestBed;
using Xunit.Abstractions;

namespace NixRemote.Tests.Builders;

/// <summary>For all builders: what is written and read again is the same, in every pair of formats. A field may differ only if a warning
/// named it, and a builder may be missing only if a warning said that it is written as a comment.</summary>
public sealed class RoundTripTests(ITestOutputHelper output)
{
    private const int Sets = 10_000;

    private static readonly MachinesFormat[] _formats = [MachinesFormat.Legacy, MachinesFormat.Toml, MachinesFormat.Json, MachinesFormat.RemoteSystems];
    private static readonly TomlynReader _tomlReader = new();

    [Theory]
    [InlineData(MachinesFormat.Legacy)]
    [InlineData(MachinesFormat.Toml)]
    [InlineData(MachinesFormat.Json)]
    [InlineData(MachinesFormat.RemoteSystems)]
    public void Every_set_through_a_format_and_from_it_through_each_other(MachinesFormat first)
    {
        var generator = new BuilderGenerator(seed: 20_261_122 + (int)first);
        var unchanged = 0;
        for (var set = 0; set < Sets; set++)
        {
            var builders = generator.Set();
            var held = ThroughFormat(builders, first, set, ref unchanged);
            foreach (var second in _formats)
            {
                ThroughFormat(held, second, set, ref unchanged);
            }
        }

        output.WriteLine($"{first}: {Sets} sets, {Sets * (1 + _formats.Length)} conversions, {unchanged} builders that came back whole");

        // The generator does not hide behind warnings.
        Assert.InRange(unchanged, Sets / 2, int.MaxValue);
    }

    /// <summary>The NixOS option is written as Nix text: real Nix tells what it says, all sets in one evaluation. What it says is read, and
    /// goes on into each other format.</summary>
    [TestBedTheory]
    [InlineData(null)]
    [InlineData(MachinesFormat.Legacy)]
    [InlineData(MachinesFormat.Toml)]
    [InlineData(MachinesFormat.Json)]
    [InlineData(MachinesFormat.RemoteSystems)]
    public async Task Every_set_through_a_format_into_the_NixOS_option_and_from_it_through_each_other(MachinesFormat? first)
    {
        var bed = NixTestBed.Current;
        var generator = new BuilderGenerator(seed: 11_2026 + (int?)first ?? -1);
        var further = 0;
        var sets = Enumerable.Range(0, Sets).Select(set => first is { } format ? ThroughFormat(generator.Set(), format, set, ref further) : generator.Set()).ToList();
        var texts = sets.Select(s => MachinesWriter.Write(s, MachinesFormat.NixOS)).ToList();
        var json = await EvaluateAsync(bed, texts.Select(t => t.Text));

        using var document = JsonDocument.Parse(json);
        var (set, unchanged) = (0, 0);
        foreach (var element in document.RootElement.EnumerateArray())
        {
            var read = Read(element.GetRawText(), MachinesFormat.NixOS, set);
            Compare(sets[set], read, texts[set].Warnings, MachinesFormat.NixOS, set, comments: false, ref unchanged);
            foreach (var second in _formats)
            {
                ThroughFormat(read.Builders, second, set, ref further);
            }

            set++;
        }

        output.WriteLine($"{first?.ToString() ?? "objects"}: {Sets} sets, {Sets * (1 + _formats.Length)} conversions, {unchanged} builders that came back whole from Nix {bed.Node(bed.Client).NixVersion}");
        Assert.Equal(Sets, set);
        Assert.InRange(unchanged, Sets / 4, int.MaxValue);
    }

    private static async Task<string> EvaluateAsync(NixTestBed bed, IEnumerable<string> modules)
    {
        var file = Path.Combine(bed.ShareDirectory, $"{Nonce.Next()}.nix");
        File.WriteAllText(file, $"map (m: assert m.nix.distributedBuilds && !m.nix.settings.builders-use-substitutes; m.nix.buildMachines) [\n{string.Join('\n', modules.Select(t => $"({t})"))}]");
        try
        {
            return (await bed.ExecAsync(bed.Client, "nix-instantiate", "--eval", "--strict", "--json", file)).Succeeded();
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static IReadOnlyList<NixBuilder> ThroughFormat(IReadOnlyList<NixBuilder> builders, MachinesFormat format, int set, ref int unchanged)
    {
        var written = MachinesWriter.Write(builders, format);
        var read = Read(written.Text, format, set);
        Compare(builders, read, written.Warnings, format, set, comments: true, ref unchanged);
        return read.Builders;
    }

    private static MachinesParseResult Read(string text, MachinesFormat format, int set)
    {
        // Three of the formats are told by the text itself.
        var isTold = format is not (MachinesFormat.NixOS or MachinesFormat.RemoteSystems);
        var result = MachinesReader.ReadText(text, "text", new MachinesParseOptions { LocalSystem = "local-system", Format = isTold ? null : format, TomlReader = () => _tomlReader });
        Assert.True(result.Format == format, $"set {set}, {format}: read as {result.Format}\n{text}");
        Assert.True(result.Errors.Count == 0, $"set {set}, {format}: {string.Join('\n', result.Errors)}\n{text}");
        return result;
    }

    private static void Compare(
        IReadOnlyList<NixBuilder> builders, MachinesParseResult read, IReadOnlyList<ConfigurationWarning> losses, MachinesFormat format, int set, bool comments, ref int unchanged)
    {
        var kept = builders.Where(b => !losses.Any(l => l.Builder == b.Name && l.Message.Contains("written as a comment", StringComparison.Ordinal))).ToList();
        Assert.True(kept.Count == read.Builders.Count, $"set {set}, {format}: {kept.Count} builders became {read.Builders.Count}");
        for (var index = 0; index < kept.Count; index++)
        {
            var (before, after) = (kept[index], read.Builders[index]);
            var lost = losses.Where(l => l.Builder == before.Name).Select(l => l.Field).ToHashSet();
            Same("name", before.Name, after.Name);
            Same("uri", Reference(before), Reference(after));
            Same("system-types", (before.SystemsAreDefault, Join(before.Systems)), (after.SystemsAreDefault, Join(after.Systems)));
            Same("ssh-key", before.SshKey, after.SshKey);
            Same("jobs", before.MaxJobs, after.MaxJobs);
            Same("speed-factor", before.SpeedFactor, after.SpeedFactor);
            Same("supported-features", Join(before.SupportedFeatures), Join(after.SupportedFeatures));
            Same("mandatory-features", Join(before.MandatoryFeatures), Join(after.MandatoryFeatures));
            Same("ssh-public-host-key", before.PublicHostKey, after.PublicHostKey);
            Same("enable", before.Enabled, after.Enabled);

            // The comment that a builder became stands above the next one.
            if (comments && kept.Count == builders.Count)
            {
                Same("comments", string.Join('\n', CommentLines.Tidy(before.Comments.Above)) + before.Comments.Behind, string.Join('\n', CommentLines.Tidy(after.Comments.Above)) + after.Comments.Behind);
            }

            unchanged += lost.Count == 0 ? 1 : 0;

            void Same<T>(string field, T left, T right) =>
                Assert.True(lost.Contains(field) || EqualityComparer<T>.Default.Equals(left, right), $"set {set}, {format}, {before.Name}, {field}: {left} became {right}");
        }
    }

    private static (string, string, string?, int?, string?, string) Reference(NixBuilder builder) =>
        builder.ToStoreUri() is var uri ? (uri.Canonical, uri.Host, uri.User, uri.Port, uri.Path, string.Join('\0', uri.Parameters.Select(p => $"{p.Key}={p.Value}"))) : default;

    private static string Join(IEnumerable<string> words) => string.Join('\0', words);
}
