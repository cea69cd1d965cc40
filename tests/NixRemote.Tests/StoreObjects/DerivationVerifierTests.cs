using System.Diagnostics;
using System.Text;
using NixRemote.StoreObjects;
using static NixRemote.Tests.StoreObjects.DerivationTexts;

namespace NixRemote.Tests.StoreObjects;

/// <summary>nar.md §3.2, §6.4, §8.</summary>
public sealed class DerivationVerifierTests
{
    public static TheoryData<string> Files => Vectors.DerivationFiles;

    [Theory]
    [MemberData(nameof(Files))]
    public void A_derivation_of_Nix_is_what_its_paths_claim(string file)
    {
        var derivation = Vectors.ReadDerivation(Vectors.PathOf(file));
        new DerivationVerifier(Vectors.ReadDerivation).Verify(derivation, Vectors.Read(file));
    }

    // nar.md §9, the rows with output paths
    [Theory]
    [InlineData("a", "out", "wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a")]
    [InlineData("multi", "out", "qvypwfbixlgzqwv655wgvf1avb8nhinx-multi")]
    [InlineData("multi", "dev", "p6kswzymwghwj2v0pciifnfx38f6rlbi-multi-dev")]
    [InlineData("multi", "lib", "8n9sa909b3vgkckiigsr90n2vzmqzdv9-multi-lib")]
    [InlineData("n", "out", "0mvsis1gkx6d636066wg34bqh6xny092-n")]
    [InlineData("sa", "out", "aa95cacy1anllmzk14zq48r7wchclp4c-sa")]
    [InlineData("j", "out", "jr3z0h4j4vlns00mnarv15br0rdqqga0-j")]
    public void Output_paths_follow_from_the_masked_hash(string name, string output, string baseName)
    {
        var hash = new DerivationHashes(Vectors.ReadDerivation).Masked(Vectors.ReadDerivation(name));
        Assert.Equal(DerivationHashKind.Regular, hash.Kind);
        Assert.Equal(baseName, StorePathFactory.Output(name, output, hash.Hash).BaseName);
    }

    [Theory]
    [InlineData("f", "1p9q0bz6f22dyxh4lw8xs08p4201vyq4-f")]
    [InlineData("fr", "mqpffdc200k791q9z2vavf780dnhbzl0-fr")]
    public void Fixed_output_paths_follow_from_the_content_hash(string name, string baseName)
    {
        var derivation = Vectors.ReadDerivation(name);
        Assert.Equal(DerivationHashKind.Fixed, new DerivationHashes(Vectors.ReadDerivation).Unmasked(derivation).Kind);
        Assert.Equal(baseName, StorePathFactory.FromContent(name, DerivationRules.FixedAddress(derivation.Outputs[0])!).BaseName);
    }

    [Theory]
    [InlineData("ca")]
    [InlineData("dep")]
    public void What_depends_on_content_not_yet_built_is_deferred(string name) =>
        Assert.Equal(DerivationHashKind.Deferred, new DerivationHashes(Vectors.ReadDerivation).Masked(Vectors.ReadDerivation(name)).Kind);

    // nar.md §8.2: how a fixed output is fetched does not matter to what needs it.
    [Fact]
    public void Another_way_to_fetch_the_same_changes_the_derivation_but_not_the_outputs()
    {
        var fetch = Vectors.ReadDerivation("f");
        var mirror = fetch with { Environment = [.. fetch.Environment.Where(variable => variable.Key != "url"), new("url", "http://mirror/y")] };
        var hashes = new DerivationHashes(path => path == fetch.Path ? mirror : Vectors.ReadDerivation(path));
        var multi = Vectors.ReadDerivation("multi");

        Assert.NotEqual(DerivationWriter.Write(fetch), DerivationWriter.Write(mirror));
        Assert.Equal(new DerivationHashes(Vectors.ReadDerivation).Masked(multi), hashes.Masked(multi));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Any_byte_changed_is_found(string file)
    {
        var bytes = Vectors.Read(file);
        var path = Vectors.PathOf(file);
        for (var i = 0; i < bytes.Length; i++)
        {
            var changed = (byte[])bytes.Clone();
            changed[i] ^= 1;
            var exception = Assert.ThrowsAny<NixRemoteException>(
                () => new DerivationVerifier(Vectors.ReadDerivation).Verify(DerivationParser.Parse(path, changed), changed));

            Assert.Contains(exception.ErrorId, (string[])["DerivationInvalid", "DerivationTampered"]);
            Assert.Equal(path.ToString(), exception.Target);
        }
    }

    [Fact]
    public void A_wrong_path_is_named_with_the_right_one()
    {
        var bytes = Vectors.Read("3pysdbjixd4amzidam0kp6vwzpqy58y3-a.drv");
        var path = StorePath.FromBaseName("0pysdbjixd4amzidam0kp6vwzpqy58y3-a.drv");
        var exception = Assert.Throws<NixRemoteException>(() => new DerivationVerifier(Vectors.ReadDerivation).Verify(DerivationParser.Parse(path, bytes), bytes));

        Assert.Equal("DerivationTampered", exception.ErrorId);
        Assert.Equal($"The text of '{path}' belongs to the path '/nix/store/3pysdbjixd4amzidam0kp6vwzpqy58y3-a.drv'.", exception.Message);
    }

    // Whoever tampers gives the file the path that follows from the new text, so only the outputs tell.
    [Theory]
    [InlineData("a", "echo hi", "echo ho", "out", "is '/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a'; by its text it must be ")]
    [InlineData("multi", "\"-c\"", "\"-x\"", "dev", "is '/nix/store/p6kswzymwghwj2v0pciifnfx38f6rlbi-multi-dev'; by its text it must be ")]
    [InlineData("multi", "(\"lib\",\"/nix/store/8n9sa", "(\"lib\",\"/nix/store/9n9sa", "lib",
        "is '/nix/store/9n9sa909b3vgkckiigsr90n2vzmqzdv9-multi-lib'; by its text it must be '/nix/store/8n9sa909b3vgkckiigsr90n2vzmqzdv9-multi-lib'")]
    [InlineData("f", "\"sha256\",\"5891", "\"sha256\",\"5892", "out", "is '/nix/store/1p9q0bz6f22dyxh4lw8xs08p4201vyq4-f'; by its text it must be ")]
    [InlineData("fr", "\"r:sha256\"", "\"sha256\"", "out", "is '/nix/store/mqpffdc200k791q9z2vavf780dnhbzl0-fr'; by its text it must be ")]
    public void A_changed_text_with_its_own_path_is_found_by_its_outputs(string name, string from, string to, string output, string message)
    {
        var exception = Assert.Throws<NixRemoteException>(() => VerifyChanged(name, from, to));

        Assert.Equal("DerivationTampered", exception.ErrorId);
        Assert.Contains($"The output '{output}' of ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", "(\"out\",\"/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a\"),", "(\"out\",\"/nix/store/00000000000000000000000000000000-a\"),",
        "it is '/nix/store/00000000000000000000000000000000-a'")]
    [InlineData("f", "(\"out\",\"/nix/store/1p9q0bz6f22dyxh4lw8xs08p4201vyq4-f\"),", "", "it is not there")]
    public void A_variable_that_leads_the_builder_to_another_path_is_found(string name, string from, string to, string message)
    {
        var exception = Assert.Throws<NixRemoteException>(() => VerifyChanged(name, from, to));

        Assert.Equal("DerivationTampered", exception.ErrorId);
        Assert.StartsWith("The variable 'out' of ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_where_none_can_be_known_is_found()
    {
        var exception = Assert.Throws<NixRemoteException>(
            () => VerifyChanged("dep", "(\"out\",\"\"", "(\"out\",\"/nix/store/00000000000000000000000000000000-dep\""));

        Assert.Equal("DerivationTampered", exception.ErrorId);
        Assert.Contains("needs a derivation whose outputs are not known before it is built", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_that_the_input_lacks_is_named()
    {
        var exception = Assert.Throws<NixRemoteException>(() => VerifyChanged("n", "[\"dev\",\"lib\"]", "[\"dev\",\"man\"]"));

        Assert.Equal("DerivationInvalid", exception.ErrorId);
        Assert.EndsWith("needs the output 'man' of '/nix/store/7j2mldkxgcvzb1mdj0kh7mhfvvvj9jg4-multi.drv', which has only 'dev', 'lib', 'out'.",
            exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Derivations_that_need_one_another_are_refused()
    {
        var first = StorePath.FromBaseName("00000000000000000000000000000000-first.drv");
        var second = StorePath.FromBaseName("00000000000000000000000000000000-second.drv");
        Derivation Needing(StorePath path, StorePath input) => Vectors.ReadDerivation("a") with { Path = path, InputDerivations = [new(input, ["out"])] };
        Derivation Lookup(StorePath path) => path == first ? Needing(first, second) : Needing(second, first);

        var exception = Assert.Throws<NixRemoteException>(() => new DerivationHashes(Lookup).Masked(Needing(first, second)));
        Assert.Equal("DerivationInvalid", exception.ErrorId);
        Assert.Equal($"'{second}' needs '{first}', which needs it in turn.", exception.Message);
    }

    [Fact]
    public void What_the_lookup_throws_passes_through_and_a_later_try_works()
    {
        var missing = true;
        var verifier = new DerivationVerifier(path => missing && path.Name == "f.drv"
            ? throw new NixRemoteException(NixErrors.DerivationMissing, "It is not here.")
            : Vectors.ReadDerivation(path));
        var n = Vectors.ReadDerivation("n");

        Assert.Equal("DerivationMissing", Assert.Throws<NixRemoteException>(() => verifier.VerifyOutputs(n)).ErrorId);
        missing = false;
        verifier.VerifyOutputs(n);
    }

    [Fact]
    public void A_lookup_that_gives_another_derivation_is_a_defect()
    {
        var hashes = new DerivationHashes(_ => Vectors.ReadDerivation("a"));
        Assert.Throws<InvalidOperationException>(() => hashes.Masked(Vectors.ReadDerivation("multi")));
    }

    [Fact]
    public void Each_input_is_looked_up_once()
    {
        var store = new Dictionary<StorePath, Derivation>();
        var bottom = Instantiate(store, "bottom", [], "out");
        var left = Instantiate(store, "left", [bottom], "out", "dev");
        var right = Instantiate(store, "right", [bottom], "out");
        var top = Instantiate(store, "top", [left, right], "out");
        var lookups = new List<string>();
        var verifier = new DerivationVerifier(path =>
        {
            lookups.Add(path.Name);
            return store[path];
        });

        foreach (var derivation in (Derivation[])[top, right, left, bottom])
        {
            verifier.Verify(derivation, DerivationWriter.Write(derivation));
        }

        Assert.Equal(["bottom.drv", "left.drv", "right.drv"], lookups.Order());
    }

    // Two input derivations with the same hash count once, with the outputs of both (nar.md §8.4): only fixed outputs
    // can be like that, and their one output is `out`.
    [Fact]
    public void Inputs_of_the_same_hash_are_one()
    {
        var fetch = Vectors.ReadDerivation("f");
        var mirror = fetch with { Path = StorePath.FromBaseName("00000000000000000000000000000000-f.drv") };
        var multi = Vectors.ReadDerivation("multi");
        var twice = multi with { InputDerivations = [new(mirror.Path, ["out"]), .. multi.InputDerivations] };
        var hashes = new DerivationHashes(path => path == mirror.Path ? mirror : Vectors.ReadDerivation(path));

        Assert.Equal(hashes.Masked(multi), hashes.Masked(twice));
    }

    [Fact]
    public void A_chain_of_ten_thousand_is_verified_from_its_top()
    {
        var store = new Dictionary<StorePath, Derivation>();
        var derivation = Instantiate(store, "x", [], "out");
        var hashes = new DerivationHashes(path => store[path]);
        for (var i = 1; i < 10_000; i++)
        {
            // As Instantiate does, but with hashes that are kept: instantiating is not what is tested here.
            var draft = derivation with { Path = SomePath, InputDerivations = [new(derivation.Path, ["out"])] };
            var output = StorePathFactory.Output("x", "out", hashes.Masked(draft).Hash);
            draft = draft with { Outputs = [new("out", output, "", "")], Environment = [new("name", "x"), new("out", output.ToString())] };
            derivation = draft with { Path = StorePathFactory.Text("x.drv", NixHash.Sha256(DerivationWriter.Write(draft)), [derivation.Path]) };
            store[derivation.Path] = derivation;
        }

        var watch = Stopwatch.StartNew();
        new DerivationVerifier(path => store[path]).Verify(derivation, DerivationWriter.Write(derivation));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    // nar.md §6.1
    [Theory]
    [InlineData("a")]
    [InlineData("multi")]
    [InlineData("f")]
    [InlineData("fr")]
    [InlineData("sa")]
    public void Outputs_with_known_paths_can_be_built(string name) => DerivationRules.EnsureBuildable(Vectors.ReadDerivation(name));

    [Theory]
    [InlineData("(\"out\",\"\",\"r:sha256\",\"\")", "floating content-addressed")]
    [InlineData("(\"out\",\"\",\"\",\"\")", "deferred")]
    [InlineData("(\"out\",\"\",\"r:sha256\",\"impure\")", "impure")]
    public void Outputs_without_known_paths_cannot_be_built(string outputs, string kind)
    {
        var derivation = Parse(Text(outputs));
        var exception = Assert.Throws<NixRemoteException>(() => DerivationRules.EnsureBuildable(derivation));

        Assert.Equal("DerivationUnsupported", exception.ErrorId);
        Assert.StartsWith($"The output 'out' of '{SomePath}' is {kind}: ", exception.Message, StringComparison.Ordinal);
        Assert.Equal(SomePath.ToString(), exception.Target);
    }

    private static void VerifyChanged(string name, string from, string to)
    {
        var original = Vectors.ReadDerivation(name);
        var text = Encoding.UTF8.GetString(Vectors.Read(original.Path.BaseName));
        Assert.Contains(from, text, StringComparison.Ordinal);
        var bytes = Encoding.UTF8.GetBytes(text.Replace(from, to, StringComparison.Ordinal));
        var path = StorePathFactory.Text(original.Path.Name, NixHash.Sha256(bytes), [.. original.InputDerivations.Select(i => i.Key), .. original.InputSources]);
        new DerivationVerifier(Vectors.ReadDerivation).Verify(DerivationParser.Parse(path, bytes), bytes);
    }
}
