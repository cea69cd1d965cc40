using System.Security.Cryptography;
using System.Text;
using NixRemote.StoreObjects;

namespace NixRemote.Diagnosis;

/// <summary>A store path of a small file that no store has yet: what is written to find out whether a store can be written.</summary>
/// <param name="Info">The path.</param>
/// <param name="Nar">Its archive.</param>
internal sealed record ProbeFile(PathInfo Info, byte[] Nar)
{
    private const string Name = "nixremote-test";

    /// <summary>Makes one.</summary>
    /// <param name="contentAddressed">Whether the path follows from the content, so that every store takes it; else it needs a signature, or trust.</param>
    public static ProbeFile Make(bool contentAddressed)
    {
        var nonce = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var nar = Archive(Encoding.ASCII.GetBytes($"Written by Test-NixBuilder {nonce}\n"));
        var hash = NixHash.Sha256(nar);
        var address = new ContentAddress(ContentAddressMethod.NixArchive, hash);
        var path = contentAddressed ? StorePathFactory.FromContent(Name, address) : StorePathFactory.Output(Name, "out", NixHash.Sha256(Encoding.ASCII.GetBytes(nonce)));
        return new ProbeFile(new PathInfo { Path = path, NarHash = hash, NarSize = nar.Length, ContentAddress = contentAddressed ? address.ToString() : null }, nar);
    }

    /// <summary>The path as one that is to be added.</summary>
    public async IAsyncEnumerable<NarItem> Items()
    {
        using var nar = new MemoryStream(Nar);
        yield return new NarItem(Info, nar);
        await Task.CompletedTask.ConfigureAwait(false);
    }

    // nar.md §1: "nix-archive-1" "(" "type" "regular" "contents" BYTES ")", each with its length before it and padded to 8.
    private static byte[] Archive(byte[] content)
    {
        using var nar = new MemoryStream();
        foreach (var token in (byte[][])["nix-archive-1"u8.ToArray(), "("u8.ToArray(), "type"u8.ToArray(), "regular"u8.ToArray(), "contents"u8.ToArray(), content, ")"u8.ToArray()])
        {
            nar.Write(BitConverter.GetBytes((long)token.Length));
            nar.Write(token);
            nar.Write(new byte[(8 - token.Length % 8) % 8]);
        }

        return nar.ToArray();
    }
}
