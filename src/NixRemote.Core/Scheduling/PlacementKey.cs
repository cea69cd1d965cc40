namespace NixRemote.Scheduling;

/// <summary>A builder's place among others: four numbers, compared one after the other, the least first.</summary>
internal readonly record struct PlacementKey(double First, double Second, double Third, int Index) : IComparable<PlacementKey>
{
    /// <inheritdoc/>
    public int CompareTo(PlacementKey other)
    {
        var order = First.CompareTo(other.First);
        order = order != 0 ? order : Second.CompareTo(other.Second);
        order = order != 0 ? order : Third.CompareTo(other.Third);
        return order != 0 ? order : Index.CompareTo(other.Index);
    }
}
