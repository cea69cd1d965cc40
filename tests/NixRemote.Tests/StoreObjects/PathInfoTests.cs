using NixRemote.StoreObjects;

namespace NixRemote.Tests.StoreObjects;

public sealed class PathInfoTests
{
    // content address, signatures → whether anything speaks for the path (nar.md §4.3)
    [Theory]
    [InlineData(null, "", false)]
    [InlineData(null, "key-1:AAAA", true)]
    [InlineData("fixed:r:sha256:0000000000000000000000000000000000000000000000000000", "", true)]
    [InlineData("text:sha256:0000000000000000000000000000000000000000000000000000", "key-1:AAAA key-2:BBBB", true)]
    public void A_content_address_or_a_signature_vouches_for_a_path(string? contentAddress, string signatures, bool expected)
    {
        var info = new PathInfo
        {
            Path = StorePath.Parse("/nix/store/00000000000000000000000000000000-path"),
            NarHash = NixHash.Sha256([]),
            NarSize = 1,
            Ultimate = true, // counts in the store that says it, and nowhere else
            ContentAddress = contentAddress,
            Signatures = signatures.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        };

        Assert.Equal(expected, info.IsVouchedFor);
    }
}
