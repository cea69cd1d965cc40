using System.Runtime.Loader;
using NixRemote.Adapters.Ssh;
using NixRemote.Tests.Builders;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Ssh;

/// <summary>The adapters and their packages in a load context of their own, Core shared with it.</summary>
public sealed class AdapterLoaderTests
{
    [Fact]
    public void TheConnectorComesFromAContextOfItsOwnAndIsCoresInterface()
    {
        var connector = AdapterLoader.CreateSshConnector();
        var context = AssemblyLoadContext.GetLoadContext(connector.GetType().Assembly)!;
        Assert.Equal("NixRemote.Adapters", context.Name);
        Assert.Equal(typeof(SshNetConnector).FullName, connector.GetType().FullName);
        Assert.NotSame(typeof(SshNetConnector), connector.GetType());
        Assert.DoesNotContain(context.Assemblies, assembly => assembly.GetName().Name == "NixRemote.Core");
    }

    [Fact]
    public void ThereIsOneContextHoweverOftenItIsAskedFor() =>
        Assert.Same(AdapterLoader.CreateSshConnector().GetType(), AdapterLoader.CreateSshConnector().GetType());

    [TestBedFact]
    public async Task AnotherVersionOfThePackagesDoesNotMatter()
    {
        // The tests reference SSH.NET themselves, and so have loaded it in the default context.
        Assert.Same(AssemblyLoadContext.Default, AssemblyLoadContext.GetLoadContext(typeof(Renci.SshNet.SshClient).Assembly));
        var connector = AdapterLoader.CreateSshConnector();
        await using var session = await connector.ConnectAsync(
            new SshTarget { Host = "b234" }, new SshOptions { ConfigFile = NixTestBed.Current.SshConfigFile, ExtraArguments = "" }, default);
        await using var channel = await session.ExecuteAsync("exit 7", default);
        Assert.Equal(7, await channel.Exited);
        var theirs = AssemblyLoadContext.GetLoadContext(connector.GetType().Assembly)!.Assemblies.Select(assembly => assembly.GetName().Name);
        Assert.Contains("Renci.SshNet", theirs);
    }

    [Fact]
    public void ACopyOfCoreBesideTheAdaptersIsNotLoaded()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(AdapterLoader.DefaultFolder).Append(typeof(IAdapters).Assembly.Location))
        {
            File.Copy(file, folder[Path.GetFileName(file)]);
        }

        Assert.IsAssignableFrom<ISshConnector>(AdapterLoader.Load(folder.Path).CreateSshConnector());
    }

    [Fact]
    public void AModuleThatLacksItsAdaptersSaysSo()
    {
        using var folder = new TemporaryFolder();
        var failure = Assert.Throws<NixRemoteException>(() => AdapterLoader.Load(folder.Path));
        Assert.Equal(NixErrors.ModuleIncomplete, failure.Definition);
        Assert.Equal(folder["NixRemote.Adapters.dll"], failure.Target);
    }
}
