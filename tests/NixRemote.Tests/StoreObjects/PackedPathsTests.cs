using NixRemote.StoreObjects;

namespace NixRemote.Tests.StoreObjects;

/// <summary>Many store paths in little room: what went in comes out, once.</summary>
public sealed class PackedPathsTests
{
    private const string Hash = "0123456789abcdfghijklmnpqrsvwxyz";

    // store directory, name
    [Theory]
    [InlineData("/nix/store", "a")]
    [InlineData("/nix/store", "hello-2.12.1")]
    [InlineData("/nix/store", "A+-._?=9.drv")]
    [InlineData("/tmp/größe/store", "elsewhere")]
    public void APathComesOutAsItWentIn(string directory, string name)
    {
        var path = StorePath.FromBaseName($"{Hash}-{name}", directory);
        var paths = new PackedPaths();

        Assert.Equal(-1, paths.Find(path));
        Assert.Equal(0, paths.Add(path));
        Assert.Equal(0, paths.Add(StorePath.FromBaseName($"{Hash}-{name}", directory)));

        Assert.Equal((path, directory, name), (paths[0], paths[0].StoreDirectory, paths[0].Name));
        Assert.Equal((0, 1), (paths.Find(path), paths.Count));
    }

    [Fact]
    public void TheLongestNamesFit()
    {
        var longest = Enumerable.Range(0, 1000).Select(i => StorePath.FromBaseName($"{Hash}-{new string('n', StorePath.MaxNameLength - 3)}{i:000}")).ToList();
        var paths = new PackedPaths();

        Assert.Equal(Enumerable.Range(0, 1000), longest.Select(paths.Add));
        Assert.Equal(longest, new PathList(paths, [.. Enumerable.Range(0, 1000)]));
    }

    [Fact]
    public void ThousandsKeepTheirNumbersAndTheirOrder()
    {
        // The same base names in two directories are different paths.
        var all = Enumerable.Range(0, 20_000).Select(i => StorePath.FromBaseName($"{Hash}-{i % 10_000}", i < 10_000 ? "/nix/store" : "/other/store")).ToList();
        var paths = new PackedPaths();

        Assert.Equal(Enumerable.Range(0, all.Count), all.Select(paths.Add));
        Assert.Equal(Enumerable.Range(0, all.Count), all.Select(paths.Find));
        Assert.Equal(Enumerable.Range(0, all.Count), all.Select(paths.Add));
        Assert.Equal(all.Count, paths.Count);

        var numbers = Enumerable.Range(0, all.Count).ToList();
        numbers.Sort(paths.Compare);
        var list = new PathList(paths, numbers);
        Assert.Equal(all.Order(), list);
        Assert.Equal((all.Min(), all.Max(), all.Count), (list[0], list[^1], list.Count));
    }
}
