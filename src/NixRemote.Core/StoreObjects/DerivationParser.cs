using System.Text;

namespace NixRemote.StoreObjects;

/// <summary>Reads .drv files (nar.md §6). Lists need not be in the writer's order, as Nix itself allows, but nothing may
/// be in them twice.</summary>
public static class DerivationParser
{
    /// <summary>Reads a derivation and checks its outputs by nar.md §6.1.</summary>
    /// <param name="path">The path of the .drv, which gives it its name and the store directory of its paths.</param>
    /// <param name="bytes">The file's bytes.</param>
    /// <exception cref="ProtocolException">DerivationInvalid: what was expected and at which byte.</exception>
    /// <exception cref="NixRemoteException">DerivationInvalid: its outputs do not go together; DerivationUnsupported:
    /// it needs outputs of derivations that are themselves built (dynamic derivations), or has another version;
    /// LimitExceeded: it is over <see cref="StoreObjectLimits.DerivationBytes"/>.</exception>
    public static Derivation Parse(StorePath path, ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (!path.IsDerivation || path.Name.Length == ".drv".Length)
            {
                throw new NixRemoteException(NixErrors.DerivationInvalid,
                    $"'{path}' is not the path of a derivation: it must end in NAME.drv.");
            }

            if (bytes.Length > StoreObjectLimits.DerivationBytes)
            {
                throw new NixRemoteException(NixErrors.LimitExceeded,
                    $"'{path}' has {bytes.Length} bytes; a derivation may have {StoreObjectLimits.DerivationBytes}.");
            }

            var derivation = Parse(path, new AtermReader(bytes));
            DerivationRules.CheckOutputs(derivation);
            return derivation;
        }
        catch (NixRemoteException exception) when (exception.Target is null)
        {
            exception.Target = path.ToString();
            throw;
        }
    }

    // drv  := 'Derive(' body ')'  |  'DrvWithVersion("xp-dyn-drv",' body ')'
    // body := outputs ',' inputDrvs ',' strings(inputSrcs) ',' str(platform) ',' str(builder) ',' strings(args) ',' env
    private static Derivation Parse(StorePath path, AtermReader reader)
    {
        var dynamic = TakeHeader(ref reader, path);
        var outputs = TakeOutputs(ref reader, path.StoreDirectory);
        reader.Take(","u8);
        var inputDerivations = TakeInputDerivations(ref reader, path, dynamic);
        reader.Take(","u8);
        var inputSources = TakeInputSources(ref reader, path.StoreDirectory);
        reader.Take(","u8);
        var platform = reader.TakeText();
        reader.Take(","u8);
        var builder = reader.TakeBytes();
        reader.Take(","u8);
        var arguments = TakeArguments(ref reader);
        reader.Take(","u8);
        var environment = TakeEnvironment(ref reader);
        reader.Take(")"u8);
        if (!reader.AtEnd)
        {
            throw AtermReader.Invalid(reader.Position, "Nothing may follow the derivation");
        }

        return new Derivation
        {
            Path = path,
            Outputs = outputs,
            InputDerivations = inputDerivations,
            InputSources = inputSources,
            Platform = platform,
            Builder = builder,
            Arguments = arguments,
            Environment = environment,
        };
    }

    private static bool TakeHeader(ref AtermReader reader, StorePath path)
    {
        if (!reader.TryTake("DrvWithVersion("u8))
        {
            reader.Take("Derive("u8);
            return false;
        }

        var version = reader.TakeText();
        if (version != "xp-dyn-drv")
        {
            throw new NixRemoteException(NixErrors.DerivationUnsupported,
                $"'{path}' is written in the format '{version}', which is not known.");
        }

        reader.Take(","u8);
        return true;
    }

    // outputs := '[' '(' str(name) ',' str(path) ',' str(hashAlgo) ',' str(hash) ')' {','…} ']'
    private static List<DerivationOutput> TakeOutputs(ref AtermReader reader, string storeDirectory)
    {
        var outputs = new List<DerivationOutput>();
        var start = reader.Position;
        reader.Take("["u8);
        while (reader.TakeNextElement(first: outputs.Count == 0))
        {
            reader.Take("("u8);
            var name = TakeOutputName(ref reader);
            reader.Take(","u8);
            var path = reader.Sees("\"\""u8) ? TakeNothing(ref reader) : TakePath(ref reader, storeDirectory);
            reader.Take(","u8);
            var algorithm = reader.TakeText();
            reader.Take(","u8);
            var hash = reader.TakeText();
            reader.Take(")"u8);
            outputs.Add(new DerivationOutput(name, path, algorithm, hash));
        }

        return Ascending(outputs, start, static (a, b) => string.CompareOrdinal(a.Name, b.Name),
            static output => $"the output '{output.Name}'");
    }

    // inputDrvs := '[' '(' str(drvPath) ',' node ')' … ']'
    private static List<KeyValuePair<StorePath, IReadOnlyList<string>>> TakeInputDerivations(
        ref AtermReader reader, StorePath path, bool dynamic)
    {
        var inputs = new List<KeyValuePair<StorePath, IReadOnlyList<string>>>();
        var start = reader.Position;
        reader.Take("["u8);
        while (reader.TakeNextElement(first: inputs.Count == 0))
        {
            reader.Take("("u8);
            var offset = reader.Position;
            var input = TakePath(ref reader, path.StoreDirectory);
            if (!input.IsDerivation)
            {
                throw AtermReader.Invalid(offset, $"The path of a derivation must stand here, not '{input}'");
            }

            reader.Take(","u8);
            inputs.Add(new(input, dynamic ? TakeDynamicNode(ref reader, path, input) : TakeOutputNames(ref reader)));
            reader.Take(")"u8);
        }

        return Ascending(inputs, start, static (a, b) => a.Key.CompareTo(b.Key), static input => $"the input derivation '{input.Key}'");
    }

    // node := strings(outputNames)  |  '(' strings ',' '[' '(' str(outputName) ',' node ')' … ']' ')'
    private static List<string> TakeDynamicNode(ref AtermReader reader, StorePath path, StorePath input)
    {
        if (!reader.TryTake("("u8))
        {
            return TakeOutputNames(ref reader);
        }

        var names = TakeOutputNames(ref reader);
        reader.Take(",["u8);
        if (!reader.TryTake("]"u8))
        {
            throw new NixRemoteException(NixErrors.DerivationUnsupported,
                $"'{path}' needs outputs of a derivation that '{input}' makes when it is built (a dynamic derivation); "
                + "such derivations cannot be built by this module.");
        }

        reader.Take(")"u8);
        return names;
    }

    private static List<string> TakeOutputNames(ref AtermReader reader)
    {
        var names = new List<string>();
        var start = reader.Position;
        reader.Take("["u8);
        while (reader.TakeNextElement(first: names.Count == 0))
        {
            names.Add(TakeOutputName(ref reader));
        }

        return Ascending(names, start, string.CompareOrdinal, static name => $"the output '{name}'");
    }

    private static List<StorePath> TakeInputSources(ref AtermReader reader, string storeDirectory)
    {
        var sources = new List<StorePath>();
        var start = reader.Position;
        reader.Take("["u8);
        while (reader.TakeNextElement(first: sources.Count == 0))
        {
            sources.Add(TakePath(ref reader, storeDirectory));
        }

        return Ascending(sources, start, static (a, b) => a.CompareTo(b), static source => $"the input '{source}'");
    }

    private static List<ByteString> TakeArguments(ref AtermReader reader)
    {
        var arguments = new List<ByteString>();
        reader.Take("["u8);
        while (reader.TakeNextElement(first: arguments.Count == 0))
        {
            arguments.Add(reader.TakeBytes());
        }

        return arguments;
    }

    // env := '[' '(' str(key) ',' str(value) ')' … ']'
    private static List<KeyValuePair<ByteString, ByteString>> TakeEnvironment(ref AtermReader reader)
    {
        var environment = new List<KeyValuePair<ByteString, ByteString>>();
        var start = reader.Position;
        reader.Take("["u8);
        while (reader.TakeNextElement(first: environment.Count == 0))
        {
            reader.Take("("u8);
            var key = reader.TakeBytes();
            reader.Take(","u8);
            var value = reader.TakeBytes();
            reader.Take(")"u8);
            environment.Add(new(key, value));
        }

        return Ascending(environment, start, static (a, b) => a.Key.CompareTo(b.Key),
            static variable => $"the variable {PrintableBytes.Quote(variable.Key.Span)}");
    }

    private static string TakeOutputName(ref AtermReader reader)
    {
        var offset = reader.Position;
        var name = reader.TakeText();
        return StorePath.IsName(name) ? name : throw AtermReader.Invalid(offset, "The name of an output must stand here");
    }

    private static StorePath TakePath(ref AtermReader reader, string storeDirectory)
    {
        var offset = reader.Position;
        var bytes = reader.TakeString();
        return StorePath.TryParse(Encoding.Latin1.GetString(bytes), out var path, storeDirectory)
            ? path
            : throw AtermReader.Invalid(offset, $"A path of the store {storeDirectory} must stand here, not {PrintableBytes.Quote(bytes)}");
    }

    private static StorePath? TakeNothing(ref AtermReader reader)
    {
        reader.Take("\"\""u8);
        return null;
    }

    private static List<T> Ascending<T>(List<T> list, int offset, Comparison<T> compare, Func<T, string> describe)
    {
        for (var i = 1; i < list.Count; i++)
        {
            if (compare(list[i - 1], list[i]) >= 0)
            {
                list.Sort(compare);
                break;
            }
        }

        for (var i = 1; i < list.Count; i++)
        {
            if (compare(list[i - 1], list[i]) == 0)
            {
                throw AtermReader.Invalid(offset, $"This list must not hold {describe(list[i])} twice");
            }
        }

        return list;
    }
}
