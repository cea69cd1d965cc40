using System.Text;
using NixRemote.Adapters.Toml;
using NixRemote.Builders;
using Xunit.Abstractions;

namespace NixRemote.Tests.Builders;

/// <summary>The fast reader of plain TOML: what it takes is, place by place, what Tomlyn reads; everything else is Tomlyn's.</summary>
public sealed class PlainTomlTests(ITestOutputHelper output)
{
    private const int Texts = 20_000;

    private static readonly string[] _lines =
    [
        "", "  ", "\t", "# a comment", "  # blanks before, blanks behind  ", "# é € 漢", "#", "version = 1", "version=1 # the only one",
        "[machines]", "[machines.a]", "[machines.b] # behind", " [ machines . \"c d\" ] ", "[machines.'e']", "[machines.\"é\"]", "[machines.a.sub]", "[other]",
        "uri = \"ssh://nix@h\"", "uri = 'ssh-ng://h?compress=true#x'", "uri=\"\"", "uri = ''", "\"uri\" = \"é漢\"", "'jobs' = 8", "jobs = 0", "jobs = 8 # behind", "jobs = 123456789012345",
        "speed-factor = 2.5", "speed-factor = 0.1", "speed-factor = 10", "enable = true", "enable = false", "system-types = []", "system-types = [ \"x86_64-linux\", 'i686-linux' ]",
        "system-types = [\"a\",]", "supported-features = [ # first\n  \"kvm\", # second\n\n  'é', 3.5 , true ]", "supported-features = [\n]", "supported-features = [1, 2 # x\n , 3]",
        "machines.f = {}", "machines.g = { uri = \"ssh://h\", jobs = 8 }", "machines.\"h i\" = {uri='ssh://h',system-types=[ \"a\"\n, 'b' ], enable = true } # behind", "machines . j . uri = \"ssh://j\"",
        "a.b.c = 1", "a.b.d = 2",
    ];

    /// <summary>Lines that are wrong, or right and rare.</summary>
    private static readonly string[] _otherLines =
    [
        "uri = ssh://h", "uri = \"a", "uri = 'a", "uri = \"a\\tb\"", "uri = \"a\\qb\"", "uri = \"\"\"a\nb\"\"\"", "uri = '''a'''", "uri = \"a\" \"b\"", "uri =", "uri", "= 1", "jobs = 08", "jobs = 1_000",
        "jobs = -1", "jobs = +1", "jobs = 0x10", "jobs = 1234567890123456789012", "speed-factor = .5", "speed-factor = 1.", "speed-factor = 1e3", "speed-factor = inf", "speed-factor = 1.5.5",
        "enable = True", "x = 2026-11-22", "x = [1, [2]]", "x = [\n[\"a\"],\n]", "x = [ {a = 1} ]", "x = { a = { b = 1 } }", "x = { a.b = 1 }", "x = { a = 1,\n b = 2 }", "x = { a = 1, }", "x = [1 2]", "x = [,]",
        "[[machines]]", "[machines.a", "machines.a]", "[machines..a]", "[]", "[a]]", "[a] x", "# \u0001", "x = \"\u007f\"", "x = \"😀\"", "# 😀", "x = \"\u0085\"", "a\rb = 1", "é = 1", "x = 1\u00a0", "# \u00a0",
    ];

    [Fact]
    public void What_it_takes_is_what_Tomlyn_reads()
    {
        var random = new Random(20_261_122);
        var (taken, correct) = (0, 0);
        for (var number = 0; number < Texts; number++)
        {
            var text = RandomText(random);
            var read = TomlynReader.ReadAnything(text);
            correct += read.Errors.Count == 0 ? 1 : 0;
            if (PlainTomlReader.Read(text) is { } plain)
            {
                taken++;
                Assert.True(Describe(read) == Describe(plain), $"text {number}:\n{text}\n--- Tomlyn\n{Describe(read)}\n--- plain\n{Describe(plain)}");
            }
        }

        output.WriteLine($"{Texts} texts, {correct} of them correct, {taken} taken as plain");
        Assert.InRange(taken, Texts / 5, correct);
    }

    [Fact]
    public void What_the_module_writes_of_common_builders_is_plain()
    {
        const string Rows =
            """
            # rack 1
            ssh://nix@a x86_64-linux,i686-linux /root/.ssh/id 8 2.5 kvm,big-parallel benchmark c3NoLWVkMjU1MTkgQUFBQQ== # behind
            ssh-ng://b.example.org?compress=true - - 4
            """;
        var builders = MachinesReader.ReadText(Rows, "text", new MachinesParseOptions { LocalSystem = "x86_64-linux" }).Builders;

        Assert.Equal(2, PlainTomlReader.Read(MachinesWriter.Write(builders, MachinesFormat.Toml).Text)?.Root["machines"]?.Members.Count);
    }

    [Theory]
    [MemberData(nameof(OtherLines))]
    public void What_is_wrong_or_rare_is_left_to_Tomlyn(string line) => Assert.Null(PlainTomlReader.Read($"[machines.z]\njobs = 1\n{line}\n"));

    public static TheoryData<string> OtherLines() => [.. _otherLines.Except(["# 😀"])];

    private static string RandomText(Random random)
    {
        var text = new StringBuilder();
        var newline = random.Next(4) == 0 ? "\r\n" : "\n";
        for (var count = random.Next(8); count > 0; count--)
        {
            var line = random.Next(40) == 0 ? _otherLines[random.Next(_otherLines.Length)] : _lines[random.Next(_lines.Length)];
            text.Append(newline == "\n" ? line : line.Replace("\n", newline, StringComparison.Ordinal)).Append(count == 1 && random.Next(3) == 0 ? "" : newline);
        }

        // One character more, less or another: most are errors then, some are not.
        if (random.Next(3) == 0 && text.Length > 0)
        {
            const string Characters = "\"'#[]{}=.,\\ \n\r\tax09é-_+:";
            var at = random.Next(text.Length);
            var other = Characters[random.Next(Characters.Length)];
            _ = random.Next(3) switch
            {
                0 => text.Insert(at, other),
                1 => text.Remove(at, 1),
                _ => text.Replace(text[at], other, at, 1),
            };
        }

        // Halves of a surrogate pair never get as far as a parser.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static string Describe(DocumentText document)
    {
        var text = new StringBuilder();
        Describe(text, "", document.Root);
        foreach (var comment in document.Comments)
        {
            text.Append($"{comment.Line} {comment.IsWholeLine} '{comment.Text}'\n");
        }

        foreach (var error in document.Errors)
        {
            text.Append($"{error.Line}:{error.Column} {error.Message}\n");
        }

        return text.ToString();
    }

    private static void Describe(StringBuilder text, string name, DocumentNode node)
    {
        text.Append($"{name} {node.Line}:{node.Column}-{node.EndLine} {node.Kind} {node.IsInline} {node.IsBroken} '{node.Text}' {node.Integer} {node.Float:R}\n");
        foreach (var member in node.Members)
        {
            Describe(text, $"{name}/{member.Name}@{member.Line}:{member.Column}", member.Value);
        }

        foreach (var item in node.Items)
        {
            Describe(text, name + "/", item);
        }
    }
}
