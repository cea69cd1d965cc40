using System.Text;
using System.Text.Json;

namespace NixRemote.StoreObjects;

/// <summary>What a derivation asks of the machine that builds it (nar.md §7).</summary>
public sealed record DerivationOptions
{
    private const string FeaturesAttribute = "requiredSystemFeatures";
    private const string PreferLocalBuildAttribute = "preferLocalBuild";
    private const string StructuredAttributes = "The structured attributes (__json)";
    private const string AllowSubstitutesAttribute = "allowSubstitutes";

    /// <summary>The features that a machine must have, ascending, none twice. <c>ca-derivations</c> is among them where an
    /// output path is not known before the build.</summary>
    public IReadOnlyList<string> RequiredSystemFeatures { get; init; } = [];

    /// <summary>Whether it is so cheap that it should be built where it is needed.</summary>
    public bool PreferLocalBuild { get; init; }

    /// <summary>Whether its outputs may be fetched instead of built.</summary>
    public bool AllowSubstitutes { get; init; } = true;

    /// <summary>Reads the options from the structured attributes if the derivation has them, and then from nothing else;
    /// otherwise from the environment.</summary>
    /// <exception cref="NixRemoteException">DerivationInvalid: the structured attributes are no JSON object, or an attribute
    /// in them has the wrong type.</exception>
    public static DerivationOptions Read(BasicDerivation derivation)
    {
        var options = derivation.FindVariable("__json") is { } json ? ReadStructured(derivation, json) : ReadEnvironment(derivation);
        var unknownPaths = derivation.Outputs.Any(output => output.Path is null);
        var features = unknownPaths ? options.RequiredSystemFeatures.Append("ca-derivations") : options.RequiredSystemFeatures;
        return options with { RequiredSystemFeatures = [.. features.Distinct().Order(StringComparer.Ordinal)] };
    }

    private static DerivationOptions ReadEnvironment(BasicDerivation derivation)
    {
        return new DerivationOptions
        {
            RequiredSystemFeatures = derivation.FindVariable(FeaturesAttribute) is { } features
                ? features.ToString().Split([' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)
                : [],
            PreferLocalBuild = Flag(PreferLocalBuildAttribute, otherwise: false),
            AllowSubstitutes = Flag(AllowSubstitutesAttribute, otherwise: true),
        };

        bool Flag(string name, bool otherwise) => derivation.FindVariable(name) is { } value ? value == "1" : otherwise;
    }

    // Only the attributes of the outermost object count; what is in others is skipped, however large.
    private static DerivationOptions ReadStructured(BasicDerivation derivation, ByteString json)
    {
        var options = new DerivationOptions();
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = StoreObjectLimits.StructuredAttributesDepth });
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw Invalid(derivation, StructuredAttributes, "are not a JSON object");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString();
                reader.Read();
                switch (name)
                {
                    case FeaturesAttribute:
                        options = options with { RequiredSystemFeatures = ReadStrings(ref reader, derivation, name) };
                        break;
                    case PreferLocalBuildAttribute:
                        options = options with { PreferLocalBuild = ReadFlag(ref reader, derivation, name) };
                        break;
                    case AllowSubstitutesAttribute:
                        options = options with { AllowSubstitutes = ReadFlag(ref reader, derivation, name) };
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            // Anything after the object is an error of the reader.
            reader.Read();
            return options;
        }
        catch (Exception exception) when (
            exception is JsonException or InvalidOperationException { InnerException: DecoderFallbackException })
        {
            throw Invalid(derivation, StructuredAttributes, $"are not JSON: {exception.Message.TrimEnd('.')}", exception);
        }
    }

    private static bool ReadFlag(ref Utf8JsonReader reader, BasicDerivation derivation, string name) =>
        reader.TokenType is JsonTokenType.True or JsonTokenType.False
            ? reader.GetBoolean()
            : throw Invalid(derivation, $"The attribute '{name}'", "must be true or false");

    private static List<string> ReadStrings(ref Utf8JsonReader reader, BasicDerivation derivation, string name)
    {
        var strings = new List<string>();
        var isList = reader.TokenType == JsonTokenType.StartArray;
        while (isList && reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            strings.Add(reader.GetString()!);
        }

        return isList && reader.TokenType == JsonTokenType.EndArray
            ? strings
            : throw Invalid(derivation, $"The attribute '{name}'", "must be a list of strings");
    }

    private static NixRemoteException Invalid(BasicDerivation derivation, string subject, string predicate, Exception? inner = null) =>
        new(NixErrors.DerivationInvalid, $"{subject} of '{derivation.Path}' {predicate}.", inner) { Target = derivation.Path.ToString() };
}
