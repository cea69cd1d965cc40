using System.Text;
using NixRemote.StoreObjects;

namespace NixRemote.Tests.StoreObjects;

/// <summary>.drv files put together from parts, also wrong ones.</summary>
internal static class DerivationTexts
{
    public static readonly StorePath SomePath = StorePath.FromBaseName("3pysdbjixd4amzidam0kp6vwzpqy58y3-a.drv");

    public const string Output = "(\"out\",\"/nix/store/wd0ys9snp82b5v5j4pgp5wfhnfjhl2vm-a\",\"\",\"\")";
    public const string Digest = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

    public static byte[] Text(
        string outputs = Output, string inputDerivations = "", string inputSources = "", string arguments = "", string environment = "",
        string head = "Derive(", string platform = "\"x86_64-linux\"", string tail = ")") =>
        Encoding.Latin1.GetBytes($"{head}[{outputs}],[{inputDerivations}],[{inputSources}],{platform},\"/bin/sh\",[{arguments}],[{environment}]{tail}");

    public static Derivation Parse(byte[] bytes) => DerivationParser.Parse(SomePath, bytes);

    /// <summary>A derivation with this environment and otherwise nothing special.</summary>
    public static Derivation WithEnvironment(params (string Key, string Value)[] variables) => Parse(Text()) with
    {
        Environment = [.. variables.Select(v => new KeyValuePair<ByteString, ByteString>(v.Key, v.Value))],
    };

    /// <summary>An input-addressed derivation as an evaluator makes it: output paths, their variables and its own path
    /// follow from the rest. Its text goes to <paramref name="store"/>.</summary>
    public static Derivation Instantiate(
        IDictionary<StorePath, Derivation> store, string name, IReadOnlyList<Derivation> inputs, params string[] outputNames)
    {
        var unknown = StorePath.FromBaseName($"{new string('0', 32)}-{name}.drv");
        var draft = new Derivation
        {
            Path = unknown,
            Outputs = [.. outputNames.Order(StringComparer.Ordinal).Select(output => new DerivationOutput(output, unknown, "", ""))],
            InputDerivations =
            [
                .. inputs.OrderBy(input => input.Path)
                    .Select(input => new KeyValuePair<StorePath, IReadOnlyList<string>>(input.Path, [input.Outputs[0].Name])),
            ],
            InputSources = [],
            Platform = "x86_64-linux",
            Builder = "/bin/sh",
            Arguments = ["-c", $"echo {name} > $out"],
            Environment = Environment(output => ""),
        };
        var hash = new DerivationHashes(path => store[path]).Masked(draft).Hash;
        var derivation = draft with
        {
            Outputs = [.. draft.Outputs.Select(output => output with { Path = StorePathFactory.Output(name, output.Name, hash) })],
            Environment = Environment(output => StorePathFactory.Output(name, output, hash).ToString()),
        };
        var path = StorePathFactory.Text($"{name}.drv", NixHash.Sha256(DerivationWriter.Write(derivation)), inputs.Select(input => input.Path));
        return store[path] = derivation with { Path = path };

        KeyValuePair<ByteString, ByteString>[] Environment(Func<string, string> value) =>
        [
            .. outputNames.Select(output => new KeyValuePair<ByteString, ByteString>(output, value(output)))
                .Append(new("name", name)).OrderBy(variable => variable.Key),
        ];
    }
}
