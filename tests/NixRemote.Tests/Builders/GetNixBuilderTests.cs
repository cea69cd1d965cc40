using System.Management.Automation;
using System.Xml.Linq;
using NixRemote.Builders;
using NixRemote.Tests.Engine;

namespace NixRemote.Tests.Builders;

/// <summary>Get-NixBuilder in a real engine.</summary>
public sealed class GetNixBuilderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ModuleRunspace _runspace = new();

    public void Dispose()
    {
        _runspace.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_text_of_Builders()
    {
        var builders = _runspace.Run("Get-NixBuilder -Builders 'ssh://a x86_64-linux ; nix@b i686-linux - 4'").Succeeded().OutputOf<NixBuilder>().ToList();

        Assert.Equal([("a", 1), ("b", 4)], builders.Select(b => (b.Name, b.MaxJobs)));
        Assert.Equal("-Builders:1:24", builders[1].Source!.ToString());
    }

    [Fact]
    public void TOML_through_the_adapters_of_the_module()
    {
        _runspace.Set("toml", "machines.andesite = {uri = \"ssh://lix@andesite.lix.systems\", jobs = 8}");

        Assert.Equal("andesite", Assert.Single(_runspace.Run("$toml | Get-NixBuilder").Succeeded().OutputOf<NixBuilder>()).Name);
    }

    [Fact]
    public void A_bad_line_is_one_error_and_the_others_come()
    {
        var file = _folder.Write("machines", "a x86_64-linux\n\nb x86_64-linux - eight\nc x86_64-linux\n");
        _runspace.Set("file", file);

        var result = _runspace.Run("Get-NixBuilder -Path $file");

        Assert.Equal(["a", "c"], result.OutputOf<NixBuilder>().Select(b => b.Name));
        var error = Assert.Single(result.Errors);
        Assert.Equal("MachinesEntryInvalid,NixRemote.Commands.GetNixBuilderCommand", error.FullyQualifiedErrorId);
        Assert.Equal((ErrorCategory.InvalidData, $"{file}:3:18"), (error.CategoryInfo.Category, (string)error.TargetObject));
        Assert.Contains("'eight'", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("whole number", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Suspicious_lines_are_warnings() =>
        Assert.Contains("'x86_64-linux' is", Assert.Single(_runspace.Run("Get-NixBuilder -Builders 'h x86_64-lnux'").Succeeded().Warnings), StringComparison.Ordinal);

    [Theory]
    [InlineData("a*", "a1 a2")]
    [InlineData("A1", "a1")]
    [InlineData("?1", "a1 b1")]
    [InlineData("b1','a2", "a2 b1")]
    public void Names_may_have_wildcards(string name, string expected) =>
        Assert.Equal(expected.Split(' '), _runspace.Run($"Get-NixBuilder -Name '{name}' -Builders 'a1;a2;b1'").Succeeded().OutputOf<NixBuilder>().Select(b => b.Name));

    [Fact]
    public void A_name_that_nobody_has_is_an_error_but_a_pattern_is_not()
    {
        var result = _runspace.Run("Get-NixBuilder nobody, x*, a -Builders 'a'");

        Assert.Equal("a", Assert.Single(result.OutputOf<NixBuilder>()).Name);
        var error = Assert.Single(result.Errors);
        Assert.Equal(("BuilderNotFound,NixRemote.Commands.GetNixBuilderCommand", ErrorCategory.ObjectNotFound, "nobody"),
            (error.FullyQualifiedErrorId, error.CategoryInfo.Category, (string)error.TargetObject));
    }

    [Fact]
    public void Switched_off_builders_come_when_asked_for()
    {
        var file = _folder.Write("m.toml", "[machines.a]\nuri = 'ssh://a'\nenable = false\n[machines.b]\nuri = 'ssh://b'\n");
        _runspace.Set("file", file);

        Assert.Equal("b", Assert.Single(_runspace.Run("Get-NixBuilder -Path $file").Succeeded().OutputOf<NixBuilder>()).Name);
        Assert.Equal(2, _runspace.Run("Get-NixBuilder -Path $file -IncludeDisabled").Succeeded().Output.Count);
        Assert.Contains(_runspace.Run("Get-NixBuilder -Path $file -Verbose").Verbose, v => v.Contains("switched off", StringComparison.Ordinal));
    }

    [Fact]
    public void Several_files_and_wildcards_in_their_names()
    {
        _folder.Write("one.machines", "a");
        _folder.Write("two.machines", "b");
        _folder.Write("other", "c");
        _runspace.Set("folder", _folder.Path);

        Assert.Equal(["a", "b"], _runspace.Run("Get-NixBuilder -Path \"$folder/*.machines\"").Succeeded().OutputOf<NixBuilder>().Select(b => b.Name).Order());
        Assert.Equal(["c", "a"], _runspace.Run("Get-NixBuilder -LiteralPath \"$folder/other\", \"$folder/one.machines\"").Succeeded().OutputOf<NixBuilder>().Select(b => b.Name));
        Assert.Equal("b", Assert.Single(_runspace.Run("[pscustomobject]@{ PSPath = \"$folder/two.machines\" } | Get-NixBuilder").Succeeded().OutputOf<NixBuilder>()).Name);
        Assert.Empty(_runspace.Run("Get-NixBuilder -Path \"$folder/*.none\"").Succeeded().Output);
    }

    [Fact]
    public void A_missing_file_is_an_error()
    {
        var error = Assert.Single(_runspace.Run("Get-NixBuilder -Path /not/a/file").Errors);

        Assert.Equal("ConfigurationFileUnreadable,NixRemote.Commands.GetNixBuilderCommand", error.FullyQualifiedErrorId);
    }

    /// <summary>A pipe that nobody writes to, as a file on a machine that is gone, holds up the reader, but not Ctrl-C.</summary>
    [UnixFact]
    public async Task Reading_can_be_stopped()
    {
        var pipe = _folder["pipe"];
        SpecialFile.MakePipe(pipe);
        _runspace.Set("pipe", pipe);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        var result = await _runspace.RunAsync("Get-NixBuilder -Path $pipe", stop.Token).WaitAsync(TimeSpan.FromSeconds(20));

        Assert.True(result.Stopped);

        // The thread that waits for a writer gets one.
        await File.WriteAllTextAsync(pipe, "a\n");
    }

    [Fact]
    public void The_format_may_be_given()
    {
        _runspace.Set("file", _folder.Write("old", "host x86_64-linux /k 2\n"));

        Assert.Equal("/k", Assert.Single(_runspace.Run("Get-NixBuilder -Path $file -Format RemoteSystems").Succeeded().OutputOf<NixBuilder>()).SshKey);
    }

    [Fact]
    public void Without_arguments_it_shows_what_Nix_would_use_and_Verbose_tells_the_chain()
    {
        // The configuration of the machine that tests run on may be anything: what comes is what the core reads there.
        var expected = BuildersConfiguration.Load(NixEnvironment.OfThisProcess(), () => new NixRemote.Adapters.Toml.TomlynReader());

        var result = _runspace.Run("Get-NixBuilder -Verbose");

        Assert.Equal(expected.Builders.Where(b => b.Enabled).Select(b => b.Name), result.OutputOf<NixBuilder>().Select(b => b.Name));
        Assert.Equal(expected.Errors.Count, result.Errors.Count);
        Assert.All(expected.Sources, s => Assert.Contains(s.ToString(), result.Verbose));
        Assert.Contains(result.Verbose, v => v.StartsWith("The builders text is", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Get-NixBuilder -Builders 'alpha;beta;al-2' -Name al", "alpha al-2")]
    [InlineData("Get-NixBuilder -Builders 'alpha;beta' -Name 'be", "beta")]
    [InlineData("Get-NixBuilder -Builders 'machines.\"a b\".uri = \"ssh://x\"' -Name a", "'a b'")]
    [InlineData("Get-NixBuilder -Builders x -Format To", "Toml")]
    public void Completion(string line, string expected)
    {
        _runspace.Set("line", line);

        var completion = _runspace.Run("[System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)").Succeeded().OutputOf<CommandCompletion>().Single();

        Assert.Equal(expected.StartsWith('\'') ? [expected] : expected.Split(' '), completion.CompletionMatches.Select(m => m.CompletionText));
    }

    [Fact]
    public void The_table_shows_the_columns_that_an_admin_compares()
    {
        var file = _runspace.Run("(Get-Module NixRemote).ExportedFormatFiles").Succeeded().OutputOf<string>().Single(f => Path.GetFileName(f) == "NixRemote.format.ps1xml");
        var view = XDocument.Load(file).Descendants("View").Single(v => v.Element("Name")!.Value == "NixBuilder");
        var labels = view.Descendants("Label").Select(l => l.Value);
        var values = view.Descendants("TableColumnItem").Select(item => item.Element("PropertyName") is { } property ? $"$_.{property.Value}" : item.Element("ScriptBlock")!.Value);

        var row = _runspace.Run(
            $"Get-NixBuilder -Builders 'ssh://nix@a x86_64-linux,i686-linux - 4 2.5 kvm,x big' | ForEach-Object {{ {string.Join("; ", values.Select(v => $"\"$({v})\""))} }}");

        Assert.Equal(["Name", "Uri", "Systems", "Jobs", "Speed", "Features", "Enabled"], labels);
        Assert.Equal(["a", "ssh://nix@a", "x86_64-linux, i686-linux", "4", "2.5", "kvm, x, big!", "True"], row.Succeeded().OutputOf<string>());
    }
}
