using NixRemote.Scheduling;
using NixRemote.Stores;

namespace NixRemote.Builds;

/// <summary>The slots of builders for builds that are not scheduled as a graph: each waits for its own.</summary>
internal sealed class RebuildSlots
{
    private readonly BuilderSlots _shared;
    private readonly Action<BuildEvent> _events;
    private readonly Dictionary<BuilderStore, SemaphoreSlim> _own;
    private readonly Dictionary<BuilderStore, int> _chosen;

    /// <summary>Makes them.</summary>
    /// <param name="builders">The builders.</param>
    /// <param name="directory">Where all coordinators of this machine share them; null: nowhere.</param>
    /// <param name="events">Told what is waited for.</param>
    public RebuildSlots(IReadOnlyList<BuilderStore> builders, SlotDirectory? directory, Action<BuildEvent> events)
    {
        _events = events;
        _shared = new BuilderSlots(directory, error => events(new BuildEvent.Degraded(error)));
        _own = builders.ToDictionary(b => b, b => new SemaphoreSlim(Math.Max(1, b.Builder.MaxJobs)));
        _chosen = builders.ToDictionary(b => b, _ => 0);
    }

    /// <summary>Of the builders that are able as many as are wanted: those that lack the outputs first, then by (load + 1) ÷ speed.</summary>
    public IReadOnlyList<(BuilderStore Builder, BuildMode Mode)> Choose(IEnumerable<(BuilderStore Builder, BuildMode Mode)> able, int count)
    {
        lock (_chosen)
        {
            var chosen = able.OrderBy(a => a.Mode).ThenBy(a => (_chosen[a.Builder] + 1) / a.Builder.Builder.SpeedFactor).Take(count).ToList();
            chosen.ForEach(c => _chosen[c.Builder]++);
            return chosen;
        }
    }

    /// <summary>Builders that were chosen have done their builds, or failed.</summary>
    public void Leave(IEnumerable<BuilderStore> builders)
    {
        lock (_chosen)
        {
            foreach (var builder in builders)
            {
                _chosen[builder]--;
            }
        }
    }

    /// <summary>Waits for a slot of a builder, among the builds of this run and of all coordinators, and takes it until it is disposed.</summary>
    public async Task<IDisposable> TakeAsync(BuilderStore builder, CancellationToken cancellationToken)
    {
        await _own[builder].WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return new Slot(this, builder, builder.IsLocal ? null : await TakeSharedAsync(builder, cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            _own[builder].Release();
            throw;
        }
    }

    private async Task<IDisposable?> TakeSharedAsync(BuilderStore builder, CancellationToken cancellationToken)
    {
        for (var tries = 0; ; tries++)
        {
            var (taken, slot, others) = await _shared.TakeAsync(builder.Builder, cancellationToken).ConfigureAwait(false);
            if (taken)
            {
                return slot;
            }

            if (tries == 0)
            {
                _events(new BuildEvent.Decision($"Others who build on this machine have all slots of {builder.Builder.Name} that are left ({others} of {builder.Builder.MaxJobs}); it is waited for them."));
            }

            await Task.Delay(BuilderSlots.LookAgain, cancellationToken).ConfigureAwait(false);
        }
    }

    private sealed class Slot(RebuildSlots slots, BuilderStore builder, IDisposable? shared) : IDisposable
    {
        public void Dispose()
        {
            shared?.Dispose();
            slots._own[builder].Release();
        }
    }
}
