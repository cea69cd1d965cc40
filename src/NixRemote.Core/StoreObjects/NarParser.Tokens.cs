using System.Buffers.Binary;

namespace NixRemote.StoreObjects;

// Tokens: padded strings (wire.md §1) put together across pieces of input, and the names that they must follow.
public sealed partial class NarParser
{
    private const int MaxTokenBytes = (StoreObjectLimits.NarTargetBytes + 7) & ~7;

    // Bytes of a token that is not complete yet.
    private readonly byte[] _carry = new byte[MaxTokenBytes];
    private int _carried;

    // The length word of the current token, -1 until it is read.
    private int _tokenLength = -1;
    private long _tokenStart;

    // The last name of each open directory, NarNameBytes apart, outermost first; 0 bytes: no entry yet.
    private byte[] _lastNames = [];
    private int[] _lastNameLengths = [];

    private bool TakeLiteral(ReadOnlySpan<byte> input, ref int at, ReadOnlySpan<byte> literal, State next)
    {
        if (!TryTakeToken(input, ref at, StoreObjectLimits.NarTagBytes, out var token))
        {
            return false;
        }

        if (!token.SequenceEqual(literal))
        {
            throw Unexpected(token);
        }

        _state = next;
        return true;
    }

    private bool TakeEntryName(ReadOnlySpan<byte> input, ref int at)
    {
        if (!TryTakeToken(input, ref at, StoreObjectLimits.NarNameBytes, out var name))
        {
            return false;
        }

        if (name.IsEmpty || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8) || name.IndexOfAny((byte)'/', (byte)0) >= 0)
        {
            throw Invalid(_tokenStart, $"{PrintableBytes.Quote(name)} cannot be the name of an entry");
        }

        var last = _lastNames.AsSpan((_openDirectories - 1) * StoreObjectLimits.NarNameBytes, StoreObjectLimits.NarNameBytes);
        ref var lastLength = ref _lastNameLengths[_openDirectories - 1];
        if (name.SequenceCompareTo(last[..lastLength]) <= 0)
        {
            throw Invalid(_tokenStart,
                $"The names of a directory must ascend in byte order: "
                + $"{PrintableBytes.Quote(name)} follows {PrintableBytes.Quote(last[..lastLength])}");
        }

        name.CopyTo(last);
        lastLength = name.Length;
        _visitor?.Entry(name);
        _state = State.EntryNodeTag;
        return true;
    }

    private void OpenDirectory()
    {
        if (_openDirectories == _lastNameLengths.Length)
        {
            var capacity = Math.Max(8, _openDirectories * 2);
            Array.Resize(ref _lastNames, capacity * StoreObjectLimits.NarNameBytes);
            Array.Resize(ref _lastNameLengths, capacity);
        }

        _lastNameLengths[_openDirectories++] = 0;
    }

    // string := u64 length, the bytes, zeros up to a multiple of 8
    private bool TryTakeToken(ReadOnlySpan<byte> input, ref int at, int maxLength, out ReadOnlySpan<byte> token)
    {
        token = default;
        if (_tokenLength < 0)
        {
            BeginToken(at);
            if (!TryTakeBytes(input, ref at, sizeof(ulong), out var word))
            {
                return false;
            }

            var length = BinaryPrimitives.ReadUInt64LittleEndian(word);
            if (length > (ulong)maxLength)
            {
                throw Invalid(_tokenStart, $"{Expected(_state)} must have at most {maxLength} bytes, not {length}");
            }

            _tokenLength = (int)length;
        }

        if (!TryTakeBytes(input, ref at, _tokenLength + NarTokens.PaddingOf(_tokenLength), out var bytes))
        {
            return false;
        }

        CheckPadding(bytes[_tokenLength..], _tokenStart + sizeof(ulong) + _tokenLength);
        token = bytes[.._tokenLength];
        _tokenLength = -1;
        return true;
    }

    // Exactly count bytes in one piece: from the input itself if it holds them all.
    private bool TryTakeBytes(ReadOnlySpan<byte> input, ref int at, int count, out ReadOnlySpan<byte> bytes)
    {
        if (_carried == 0 && input.Length - at >= count)
        {
            bytes = input.Slice(at, count);
            at += count;
            return true;
        }

        var taken = Math.Min(count - _carried, input.Length - at);
        input.Slice(at, taken).CopyTo(_carry.AsSpan(_carried));
        at += taken;
        _carried += taken;
        if (_carried < count)
        {
            bytes = default;
            return false;
        }

        _carried = 0;
        bytes = _carry.AsSpan(0, count);
        return true;
    }

    private void BeginToken(int at)
    {
        if (_carried == 0)
        {
            _tokenStart = Position + at;
        }
    }

    private static void CheckPadding(ReadOnlySpan<byte> padding, long offset)
    {
        if (padding.IndexOfAnyExcept((byte)0) >= 0)
        {
            throw Invalid(offset, $"Padding must be zero, not {PrintableBytes.Quote(padding)}");
        }
    }

    private ProtocolException Unexpected(ReadOnlySpan<byte> token) =>
        Invalid(_tokenStart, $"{Expected(_state)} must stand here, not {PrintableBytes.Quote(token)}");
}
