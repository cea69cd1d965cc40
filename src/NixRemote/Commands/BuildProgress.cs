using System.Management.Automation;
using NixRemote.Builds;
using NixRemote.StoreObjects;

namespace NixRemote.Commands;

/// <summary>Shows a run as a tree of progress records: the run, below it each running build and each transfer.</summary>
internal sealed class BuildProgress(PipelineRecords records)
{
    private const int RootId = 1;

    private readonly object _lock = new();
    private readonly Dictionary<object, int> _ids = [];
    private readonly SortedSet<int> _freeIds = [];
    private int _nextId = RootId + 1;
    private int _toBuild;
    private int _built;
    private int _failed;
    private int _running;
    private string? _waiting;

    /// <summary>Takes an event of the run.</summary>
    public void Take(BuildEvent buildEvent)
    {
        lock (_lock)
        {
            switch (buildEvent)
            {
                case BuildEvent.Planned planned:
                    _toBuild = planned.ToBuild;
                    ShowRoot();
                    break;
                case BuildEvent.Waiting waiting:
                    _waiting = waiting.Reason;
                    ShowRoot();
                    break;
                case BuildEvent.Started started:
                    _running++;
                    Show(started.Derivation, Title(started.Derivation), $"bringing inputs to {started.Builder}");
                    ShowRoot();
                    break;
                case BuildEvent.Building building:
                    Show(building.Derivation, Title(building.Derivation), $"building on {building.Builder}");
                    break;
                case BuildEvent.Phase phase:
                    Show(phase.Derivation, Title(phase.Derivation), $"{phase.Name} on {phase.Builder}");
                    break;
                case BuildEvent.Built built:
                    _running--;
                    _built++;
                    End(built.Derivation);
                    ShowRoot();
                    break;
                case BuildEvent.Returned returned:
                    _running--;
                    End(returned.Derivation);
                    break;
                case BuildEvent.Failed failed:
                    if (End(failed.Derivation))
                    {
                        _running--;
                        _failed++;
                        ShowRoot();
                    }

                    break;
                case BuildEvent.TransferStarted transfer:
                    Show((transfer.From, transfer.To), $"{transfer.From} → {transfer.To}", $"{CountText.Of(transfer.Paths, "path")}, {ByteText.Of(transfer.Bytes)}", 0);
                    break;
                case BuildEvent.TransferProgress transfer:
                    Show((transfer.From, transfer.To), $"{transfer.From} → {transfer.To}",
                        $"{ByteText.Of(transfer.BytesDone)} of {ByteText.Of(transfer.BytesAll)}",
                        transfer.BytesAll == 0 ? 0 : (int)(100 * transfer.BytesDone / transfer.BytesAll));
                    break;
                case BuildEvent.TransferEnded transfer:
                    End((transfer.From, transfer.To));
                    break;
            }
        }
    }

    /// <summary>Ends all records.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            foreach (var id in _ids.Values)
            {
                records.Progress(Completed(id));
            }

            _ids.Clear();
            records.Progress(Completed(RootId));
        }
    }

    private static string Title(StorePath derivation) => derivation.Name[..^".drv".Length];

    private static ProgressRecord Completed(int id) => new(id, "done", "done") { RecordType = ProgressRecordType.Completed, ParentActivityId = id == RootId ? -1 : RootId };

    private void ShowRoot()
    {
        var done = _built + _failed;
        records.Progress(new ProgressRecord(RootId, "Building", $"{_built} of {_toBuild} built, {_running} running{(_failed == 0 ? "" : $", {_failed} failed")}{(_waiting is null ? "" : $"; {_waiting}")}")
        {
            PercentComplete = _toBuild == 0 ? 0 : Math.Min(100, 100 * done / _toBuild),
        });
    }

    private void Show(object key, string title, string status, int percent = -1)
    {
        if (!_ids.TryGetValue(key, out var id))
        {
            id = _freeIds.Count > 0 ? _freeIds.Min : _nextId++;
            _freeIds.Remove(id);
            _ids[key] = id;
        }

        records.Progress(new ProgressRecord(id, title, status) { ParentActivityId = RootId, PercentComplete = percent });
    }

    private bool End(object key)
    {
        if (!_ids.Remove(key, out var id))
        {
            return false;
        }

        _freeIds.Add(id);
        records.Progress(Completed(id));
        return true;
    }
}
