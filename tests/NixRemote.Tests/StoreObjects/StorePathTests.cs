using NixRemote.StoreObjects;

namespace NixRemote.Tests.StoreObjects;

public sealed class StorePathTests
{
    private const string Hash = "i9pmrzmpshapij2kin22pff6fc2adavx";

    // nar.md §3.1
    [Fact]
    public void A_path_has_directory_hash_and_name()
    {
        var path = StorePath.Parse($"/nix/store/{Hash}-hello.txt");

        Assert.Equal("/nix/store", path.StoreDirectory);
        Assert.Equal($"{Hash}-hello.txt", path.BaseName);
        Assert.Equal(Hash, path.HashPart);
        Assert.Equal("hello.txt", path.Name);
        Assert.False(path.IsDerivation);
        Assert.Equal($"/nix/store/{Hash}-hello.txt", path.ToString());
        Assert.Equal(path, StorePath.FromBaseName($"{Hash}-hello.txt"));
        Assert.Equal(path.GetHashCode(), StorePath.FromBaseName($"{Hash}-hello.txt").GetHashCode());
    }

    [Theory]
    [InlineData($"/nix/store/{Hash}-a")]
    [InlineData($"/nix/store/{Hash}-AZaz09+-._?=")]
    [InlineData($"/nix/store/{Hash}-.-tolerated-on-reading")]
    public void A_path_is_read(string text) => Assert.Equal(text, StorePath.Parse(text).ToString());

    [Theory]
    [InlineData("", "it does not begin with /nix/store/")]
    [InlineData("/nix/store", "it does not begin with /nix/store/")]
    [InlineData("/nix/store/", "it does not begin with /nix/store/")]
    [InlineData($"/gnu/store/{Hash}-a", "it does not begin with /nix/store/")]
    [InlineData($"/nix/storex{Hash}-a", "it does not begin with /nix/store/")]
    [InlineData($"/nix/store/{Hash}", "a hash of 32 characters, a dash and a name must follow the store directory")]
    [InlineData($"/nix/store/{Hash}-", "a hash of 32 characters, a dash and a name must follow the store directory")]
    [InlineData($"/nix/store/{Hash}_a", "a hash of 32 characters, a dash and a name must follow the store directory")]
    [InlineData("/nix/store/e9pmrzmpshapij2kin22pff6fc2adavx-a", "'e' cannot stand in its hash")]
    [InlineData("/nix/store/\u00e99pmrzmpshapij2kin22pff6fc2adavx-a", "'\u00e9' cannot stand in its hash")]
    [InlineData($"/nix/store/{Hash}-a/bin", "'/' cannot stand in its name")]
    [InlineData($"/nix/store/{Hash}-a\n", "'\n' cannot stand in its name")]
    [InlineData($"/nix/store/{Hash}-\u00e9", "'\u00e9' cannot stand in its name")]
    public void What_is_no_path_is_refused_with_the_reason(string text, string reason)
    {
        var exception = Assert.Throws<NixRemoteException>(() => StorePath.Parse(text));
        Assert.Equal("StorePathInvalid", exception.ErrorId);
        Assert.Equal($"'{text}' is not a store path: {reason}.", exception.Message);
        Assert.False(StorePath.TryParse(text, out _));
    }

    [Fact]
    public void A_name_has_at_most_211_characters()
    {
        Assert.True(StorePath.TryParse($"/nix/store/{Hash}-{new string('a', 211)}", out _));
        Assert.False(StorePath.TryParse($"/nix/store/{Hash}-{new string('a', 212)}", out _));
    }

    [Fact]
    public void Another_store_directory_is_compared_as_text()
    {
        Assert.True(StorePath.TryParse($"/tmp/s/{Hash}-a", out var path, "/tmp/s"));
        Assert.Equal("/tmp/s", path.StoreDirectory);
        Assert.False(StorePath.TryParse($"/nix/store/{Hash}-a", out _, "/tmp/s"));
    }

    [Fact]
    public void Order_is_that_of_the_bytes()
    {
        StorePath[] paths = [.. ((string[])["b", "B", "a-b", "a"]).Select(name => StorePath.FromBaseName($"{Hash}-{name}")).Order()];
        Assert.Equal(["B", "a", "a-b", "b"], paths.Select(path => path.Name));
    }

    // nar.md §9
    [Fact]
    public void Text_paths_are_those_of_Nix()
    {
        var hello = StorePathFactory.Text("hello.txt", NixHash.Sha256("hello\n"u8), []);
        Assert.Equal("qa1w9gdfrba6jl2r57mb3c43863gqywp-hello.txt", hello.BaseName);

        var refs = StorePathFactory.Text("refs", NixHash.Sha256(System.Text.Encoding.ASCII.GetBytes(hello.ToString())), [hello]);
        Assert.Equal("byxl4swp7n0xcq8n6fazf9ds5khgixx7-refs", refs.BaseName);
    }

    [Fact]
    public void Source_and_flat_paths_are_those_of_Nix()
    {
        var nar = NixHash.Sha256(NarBytes.File("hello\n"u8.ToArray()));
        Assert.Equal("i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt",
            StorePathFactory.FromContent("hello.txt", new ContentAddress(ContentAddressMethod.NixArchive, nar)).BaseName);
        Assert.Equal("k6rv8g3x5msg8ngbg8glk6qmzzc3hdfb-d",
            StorePathFactory.FromContent("d", new ContentAddress(ContentAddressMethod.NixArchive, NixHash.Sha256(Vectors.Read("d.nar")))).BaseName);
        Assert.Equal("gy454w1cxaq731grqwylhzf4pp9r5izh-hello.txt",
            StorePathFactory.FromContent("hello.txt", new ContentAddress(ContentAddressMethod.Flat, NixHash.Sha256("hello\n"u8))).BaseName);
    }
}
