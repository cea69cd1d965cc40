namespace NixRemote.Scheduling;

/// <summary>What a schedule knows of a builder.</summary>
internal sealed class BuilderState(ScheduleBuilder declared, BuilderKind kind, int index, ScheduleOptions options)
{
    /// <summary>Which of the <see cref="Keys"/> is the policy's.</summary>
    public const int RelaxedKey = 0;

    /// <summary>Which of the <see cref="Keys"/> is for derivations that would be late.</summary>
    public const int UrgentKey = 1;

    /// <summary>Which of the <see cref="Keys"/> says when a slot becomes free.</summary>
    public const int BusyKey = 2;

    /// <summary>Its declaration.</summary>
    public ScheduleBuilder Declared { get; } = declared;

    /// <summary>What it takes.</summary>
    public BuilderKind Kind { get; } = kind;

    /// <summary>Its failures.</summary>
    public CircuitBreaker Circuit { get; } = new(options.Rest);

    /// <summary>When it was reached last.</summary>
    public TimeSpan ReachedAt { get; set; }

    /// <summary>Whether it gets work.</summary>
    public bool IsWorking { get; set; }

    /// <summary>Why it will not be used again; null if it will.</summary>
    public NixRemoteException? Gone { get; set; }

    /// <summary>Builds that it has of this schedule.</summary>
    public int Own { get; set; }

    /// <summary>Slots that others have taken.</summary>
    public int Others { get; set; }

    /// <summary>Load of others beside slots, in builds.</summary>
    public double ExtraLoad { get; set; }

    /// <summary>Bytes a second on the way to it.</summary>
    public double BytesPerSecond { get; set; } = declared.BytesPerSecond ?? options.DefaultBytesPerSecond;

    /// <summary>Whether it does not trust our user.</summary>
    public bool IsGuest { get; set; }

    /// <summary>Items that it holds: nodes' outputs and inputs.</summary>
    public List<int> Items { get; set; } = [];

    /// <summary>Nodes that it runs, by their expected ends.</summary>
    public List<int> Builds { get; } = [];

    /// <summary>Ready nodes that wait for a slot of it, in the order in which they came.</summary>
    public List<int> Awaiting { get; } = [];

    /// <summary>When the next slot that nobody waits for is expected to become free, in seconds of the run; only while
    /// it stands among the busy ones of its kind.</summary>
    public double NextEnd { get; set; }

    /// <summary>Where it stands while it has no free slot; null until it was there.</summary>
    public BuilderHeap? Busy { get; set; }

    /// <summary>The pool that it stands in when it has a free slot.</summary>
    public BuilderPool? Pool { get; set; }

    /// <summary>Its places in the heaps of its pool and of its kind, or -1.</summary>
    public int[] HeapIndices { get; } = [-1, -1, -1];

    /// <summary>Its keys in those heaps.</summary>
    public PlacementKey[] Keys { get; } = new PlacementKey[3];

    /// <summary>Whether it can be given a build now.</summary>
    public bool HasFreeSlot => IsWorking && FreeSlots > 0;

    /// <summary>Its slots that are not taken; below 0 if others took more than it has.</summary>
    public int FreeSlots => Declared.Builder.MaxJobs - Own - Others;

    /// <summary>(load + 1) ÷ speed: how much longer a build takes there than alone on a builder of speed 1.</summary>
    public double Slowness => (Own + Others + ExtraLoad + 1) / Declared.Builder.SpeedFactor;

    /// <summary>How much longer a build takes there if others slow it down only as far as the slots are taken, to twice at most.</summary>
    public double UrgentSlowness => (1 + (Own + Others + ExtraLoad) / Math.Max(1, Declared.Builder.MaxJobs)) / Declared.Builder.SpeedFactor;

    /// <summary>Work that it does in a second with all slots busy.</summary>
    public double Capacity => Declared.Builder.MaxJobs * Declared.Builder.SpeedFactor;

    /// <summary>The magnitude of its bandwidth: a power of two.</summary>
    public int Magnitude => (int)Math.Floor(Math.Log2(BytesPerSecond));

    /// <summary>Whether it may take a derivation that had failed attempts: it was not among them, or if <paramref name="again"/>
    /// it has rested since.</summary>
    public bool Accepts(List<ScheduleAttempt>? attempts, bool again = false)
    {
        foreach (var attempt in attempts ?? [])
        {
            if (attempt.Builder == index && (!again || attempt.Ended > ReachedAt))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Computes <see cref="Keys"/> anew.</summary>
    public void Rank()
    {
        Keys[RelaxedKey] = options.Policy == SelectionPolicy.Balanced
            ? new PlacementKey(Slowness, -Declared.Builder.SpeedFactor, 0, index)
            : StockRule.Key(options.Policy, Own + Others, Declared.Builder.SpeedFactor, index);
        Keys[UrgentKey] = new PlacementKey(UrgentSlowness, -Declared.Builder.SpeedFactor, 0, index);
    }
}
