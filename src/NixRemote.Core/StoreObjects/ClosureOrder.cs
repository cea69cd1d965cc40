namespace NixRemote.StoreObjects;

/// <summary>The order in which paths may be added to a store.</summary>
public static class ClosureOrder
{
    /// <summary>Sorts paths so that each comes after those that it refers to; otherwise they stay as they are given.
    /// References to themselves and to paths that are not given do not count.</summary>
    /// <exception cref="NixRemoteException">ProtocolViolation: paths refer to one another in a circle, which no store
    /// allows.</exception>
    public static IReadOnlyList<PathInfo> ReferencesFirst(IReadOnlyCollection<PathInfo> paths)
    {
        var byPath = new Dictionary<StorePath, PathInfo>(paths.Count);
        foreach (var info in paths)
        {
            byPath[info.Path] = info;
        }

        var sorted = new List<PathInfo>(byPath.Count);
        var done = new Dictionary<StorePath, bool>(byPath.Count); // false while what it refers to is being sorted
        var stack = new Stack<(PathInfo Info, int NextReference)>();
        foreach (var root in paths)
        {
            if (done.TryAdd(root.Path, false))
            {
                stack.Push((byPath[root.Path], 0));
            }

            while (stack.TryPop(out var top))
            {
                if (top.NextReference == top.Info.References.Count)
                {
                    done[top.Info.Path] = true;
                    sorted.Add(top.Info);
                    continue;
                }

                var reference = top.Info.References[top.NextReference];
                stack.Push((top.Info, top.NextReference + 1));
                if (reference == top.Info.Path || !byPath.TryGetValue(reference, out var info))
                {
                    continue;
                }

                if (done.TryAdd(reference, false))
                {
                    stack.Push((info, 0));
                }
                else if (!done[reference])
                {
                    throw new NixRemoteException(NixErrors.ProtocolViolation,
                        $"'{top.Info.Path}' refers to '{reference}', which refers to it in turn; no store can hold such paths.")
                    {
                        Target = top.Info.Path.ToString(),
                    };
                }
            }
        }

        return sorted;
    }
}
