using System.Text;
using NixRemote.StoreObjects;

namespace NixRemote.Tests.StoreObjects;

/// <summary>nar.md §2.</summary>
public sealed class HashTextTests
{
    private const string Base16 = "1c37d01af40be2e80691de3cc3df44377a699afbb17c68f080964b2fd071fc13";
    private const string Base32 = "04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw";
    private const string Base64 = "HDfQGvQL4ugGkd48w99EN3ppmvuxfGjwgJZLL9Bx/BM=";

    [Theory]
    [InlineData(20, 32)]
    [InlineData(32, 52)]
    [InlineData(64, 103)]
    [InlineData(16, 26)]
    [InlineData(0, 0)]
    public void Length_of_nix32(int bytes, int digits) => Assert.Equal(digits, NixBase32.EncodedLength(bytes));

    [Theory]
    [InlineData("sha256:" + Base16)]
    [InlineData("sha256:" + Base32)]
    [InlineData("sha256:" + Base64)]
    [InlineData("sha256-" + Base64)]
    public void A_hash_is_read_in_every_encoding(string text)
    {
        Assert.True(NixHash.TryParse(text, null, out var hash));
        Assert.Equal(Base16, hash.ToBase16());
        Assert.Equal("sha256:" + Base32, hash.ToString());
        Assert.Equal("sha256-" + Base64, hash.ToSri());
    }

    [Theory]
    [InlineData(Base16)]
    [InlineData(Base32)]
    [InlineData(Base64)]
    public void A_bare_digest_needs_an_algorithm(string text)
    {
        Assert.False(NixHash.TryParse(text, null, out _));
        Assert.True(NixHash.TryParse(text, NixHashAlgorithm.Sha256, out var hash));
        Assert.Equal(Base16, hash.ToBase16());
    }

    [Theory]
    [InlineData("empty", "")]
    [InlineData("no digest", "sha256:")]
    [InlineData("unknown algorithm", "sha3:" + Base16)]
    [InlineData("digest too short", "sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dq")]
    [InlineData("digest of another length", "sha1:" + Base16)]
    [InlineData("foreign digit in base 16", "sha256:1c37d01af40be2e80691de3cc3df44377a699afbb17c68f080964b2fd071fcxx")]
    [InlineData("white space in base 16", "sha256: c37d01af40be2e80691de3cc3df44377a699afbb17c68f080964b2fd071fc13")]
    [InlineData("foreign digit in nix32", "sha256:e4zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw")]
    [InlineData("bits that do not fit in nix32", "sha256:z4zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw")]
    [InlineData("foreign digit in base 64", "sha256:HDfQGvQL4ugGkd48w99EN3ppmvuxfGjwgJZLL9Bx_BM=")]
    [InlineData("SRI with another encoding", "sha256-" + Base16)]
    public void What_is_no_hash_is_not_read(string why, string text) => Assert.False(NixHash.TryParse(text, null, out _), why);

    [Fact]
    public void Nix32_of_every_single_byte_reads_back()
    {
        for (var value = 0; value < 256; value++)
        {
            byte[] bytes = [(byte)value, (byte)(255 - value), 7];
            var back = new byte[3];
            Assert.True(NixBase32.TryDecode(NixBase32.Encode(bytes), back));
            Assert.Equal(bytes, back);
        }
    }

    [Theory]
    [InlineData("md5", 16)]
    [InlineData("sha1", 20)]
    [InlineData("sha256", 32)]
    [InlineData("sha512", 64)]
    [InlineData("blake3", 32)]
    public void Algorithms_have_names_and_lengths(string name, int bytes)
    {
        Assert.True(NixHash.TryParse($"{name}:{new string('0', 2 * bytes)}", null, out var hash));
        Assert.Equal(bytes, hash.Digest.Length);
        Assert.Equal(name, hash.AlgorithmName);
        Assert.True(NixHash.TryParse(hash.ToString(), null, out var again));
        Assert.Equal(hash, again);
    }

    // nar.md §6.2, §9
    [Fact]
    public void Placeholders_are_those_of_Nix()
    {
        Assert.Equal("/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9", OutputPlaceholder.OfOwnOutput("out"));
        Assert.Equal("/088c0dc59gvv7ysm05m8z18q35xrlmpydy6dpv3slrl5bdjp37pi",
            OutputPlaceholder.OfInput(StorePath.Parse("/nix/store/951z0fxmjf0xnalgws50cjjjsqd1ph3y-ca.drv"), "out"));
    }

    [Fact]
    public void Byte_strings_keep_bytes_that_are_no_text()
    {
        ByteString bytes = new([0xff, 0x41]);
        Assert.Equal("\uFFFDA", bytes.ToString());
        Assert.NotEqual(bytes, (ByteString)bytes.ToString());
        Assert.True(bytes.CompareTo("B") > 0);
        Assert.Equal(default, (ByteString)"");
        Assert.Equal(new ByteString(Encoding.UTF8.GetBytes("é")), "é");
    }
}
