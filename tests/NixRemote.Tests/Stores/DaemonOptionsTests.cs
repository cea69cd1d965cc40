using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Stores;

/// <summary>SetOptions (wire.md §4.7) makes a real daemon build on its own machine, whatever its nix.conf says of builders and jobs.</summary>
[Collection(TestBedCollection.Name)]
public sealed class DaemonOptionsTests
{
    private static NixTestBed Bed => NixTestBed.Current;

    [TestBedTheory]
    [InlineData("c234", true)]
    [InlineData("b226", true)]
    [InlineData("b28", true)]
    [InlineData("c234", false)]
    public async Task A_daemon_with_builders_and_no_jobs_of_its_own_builds_here_when_told(string node, bool told)
    {
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("here", "echo here > $out"));
        var derivation = DerivationParser.Parse(StorePath.Parse(drv), await File.ReadAllBytesAsync(Bed.OnHost(Bed.Client, drv)));
        var channel = ProcessChannel.Start(
            [Path.Combine(Bed.Directory, "enter"), node, "env", "NIX_CONFIG=builders = ssh://no-such-builder.invalid x86_64-linux\nmax-jobs = 0", "nix-daemon", "--stdio"]);
        await using var connection = await WorkerConnection.OpenAsync(channel, node, CancellationToken.None);
        if (told)
        {
            await connection.SetOptionsAsync(new DaemonOptions { Cores = 1 }, CancellationToken.None);
        }

        var result = await connection.BuildDerivationAsync(
            new BasicDerivation
            {
                Path = derivation.Path,
                Outputs = derivation.Outputs,
                InputSources = [],
                Platform = derivation.Platform,
                Builder = derivation.Builder,
                Arguments = derivation.Arguments,
                Environment = derivation.Environment,
            },
            new BuildOptions(), null, CancellationToken.None);

        Assert.Equal(told, result.IsSuccess);
        Assert.Equal(told, await connection.IsValidPathAsync(derivation.Outputs[0].Path!, CancellationToken.None));
    }
}
