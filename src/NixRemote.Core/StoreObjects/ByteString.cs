using System.Text;

namespace NixRemote.StoreObjects;

/// <summary>A text of raw bytes, as derivations hold them: mostly UTF-8, but nothing guarantees it, and hashes
/// depend on every byte. Order and equality are those of the bytes.</summary>
public readonly struct ByteString : IEquatable<ByteString>, IComparable<ByteString>
{
    private readonly byte[]? _bytes;

    /// <summary>Wraps bytes; they must not be changed afterwards.</summary>
    public ByteString(byte[] bytes) => _bytes = bytes;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes;

    /// <summary>The number of bytes.</summary>
    public int Length => _bytes?.Length ?? 0;

    /// <summary>The UTF-8 bytes of a text.</summary>
    public static implicit operator ByteString(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>The text, with U+FFFD where the bytes are not UTF-8.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Span);

    /// <inheritdoc/>
    public bool Equals(ByteString other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ByteString other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>Unsigned byte order.</summary>
    public int CompareTo(ByteString other) => Span.SequenceCompareTo(other.Span);

    /// <summary>Equality of the bytes.</summary>
    public static bool operator ==(ByteString left, ByteString right) => left.Equals(right);

    /// <summary>Inequality of the bytes.</summary>
    public static bool operator !=(ByteString left, ByteString right) => !left.Equals(right);
}
