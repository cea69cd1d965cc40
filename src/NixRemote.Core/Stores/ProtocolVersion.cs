namespace NixRemote.Stores;

/// <summary>A protocol's version: major and minor, for example 1.38.</summary>
public readonly record struct ProtocolVersion(int Major, int Minor) : IComparable<ProtocolVersion>
{
    /// <summary>From the wire's word: major × 256 + minor.</summary>
    public static ProtocolVersion FromWire(ulong word) => new((int)(word >> 8 & 0xff), (int)(word & 0xff));

    /// <summary>The wire's word.</summary>
    public ulong ToWire() => (ulong)(Major << 8 | Minor);

    /// <inheritdoc/>
    public int CompareTo(ProtocolVersion other) => Major != other.Major ? Major.CompareTo(other.Major) : Minor.CompareTo(other.Minor);

    /// <summary>Whether left is older.</summary>
    public static bool operator <(ProtocolVersion left, ProtocolVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether left is newer.</summary>
    public static bool operator >(ProtocolVersion left, ProtocolVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether left is not newer.</summary>
    public static bool operator <=(ProtocolVersion left, ProtocolVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether left is not older.</summary>
    public static bool operator >=(ProtocolVersion left, ProtocolVersion right) => left.CompareTo(right) >= 0;

    /// <summary><c>1.38</c>.</summary>
    public override string ToString() => $"{Major}.{Minor}";
}
