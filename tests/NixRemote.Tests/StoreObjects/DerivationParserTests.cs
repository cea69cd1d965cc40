using System.Text;
using NixRemote.StoreObjects;
using static NixRemote.Tests.StoreObjects.DerivationTexts;

namespace NixRemote.Tests.StoreObjects;

/// <summary>nar.md §6.</summary>
public sealed class DerivationParserTests
{
    public static TheoryData<string> Files => Vectors.DerivationFiles;

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_of_Nix_is_written_back_byte_for_byte(string file) =>
        Assert.Equal(Vectors.Read(file), DerivationWriter.Write(Vectors.ReadDerivation(Vectors.PathOf(file))));

    [Fact]
    public void All_parts_are_read()
    {
        var multi = Vectors.ReadDerivation("multi");

        Assert.Equal("multi", multi.Name);
        Assert.Equal(["dev", "lib", "out"], multi.Outputs.Select(output => output.Name));
        Assert.Equal("/nix/store/p6kswzymwghwj2v0pciifnfx38f6rlbi-multi-dev", multi.Outputs[0].Path!.ToString());
        var (input, outputNames) = Assert.Single(multi.InputDerivations);
        Assert.Equal("06gbaw1i52d8n61zh216c7qab3j45gfq-f.drv", input.BaseName);
        Assert.Equal(["out"], outputNames);
        Assert.Empty(multi.InputSources);
        Assert.Equal("x86_64-linux", multi.Platform);
        Assert.Equal("/bin/sh", multi.Builder);
        Assert.Equal(["-c", "true"], multi.Arguments);
        Assert.Equal("\"\\\n\t$", multi.FindVariable("q"));
        Assert.Null(multi.FindVariable("Q"));

        Assert.Equal(["dev", "lib"], Vectors.ReadDerivation("n").InputDerivations.Single().Value);
    }

    // nar.md §6.1
    [Theory]
    [InlineData("a", DerivationOutputKind.InputAddressed)]
    [InlineData("f", DerivationOutputKind.Fixed)]
    [InlineData("fr", DerivationOutputKind.Fixed)]
    [InlineData("multi", DerivationOutputKind.InputAddressed)]
    [InlineData("ca", DerivationOutputKind.FloatingContentAddressed)]
    [InlineData("dep", DerivationOutputKind.Deferred)]
    public void The_kind_of_the_outputs_follows_from_their_strings(string name, DerivationOutputKind kind) =>
        Assert.All(Vectors.ReadDerivation(name).Outputs, output => Assert.Equal(kind, output.Kind));

    [Theory]
    [InlineData("(\"out\",\"\",\"r:sha256\",\"impure\")", DerivationOutputKind.Impure)]
    [InlineData("(\"out\",\"\",\"text:sha256\",\"\")", DerivationOutputKind.FloatingContentAddressed)]
    [InlineData("(\"dev\",\"\",\"git:sha1\",\"\"),(\"out\",\"\",\"git:sha1\",\"\")", DerivationOutputKind.FloatingContentAddressed)]
    [InlineData($"(\"out\",\"/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a\",\"text:sha256\",\"{Digest}\")", DerivationOutputKind.Fixed)]
    public void Rarer_kinds_are_read_too(string outputs, DerivationOutputKind kind)
    {
        var bytes = Text(outputs);
        var derivation = Parse(bytes);
        Assert.All(derivation.Outputs, output => Assert.Equal(kind, output.Kind));
        Assert.Equal(bytes, DerivationWriter.Write(derivation));
    }

    [Theory]
    [InlineData("no outputs", "", "has no outputs")]
    [InlineData("kinds mixed", Output + ",(\"x\",\"\",\"\",\"\")", "mixes kinds of outputs: 'out' is input-addressed, 'x' is deferred")]
    [InlineData("fixed output of another name", $"(\"dev\",\"/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a\",\"sha256\",\"{Digest}\")",
        "has a fixed hash, so that its only output must be 'out', not 'dev'")]
    [InlineData("two fixed outputs",
        $"(\"lib\",\"/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a\",\"sha256\",\"{Digest}\"),(\"out\",\"/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a\",\"sha256\",\"{Digest}\")",
        "has a fixed hash, so that its only output must be 'out', not 'lib', 'out'")]
    [InlineData("floating outputs of different algorithms", "(\"dev\",\"\",\"sha256\",\"\"),(\"out\",\"\",\"r:sha256\",\"\")",
        "mixes hash algorithms: 'dev' has sha256, 'out' has r:sha256")]
    [InlineData("hash without algorithm", $"(\"out\",\"\",\"\",\"{Digest}\")",
        $"has an output 'out' of no known kind: path '', hash algorithm '', hash '{Digest}'")]
    [InlineData("unknown algorithm", "(\"out\",\"\",\"r:sha3\",\"\")", "has an output 'out' of no known kind: path '', hash algorithm 'r:sha3', hash ''")]
    [InlineData("unknown method", "(\"out\",\"\",\"x:sha256\",\"\")", "has an output 'out' of no known kind: path '', hash algorithm 'x:sha256', hash ''")]
    [InlineData("hash that is none", "(\"out\",\"/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a\",\"sha256\",\"abc\")",
        "has an output 'out' of no known kind: path '/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a', hash algorithm 'sha256', hash 'abc'")]
    [InlineData("hash with its algorithm", $"(\"out\",\"/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a\",\"sha256\",\"sha256:{Digest}\")",
        $"has an output 'out' of no known kind: path '/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a', hash algorithm 'sha256', hash 'sha256:{Digest}'")]
    public void Outputs_that_do_not_go_together_are_refused(string why, string outputs, string message)
    {
        Assert.NotEmpty(why);
        var exception = Assert.Throws<NixRemoteException>(() => Parse(Text(outputs)));
        Assert.Equal("DerivationInvalid", exception.ErrorId);
        Assert.Equal($"'{SomePath}' {message}.", exception.Message);
        Assert.Equal(SomePath.ToString(), exception.Target);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Cut_at_any_byte_it_is_refused(string file)
    {
        var bytes = Vectors.Read(file);
        for (var length = 0; length < bytes.Length; length++)
        {
            var exception = Assert.Throws<ProtocolException>(() => DerivationParser.Parse(Vectors.PathOf(file), bytes.AsSpan(0, length)));
            Assert.Equal("DerivationInvalid", exception.ErrorId);
            Assert.InRange(exception.Offset, 0, length);
            Assert.Equal(Vectors.PathOf(file).ToString(), exception.Target);
        }
    }

    [Theory]
    [InlineData("empty file", "", 0, "'Derive(' must stand here, not the end of the file")]
    [InlineData("something else", "#!/bin/sh", 0, "'Derive(' must stand here, not '#!/bin/s'")]
    [InlineData("white space", "Derive( [", 7, "'[' must stand here, not ' ['")]
    [InlineData("list without comma", "Derive([(\"out\",\"\",\"\",\"\")(", 24, "',' must stand here, not '('")]
    [InlineData("list with a comma too many", "Derive([(\"out\",\"\",\"\",\"\"),]", 25, "'(' must stand here, not ']'")]
    [InlineData("string without end", "Derive([(\"out", 13, "The file ends in the string that begins at byte 9")]
    [InlineData("string that ends in an escape", "Derive([(\"out\\", 14, "The file ends in the string that begins at byte 9")]
    [InlineData("output name", "Derive([(\"o/t\"", 9, "The name of an output must stand here")]
    [InlineData("output path", "Derive([(\"out\",\"/tmp/x\"", 15, "A path of the store /nix/store must stand here, not '/tmp/x'")]
    public void What_is_no_derivation_is_refused_with_offset(string why, string text, int offset, string expectation)
    {
        Assert.NotEmpty(why);
        var exception = Assert.Throws<ProtocolException>(() => Parse(Encoding.ASCII.GetBytes(text)));
        Assert.Equal("DerivationInvalid", exception.ErrorId);
        Assert.Equal(expectation, exception.Expectation);
        Assert.Equal(offset, exception.Offset);
    }

    public static TheoryData<string, byte[], string> BadParts => new()
    {
        { "trailing newline", Text(tail: ")\n"), "Nothing may follow the derivation" },
        { "input that is no derivation", Text(inputDerivations: "(\"/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a\",[\"out\"])"),
            "The path of a derivation must stand here, not '/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a'" },
        { "relative input", Text(inputSources: "\"wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a\""),
            "A path of the store /nix/store must stand here, not 'wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a'" },
        { "path with bytes that are no text", Text(inputSources: "\"/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-\u00ff\""),
            "A path of the store /nix/store must stand here, not '/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-\\xff'" },
        { "platform that is no text", Text(platform: "\"\u00ff\""), "A text in UTF-8 must stand here, not '\\xff'" },
        { "output twice", Text(Output + "," + Output), "This list must not hold the output 'out' twice" },
        { "variable twice", Text(environment: "(\"a\",\"1\"),(\"b\",\"\"),(\"a\",\"2\")"), "This list must not hold the variable 'a' twice" },
        { "input twice", Text(inputSources: "\"/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a\",\"/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a\""),
            "This list must not hold the input '/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a' twice" },
        { "input derivation twice", Text(inputDerivations: $"(\"{SomePath}\",[\"out\"]),(\"{SomePath}\",[\"dev\"])"),
            $"This list must not hold the input derivation '{SomePath}' twice" },
        { "output of an input twice", Text(inputDerivations: $"(\"{SomePath}\",[\"out\",\"out\"])"), "This list must not hold the output 'out' twice" },
    };

    [Theory]
    [MemberData(nameof(BadParts))]
    public void Bad_parts_are_refused(string why, byte[] bytes, string expectation)
    {
        Assert.NotEmpty(why);
        var exception = Assert.Throws<ProtocolException>(() => Parse(bytes));
        Assert.Equal("DerivationInvalid", exception.ErrorId);
        Assert.Equal(expectation, exception.Expectation);
    }

    [Fact]
    public void Lists_in_another_order_are_sorted()
    {
        var derivation = Parse(Text(
            outputs: "(\"out\",\"/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a\",\"\",\"\"),(\"dev\",\"/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a-dev\",\"\",\"\")",
            inputDerivations: $"(\"{SomePath}\",[\"out\",\"dev\"]),(\"/nix/store/06gbaw1i52d8n61zh216c7qab3j45gfq-f.drv\",[])",
            inputSources: "\"/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a\",\"/nix/store/qa1w9gdfrba6jl2r57mb3c43863gqywp-hello.txt\"",
            arguments: "\"b\",\"a\"",
            environment: "(\"\u00ff\",\"\"),(\"b\",\"\"),(\"B\",\"\")"));

        Assert.Equal(["dev", "out"], derivation.Outputs.Select(output => output.Name));
        Assert.Equal(["f.drv", "a.drv"], derivation.InputDerivations.Select(input => input.Key.Name));
        Assert.Equal(["dev", "out"], derivation.InputDerivations[1].Value);
        Assert.Equal(["hello.txt", "a"], derivation.InputSources.Select(source => source.Name));
        Assert.Equal(["b", "a"], derivation.Arguments);
        Assert.Equal(["B", "b", new ByteString([0xff])], derivation.Environment.Select(variable => variable.Key));
    }

    [Fact]
    public void Bytes_that_are_no_text_stay_as_they_are()
    {
        var bytes = Text(arguments: "\"\u00ff\u0000\u0080\"", environment: "(\"k\u00fe\",\"\u00c3\u0028\")");
        var derivation = Parse(bytes);

        Assert.Equal([0xff, 0x00, 0x80], derivation.Arguments[0].Span.ToArray());
        Assert.Equal(bytes, DerivationWriter.Write(derivation));
    }

    [Fact]
    public void Escapes_other_than_those_written_stand_for_themselves()
    {
        var derivation = Parse(Text(arguments: "\"\\a\\$\\n\\r\\t\\\"\\\\end\""));

        Assert.Equal("a$\n\r\t\"\\end", derivation.Arguments[0]);
        Assert.Equal(Text(arguments: "\"a$\\n\\r\\t\\\"\\\\end\""), DerivationWriter.Write(derivation));
    }

    [Fact]
    public void The_dynamic_form_without_dynamic_inputs_is_read()
    {
        var derivation = Parse(Text(
            head: "DrvWithVersion(\"xp-dyn-drv\",",
            inputDerivations: "(\"/nix/store/06gbaw1i52d8n61zh216c7qab3j45gfq-f.drv\",[\"out\"]),(\"/nix/store/3pysdbjixd4amzidam0kp6vwzpqy58y3-a.drv\",([\"out\"],[]))"));

        Assert.Equal(["f.drv", "a.drv"], derivation.InputDerivations.Select(input => input.Key.Name));
    }

    [Theory]
    [InlineData("DrvWithVersion(\"xp-dyn-drv\",", "(\"/nix/store/06gbaw1i52d8n61zh216c7qab3j45gfq-f.drv\",([],[(\"out\",[\"out\"])]))", "(a dynamic derivation)")]
    [InlineData("DrvWithVersion(\"2\",", "", "is written in the format '2', which is not known")]
    public void Dynamic_inputs_and_other_versions_are_not_supported(string head, string inputDerivations, string message)
    {
        var exception = Assert.Throws<NixRemoteException>(() => Parse(Text(head: head, inputDerivations: inputDerivations)));
        Assert.Equal("DerivationUnsupported", exception.ErrorId);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        Assert.Equal(SomePath.ToString(), exception.Target);
    }

    [Fact]
    public void A_nested_node_is_only_allowed_in_the_dynamic_form()
    {
        var bytes = Text(inputDerivations: "(\"/nix/store/06gbaw1i52d8n61zh216c7qab3j45gfq-f.drv\",([\"out\"],[]))");
        Assert.Equal("'[' must stand here, not '([\"out\"]'", Assert.Throws<ProtocolException>(() => Parse(bytes)).Expectation);
    }

    [Theory]
    [InlineData("3pysdbjixd4amzidam0kp6vwzpqy58y3-a")]
    [InlineData("3pysdbjixd4amzidam0kp6vwzpqy58y3-.drv")]
    public void The_path_must_be_that_of_a_derivation(string baseName) =>
        Assert.Equal("DerivationInvalid", Assert.Throws<NixRemoteException>(() => DerivationParser.Parse(StorePath.FromBaseName(baseName), Text())).ErrorId);

    [Fact]
    public void A_file_over_the_limit_is_refused() =>
        Assert.Equal("LimitExceeded",
            Assert.Throws<NixRemoteException>(() => Parse(new byte[StoreObjectLimits.DerivationBytes + 1])).ErrorId);

    [Fact]
    public void Paths_are_those_of_the_derivations_own_store()
    {
        var path = StorePath.Parse("/s/3pysdbjixd4amzidam0kp6vwzpqy58y3-a.drv", "/s");
        var bytes = Text("(\"out\",\"/s/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a\",\"\",\"\")");

        Assert.Equal("/s", DerivationParser.Parse(path, bytes).Outputs[0].Path!.StoreDirectory);
        Assert.Throws<ProtocolException>(() => DerivationParser.Parse(path, Text()));
    }
}
