using System.Text;
using NixRemote.Builders;

namespace NixRemote.Tests.Builders;

/// <summary>Files that no admin means: each ends in a clear error or in the right result, and never costs more than its limit.</summary>
public sealed class HostileTextTests : IDisposable
{
    private static readonly MachinesParseOptions _options = new() { LocalSystem = "x86_64-linux" };

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
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
        {
            RandomAccess.SetLength(file, 100_000_000);
        }

        var before = GC.GetTotalAllocatedBytes(precise: true);
        var result = MachinesReader.ReadFile(path, _options);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;

        Assert.Contains("longer than", Assert.Single(result.Errors).Message, StringComparison.Ordinal);
        Assert.InRange(allocated, 0, 4L * BuildersLimits.TextBytes);
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
}
