using System.Management.Automation;
using NixRemote.Builders;
using NixRemote.Tests.Engine;

namespace NixRemote.Tests.Builders;

/// <summary>Convert-NixMachinesFile in a real engine.</summary>
public sealed class ConvertNixMachinesFileTests : IDisposable
{
    private const string Columns = "# the farm\n\n# fast\nssh://nix@a x86_64-linux,i686-linux /k 8 2.5 kvm big # rack 1\nb aarch64-linux\n";

    private const string Toml =
        """
        # the farm
        version = 1

        # fast
        [machines.a] # rack 1
        uri = "ssh://nix@a"
        system-types = ["x86_64-linux", "i686-linux"]
        ssh-key = "/k"
        jobs = 8
        speed-factor = 2.5
        supported-features = ["kvm"]
        mandatory-features = ["big"]

        [machines.b]
        uri = "ssh://b"
        system-types = ["aarch64-linux"]
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly ModuleRunspace _runspace = new();

    public ConvertNixMachinesFileTests()
    {
        _runspace.Set("folder", _folder.Path);
        _runspace.Set("columns", _folder.Write("machines", Columns));
        _runspace.Set("toml", _folder.Write("machines.toml", Toml + "\n"));
    }

    public void Dispose()
    {
        _runspace.Dispose();
        _folder.Dispose();
    }

    // --- formats ---

    [Fact]
    public void To_TOML_with_order_and_comments() => Assert.Equal(Toml, Text("Convert-NixMachinesFile $columns -To Toml"));

    [Fact]
    public void To_columns_with_order_and_comments() => Assert.Equal(Columns.Replace("\nb ", "\nssh://b ", StringComparison.Ordinal).TrimEnd(), Text("Convert-NixMachinesFile $toml -To Legacy"));

    [Fact]
    public void To_the_NixOS_option() => Assert.Equal(
        """
        {
          nix.distributedBuilds = true;
          nix.settings.builders-use-substitutes = true;
          nix.buildMachines = [
            # the farm

            # fast
            { # rack 1
              hostName = "a";
              protocol = "ssh";
              sshUser = "nix";
              systems = [ "x86_64-linux" "i686-linux" ];
              sshKey = "/k";
              maxJobs = 8;
              speedFactor = 2.5;
              supportedFeatures = [ "kvm" ];
              mandatoryFeatures = [ "big" ];
            }
            {
              hostName = "b";
              protocol = "ssh";
              systems = [ "aarch64-linux" ];
            }
          ];
        }
        """,
        Text("Convert-NixMachinesFile $columns -To NixOS -UseSubstitutes"));

    [Fact]
    public void To_JSON_and_back()
    {
        _folder.Write("m.json", Text("Convert-NixMachinesFile $columns -To Json"));

        Assert.Equal(Toml, Text("Convert-NixMachinesFile \"$folder/m.json\" -To Toml"));
    }

    [Fact]
    public void To_remote_systems_conf() => Assert.Equal(
        "nix@a x86_64-linux,i686-linux /k 8 2 kvm big", Text("Get-NixBuilder a -Path $columns | Convert-NixMachinesFile -To RemoteSystems", "speed-factor").Split('\n')[^1].Split(" #")[0]);

    [Fact]
    public void From_a_format_that_cannot_be_told()
    {
        _folder.Write("old", "a x86_64-linux /k 2\n");

        Assert.Equal("ssh://a x86_64-linux /k 2", Text("Convert-NixMachinesFile \"$folder/old\" -From RemoteSystems -To Legacy"));
    }

    [Fact]
    public void From_the_pipeline_of_Get_NixBuilder() =>
        Assert.Equal("# the farm\n\n# fast\nssh://nix@a x86_64-linux,i686-linux /k 8 2.5 kvm big # rack 1", Text("Get-NixBuilder -Path $toml -Name a | Convert-NixMachinesFile -To Legacy"));

    [Fact]
    public void Several_files_become_one_text()
    {
        _folder.Write("other", "ssh://b\n");

        Assert.Equal(["ssh://b aarch64-linux", "ssh://b"], Text("Convert-NixMachinesFile $toml, \"$folder/other\" -To Legacy").Split('\n')[^2..]);
        Assert.Contains("[machines.b-2]", Text("$toml, \"$folder/other\" | Convert-NixMachinesFile -To Toml"), StringComparison.Ordinal);
    }

    // --- losses ---

    [Fact]
    public void A_switched_off_builder_becomes_a_comment_with_a_warning()
    {
        _folder.Write("off.toml", "[machines.a]\nuri = 'ssh://a'\nenable = false\n");

        Assert.Equal("# switched off: ssh://a", Text("Convert-NixMachinesFile \"$folder/off.toml\" -To Legacy", "builder 'a', enable: The format has no switched-off builders"));
    }

    [Theory]
    [InlineData("machines.x.uri = 'ssh://a'", "Legacy", "ssh://a", "builder 'x', name: The format has no names")]
    [InlineData("machines.a = {uri = 'ssh://a', supported-features = ['b c', 'd']}", "Legacy", "ssh://a - - 1 1 d", "builder 'a', supported-features: 'b c' does not fit")]
    [InlineData("machines.a = {uri = 'ssh://a', mandatory-features = ['b c']}", "Legacy", "# not possible here: ssh://a", "written as a comment")]
    [InlineData("machines.a = {uri = 'ssh://a', ssh-key = '/my key'}", "Legacy", "ssh://a", "'/my key' does not fit")]
    [InlineData("machines.a = {uri = 'ssh-ng://a', system-types = ['s']}", "RemoteSystems", "# not possible here: ssh-ng://a s - 1", "by ssh:// only")]
    [InlineData("machines.a = {uri = 'ssh://a:22', ssh-key = 'k', system-types = ['s']}", "RemoteSystems", "# not possible here: ssh://a:22 s k 1", "has no port")]
    [InlineData("machines.a = {uri = 'ssh://a?compress=true', ssh-key = 'k', system-types = ['s']}", "RemoteSystems", "# not possible here: ssh://a?compress=true s k 1", "has no parameters")]
    public void What_a_format_cannot_hold_is_a_warning(string toml, string to, string expected, string warning)
    {
        _runspace.Set("text", toml);

        Assert.Equal(expected, Text($"Get-NixBuilder -Builders $text | Convert-NixMachinesFile -To {to}", warning));
    }

    // --- the file ---

    [Fact]
    public void The_destination_is_written_without_output()
    {
        var result = _runspace.Run("Convert-NixMachinesFile $columns -To Toml -Destination \"$folder/new.toml\"").Succeeded();

        Assert.Empty(result.Output);
        Assert.Equal(Toml + "\n", File.ReadAllText(_folder["new.toml"]));
        Assert.Equal(["machines", "machines.toml", "new.toml"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void An_existing_file_is_replaced_by_Force_only()
    {
        var file = _folder.Write("existing", "old");

        var error = Assert.Single(_runspace.Run("Convert-NixMachinesFile $columns -To Toml -Destination \"$folder/existing\"").Errors);

        Assert.Equal(("DestinationExists,NixRemote.Commands.ConvertNixMachinesFileCommand", "old"), (error.FullyQualifiedErrorId, File.ReadAllText(file)));
        _runspace.Run("Convert-NixMachinesFile $columns -To Toml -Destination \"$folder/existing\" -Force").Succeeded();
        Assert.Equal(Toml + "\n", File.ReadAllText(file));
    }

    [UnixFact]
    public void A_replaced_file_keeps_its_mode_and_a_link_stays_a_link()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        var file = _folder.Write("existing", "old");
        File.SetUnixFileMode(file, Mode);
        File.CreateSymbolicLink(_folder["link"], file);

        _runspace.Run("Convert-NixMachinesFile $columns -To Toml -Destination \"$folder/link\" -Force").Succeeded();

        Assert.Equal((Mode, Toml + "\n", file), (File.GetUnixFileMode(file), File.ReadAllText(file), File.ResolveLinkTarget(_folder["link"], true)!.FullName));
    }

    /// <summary>As root, a rename would put a file in the place of /dev/null.</summary>
    [UnixFact]
    public void What_is_no_file_is_not_replaced()
    {
        SpecialFile.MakePipe(_folder["pipe"]);
        _folder.Write("empty", "");

        foreach (var (name, why) in new[] { ("pipe", "It is a device or a pipe."), ("", "It is a directory.") })
        {
            var error = Assert.Single(_runspace.Run($"Convert-NixMachinesFile $columns -To Toml -Destination \"$folder/{name}\" -Force").Errors);

            Assert.Equal("DestinationUnwritable,NixRemote.Commands.ConvertNixMachinesFileCommand", error.FullyQualifiedErrorId);
            Assert.Contains(why, error.ToString(), StringComparison.Ordinal);
        }

        _runspace.Run("Convert-NixMachinesFile $columns -To Toml -Destination \"$folder/empty\" -Force").Succeeded();
        Assert.Equal(Toml + "\n", File.ReadAllText(_folder["empty"]));
        Assert.Equal(0, new FileInfo(_folder["pipe"]).Length);
    }

    [Fact]
    public void WhatIf_writes_nothing()
    {
        var result = _runspace.Run("Convert-NixMachinesFile $columns -To Toml -Destination \"$folder/new.toml\" -WhatIf").Succeeded();

        Assert.Empty(result.Output);
        Assert.False(File.Exists(_folder["new.toml"]));
    }

    [Fact]
    public void A_file_that_would_lack_entries_is_not_written()
    {
        _folder.Write("bad", "a\nb - - x\n");

        var result = _runspace.Run("Convert-NixMachinesFile \"$folder/bad\" -To Toml -Destination \"$folder/new.toml\" -Force");

        Assert.Equal(["MachinesEntryInvalid", "ConversionIncomplete"], result.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
        Assert.False(File.Exists(_folder["new.toml"]));
        Assert.Contains("[machines.a]", string.Join('\n', _runspace.Run("Convert-NixMachinesFile \"$folder/bad\" -To Toml").OutputOf<string>()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_does_not_exist_is_an_error()
    {
        var error = Assert.Single(_runspace.Run("Convert-NixMachinesFile $columns -To Toml -Destination \"$folder/none/new.toml\"").Errors);

        Assert.Equal(("DestinationUnwritable,NixRemote.Commands.ConvertNixMachinesFileCommand", ErrorCategory.ReadError), (error.FullyQualifiedErrorId, error.CategoryInfo.Category));
    }

    [Fact]
    public void Formats_are_completed()
    {
        var completion = _runspace.Run("[System.Management.Automation.CommandCompletion]::CompleteInput('Convert-NixMachinesFile x -To ', 30, $null)").Succeeded()
            .OutputOf<CommandCompletion>().Single();

        Assert.Equal(Enum.GetNames<MachinesFormat>().Order(), completion.CompletionMatches.Select(m => m.CompletionText).Order());
    }

    private string Text(string script, string? warning = null)
    {
        var result = _runspace.Run(script).Succeeded();
        if (warning is null)
        {
            Assert.Empty(result.Warnings);
        }
        else
        {
            Assert.Contains(result.Warnings, w => w.Contains(warning, StringComparison.Ordinal));
        }

        return Assert.Single(result.OutputOf<string>());
    }
}
