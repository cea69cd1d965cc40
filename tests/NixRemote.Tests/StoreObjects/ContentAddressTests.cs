using NixRemote.StoreObjects;

namespace NixRemote.Tests.StoreObjects;

/// <summary>nar.md §3.3.</summary>
public sealed class ContentAddressTests
{
    private const string Nix32 = "04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw";
    private const string Base16 = "1c37d01af40be2e80691de3cc3df44377a699afbb17c68f080964b2fd071fc13";

    [Theory]
    [InlineData($"text:sha256:{Nix32}", ContentAddressMethod.Text)]
    [InlineData($"fixed:sha256:{Nix32}", ContentAddressMethod.Flat)]
    [InlineData($"fixed:r:sha256:{Nix32}", ContentAddressMethod.NixArchive)]
    [InlineData($"fixed:git:sha1:ypgmyqypdqpl0i1apxmq63d2mbbc6jgw", ContentAddressMethod.Git)]
    public void It_is_read_and_written(string text, ContentAddressMethod method)
    {
        var address = ContentAddress.Parse(text);
        Assert.Equal(method, address.Method);
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData($"fixed:r:sha256:{Base16}")]
    [InlineData("fixed:r:sha256-HDfQGvQL4ugGkd48w99EN3ppmvuxfGjwgJZLL9Bx/BM=")]
    public void The_digest_may_have_any_encoding(string text) => Assert.Equal($"fixed:r:sha256:{Nix32}", ContentAddress.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("fixed:")]
    [InlineData("fixed:r:")]
    [InlineData("fixed:r:sha256")]
    [InlineData($"r:sha256:{Nix32}")]
    [InlineData($"fixed:x:sha256:{Nix32}")]
    [InlineData($"fixed:text:sha256:{Nix32}")]
    [InlineData("text:sha1:ypgmyqypdqpl0i1apxmq63d2mbbc6jgw")]
    public void What_is_none_is_refused(string text)
    {
        Assert.Equal("HashInvalid", Assert.Throws<NixRemoteException>(() => ContentAddress.Parse(text)).ErrorId);
        Assert.Null(ContentAddress.TryParse(text));
    }

    [Theory]
    [InlineData("i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt", $"fixed:r:sha256:{Nix32}", true)]
    [InlineData("i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt", $"fixed:r:sha256:{Base16}", true)]
    [InlineData("i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt", $"fixed:sha256:{Nix32}", false)]
    [InlineData("i9pmrzmpshapij2kin22pff6fc2adavx-other.txt", $"fixed:r:sha256:{Nix32}", false)]
    [InlineData("i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt", "nonsense", false)]
    [InlineData("i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt", null, false)]
    [InlineData("gy454w1cxaq731grqwylhzf4pp9r5izh-hello.txt", "fixed:sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03", true)]
    [InlineData("qa1w9gdfrba6jl2r57mb3c43863gqywp-hello.txt", "text:sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03", true)]
    public void A_path_is_certified_by_what_it_follows_from(string baseName, string? contentAddress, bool certified) =>
        Assert.Equal(certified, ContentAddress.Certifies(Info(baseName, contentAddress)));

    [Fact]
    public void References_are_part_of_it()
    {
        var hello = StorePath.FromBaseName("qa1w9gdfrba6jl2r57mb3c43863gqywp-hello.txt");
        var text = NixHash.Sha256(System.Text.Encoding.ASCII.GetBytes(hello.ToString()));
        var info = Info("byxl4swp7n0xcq8n6fazf9ds5khgixx7-refs", $"text:{text}");

        Assert.False(ContentAddress.Certifies(info));
        Assert.True(ContentAddress.Certifies(info with { References = [hello] }));
        Assert.False(ContentAddress.Certifies(info with { References = [hello, info.Path] }));
    }

    [Fact]
    public void Only_archives_of_SHA256_may_have_references_to_themselves()
    {
        var address = ContentAddress.Parse($"fixed:r:sha256:{Nix32}");
        var path = StorePathFactory.FromContent("x", address, [], self: true);
        var info = Info(path.BaseName, address.ToString());

        Assert.True(ContentAddress.Certifies(info with { References = [path] }));
        Assert.False(ContentAddress.Certifies(info));
        Assert.False(ContentAddress.Certifies(info with { References = [path], ContentAddress = $"fixed:sha256:{Nix32}" }));
    }

    private static PathInfo Info(string baseName, string? contentAddress) => new()
    {
        Path = StorePath.FromBaseName(baseName),
        NarHash = NixHash.Sha256([]),
        NarSize = 1,
        ContentAddress = contentAddress,
    };
}
