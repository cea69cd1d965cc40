namespace NixRemote.StoreObjects;

/// <summary>The order in which paths may be added to a store.</summary>
public static class ClosureOrder
{
    /// <summary>Sorts paths so that each comes after those that it refers to; otherwise they stay as they are given.
    /// References to themselves and to paths that are not given do not count.</summary>
    /// <exception cref="NixRemoteException">ProtocolViolation: paths refer to one another in a circle, which no store
    /// allows.</exception>
    public static IReadOnlyList<PathInfo> ReferencesFirst(IReadOnlyCollection<PathInfo> paths) =>
        ReferencesFirst(paths, info => info.Path, info => info.References);

    /// <summary>The same for whatever tells a path and its references.</summary>
    /// <inheritdoc cref="ReferencesFirst(IReadOnlyCollection{PathInfo})" path="/exception"/>
    internal static IReadOnlyList<T> ReferencesFirst<T>(IReadOnlyCollection<T> paths, Func<T, StorePath> pathOf, Func<T, IReadOnlyList<StorePath>> referencesOf)
    {
        var indices = new Dictionary<StorePath, int>(paths.Count);
        var items = new List<T>(paths.Count);
        foreach (var item in paths)
        {
            if (indices.TryAdd(pathOf(item), items.Count))
            {
                items.Add(item);
            }
        }

        var references = items.ConvertAll(item => referencesOf(item).Select(reference => indices.GetValueOrDefault(reference, -1)).Where(index => index >= 0).ToArray());
        return ReferencesFirst(index => references[index].Length, (index, place) => references[index][place], Enumerable.Repeat(true, items.Count).ToArray(), index => pathOf(items[index]))
            .ConvertAll(index => items[index]);
    }

    /// <summary>The same for paths that are known by numbers.</summary>
    /// <param name="countOf">To how many each refers.</param>
    /// <param name="referenceOf">The first, second … of those.</param>
    /// <param name="given">Whether each is to be sorted.</param>
    /// <param name="pathOf">A path, for the message.</param>
    /// <returns>The numbers of those that are given, sorted.</returns>
    /// <inheritdoc cref="ReferencesFirst(IReadOnlyCollection{PathInfo})" path="/exception"/>
    internal static List<int> ReferencesFirst(Func<int, int> countOf, Func<int, int, int> referenceOf, bool[] given, Func<int, StorePath> pathOf)
    {
        var sorted = new List<int>(given.Count(isGiven => isGiven));
        var states = new State[given.Length];
        var stack = new Stack<(int Index, int NextReference)>();
        for (var root = 0; root < given.Length; root++)
        {
            if (given[root] && states[root] == State.New)
            {
                states[root] = State.Open;
                stack.Push((root, 0));
            }

            while (stack.TryPop(out var top))
            {
                if (top.NextReference == countOf(top.Index))
                {
                    states[top.Index] = State.Sorted;
                    sorted.Add(top.Index);
                    continue;
                }

                var reference = referenceOf(top.Index, top.NextReference);
                stack.Push((top.Index, top.NextReference + 1));
                if (reference == top.Index || !given[reference])
                {
                    continue;
                }

                if (states[reference] == State.New)
                {
                    states[reference] = State.Open;
                    stack.Push((reference, 0));
                }
                else if (states[reference] == State.Open)
                {
                    throw new NixRemoteException(NixErrors.ProtocolViolation,
                        $"'{pathOf(top.Index)}' refers to '{pathOf(reference)}', which refers to it in turn; no store can hold such paths.")
                    {
                        Target = pathOf(top.Index).ToString(),
                    };
                }
            }
        }

        return sorted;
    }

    private enum State : byte
    {
        New,
        Open, // what it refers to is being sorted
        Sorted,
    }
}
