namespace NixRemote.Builds;

/// <summary>A run's use of the history: read and written beside the run, and the first failure ends it with one warning.</summary>
internal sealed class RunHistory(IBuildHistory? history, Action<NixRemoteException> failed)
{
    private readonly List<BuildRecord> _records = [];
    private bool _unusable = history is null;

    /// <summary>The expected times of names, empty if the history cannot be read.</summary>
    public async Task<IReadOnlyDictionary<string, TimeSpan>> ExpectedTimesAsync(IReadOnlyCollection<string> names)
    {
        IReadOnlyDictionary<string, TimeSpan> times = new Dictionary<string, TimeSpan>();
        await TryAsync(() => times = history!.ExpectedTimes(names)).ConfigureAwait(false);
        return times;
    }

    /// <summary>Notes a build; it is kept when the run ends. Not safe for several threads.</summary>
    public void Add(BuildRecord record)
    {
        if (!_unusable)
        {
            _records.Add(record);
        }
    }

    /// <summary>Keeps what was noted.</summary>
    public Task SaveAsync()
    {
        BuildRecord[] records = [.. _records];
        _records.Clear();
        return records.Length == 0 ? Task.CompletedTask : TryAsync(() => history!.Add(records));
    }

    private async Task TryAsync(Action use)
    {
        if (_unusable)
        {
            return;
        }

        try
        {
            await Task.Run(use).ConfigureAwait(false);
        }
        catch (NixRemoteException exception)
        {
            _unusable = true;
            failed(exception);
        }
    }
}
