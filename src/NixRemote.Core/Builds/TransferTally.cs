namespace NixRemote.Builds;

/// <summary>What one request for paths has moved.</summary>
/// <param name="Paths">Paths that were moved for it.</param>
/// <param name="Bytes">Bytes of their archives.</param>
public readonly record struct TransferTally(int Paths, long Bytes)
{
    /// <summary>The sum.</summary>
    public static TransferTally operator +(TransferTally left, TransferTally right) => new(left.Paths + right.Paths, left.Bytes + right.Bytes);
}
