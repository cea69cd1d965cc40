using NixRemote.StoreObjects;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.StoreObjects;

/// <summary>Archives that pass between real Nix and this module.</summary>
public sealed class RealNarTests
{
    public static TheoryData<string> Builders => NixTestBed.Builders;

    [TestBedTheory]
    [MemberData(nameof(Builders))]
    public async Task Nix_dumps_the_same_and_unpacks_ours(string node)
    {
        var bed = NixTestBed.Current;
        using var temporary = new TemporaryDirectory(bed.ShareDirectory);
        NarFileTests.MakeVectorTree(temporary["tree"]);
        Directory.CreateDirectory(temporary["tree/deep/é/\uE000"]);
        File.WriteAllBytes(temporary["tree/deep/é/\U00010000"], new byte[70_000]);
        File.CreateSymbolicLink(temporary["tree/deep/up"], "../../..");

        (await bed.ExecAsync(node, "sh", "-c", $"nix-store --dump {temporary["tree"]} > {temporary["theirs.nar"]}")).Succeeded();
        var archive = await NarFileTests.Archive(temporary["tree"]);
        Assert.Equal(File.ReadAllBytes(temporary["theirs.nar"]), archive);

        File.WriteAllBytes(temporary["ours.nar"], archive);
        (await bed.ExecAsync(node, "sh", "-c", $"nix-store --restore {temporary["theirs"]} < {temporary["ours.nar"]}")).Succeeded();
        Assert.Equal(archive, await NarFileTests.Archive(temporary["theirs"]));

        await using var file = File.OpenRead(temporary["theirs.nar"]);
        await NarRestorer.RestoreAsync(new StreamByteSource(file), null, temporary["ours"], null, CancellationToken.None);
        (await bed.ExecAsync(node, "sh", "-c", $"nix-store --dump {temporary["ours"]} | cmp - {temporary["ours.nar"]}")).Succeeded();
    }

    [TestBedTheory]
    [MemberData(nameof(Builders))]
    public async Task A_path_of_a_store_has_the_hash_that_its_database_says(string node)
    {
        var bed = NixTestBed.Current;
        using var temporary = new TemporaryDirectory(bed.ShareDirectory);
        NarFileTests.MakeVectorTree(temporary["d"]);
        var path = (await bed.ExecAsync(node, "nix-store", "--add", temporary["d"])).Succeeded();
        Assert.Equal("/nix/store/k6rv8g3x5msg8ngbg8glk6qmzzc3hdfb-d", path);

        var (hash, size) = await NarOfFiles.ComputeAsync(bed.OnHost(node, path), CancellationToken.None);
        Assert.Equal((await bed.ExecAsync(node, "nix-store", "--query", "--hash", path)).Succeeded(), hash.ToString());
        Assert.Equal((await bed.ExecAsync(node, "nix-store", "--query", "--size", path)).Succeeded(), $"{size}");
    }
}
