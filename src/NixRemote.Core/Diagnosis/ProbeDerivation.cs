using System.Security.Cryptography;
using System.Text;
using NixRemote.StoreObjects;

namespace NixRemote.Diagnosis;

/// <summary>
/// A derivation that no store has built: <c>/bin/sh</c> writes one line, whose hash is fixed beforehand, so that it may be built for a user who is not
/// trusted as well.
/// </summary>
internal static class ProbeDerivation
{
    /// <summary>Makes one.</summary>
    /// <param name="system">Its system.</param>
    /// <param name="features">The features that it requires.</param>
    public static BasicDerivation Make(string system, IReadOnlyList<string> features)
    {
        const string name = "nixremote-test";
        var line = $"built for Test-NixBuilder {Convert.ToHexString(RandomNumberGenerator.GetBytes(16))}";
        var hash = NixHash.Sha256(Encoding.ASCII.GetBytes(line + "\n"));
        var output = StorePathFactory.FromContent(name, new ContentAddress(ContentAddressMethod.Flat, hash));
        return new BasicDerivation
        {
            // The text of the .drv is never asked for; its path only names the build.
            Path = StorePathFactory.Text(name + ".drv", hash, []),
            Outputs = [new DerivationOutput("out", output, "sha256", hash.ToBase16())],
            InputSources = [],
            Platform = system,
            Builder = "/bin/sh",
            Arguments = ["-c", "echo \"$line\" > $out"],
            Environment =
            [
                new("builder", "/bin/sh"),
                new("line", line),
                new("name", name),
                new("out", output.ToString()),
                new("outputHash", hash.ToBase16()),
                new("outputHashAlgo", "sha256"),
                new("outputHashMode", "flat"),
                new("requiredSystemFeatures", string.Join(' ', features)),
                new("system", system),
            ],
        };
    }
}
