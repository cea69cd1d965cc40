using System.Globalization;
using System.Text;
using NixRemote.Adapters.Toml;
using NixRemote.Builders;

namespace NixRemote.Tests.Builders;

/// <summary>Files that no admin means: each ends in a clear error or in the right result, and never costs more than its limit.</summary>
public sealed class HostileTextTests : IDisposable
{
    private const int LongText = BuildersLimits.TextBytes / 4;

    private static readonly MachinesParseOptions _options = new() { LocalSystem = "x86_64-linux", TomlReader = () => new TomlynReader() };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_that_includes_itself_is_an_error_that_names_the_cycle()
    {
        var first = _folder["a"];
        var second = _folder["b"];
        _folder.Write("a", $"before\n@{second}\nafter");
        _folder.Write("b", $"inner\n  @{first}\n");

        var result = MachinesReader.ReadFile(first, _options);

        var error = Assert.Single(result.Errors);
        Assert.Equal(new SourceLocation(second, 2, 3), error.Source);
        Assert.Contains($"{first} → {second} → {first}", error.Message, StringComparison.Ordinal);
        Assert.Equal(["before", "inner", "after"], result.Builders.Select(b => b.Name));
    }

    [Fact]
    public void Sixteen_levels_of_includes_are_read_and_the_next_is_an_error()
    {
        for (var level = 0; level <= 17; level++)
        {
            _folder.Write($"f{level}", $"h{level}\n@{_folder[$"f{level + 1}"]}\n");
        }

        var result = MachinesReader.ReadFile(_folder["f0"], _options);

        Assert.Equal(17, result.Builders.Count);
        Assert.Equal(_folder["f16"], Assert.Single(result.Errors).Source.File);
    }

    [Fact]
    public void Includes_that_multiply_end_at_the_limit()
    {
        for (var level = 0; level < 12; level++)
        {
            _folder.Write($"f{level}", string.Concat(Enumerable.Repeat($"@{_folder[$"f{level + 1}"]}\n", 10)));
        }

        _folder.Write("f12", "h\n");

        var result = MachinesReader.ReadFile(_folder["f0"], _options);

        Assert.Equal("ConfigurationTooLarge", Assert.Single(result.Errors).Definition.Id);
        Assert.InRange(result.Sources.Count, 1, BuildersLimits.IncludedFiles);
    }

    [Fact]
    public void A_file_of_100_MB_is_refused_without_being_read_whole()
    {
        var path = _folder["garbage"];
        using (var file = File.Create(path))
        {
            var garbage = new byte[1_000_000];
            new Random(3).NextBytes(garbage);
            for (var megabyte = 0; megabyte < 100; megabyte++)
            {
                file.Write(garbage);
            }
        }

        var before = GC.GetTotalAllocatedBytes(precise: true);
        var result = MachinesReader.ReadFile(path, _options);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;

        Assert.Contains("longer than", Assert.Single(result.Errors).Message, StringComparison.Ordinal);
        Assert.InRange(allocated, 0, 4L * BuildersLimits.TextBytes);
    }

    /// <summary>Long texts of what makes careless readers take a time that grows with the square of the length, or keep everything: each
    /// ends, in every format that can be asked to read it.</summary>
    [Theory]
    [InlineData("newlines", "", "\n", "")]
    [InlineData("comments", "", "#\n", "")]
    [InlineData("semicolons behind many entries", "100000*a;", ";", "")]
    [InlineData("includes of nothing", "", "@/not/a/file\n", "")]
    [InlineData("entries", "", "a\n", "")]
    [InlineData("one entry", "", "a ", "")]
    [InlineData("systems", "h ", "ab,", "")]
    [InlineData("parameters", "ssh://h?", "a&", "")]
    [InlineData("brackets", "", "[", "")]
    [InlineData("headers in error", "", "[\n", "")]
    [InlineData("the same table", "", "[machines.a]\n", "")]
    [InlineData("the same field", "", "a=1\n", "")]
    [InlineData("a dotted name", "machines", ".a", "=1")]
    [InlineData("an array", "a=[", "1,\n", "]")]
    [InlineData("strings that look like comments", "a=[", "'#',\n", "]")]
    [InlineData("nested JSON", "[{", "[", "")]
    [InlineData("JSON values", "[{},", "1,", "1]")]
    [InlineData("JSON names", "{\"a\":1", ",\"a\":1", "}")]
    [InlineData("NULs", "", "\0\n", "")]
    public void Long_texts_end(string text, string begin, string repeated, string end)
    {
        var first = begin.Split('*') is [var times, var unit] ? string.Concat(Enumerable.Repeat(unit, int.Parse(times, CultureInfo.InvariantCulture))) : begin;
        var whole = first + string.Concat(Enumerable.Repeat(repeated, (LongText - first.Length - end.Length) / repeated.Length)) + end;
        foreach (var format in (MachinesFormat?[])[null, MachinesFormat.Legacy, MachinesFormat.Toml, MachinesFormat.Json, MachinesFormat.RemoteSystems])
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var result = MachinesReader.ReadText(whole, "text", _options with { Format = format });
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            Assert.True(result.Builders.Count + result.Errors.Count + result.Warnings.Count + result.TrailingComments.Count > 0, $"{text}, {format}: nothing was said");
            Assert.InRange(result.Errors.Count, 0, BuildersLimits.Problems + 1);
            Assert.InRange(result.Warnings.Count, 0, BuildersLimits.Problems + 1);
            Assert.InRange(result.TrailingComments.Count, 0, BuildersLimits.CommentLines);
            Assert.All(result.Errors, e => Assert.InRange(e.ToString().Length, 1, 4_000));

            // What is thrown away at once counts here too: a text is read a few times, never a hundred times.
            Assert.InRange(allocated, 0, 120L * LongText);
        }
    }

    [Fact]
    public void A_chain_of_nix_conf_that_adds_and_adds_ends()
    {
        var folder = _folder.Write("nix.conf", string.Concat(Enumerable.Range(0, 400_000).Select(i => $"extra-system-features = f{i}\n")));

        var settings = Load(folder);

        Assert.Equal("ConfigurationTooLarge", Assert.Single(settings.Errors).Definition.Id);
        Assert.InRange(settings.SystemFeatures.Count, BuildersLimits.Assignments, BuildersLimits.Assignments + 10);
    }

    [Theory]
    [InlineData("cores = 3\ninclude a\0b\n", "NUL")]
    [InlineData("cores = 3\nlog-lines = \0\n", "NUL")]
    public void NUL_in_nix_conf_is_an_error_of_its_line(string text, string message)
    {
        var settings = Load(_folder.Write("nix.conf", text));

        var error = Assert.Single(settings.Errors);
        Assert.Equal(2, error.Source.Line);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(3, settings.Cores);
    }

    [Fact]
    public void A_byte_order_mark_CRLF_and_bytes_that_are_not_UTF8_in_nix_conf()
    {
        var settings = Load(_folder.Write("nix.conf", [0xef, 0xbb, 0xbf, .. "cores = 3\r\n# caf"u8, 0xe9, .. "\r\nlog-lines = 4\r\n"u8]));

        Assert.Empty(settings.Errors);
        Assert.Equal((3, 4), (settings.Cores, settings.LogLines));
        Assert.Contains("byte order mark", Assert.Single(settings.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Includes_of_nix_conf_that_multiply_end_at_the_limit()
    {
        for (var level = 0; level < 12; level++)
        {
            _folder.Write($"f{level}", string.Concat(Enumerable.Repeat($"include f{level + 1}\n", 10)));
        }

        _folder.Write("f12", "cores = 2\n");
        var settings = Load(_folder.Write("nix.conf", "include f0\n"));

        Assert.Equal("ConfigurationTooLarge", Assert.Single(settings.Errors).Definition.Id);
    }

    [Fact]
    public void A_long_URI_is_refused_and_shown_cut()
    {
        var error = Assert.Single(MachinesReader.ReadText("ssh://" + new string('x', 100_000), "text", _options).Errors);

        Assert.Contains("is longer than", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.ToString().Length, 1, 1000);
    }

    [Fact]
    public void Garbage_within_the_limit_ends_at_the_limit_of_errors()
    {
        var result = MachinesReader.ReadText(string.Concat(Enumerable.Repeat("a:b:c\n", 50_000)), "text", _options);

        Assert.Equal(BuildersLimits.Problems + 1, result.Errors.Count);
        Assert.Contains("more than 1000 errors", result.Errors[^1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_builders_than_the_limit_are_an_error()
    {
        var result = MachinesReader.ReadText(string.Concat(Enumerable.Repeat("a\n", BuildersLimits.Builders + 10)), "text", _options);

        Assert.Equal(BuildersLimits.Builders, result.Builders.Count);
        Assert.Equal(new SourceLocation("text", BuildersLimits.Builders + 1, 1), Assert.Single(result.Errors).Source);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_an_error_of_their_entry_and_harmless_in_a_comment()
    {
        byte[] text = [.. "# caf"u8, 0xe9, .. "\ngood\nba"u8, 0xff, .. "d x86_64-linux\nlast"u8];

        var result = MachinesReader.ReadFile(_folder.Write("latin1", text), _options);

        Assert.Equal(["good", "last"], result.Builders.Select(b => b.Name));
        var error = Assert.Single(result.Errors);
        Assert.Equal((3, 1), (error.Source.Line, error.Source.Column));
        Assert.Contains("not UTF-8", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{half} x86_64-linux\ngood", 1)]
    [InlineData("[machines.a]\nuri = \"ssh://h{half}\"\n[machines.good]\nuri = \"ssh://good\"", 2)]
    [InlineData("[\n{\"name\": \"{half}\", \"uri\": \"ssh://h\"}]", 2)]
    public void Half_a_surrogate_pair_is_no_text(string text, int line)
    {
        var result = MachinesReader.ReadText(text.Replace("{half}", "\ud83d", StringComparison.Ordinal), "text", _options);

        var error = Assert.Single(result.Errors);
        Assert.Equal(line, error.Source.Line);
        Assert.Contains("not UTF-8", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("uri = \"ssh://h\\", 4, 15)]
    [InlineData("uri = \"ssh://\\😀\"", 4, 15)]
    public void An_escape_of_nothing_is_an_error_at_its_place(string lastLine, int line, int column)
    {
        var result = MachinesReader.ReadText($"[machines.good]\nuri = \"ssh://good\"\n[machines.a]\n{lastLine}", "text", _options);

        var error = Assert.Single(result.Errors);
        Assert.Equal((line, column, lastLine), (error.Source.Line, error.Source.Column, error.Text));
        Assert.Equal("good", Assert.Single(result.Builders).Name);
    }

    [Fact]
    public void A_byte_order_mark_is_skipped_with_a_warning()
    {
        var result = MachinesReader.ReadFile(_folder.Write("bom", [0xef, 0xbb, 0xbf, .. "h\r\n"u8]), _options);

        Assert.Equal("h", Assert.Single(result.Builders).Name);
        Assert.Contains("byte order mark", Assert.Single(result.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void UTF16_is_an_error() =>
        Assert.Contains("UTF-16", Assert.Single(MachinesReader.ReadFile(_folder.Write("utf16", [0xff, 0xfe, .. Encoding.Unicode.GetBytes("h")]), _options).Errors).Message, StringComparison.Ordinal);

    [Fact]
    public void A_folder_is_an_error() =>
        Assert.Contains("directory", Assert.Single(MachinesReader.ReadText($"@{_folder.Path}", "text", _options).Errors).Message, StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_named_explicitly_is_an_error() =>
        Assert.Equal("ConfigurationFileUnreadable", Assert.Single(MachinesReader.ReadFile(_folder["missing"], _options).Errors).Definition.Id);

    [Fact]
    public void One_line_of_a_megabyte_is_shown_cut()
    {
        var error = Assert.Single(MachinesReader.ReadText("h - - " + new string('x', 1_000_000), "text", _options).Errors);

        Assert.InRange(error.ToString().Length, 1, 1000);
    }

    private NixConfiguration Load(string file) => NixConfiguration.Load(new NixEnvironment
    {
        Variables = new Dictionary<string, string> { ["NIX_USER_CONF_FILES"] = file },
        ConfigurationDirectory = _folder["nowhere"],
        System = "x86_64-linux",
    });
}
