using System.Buffers;
using System.Text;

namespace NixRemote.StoreObjects;

/// <summary>The tokens of a .drv file (nar.md §6): strings with escapes, and the characters between them.</summary>
internal ref struct AtermReader(ReadOnlySpan<byte> bytes)
{
    private static readonly SearchValues<byte> EndOrEscape = SearchValues.Create("\"\\"u8);

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _position;

    /// <summary>Whether nothing is left.</summary>
    public readonly bool AtEnd => _position == _bytes.Length;

    /// <summary>The failure for what is at an offset.</summary>
    public static ProtocolException Invalid(int offset, string expectation) => new(NixErrors.DerivationInvalid, offset, expectation);

    /// <summary>Whether the next bytes are these.</summary>
    public readonly bool Sees(ReadOnlySpan<byte> text) => _bytes[_position..].StartsWith(text);

    /// <summary>Takes the bytes if they are next.</summary>
    public bool TryTake(ReadOnlySpan<byte> text)
    {
        if (!Sees(text))
        {
            return false;
        }

        _position += text.Length;
        return true;
    }

    /// <summary>Takes the bytes, which must be next.</summary>
    public void Take(ReadOnlySpan<byte> text)
    {
        if (!TryTake(text))
        {
            var rest = _bytes[_position..];
            var found = rest[..Math.Min(rest.Length, Math.Max(text.Length, 8))];
            throw Invalid(_position, $"{PrintableBytes.Quote(text)} must stand here, not {Found(found)}");
        }
    }

    /// <summary>In a list: whether another element follows. Called before the first element (after the opening bracket)
    /// and after each one; takes the comma or the closing bracket.</summary>
    public bool TakeNextElement(bool first)
    {
        if (TryTake("]"u8))
        {
            return false;
        }

        if (!first)
        {
            Take(","u8);
        }

        return true;
    }

    /// <summary>A string's bytes: a piece of the file itself unless it has escapes.</summary>
    public ReadOnlySpan<byte> TakeString()
    {
        Take("\""u8);
        var start = _position;
        var end = _bytes[start..].IndexOfAny(EndOrEscape);
        if (end >= 0 && _bytes[start + end] == '"')
        {
            _position = start + end + 1;
            return _bytes.Slice(start, end);
        }

        return TakeEscapedString(start);
    }

    /// <summary>A string that must be UTF-8, since it is held as text.</summary>
    public string TakeText()
    {
        var offset = _position;
        var bytes = TakeString();
        try
        {
            return StrictUtf8.Encoding.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            var expectation = $"A text in UTF-8 must stand here, not {PrintableBytes.Quote(bytes)}";
            throw new ProtocolException(NixErrors.DerivationInvalid, offset, expectation, exception);
        }
    }

    /// <summary>A string of raw bytes.</summary>
    public ByteString TakeBytes() => new(TakeString().ToArray());

    private static string Found(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? "the end of the file" : PrintableBytes.Quote(bytes);

    private static byte Unescape(byte escaped) => escaped switch
    {
        (byte)'n' => (byte)'\n',
        (byte)'r' => (byte)'\r',
        (byte)'t' => (byte)'\t',
        _ => escaped, // any other character stands for itself
    };

    private ReadOnlySpan<byte> TakeEscapedString(int start)
    {
        var value = new ArrayBufferWriter<byte>();
        var position = start;
        while (true)
        {
            var length = _bytes[position..].IndexOfAny(EndOrEscape);
            if (length < 0 || (_bytes[position + length] == '\\' && position + length + 1 == _bytes.Length))
            {
                throw Invalid(_bytes.Length, $"The file ends in the string that begins at byte {start - 1}");
            }

            value.Write(_bytes.Slice(position, length));
            position += length + 1;
            if (_bytes[position - 1] == '"')
            {
                _position = position;
                return value.WrittenSpan;
            }

            value.Write([Unescape(_bytes[position])]);
            position++;
        }
    }
}
