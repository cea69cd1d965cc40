using NixRemote.StoreObjects;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.StoreObjects;

/// <summary>nar.md §4.</summary>
public sealed class NarInfoTests
{
    // nar.md §9, with the deriver and a file of its own
    private const string Text = """
        StorePath: /nix/store/i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt
        URL: nar/1c9nk51wgcsjb0xm6mfymcb2lcxnbgpjg9ha1gcyzd0m3gxbrnmp.nar.xz
        Compression: xz
        FileHash: sha256:1c9nk51wgcsjb0xm6mfymcb2lcxnbgpjg9ha1gcyzd0m3gxbrnmp
        FileSize: 152
        NarHash: sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw
        NarSize: 120
        References: i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt qa1w9gdfrba6jl2r57mb3c43863gqywp-hello.txt
        Deriver: 3pysdbjixd4amzidam0kp6vwzpqy58y3-a.drv
        Sig: test-1:oTeLPP1h7xFFcTGcqsrNHqXGdO+gqq58EI9VmpcYUbct+BHx30PSfse2DmIFf+oTwUK7ViulIfqYfuUKbNN/Ag==
        CA: fixed:r:sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw

        """;

    [Fact]
    public void All_keys_are_read_and_written_back()
    {
        var info = NarInfo.Parse(Text);

        Assert.Equal("i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt", info.Path.Path.BaseName);
        Assert.Equal("xz", info.Compression);
        Assert.Equal(152, info.FileSize);
        Assert.Equal(120, info.Path.NarSize);
        Assert.Equal(["i9pmrzmpshapij2kin22pff6fc2adavx", "qa1w9gdfrba6jl2r57mb3c43863gqywp"], info.Path.References.Select(reference => reference.HashPart));
        Assert.Equal("a.drv", info.Path.Deriver!.Name);
        Assert.Single(info.Path.Signatures);
        Assert.Equal(Text, info.ToString());
    }

    [Fact]
    public void Little_is_required()
    {
        var info = NarInfo.Parse("""
            NarSize: 120
            NarHash: sha256-HDfQGvQL4ugGkd48w99EN3ppmvuxfGjwgJZLL9Bx/BM=
            System: x86_64-linux
            URL: nar/x.nar.bz2
            Deriver: unknown-deriver
            StorePath: /nix/store/i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt

            """);

        Assert.Equal("""
            StorePath: /nix/store/i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt
            URL: nar/x.nar.bz2
            Compression: bzip2
            NarHash: sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw
            NarSize: 120
            References: 

            """.ReplaceLineEndings("\n"), info.ToString());
    }

    [Theory]
    [InlineData("StorePath: /nix/store/i9pm", "StorePath: /nix/store/e9pm", "in line 1: 'StorePath' must be a store path")]
    [InlineData("StorePath: /nix", "X: /nix", "it has no 'StorePath'")]
    [InlineData("URL: nar", "X: nar", "it has no 'URL'")]
    [InlineData("NarHash: ", "X: ", "it has no 'NarHash'")]
    [InlineData("NarSize: ", "X: ", "it has no 'NarSize'")]
    [InlineData("NarSize: 120", "NarSize: 0", "in line 7: 'NarSize' must be a size over 0")]
    [InlineData("NarSize: 120", "NarSize: -1", "in line 7: 'NarSize' must be a size over 0")]
    [InlineData("NarSize: 120", "NarSize: 99999999999999999999", "in line 7: 'NarSize' must be a size over 0")]
    [InlineData("FileSize: 152", "FileSize: 1k", "in line 5: 'FileSize' must be a size")]
    [InlineData("NarHash: sha256:04zw", "NarHash: sha256:e4zw", "in line 6: 'NarHash' must be a SHA-256 hash")]
    [InlineData("NarHash: sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw", "NarHash: md5:00000000000000000000000000000000",
        "in line 6: 'NarHash' must be a SHA-256 hash")]
    [InlineData("FileHash: sha256:", "FileHash: sha3:", "in line 4: 'FileHash' must be a hash")]
    [InlineData("References: i9pm", "References: /nix/store/i9pm", "in line 8: 'References' must be base names of store paths")]
    [InlineData("Deriver: 3", "Deriver: e", "in line 9: 'Deriver' must be the base name of a store path")]
    [InlineData("CA: fixed", "CA: loose", "in line 11: 'CA' must be a content address")]
    [InlineData("CA: ", "References: ", "in line 11: 'References' must stand here only once")]
    [InlineData("Compression: xz", "Compression", "in line 3: 'KEY: VALUE' must stand here")]
    public void What_is_corrupt_is_refused_with_its_line(string from, string to, string message)
    {
        var changed = Text.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(Text, changed);
        var exception = Assert.Throws<NixRemoteException>(() => NarInfo.Parse(changed));

        Assert.Equal("NarInfoInvalid", exception.ErrorId);
        Assert.StartsWith("The .narinfo file is corrupt", exception.Message, StringComparison.Ordinal);
        Assert.EndsWith($"{message}.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cut_before_its_end_it_is_refused()
    {
        var message = Assert.Throws<NixRemoteException>(() => NarInfo.Parse(Text[..^1])).Message;
        Assert.Equal("The .narinfo file is corrupt in line 11: the file must end with the end of a line.", message);
    }

    [Fact]
    public void A_file_over_the_limit_is_refused() =>
        Assert.Equal("LimitExceeded", Assert.Throws<NixRemoteException>(() => NarInfo.Parse(new string('x', StoreObjectLimits.NarInfoBytes + 1))).ErrorId);

    // nar.md §4.2, §9
    [Fact]
    public void The_fingerprint_is_what_Nix_signs()
    {
        var info = NarInfo.Parse(Text).Path;
        Assert.Equal(
            "1;/nix/store/i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt;sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw;120;",
            (info with { References = [] }).ToFingerprint());
        Assert.EndsWith(
            ";120;/nix/store/i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt,/nix/store/qa1w9gdfrba6jl2r57mb3c43863gqywp-hello.txt",
            (info with { References = [.. info.References.Reverse()] }).ToFingerprint(), StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => (info with { NarSize = 0 }).ToFingerprint());
    }

    // nar.md §4.3, §9
    [Fact]
    public void Keys_and_signatures_are_read()
    {
        var secret = NixKey.ParseSecretKey("test-1:bpHT5DhgUZgaljZtoB1MAT/EGn0LAu2YzpPzZVb8S+91Fe0vNQfMc2nCcWsHADRwL51efgGIs2Z6d5k7AtulYw==");
        var publicKey = NixKey.ParsePublicKey("test-1:dRXtLzUHzHNpwnFrBwA0cC+dXn4BiLNmeneZOwLbpWM=\n");
        var signature = NixKey.TryParseSignature(NarInfo.Parse(Text).Path.Signatures[0]);

        Assert.Equal("test-1", secret.Name);
        Assert.Equal(publicKey.Bytes.ToArray(), secret.Bytes[32..].ToArray());
        Assert.Equal("test-1", signature!.Name);
        Assert.Equal(64, signature.Bytes.Length);
        Assert.Equal("test-1", secret.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("test-1")]
    [InlineData(":dRXtLzUHzHNpwnFrBwA0cC+dXn4BiLNmeneZOwLbpWM=")]
    [InlineData("test-1:")]
    [InlineData("test-1:dRXtLzUHzHNpwnFrBwA0cC+dXn4BiLNmeneZOwLbpW==")]
    [InlineData("test-1:dRXtLzUHzHNpwnFrBwA0cC+dXn4BiLNmeneZOwLbp_M=")]
    [InlineData("test-1:oTeLPP1h7xFFcTGcqsrNHqXGdO+gqq58EI9VmpcYUbct+BHx30PSfse2DmIFf+oTwUK7ViulIfqYfuUKbNN/Ag==")]
    public void What_is_no_key_is_refused(string text)
    {
        Assert.Equal("SigningKeyInvalid", Assert.Throws<NixRemoteException>(() => NixKey.ParsePublicKey(text)).ErrorId);
    }

    [Theory]
    [InlineData("name:c2VjcmV0")]
    [InlineData("test-1:bpHT5DhgUZgaljZtoB1MAT/EGn0LAu2YzpPzZVb8S+91Fe0vNQfMc2nCcWsHADRwL51efgGIs2Z6d5k7AtulY")]
    public void What_may_be_a_secret_is_not_told_to_anybody(string text)
    {
        foreach (var parse in (Func<string, NixKey>[])[NixKey.ParseSecretKey, NixKey.ParsePublicKey])
        {
            var exception = Assert.Throws<NixRemoteException>(() => parse(text));
            Assert.Equal("SigningKeyInvalid", exception.ErrorId);
            Assert.DoesNotContain(text.Split(':')[1], exception.Message, StringComparison.Ordinal);
        }
    }

    [TestBedTheory]
    [InlineData("b28")]
    [InlineData("b226")]
    [InlineData("b234")]
    public async Task What_Nix_writes_into_a_binary_cache_is_written_back(string node)
    {
        var bed = NixTestBed.Current;
        using var temporary = new TemporaryDirectory(bed.ShareDirectory);
        NarFileTests.MakeVectorTree(temporary["d"]);
        var path = (await bed.ExecAsync(node, "nix-store", "--add", temporary["d"])).Succeeded();
        var cache = temporary["cache"];
        (await bed.ExecAsync(node, "nix", "--extra-experimental-features", "nix-command", "copy", "--to", $"file://{cache}?compression=none", path)).Succeeded();

        var text = File.ReadAllText(Path.Combine(cache, $"{StorePath.Parse(path).HashPart}.narinfo"));
        var info = NarInfo.Parse(text);
        Assert.Equal(text, info.ToString());
        Assert.True(ContentAddress.Certifies(info.Path));

        await using var file = File.OpenRead(Path.Combine(cache, info.Url));
        await using var archive = new NarVerifyingStream(new StreamByteSource(file), info.Path);
        await archive.CopyToAsync(Stream.Null);
        Assert.True(archive.IsComplete);
    }
}
