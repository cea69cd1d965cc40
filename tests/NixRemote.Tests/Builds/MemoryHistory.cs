using NixRemote.Builds;

namespace NixRemote.Tests.Builds;

/// <summary>A history in memory.</summary>
internal sealed class MemoryHistory : IBuildHistory
{
    /// <summary>Expected times by name.</summary>
    public Dictionary<string, TimeSpan> Times { get; } = [];

    /// <summary>What a name takes that is not among them; null: nothing is known.</summary>
    public TimeSpan? Default { get; init; }

    /// <summary>The size of every build's outputs; null: nothing is known.</summary>
    public long? OutputBytes { get; init; }

    /// <summary>What each use fails with.</summary>
    public NixRemoteException? Error { get; init; }

    /// <summary>What was added.</summary>
    public List<BuildRecord> Added { get; } = [];

    /// <summary>How often it was used.</summary>
    public int Calls { get; private set; }

    public IReadOnlyDictionary<string, ExpectedBuild> Expected(IReadOnlyCollection<string> names)
    {
        Use();
        return names.Where(n => Times.ContainsKey(n) || Default is not null)
            .ToDictionary(n => n, n => new ExpectedBuild(Times.TryGetValue(n, out var time) ? time : Default!.Value, OutputBytes));
    }

    public void Add(IReadOnlyCollection<BuildRecord> builds)
    {
        Use();
        Added.AddRange(builds);
    }

    public void Dispose()
    {
    }

    private void Use()
    {
        Calls++;
        if (Error is not null)
        {
            throw Error;
        }
    }
}
