using System.Buffers;
using System.Text;

namespace NixRemote.StoreObjects;

/// <summary>Writes .drv files, byte for byte as Nix does (nar.md §6).</summary>
public static class DerivationWriter
{
    private static readonly SearchValues<byte> Escaped = SearchValues.Create("\"\\\n\r\t"u8);

    /// <summary>The file's bytes. The derivation's lists must ascend, as its contract says.</summary>
    public static byte[] Write(Derivation derivation)
    {
        var writer = new ArrayBufferWriter<byte>();
        Write(writer, derivation, maskOutputs: false, null);
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>Writes the text of a derivation, or the changed texts that are hashed (nar.md §8.4).</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="derivation">The derivation.</param>
    /// <param name="maskOutputs">Write output paths, and the variables named like an output, as empty strings.</param>
    /// <param name="inputs">What stands for the input derivations, ascending: hashes in base 16, with output names,
    /// ascending; null: their paths.</param>
    internal static void Write(
        ArrayBufferWriter<byte> writer,
        Derivation derivation,
        bool maskOutputs,
        IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>>? inputs)
    {
        writer.Write("Derive(["u8);
        for (var i = 0; i < derivation.Outputs.Count; i++)
        {
            var output = derivation.Outputs[i];
            writer.Write(i == 0 ? "("u8 : ",("u8);
            WriteText(writer, output.Name);
            writer.Write(","u8);
            WriteText(writer, maskOutputs || output.Path is null ? "" : output.Path.ToString());
            writer.Write(","u8);
            WriteText(writer, output.HashAlgorithm);
            writer.Write(","u8);
            WriteText(writer, output.Hash);
            writer.Write(")"u8);
        }

        writer.Write("],["u8);
        if (inputs is null)
        {
            for (var i = 0; i < derivation.InputDerivations.Count; i++)
            {
                WriteInput(writer, i == 0, derivation.InputDerivations[i].Key.ToString(), derivation.InputDerivations[i].Value);
            }
        }
        else
        {
            for (var i = 0; i < inputs.Count; i++)
            {
                WriteInput(writer, i == 0, inputs[i].Key, inputs[i].Value);
            }
        }

        writer.Write("],["u8);
        for (var i = 0; i < derivation.InputSources.Count; i++)
        {
            writer.Write(i == 0 ? ""u8 : ","u8);
            WriteText(writer, derivation.InputSources[i].ToString());
        }

        writer.Write("],"u8);
        WriteBytes(writer, Encoding.UTF8.GetBytes(derivation.Platform));
        writer.Write(","u8);
        WriteBytes(writer, derivation.Builder.Span);
        writer.Write(",["u8);
        for (var i = 0; i < derivation.Arguments.Count; i++)
        {
            writer.Write(i == 0 ? ""u8 : ","u8);
            WriteBytes(writer, derivation.Arguments[i].Span);
        }

        writer.Write("],["u8);
        for (var i = 0; i < derivation.Environment.Count; i++)
        {
            var (key, value) = derivation.Environment[i];
            writer.Write(i == 0 ? "("u8 : ",("u8);
            WriteBytes(writer, key.Span);
            writer.Write(","u8);
            WriteBytes(writer, maskOutputs && NamesOutput(derivation, key) ? [] : value.Span);
            writer.Write(")"u8);
        }

        writer.Write("])"u8);
    }

    private static void WriteInput(ArrayBufferWriter<byte> writer, bool first, string key, IReadOnlyList<string> outputNames)
    {
        writer.Write(first ? "("u8 : ",("u8);
        WriteText(writer, key);
        writer.Write(",["u8);
        for (var i = 0; i < outputNames.Count; i++)
        {
            writer.Write(i == 0 ? ""u8 : ","u8);
            WriteText(writer, outputNames[i]);
        }

        writer.Write("])"u8);
    }

    private static bool NamesOutput(Derivation derivation, ByteString key)
    {
        foreach (var output in derivation.Outputs)
        {
            if (Ascii.Equals(key.Span, output.Name))
            {
                return true;
            }
        }

        return false;
    }

    // Names, paths, hashes: ASCII without anything to escape.
    private static void WriteText(ArrayBufferWriter<byte> writer, string text)
    {
        var span = writer.GetSpan(text.Length + 2);
        span[0] = (byte)'"';
        Encoding.ASCII.GetBytes(text, span[1..]);
        span[text.Length + 1] = (byte)'"';
        writer.Advance(text.Length + 2);
    }

    // str := '"' … '"' with escapes \" \\ \n \r \t
    private static void WriteBytes(ArrayBufferWriter<byte> writer, ReadOnlySpan<byte> bytes)
    {
        writer.Write("\""u8);
        while (bytes.IndexOfAny(Escaped) is var plain and >= 0)
        {
            writer.Write(bytes[..plain]);
            writer.Write(bytes[plain] switch
            {
                (byte)'\n' => "\\n"u8,
                (byte)'\r' => "\\r"u8,
                (byte)'\t' => "\\t"u8,
                (byte)'"' => "\\\""u8,
                _ => "\\\\"u8,
            });
            bytes = bytes[(plain + 1)..];
        }

        writer.Write(bytes);
        writer.Write("\""u8);
    }
}
