using NixRemote.StoreObjects;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.StoreObjects;

/// <summary>Derivations that a real evaluator makes now, against the same rules as the vectors.</summary>
public sealed class RealDerivationTests
{
    // Every part of a .drv: sources, several outputs, escapes, structured attributes, fixed outputs of both methods.
    private const string Graph = """
        let
          make = name: attributes: derivation ({ inherit name; system = "x86_64-linux"; builder = "/bin/sh"; nonce = "NONCE"; } // attributes);
          text = builtins.toFile "text" "line\n";
          nested = builtins.toFile "nested" "see ${text}";
          flat = make "flat" { outputHash = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"; outputHashAlgo = "sha256"; outputHashMode = "flat"; };
          flatSha1 = make "flat-sha1" { outputHash = "f572d396fae9206628714fb2ce00f72e94f2258f"; outputHashAlgo = "sha1"; outputHashMode = "flat"; };
          recursive = make "recursive" { outputHash = "1c37d01af40be2e80691de3cc3df44377a699afbb17c68f080964b2fd071fc13"; outputHashAlgo = "sha256"; outputHashMode = "recursive"; };
          multi = make "multi" { outputs = [ "out" "dev" "lib" ]; inherit flat flatSha1 recursive; quoted = "a\"b\\c\n\t\r$ \${x} é"; };
          structured = make "structured" { __structuredAttrs = true; list = [ 1 "two" { three = null; } ]; requiredSystemFeatures = [ "kvm" ]; inherit multi; };
          left = make "left" { args = [ multi.dev text ]; };
          right = make "right" { args = [ "${multi.lib}/x" nested ]; inherit structured; };
        in make "top" { inherit left right; }
        """;

    [TestBedFact]
    public async Task Every_derivation_of_a_graph_is_written_back_and_verified()
    {
        var bed = NixTestBed.Current;
        var top = await bed.InstantiateAsync(Graph.Replace("NONCE", Nonce.Next(), StringComparison.Ordinal));
        var closure = (await bed.ExecAsync(bed.Client, "nix-store", "--query", "--requisites", top)).Succeeded().Split('\n');
        byte[] ReadFile(StorePath path) => File.ReadAllBytes(bed.OnHost(bed.Client, path.ToString()));
        Derivation Read(StorePath path) => DerivationParser.Parse(path, ReadFile(path));
        var verifier = new DerivationVerifier(Read);
        var names = new List<string>();

        foreach (var path in closure.Select(line => StorePath.Parse(line)).Where(path => path.IsDerivation))
        {
            var bytes = ReadFile(path);
            var derivation = Read(path);
            verifier.Verify(derivation, bytes);
            Assert.Equal(bytes, DerivationWriter.Write(derivation));
            names.Add(derivation.Name);
        }

        Assert.Equal(["flat", "flat-sha1", "left", "multi", "recursive", "right", "structured", "top"], names.Order(StringComparer.Ordinal));
    }
}
