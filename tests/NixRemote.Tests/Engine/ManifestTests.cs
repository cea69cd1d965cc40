using System.Management.Automation;
using System.Reflection;
using NixRemote.Commands;

namespace NixRemote.Tests.Engine;

/// <summary>The module imports, again and again, and exports what its manifest says.</summary>
public sealed class ManifestTests
{
    /// <summary>The cmdlets of the assembly, by their attributes.</summary>
    private static readonly string[] _cmdlets =
        [.. typeof(NixCmdlet).Assembly.GetTypes().Select(t => t.GetCustomAttribute<CmdletAttribute>()).OfType<CmdletAttribute>()
            .Select(a => $"{a.VerbName}-{a.NounName}").Order(StringComparer.Ordinal)];

    [Fact]
    public void It_imports_through_its_manifest()
    {
        using var runspace = new ModuleRunspace();
        var module = runspace.Run("Get-Module NixRemote").Succeeded().OutputOf<PSModuleInfo>().Single();
        Assert.Equal(Path.GetDirectoryName(ModuleRunspace.Manifest), module.ModuleBase);
        Assert.Equal(typeof(NixCmdlet).Assembly.GetName().Version!.ToString(3), module.Version.ToString(3));
    }

    [Fact]
    public void It_exports_each_cmdlet_of_its_assembly_and_nothing_else()
    {
        using var runspace = new ModuleRunspace();
        var commands = runspace.Run("Get-Command -Module NixRemote").Succeeded().OutputOf<CommandInfo>();
        Assert.Equal(_cmdlets, commands.Select(c => c.Name).Order(StringComparer.Ordinal));
        Assert.All(commands, c => Assert.Equal(CommandTypes.Cmdlet, c.CommandType));
    }

    [Fact]
    public void It_imports_again_and_again_by_force()
    {
        using var runspace = new ModuleRunspace();
        for (var i = 0; i < 2; i++)
        {
            runspace.Run($"Import-Module '{ModuleRunspace.Manifest}' -Force").Succeeded();
            Assert.Equal(_cmdlets.Length, runspace.Run("Get-Command -Module NixRemote").Succeeded().Output.Count);
        }

        var command = runspace.Run($"Get-Command {_cmdlets[0]}").Succeeded().OutputOf<CmdletInfo>().Single();
        Assert.Same(typeof(NixCmdlet).Assembly, command.ImplementingType.Assembly);
    }

    [Fact]
    public void Its_manifest_is_valid_and_lists_each_cmdlet_by_name()
    {
        using var runspace = new ModuleRunspace(import: false);
        var manifest = runspace.Run($"Test-ModuleManifest '{ModuleRunspace.Manifest}'").Succeeded().OutputOf<PSModuleInfo>().Single();
        Assert.Equal(_cmdlets, manifest.ExportedCmdlets.Keys.Order(StringComparer.Ordinal));
        Assert.Empty(manifest.ExportedFunctions);
        Assert.Empty(manifest.ExportedAliases);
        Assert.Empty(manifest.ExportedVariables);
        Assert.Equal(new Version(7, 4), manifest.PowerShellVersion);
        Assert.NotEmpty(manifest.Description);
        Assert.NotEmpty(manifest.Author);
    }

    [Fact]
    public void The_adapters_lie_apart_with_their_packages_and_without_the_core()
    {
        var binaries = Path.Combine(Path.GetDirectoryName(ModuleRunspace.Manifest)!, "bin");
        var beside = Names(binaries);
        var apart = Names(Path.Combine(binaries, "private"));
        Assert.Equal(["NixRemote.Core.dll", "NixRemote.dll"], beside);
        Assert.Contains("NixRemote.Adapters.dll", apart);
        Assert.Contains("Renci.SshNet.dll", apart);
        Assert.DoesNotContain("NixRemote.Core.dll", apart);
        Assert.DoesNotContain("System.Management.Automation.dll", apart);

        static IEnumerable<string> Names(string folder) =>
            Directory.GetFiles(folder, "*.dll").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);
    }
}
