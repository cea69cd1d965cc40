using NixRemote.Builders;
using NixRemote.Scheduling;

namespace NixRemote.Builds;

/// <summary>
/// The slots that the builds of a run hold among all coordinators of this machine. Without a directory every slot is free: the schedule
/// keeps to the job counts for this run alone.
/// </summary>
/// <remarks>Lock files that cannot be used any more are given up with one call of <paramref name="notShared"/>.</remarks>
public sealed class BuilderSlots(SlotDirectory? directory, Action<NixRemoteException> notShared)
{
    // How often a main lock that another coordinator holds is tried again. flock tells nobody when it is let go, and it is held for
    // milliseconds.
    private static readonly TimeSpan _mainPause = TimeSpan.FromMilliseconds(10);

    /// <summary>How often slots that others hold are looked at; the lock of a file tells nobody when it is let go.</summary>
    public static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _choosing = new(1);
    private readonly Dictionary<string, int> _held = [];
    private SlotDirectory? _directory = directory;

    /// <summary>Takes a slot of a builder.</summary>
    /// <returns>Whether there was one, its lock, and how many of the builder's slots others hold.</returns>
    public Task<(bool Taken, IDisposable? Lock, int Others)> TakeAsync(NixBuilder builder, CancellationToken cancellationToken) =>
        ChooseAsync<(bool, IDisposable?, int)>((true, null, 0), slots =>
        {
            var taken = slots.TryTakeSlot(builder.ToStoreUri(), builder.MaxJobs, out var busy);
            var others = busy - _held.GetValueOrDefault(builder.Name);
            if (taken is null)
            {
                return (false, null, others);
            }

            Count(builder.Name, 1);
            return (true, new Held(taken, this, builder.Name), others);
        }, cancellationToken);

    /// <summary>How many of a builder's slots others hold.</summary>
    public Task<int> OthersAsync(NixBuilder builder, CancellationToken cancellationToken) =>
        ChooseAsync(0, slots =>
        {
            using var free = slots.TryTakeSlot(builder.ToStoreUri(), builder.MaxJobs, out var busy);
            return busy - _held.GetValueOrDefault(builder.Name);
        }, cancellationToken);

    private async Task<T> ChooseAsync<T>(T unshared, Func<SlotDirectory, T> choose, CancellationToken cancellationToken)
    {
        if (_directory is null)
        {
            return unshared;
        }

        await _choosing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (_directory is { } slots)
            {
                using (var main = slots.TryTakeMain())
                {
                    if (main is not null)
                    {
                        lock (_held)
                        {
                            return choose(slots);
                        }
                    }
                }

                await Task.Delay(_mainPause, cancellationToken).ConfigureAwait(false);
            }

            return unshared;
        }
        catch (NixRemoteException exception) when (exception.Definition == NixErrors.SlotsNotShared)
        {
            _directory = null;
            notShared(exception);
            return unshared;
        }
        finally
        {
            _choosing.Release();
        }
    }

    private void Count(string builder, int change) => _held[builder] = _held.GetValueOrDefault(builder) + change;

    private sealed class Held(SlotLock slot, BuilderSlots slots, string builder) : IDisposable
    {
        public void Dispose()
        {
            lock (slots._held)
            {
                slot.Dispose();
                slots.Count(builder, -1);
            }
        }
    }
}
