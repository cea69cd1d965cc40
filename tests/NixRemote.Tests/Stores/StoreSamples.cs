using System.Security.Cryptography;
using System.Text;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.StoreObjects;

namespace NixRemote.Tests.Stores;

/// <summary>Store objects that no store has seen, and their uploads.</summary>
internal static class StoreSamples
{
    /// <summary>A path of a name with a hash that is nobody's.</summary>
    public static StorePath Path(string name) =>
        StorePath.FromBaseName($"{NixBase32.Encode(RandomNumberGenerator.GetBytes(20))}-{name}");

    /// <summary>A regular file as a store object.</summary>
    public static Sample File(string name, byte[] contents, params StorePath[] references)
    {
        var nar = NarBytes.File(contents);
        return new Sample(new PathInfo
        {
            Path = Path(name),
            NarHash = NixHash.Sha256(nar),
            NarSize = nar.Length,
            References = [.. references.Order()],
        }, nar);
    }

    /// <summary>Small files, each referring to the one before.</summary>
    public static Sample[] Chain(int count, string name = "link")
    {
        var chain = new Sample[count];
        for (var i = 0; i < count; i++)
        {
            chain[i] = File($"{name}-{i}", Encoding.UTF8.GetBytes($"{i} {Guid.NewGuid()}"), i == 0 ? [] : [chain[i - 1].Info.Path]);
        }

        return chain;
    }

    /// <summary>A derivation that runs a shell script without inputs, written by hand.</summary>
    public static BasicDerivation Derivation(string name, string script, params StorePath[] inputs)
    {
        var output = Path(name);
        return new BasicDerivation
        {
            Path = Path(name + ".drv"),
            Outputs = [new DerivationOutput("out", output, "", "")],
            InputSources = [.. inputs.Order()],
            Platform = "x86_64-linux",
            Builder = "/bin/sh",
            Arguments = ["-c", script],
            Environment = [new("PATH", "/usr/bin:/bin"), new("name", name), new("out", output.ToString())],
        };
    }

    /// <summary>The samples as the items of an upload.</summary>
    public static async IAsyncEnumerable<NarItem> Items(this IEnumerable<Sample> samples)
    {
        foreach (var (info, nar) in samples)
        {
            await Task.CompletedTask;
            yield return new NarItem(info, new MemoryStream(nar));
        }
    }

    /// <summary>Reads archives, all of them, into memory.</summary>
    public static async Task<Dictionary<StorePath, byte[]>> ReadAllAsync(this INixStore store, IReadOnlyList<PathInfo> infos)
    {
        var archives = new Dictionary<StorePath, byte[]>();
        await foreach (var (info, nar) in store.ReadNarsAsync(infos, default))
        {
            var memory = new MemoryStream();
            await nar.CopyToAsync(memory);
            archives.Add(info.Path, memory.ToArray());
        }

        return archives;
    }

    /// <summary>A store object with its archive.</summary>
    public sealed record Sample(PathInfo Info, byte[] Nar);
}
