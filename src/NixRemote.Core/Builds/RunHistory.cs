namespace NixRemote.Builds;

/// <summary>A run's use of the history: read and written beside the run, and the first failure ends it with one warning.</summary>
internal sealed class RunHistory(IBuildHistory? history, Action<NixRemoteException> failed)
{
    private readonly List<BuildRecord> _records = [];
    private bool _unusable = history is null;

    /// <summary>Whether what is noted will be kept.</summary>
    public bool IsKept => !_unusable;

    /// <summary>What is expected of names, empty if the history cannot be read.</summary>
    public async Task<IReadOnlyDictionary<string, ExpectedBuild>> ExpectedAsync(IReadOnlyCollection<string> names)
    {
        IReadOnlyDictionary<string, ExpectedBuild> expected = new Dictionary<string, ExpectedBuild>();
        await TryAsync(() => expected = history!.Expected(names)).ConfigureAwait(false);
        return expected;
    }

    /// <summary>Notes a build; it is kept when the run ends. Not safe for several threads.</summary>
    /// <returns>Its number, for <see cref="Measured"/>.</returns>
    public int Add(BuildRecord record)
    {
        _records.Add(record);
        return _records.Count - 1;
    }

    /// <summary>Notes the size of a build's outputs.</summary>
    public void Measured(int build, long outputBytes) => _records[build] = _records[build] with { OutputBytes = outputBytes };

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
