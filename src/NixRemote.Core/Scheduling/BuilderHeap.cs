namespace NixRemote.Scheduling;

/// <summary>Builders, the best first by one of their keys: a binary heap in which each knows its place.</summary>
/// <param name="builders">All builders of the schedule.</param>
/// <param name="order">Which of their keys.</param>
internal sealed class BuilderHeap(BuilderState[] builders, int order)
{
    private readonly List<int> _heap = [];

    /// <summary>How many there are.</summary>
    public int Count => _heap.Count;

    /// <summary>The best one, or -1.</summary>
    public int First => _heap.Count == 0 ? -1 : _heap[0];

    /// <summary>Adds a builder, or puts it in its place after its key has changed.</summary>
    public void Place(int builder)
    {
        var at = builders[builder].HeapIndices[order];
        if (at < 0)
        {
            at = _heap.Count;
            _heap.Add(builder);
        }

        Down(Up(at, builder), builder);
    }

    /// <summary>Takes a builder out.</summary>
    public void Remove(int builder)
    {
        var at = builders[builder].HeapIndices[order];
        var last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        builders[builder].HeapIndices[order] = -1;
        if (last != builder)
        {
            Down(Up(at, last), last);
        }
    }

    /// <summary>The best one that takes a derivation, or -1.</summary>
    /// <param name="attempts">The derivation's failed attempts, few; null if there are none.</param>
    /// <param name="again">Whether a builder that failed it and has rested since takes it.</param>
    public int Best(List<ScheduleAttempt>? attempts, bool again) =>
        _heap.Count == 0 ? -1 : attempts is null ? _heap[0] : BestBelow(0, attempts, again);

    private int BestBelow(int at, List<ScheduleAttempt> attempts, bool again)
    {
        if (at >= _heap.Count)
        {
            return -1;
        }

        var builder = _heap[at];
        if (builders[builder].Accepts(attempts, again))
        {
            return builder;
        }

        var left = BestBelow(2 * at + 1, attempts, again);
        var right = BestBelow(2 * at + 2, attempts, again);
        return right < 0 || (left >= 0 && Before(left, right)) ? left : right;
    }

    private bool Before(int left, int right) => builders[left].Keys[order].CompareTo(builders[right].Keys[order]) < 0;

    private int Up(int at, int builder)
    {
        while (at > 0)
        {
            var parent = (at - 1) / 2;
            if (!Before(builder, _heap[parent]))
            {
                break;
            }

            Set(at, _heap[parent]);
            at = parent;
        }

        Set(at, builder);
        return at;
    }

    private void Down(int at, int builder)
    {
        for (var child = 2 * at + 1; child < _heap.Count; child = 2 * at + 1)
        {
            if (child + 1 < _heap.Count && Before(_heap[child + 1], _heap[child]))
            {
                child++;
            }

            if (!Before(_heap[child], builder))
            {
                break;
            }

            Set(at, _heap[child]);
            at = child;
        }

        Set(at, builder);
    }

    private void Set(int at, int builder)
    {
        _heap[at] = builder;
        builders[builder].HeapIndices[order] = at;
    }
}
