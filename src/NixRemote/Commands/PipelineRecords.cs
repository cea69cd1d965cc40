using System.Collections.Concurrent;
using System.Management.Automation;

namespace NixRemote.Commands;

/// <summary>
/// Carries records from background work to the pipeline thread, the only one that may write them. Progress is
/// coalesced: of many records of one activity only the newest is shown. Log lines never make the work wait: beyond
/// <see cref="MaxPendingLines"/> that the pipeline did not take they are counted and dropped.
/// </summary>
internal sealed class PipelineRecords
{
    /// <summary>Log lines that may wait for the pipeline.</summary>
    public const int MaxPendingLines = 20_000;

    private static readonly TimeSpan _progressPause = TimeSpan.FromMilliseconds(125);

    // Not disposed: work that outlives its stop limit may still add to it, and it holds nothing but memory.
    private readonly BlockingCollection<Action<Cmdlet>> _queue = [];
    private readonly ConcurrentDictionary<int, ProgressRecord> _progress = new();
    private int _pendingLines;
    private long _droppedLines;

    /// <summary>Writes an object to the output.</summary>
    public void Object(object value) => _queue.Add(c => c.WriteObject(value));

    /// <summary>Writes a non-terminating error.</summary>
    public void Error(Exception exception, object? target = null) => _queue.Add(c => c.WriteError(ErrorRecords.From(exception, target)));

    /// <summary>Writes a warning.</summary>
    public void Warning(string text) => _queue.Add(c => c.WriteWarning(text));

    /// <summary>Writes a decision.</summary>
    public void Verbose(string text) => _queue.Add(c => c.WriteVerbose(text));

    /// <summary>Writes a detail of a protocol.</summary>
    public void Debug(string text) => _queue.Add(c => c.WriteDebug(text));

    /// <summary>Tells what would be done, in the form of -WhatIf.</summary>
    public void WhatIf(string text) => _queue.Add(c => c.ShouldProcess(text, text, caption: ""));

    /// <summary>Writes a log line as an information record, unless too many wait.</summary>
    public void LogLine(object message, string source, string tag)
    {
        if (Interlocked.Increment(ref _pendingLines) > MaxPendingLines)
        {
            Interlocked.Decrement(ref _pendingLines);
            Interlocked.Increment(ref _droppedLines);
            return;
        }

        _queue.Add(c =>
        {
            Interlocked.Decrement(ref _pendingLines);
            var record = new InformationRecord(message, source);
            record.Tags.Add(tag);
            c.WriteInformation(record);
        });
    }

    /// <summary>Shows progress; the newest record of an activity wins.</summary>
    public void Progress(ProgressRecord record) => _progress[record.ActivityId] = record;

    /// <summary>No more records come.</summary>
    public void Complete() => _queue.CompleteAdding();

    /// <summary>Writes the records as they come, on the calling (pipeline) thread, until <see cref="Complete"/>.</summary>
    /// <param name="cmdlet">Whose streams they go to.</param>
    /// <param name="stop">Once it is cancelled, nothing is written any more.</param>
    /// <param name="stopLimit">How long after <paramref name="stop"/> the work may go on.</param>
    /// <returns>False if the limit passed before the work ended.</returns>
    public bool Pump(Cmdlet cmdlet, CancellationToken stop, TimeSpan stopLimit)
    {
        var shown = Environment.TickCount64;
        long? stopped = null;
        while (!_queue.IsCompleted)
        {
            if (_queue.TryTake(out var write, _progressPause) && !stop.IsCancellationRequested)
            {
                write(cmdlet);
            }

            var now = Environment.TickCount64;
            if (stop.IsCancellationRequested)
            {
                stopped ??= now;
                if (now - stopped > (long)stopLimit.TotalMilliseconds)
                {
                    return false;
                }
            }
            else if (now - shown >= (long)_progressPause.TotalMilliseconds)
            {
                ShowProgress(cmdlet);
                shown = now;
            }
        }

        if (stop.IsCancellationRequested)
        {
            return true;
        }

        ShowProgress(cmdlet);
        var dropped = Interlocked.Read(ref _droppedLines);
        if (dropped > 0)
        {
            cmdlet.WriteWarning($"{dropped} log lines were not shown since the pipeline did not take them in time; the results' Log has them.");
        }

        return true;
    }

    private void ShowProgress(Cmdlet cmdlet)
    {
        foreach (var id in _progress.Keys.Order())
        {
            if (_progress.TryRemove(id, out var record))
            {
                cmdlet.WriteProgress(record);
            }
        }
    }
}
