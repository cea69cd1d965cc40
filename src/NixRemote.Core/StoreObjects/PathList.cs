using System.Collections;

namespace NixRemote.StoreObjects;

/// <summary>Some of the <see cref="PackedPaths"/>; each is made an object when it is looked at.</summary>
/// <param name="paths">The paths.</param>
/// <param name="numbers">The numbers of those in the list.</param>
internal sealed class PathList(PackedPaths paths, IReadOnlyList<int> numbers) : IReadOnlyList<StorePath>
{
    /// <inheritdoc/>
    public int Count => numbers.Count;

    /// <inheritdoc/>
    public StorePath this[int index] => paths[numbers[index]];

    /// <inheritdoc/>
    public IEnumerator<StorePath> GetEnumerator() => numbers.Select(number => paths[number]).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
