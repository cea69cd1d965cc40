using System.Text;
using NixRemote.Adapters;
using NixRemote.StoreObjects;

namespace NixRemote.Tests.StoreObjects;

/// <summary>Keys, fingerprints, signatures, trust (nar.md §4.2, §4.3, §9).</summary>
public sealed class SignatureTests : IDisposable
{
    private const string Secret = "test-1:bpHT5DhgUZgaljZtoB1MAT/EGn0LAu2YzpPzZVb8S+91Fe0vNQfMc2nCcWsHADRwL51efgGIs2Z6d5k7AtulYw==";
    private const string Public = "test-1:dRXtLzUHzHNpwnFrBwA0cC+dXn4BiLNmeneZOwLbpWM=";
    private const string Signature = "test-1:oTeLPP1h7xFFcTGcqsrNHqXGdO+gqq58EI9VmpcYUbct+BHx30PSfse2DmIFf+oTwUK7ViulIfqYfuUKbNN/Ag==";

    private static readonly ISignatureAlgorithm _algorithm = new AdapterFactory().CreateSignatureAlgorithm();

    private readonly TemporaryDirectory _directory = new();

    private static PathInfo Hello { get; } = new()
    {
        Path = StorePath.Parse("/nix/store/i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt"),
        NarHash = NixHash.TryParse("sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw", null, out var hash) ? hash : default,
        NarSize = 120,
    };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_vector_of_Nix_is_signed_and_believed()
    {
        var signer = new PathSigner(NixKey.ParseSecretKey(Secret), _algorithm);
        Assert.Equal(Public, signer.PublicKey.ToText());
        Assert.Equal(Signature, signer.SignatureOf(Hello));
        Assert.Equal([Signature], signer.Sign(Hello).Signatures);
        Assert.True(new TrustedKeys([Public], _algorithm).Trusts(signer.Sign(Hello)));
    }

    // RFC 8032 §7.1, tests 1 to 3: seed, public key, message, signature
    [Theory]
    [InlineData("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void Ed25519(string seed, string publicKey, string message, string signature)
    {
        var bytes = Convert.FromHexString(message);
        Assert.Equal(publicKey, Convert.ToHexString(_algorithm.PublicKeyOf(Convert.FromHexString(seed))).ToLowerInvariant());
        Assert.Equal(signature, Convert.ToHexString(_algorithm.Sign(Convert.FromHexString(seed), bytes)).ToLowerInvariant());
        Assert.True(_algorithm.Verify(Convert.FromHexString(publicKey), bytes, Convert.FromHexString(signature)));
        Assert.False(_algorithm.Verify(Convert.FromHexString(publicKey), [.. bytes, 0], Convert.FromHexString(signature)));
        Assert.False(_algorithm.Verify(new byte[31], bytes, Convert.FromHexString(signature)));
    }

    public static TheoryData<string, PathInfo, string?> Paths
    {
        get
        {
            var signed = Hello with { Signatures = [Signature] };
            var other = StorePath.Parse("/nix/store/00000000000000000000000000000000-x");
            return new()
            {
                { "signed", signed, null },
                { "signed beside others", signed with { Signatures = ["a:b", "no signature", Signature, "z-1:" + Signature[7..]] }, null },
                { "content-addressed", Hello with { ContentAddress = $"fixed:r:{Hello.NarHash}" }, null },
                { "not signed", Hello, "it has no signature" },
                { "signed by another", Hello with { Signatures = ["z-1:" + Signature[7..]] }, "it is signed by z-1 only" },
                { "of another path", signed with { Path = other }, "its signature by test-1 is not of this path" },
                { "of another size", signed with { NarSize = 121 }, "its signature by test-1 is not of this path" },
                { "of another hash", signed with { NarHash = NixHash.Sha256([1]) }, "its signature by test-1 is not of this path" },
                { "of other references", signed with { References = [other] }, "its signature by test-1 is not of this path" },
                { "of no size", signed with { NarSize = 0 }, "its signature by test-1 is not of this path" },
                { "a signature that is cut", Hello with { Signatures = [Signature[..40]] }, "its signature by test-1 is not of this path" },
                { "a content address of something else", Hello with { ContentAddress = $"fixed:r:{NixHash.Sha256([1])}" }, "it has no signature" },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Who_is_believed(string what, PathInfo info, string? reason)
    {
        var keys = new TrustedKeys([Public, "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY="], _algorithm);
        Assert.Equal((what, reason is null), (what, keys.Trusts(info)));
        if (reason is null)
        {
            keys.Demand(info, "there");
            return;
        }

        var failure = Assert.Throws<NixRemoteException>(() => keys.Demand(info, "there"));
        Assert.Equal((nameof(NixErrors.SignatureMissing), "there", info.Path.ToString()), (failure.ErrorId, failure.Builder, failure.Target));
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.Contains("trusted are cache.nixos.org-1, test-1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_key_is_written_for_its_owner_only_and_read_again()
    {
        var file = _directory["key"];
        var key = PathSigner.NewSecretKey("new-1", _algorithm);
        SecretKeyFile.Write(file, key);

        var signer = new PathSigner(SecretKeyFile.Read(file), _algorithm);
        Assert.True(new TrustedKeys([signer.PublicKey.ToText()], _algorithm).Trusts(signer.Sign(Hello)));
        Assert.NotEqual(key.ToText(), PathSigner.NewSecretKey("new-1", _algorithm).ToText());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        Assert.Equal(nameof(NixErrors.DestinationExists), Assert.Throws<NixRemoteException>(() => SecretKeyFile.Write(file, key)).ErrorId);
        Assert.Equal(nameof(NixErrors.DestinationUnwritable), Assert.Throws<NixRemoteException>(() => SecretKeyFile.Write(_directory["no/key"], key)).ErrorId);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Public)]
    [InlineData("no key")]
    public void What_is_no_secret_key_is_never_shown(string content)
    {
        var file = _directory["key"];
        File.WriteAllText(file, content);
        var failure = Assert.Throws<NixRemoteException>(() => SecretKeyFile.Read(file));
        Assert.Equal((nameof(NixErrors.SigningKeyInvalid), file), (failure.ErrorId, failure.Target));
    }

    [Fact]
    public void Halves_that_do_not_belong_together_and_files_that_are_not_there()
    {
        var bytes = Convert.FromBase64String(Secret[7..]);
        bytes[0] ^= 1;
        var damaged = new NixKey("test-1", bytes);
        Assert.Equal(nameof(NixErrors.SigningKeyInvalid), Assert.Throws<NixRemoteException>(() => new PathSigner(damaged, _algorithm)).ErrorId);
        Assert.Equal(nameof(NixErrors.ConfigurationFileUnreadable), Assert.Throws<NixRemoteException>(() => SecretKeyFile.Read(_directory["none"])).ErrorId);
        Assert.Equal("1;/nix/store/i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt;sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw;120;", Hello.ToFingerprint());
        Assert.Equal(88, Encoding.ASCII.GetByteCount(Signature[7..]));
    }
}
