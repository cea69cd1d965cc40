using NixRemote.StoreObjects;

namespace NixRemote.Tests.StoreObjects;

public sealed class ClosureOrderTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a", "a")]
    [InlineData("a b c", "a b c")]
    [InlineData("a:b b:c c", "c b a")]
    [InlineData("a:a b:b,a", "a b")]
    [InlineData("top:left,right left:bottom right:bottom bottom", "bottom left right top")]
    [InlineData("a:elsewhere b:a", "a b")]
    [InlineData("b:a c a", "a b c")]
    [InlineData("a a", "a")]
    public void What_a_path_refers_to_comes_first(string given, string sorted) =>
        Assert.Equal(sorted, string.Join(' ', ClosureOrder.ReferencesFirst(Paths(given)).Select(info => info.Path.Name)));

    [Theory]
    [InlineData("a:b b:a", "b", "a")]
    [InlineData("x:a a:b b:c c:a", "c", "a")]
    public void A_circle_is_refused(string given, string from, string to)
    {
        var exception = Assert.Throws<NixRemoteException>(() => ClosureOrder.ReferencesFirst(Paths(given)));

        Assert.Equal("ProtocolViolation", exception.ErrorId);
        Assert.StartsWith($"'{PathOf(from)}' refers to '{PathOf(to)}'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_chain_does_not_matter()
    {
        var paths = Paths(string.Join(' ', Enumerable.Range(0, 100_000).Select(i => $"p{i}:p{i + 1}")));

        Assert.True(paths.Reverse().SequenceEqual(ClosureOrder.ReferencesFirst(paths)));
    }

    private static StorePath PathOf(string name) => StorePath.FromBaseName($"00000000000000000000000000000000-{name}");

    private static PathInfo[] Paths(string text) =>
    [
        .. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(item => item.Split(':')).Select(parts => new PathInfo
        {
            Path = PathOf(parts[0]),
            NarHash = NixHash.Sha256([]),
            NarSize = 1,
            References = parts.Length == 1 ? [] : [.. parts[1].Split(',').Select(PathOf)],
        }),
    ];
}
